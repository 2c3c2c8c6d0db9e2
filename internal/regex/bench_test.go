package regex

import (
	"runtime"
	"testing"

	"sonde/internal/needtest"
)

func BenchmarkCompileNmap(b *testing.B) {
	patterns := nmapPatterns(needtest.File(b, "/usr/share/nmap/nmap-service-probes", "nmap-common"))
	b.ReportAllocs()
	var keep []*Regexp
	for b.Loop() {
		keep = keep[:0]
		for _, p := range patterns {
			re, err := Compile(p.pattern, p.flags)
			if err != nil {
				b.Fatal(err)
			}
			keep = append(keep, re)
		}
	}
	b.StopTimer()
	var with, without runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&with)
	runtime.KeepAlive(keep)
	keep = nil
	runtime.GC()
	runtime.ReadMemStats(&without)
	b.ReportMetric(float64(with.HeapAlloc-without.HeapAlloc)/1e6, "MB-held")
}

// nginxPage is a reply to a request for a page, as a default installation gives.
const nginxPage = "HTTP/1.1 200 OK\r\nServer: nginx/1.22.1\r\nDate: Tue, 03 Nov 2026 10:11:12 GMT\r\n" +
	"Content-Type: text/html\r\nContent-Length: 615\r\nLast-Modified: Mon, 02 Nov 2026 08:00:00 GMT\r\n" +
	"Connection: close\r\nETag: \"6545a1b0-267\"\r\nAccept-Ranges: bytes\r\n\r\n" +
	"<!DOCTYPE html>\n<html>\n<head>\n<title>Welcome to nginx!</title>\n<style>\nhtml { color-scheme: light dark; }\n" +
	"body { width: 35em; margin: 0 auto;\nfont-family: Tahoma, Verdana, Arial, sans-serif; }\n</style>\n</head>\n<body>\n" +
	"<h1>Welcome to nginx!</h1>\n<p>If you see this page, the nginx web server is successfully installed and\n" +
	"working. Further configuration is required.</p>\n\n<p>For online documentation and support please refer to\n" +
	"<a href=\"http://nginx.org/\">nginx.org</a>.<br/>\nCommercial support is available at\n" +
	"<a href=\"http://nginx.com/\">nginx.com</a>.</p>\n\n<p><em>Thank you for using nginx.</em></p>\n</body>\n</html>\n"

// BenchmarkMatchNmap matches one reply with all patterns of one probe, one
// after the other.
func BenchmarkMatchNmap(b *testing.B) {
	patterns := nmapPatterns(needtest.File(b, "/usr/share/nmap/nmap-service-probes", "nmap-common"))
	for _, s := range []struct{ name, probe, reply string }{
		{"page", "TCP GetRequest", nginxPage},
		{"banner", "TCP NULL", "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n"},
	} {
		var compiled []*Regexp
		for _, p := range patterns {
			if p.probe == s.probe {
				re, err := Compile(p.pattern, p.flags)
				if err != nil {
					b.Fatal(err)
				}
				compiled = append(compiled, re)
			}
		}
		b.Run(s.name, func(b *testing.B) {
			b.ReportAllocs()
			var m Matcher
			reply := []byte(s.reply)
			for b.Loop() {
				for _, re := range compiled {
					m.Match(re, reply)
				}
			}
			b.ReportMetric(float64(len(compiled)), "patterns")
		})
	}
}

// BenchmarkMatch shows what single constructs cost.
func BenchmarkMatch(b *testing.B) {
	for _, s := range []struct{ name, pattern, subject string }{
		{"literal", `^HTTP/1\.1 200 OK\r\nServer: nginx/([\d.]+)\r\n`, nginxPage},
		{"miss", `^SSH-2\.0-OpenSSH_([\w.]+)`, nginxPage},
		{"header", `^HTTP/1\.[01] \d\d\d [^\r\n]*\r\n(?:[^\r\n]+\r\n)*?ETag: "([^"]+)"`, nginxPage},
		{"skip", `^HTTP/1\.[01] \d\d\d (?:[^\r\n]*\r\n(?!\r\n))*?X-None: ([^\r\n]+)`, nginxPage},
		{"lazy", `(?s)^HTTP/1\..*?<title>([^<]*)</title>`, nginxPage},
		{"greedy", `(?s)^HTTP/1\..*<em>([^<]*)</em>`, nginxPage},
		{"unanchored", `([\w.-]+)\.org/`, nginxPage},
		{"folded", `(?i)WELCOME TO (\w+)`, nginxPage},
		{"alternatives", `^(?:FTP|SMTP|POP3|IMAP4|HTTP)/(\d)\.(\d)`, nginxPage},
	} {
		b.Run(s.name, func(b *testing.B) {
			b.ReportAllocs()
			re, err := Compile(s.pattern, 0)
			if err != nil {
				b.Fatal(err)
			}
			var m Matcher
			subject := []byte(s.subject)
			for b.Loop() {
				m.Match(re, subject)
			}
		})
	}
}
