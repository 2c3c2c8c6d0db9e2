package report

import (
	"strings"
	"testing"
	"time"
	"unicode"

	"sonde/result"
)

func TestAppendLatency(t *testing.T) {
	for _, tt := range []struct {
		latency time.Duration
		want    string
	}{
		{260 * time.Millisecond, "0.26"}, {time.Millisecond, "0.0010"}, {610 * time.Microsecond, "0.00061"}, {56 * time.Microsecond, "0.000056"},
		{6 * time.Microsecond, "0.0000060"}, {1300 * time.Millisecond, "1.3"}, {12 * time.Second, "12"}, {123 * time.Second, "120"}, {0, "0"}, {-1, "0"},
		// Ties, as Nmap 7.93 prints them.
		{micros(105), "0.00011"}, {micros(115), "0.00012"}, {micros(125), "0.00013"}, {micros(135), "0.00013"}, {micros(145), "0.00014"}, {micros(155), "0.00015"},
		{micros(165), "0.00017"}, {micros(455), "0.00045"}, {micros(625), "0.00062"}, {micros(655), "0.00066"}, {micros(1050), "0.0010"}, {micros(4450), "0.0045"},
	} {
		if got := string(appendLatency(nil, tt.latency)); got != tt.want {
			t.Errorf("appendLatency(%v) = %s, want %s", tt.latency, got, tt.want)
		}
	}
}

func TestAppendBytes(t *testing.T) {
	for n, want := range map[uint64]string{0: "0B", 123: "123B", 999: "999B", 1000: "1.000KB", 1512: "1.512KB", 2_345_000: "2.345MB", 7_000_000_000: "7.000GB"} {
		if got := string(appendBytes(nil, n)); got != want {
			t.Errorf("appendBytes(%d) = %s, want %s", n, got, want)
		}
	}
}

func TestAppendClock(t *testing.T) {
	for d, want := range map[time.Duration]string{774 * time.Second: "0:12:54", 0: "0:00:00", 26*time.Hour + 61*time.Second: "26:01:01"} {
		if got := string(appendClock(nil, d)); got != want {
			t.Errorf("appendClock(%v) = %s, want %s", d, got, want)
		}
	}
}

func TestAppendCtime(t *testing.T) {
	if got := string(appendCtime(nil, time.Date(2026, 3, 7, 4, 5, 6, 0, time.UTC))); got != "Sat Mar  7 04:05:06 2026" {
		t.Errorf("got %q", got)
	}
}

// The expectations were seen in the output of Nmap 7.93.
func TestCommandLine(t *testing.T) {
	for _, tt := range []struct {
		args []string
		want string
	}{
		{[]string{"nmap", "-n", "127.0.0.1"}, "nmap -n 127.0.0.1"},
		{[]string{"nmap", "--data-string", `a "q" \b`}, `nmap --data-string "a \"q\" \\b"`},
		{[]string{"nmap", "--data-string", "tab\tx"}, "nmap --data-string \"tab\tx\""},
		{[]string{"nmap", "-n", "", "x"}, "nmap -n  x"},
		{nil, ""},
	} {
		if got := commandLine(tt.args); got != tt.want {
			t.Errorf("commandLine(%q) = %s, want %s", tt.args, got, tt.want)
		}
	}
}

func TestAppendClean(t *testing.T) {
	for text, want := range map[string]string{
		"plain":                     "plain",
		"\x1b]0;title\x07":          ".]0;title.",
		"Zürich":                    "Zürich",
		"bad\xff\xfe":               "bad..",
		"c1 \u009b2J":               "c1 .2J",
		"right-to-left \u202e text": "right-to-left . text",
		"a\nb\rc\x7f":               "a.b.c.",
	} {
		if got := clean(text); got != want {
			t.Errorf("clean(%q) = %q, want %q", text, got, want)
		}
	}
}

// A terminal gets nothing but printable characters, newlines and tabs,
// wherever foreign text may stand.
func TestNormalIsPrintable(t *testing.T) {
	const foreign = "\x1b[2J\u009b\x00\r\u202e\xff\x7f"
	evil := &result.Service{Name: foreign, Product: foreign, Version: foreign, Info: foreign, Hostname: foreign, OSType: foreign, DeviceType: foreign,
		CPE: []string{foreign}, Fingerprint: foreign, TLS: &result.TLS{Version: foreign, Certificate: &result.Certificate{Subject: foreign}}}
	scripts := []result.ScriptOutput{{ID: foreign, Text: foreign}}
	host := result.Host{Addr: addr("192.0.2.1"), State: result.HostUp, Name: foreign, PTR: "x" + foreign, Other: nil, MAC: foreign, Vendor: foreign, Scanned: true,
		Ports: []result.Port{{Number: 1, State: result.Open, Service: evil, Scripts: scripts}}, Scripts: scripts}
	o := Options{Args: []string{foreign}, Version: "0", VersionScan: true, Verbose: 3, Debug: 1, Extras: true, Trace: []string{"version"}, Data: []DataDir{{Path: foreign, Files: []string{foreign}}}}
	events := []result.Event{
		result.ScanStarted{}, result.TargetSkipped{Reason: foreign}, result.TaskStarted{Task: "a", What: foreign}, result.TaskEnded{Task: "a", Extra: foreign},
		result.Notice{Text: foreign}, result.Notice{Level: result.LevelTrace, Topic: "version", Text: foreign}, result.HostDone{Host: host}, result.ScanDone{},
	}
	for _, doc := range [][]byte{document(t, NewNormal, o, events...), document(t, NewInteractive, o, events...), document(t, NewGrepable, o, events...)} {
		for _, r := range string(doc) {
			if !unicode.IsPrint(r) && !strings.ContainsRune("\n\t", r) || r == unicode.ReplacementChar {
				t.Fatalf("unprintable %q in %q", r, doc)
			}
		}
	}
}

func TestFileName(t *testing.T) {
	at := time.Date(2026, time.March, 7, 4, 5, 6, 0, time.UTC)
	for pattern, want := range map[string]string{
		"scan.xml": "scan.xml", "%H-%M-%S": "04-05-06", "%T": "040506", "%R": "0405", "%m%d%y": "030726", "%D": "030726",
		"%Y": "2026", "%F.xml": "2026-03-07.xml", "100%%": "100%", "%Q": "Q", "x%H%%%Q%T%": "x04%Q040506", "%%H": "%H", "": "",
	} {
		if got := FileName(pattern, at); got != want {
			t.Errorf("FileName(%q) = %q, want %q", pattern, got, want)
		}
	}
}
