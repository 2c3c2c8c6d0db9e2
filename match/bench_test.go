package match

import (
	"context"
	"strings"
	"testing"

	"sonde/internal/needtest"
	"sonde/probefile"
	"sonde/result"
)

// The replies are made up in the manner of common servers.
var (
	pageHit     = page("nginx/1.24.0 (Ubuntu)")
	pageUnknown = page("Frobnicator/0.1")
)

func page(server string) []byte {
	body := "<html>\r\n<head><title>Welcome</title></head>\r\n<body>\r\n" +
		strings.Repeat("<p>The quick brown fox jumps over the lazy dog, again and again.</p>\r\n", 10) + "</body>\r\n</html>\r\n"
	return []byte("HTTP/1.1 200 OK\r\nServer: " + server + "\r\nDate: Mon, 02 Nov 2026 10:00:00 GMT\r\n" +
		"Content-Type: text/html\r\nContent-Length: 700\r\nConnection: close\r\nETag: \"6543\"\r\nAccept-Ranges: bytes\r\n\r\n" + body)
}

func BenchmarkMatch(b *testing.B) {
	db := debianDB(b)
	get := db.Probe(result.TCP, "GetRequest")
	for _, c := range []struct {
		name  string
		probe *Probe
		reply string
		hit   bool
	}{
		{"page/hit", get, string(pageHit), true},
		{"page/unknown", get, string(pageUnknown), false},
		{"text/unknown", get, strings.Repeat("lorem ipsum dolor sit amet, ", 36), false},
		{"banner/hit", db.Null(), "SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n", true},
		{"banner/unknown", db.Null(), "FROB ready, protocol 17 at port 9\r\n", false},
	} {
		b.Run(c.name, func(b *testing.B) {
			var r Result
			reply := []byte(c.reply)
			if db.Match(c.probe, reply, &r) != c.hit {
				b.Fatalf("hit is %t: %v", !c.hit, r.Signature)
			}
			b.ReportAllocs()
			b.SetBytes(int64(len(reply)))
			for b.Loop() {
				db.Match(c.probe, reply, &r)
			}
		})
	}
}

func BenchmarkLinear(b *testing.B) {
	db := debianDB(b)
	var r Result
	for _, c := range []struct {
		name  string
		probe *Probe
		reply string
	}{
		{"page/unknown", db.Probe(result.TCP, "GetRequest"), string(pageUnknown)},
		{"banner/unknown", db.Null(), "FROB ready, protocol 17 at port 9\r\n"},
	} {
		b.Run(c.name, func(b *testing.B) {
			reply := []byte(c.reply)
			for b.Loop() {
				db.linear(c.probe, reply, &r.matcher)
			}
		})
	}
}

// BenchmarkStart is what stands between the start of a scan and its first verdict on a banner.
func BenchmarkStart(b *testing.B) {
	src := needtest.File(b, "/usr/share/nmap/nmap-service-probes", "nmap-common")
	banner := []byte("SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3\r\n")
	b.ReportAllocs()
	for b.Loop() {
		f, err := probefile.Parse("x", src)
		if err != nil {
			b.Fatal(err)
		}
		db, err := New(f)
		if err != nil {
			b.Fatal(err)
		}
		var r Result
		if !db.Match(db.Null(), banner, &r) {
			b.Fatal("no match")
		}
	}
}

func BenchmarkCheck(b *testing.B) {
	db := debianDB(b)
	for b.Loop() {
		if err := db.Check(context.Background()); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkIndexGetRequest(b *testing.B) {
	db := debianDB(b)
	p := db.Probe(result.TCP, "GetRequest")
	b.ReportAllocs()
	for b.Loop() {
		newIndex(p.Signatures)
	}
}
