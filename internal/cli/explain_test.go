package cli

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"sonde/result"
)

// aStory is the detection of a service by its second probe.
func aStory(service result.Service) []result.Event {
	at := func(ms int) time.Time { return noon.Add(time.Duration(ms) * time.Millisecond) }
	addr := netip.MustParseAddr("192.0.2.1")
	note := func(ms int, text string) result.Notice {
		return result.Notice{Time: at(ms), Level: result.LevelTrace, Topic: "version", Text: text}
	}
	port := result.Port{Number: 8080, State: result.Open, Reason: result.ReasonSynAck}
	done := port
	done.Service = &service
	return []result.Event{
		result.ScanStarted{Time: noon},
		result.PortFound{Time: at(1), Addr: addr, Port: port},
		note(2, "Service scan sending probe NULL to 192.0.2.1:8080 (tcp)"),
		note(250, "Service scan sending probe GetRequest to 192.0.2.1:8080 (tcp)"),
		result.Notice{Time: at(251), Level: result.LevelDebug, Topic: "pace", Text: "not of interest"},
		note(255, "Service scan heard 5 bytes from 192.0.2.1:8080 (tcp) < TCP GetRequest q|HTTP\\n|"),
		note(256, "Service scan heard 5 bytes from 192.0.2.1:8080 (tcp) < TCP GetRequest q|HTTP\\n|"),
		note(260, "Service scan match \x1b[31m"),
		result.HostDone{Time: at(300), Host: result.Host{Addr: addr, State: result.HostUp, Ports: []result.Port{done}}},
		result.ScanDone{Time: at(300)},
	}
}

func TestExplainTellsTheStory(t *testing.T) {
	p := &play{script: script{events: aStory(result.Service{Name: "http", Product: "Foo", Version: "1", Method: result.MethodProbed,
		CPE: []string{"cpe:/a:foo:foo:1"}, Tunnel: result.TunnelTLS, TLS: &result.TLS{Version: "TLSv1.3", CipherSuite: "X", ALPN: "h2",
			Certificate: &result.Certificate{Subject: "CN=a", NotAfter: noon}},
		Evidence: &result.Evidence{Probe: "GetRequest", Table: "GetRequest", Signature: "x.probe:3", Elapsed: 10 * time.Millisecond}})}}
	if status := p.run(t.Context(), "explain", "192.0.2.1:8080"); status != 0 {
		t.Fatalf("status %d: %s", status, p.stderr.String())
	}
	const want = `   0.001s  port 8080/tcp is open (syn-ack)
   0.002s  > TCP NULL q||
   0.250s  > TCP GetRequest q|GET / HTTP/1.0\r\n\r\n|
   0.255s  < TCP GetRequest q|HTTP\n|
   0.260s  Service scan match .[31m
   0.300s  verdict
  port          8080/tcp
  state         open (syn-ack)
  service       http
  product       Foo
  version       1
  cpe           cpe:/a:foo:foo:1
  tunnel        TLSv1.3 X
  alpn          h2
  certificate   CN=a
  valid until   2026-11-21 12:00:00
  probe         GetRequest
  line          x.probe:3, of probe GetRequest
  found after   10ms
`
	if got := p.stdout.String(); got != want {
		t.Errorf("got\n%swant\n%s", got, want)
	}
	if o := p.seen; !o.Version.Enabled || !o.Version.Trace || !o.Discovery.None || o.Targets[0] != "192.0.2.1:8080" {
		t.Errorf("scanned %+v", o)
	}
}

func TestExplainShowsUnknownAnswers(t *testing.T) {
	p := &play{script: script{events: aStory(result.Service{Name: "foo",
		Fingerprint: `SF-Port8080-TCP:V=1%r(NULL,5,"hi\x20|\r\n");`})}}
	p.run(t.Context(), "explain", "-p", "8080", "192.0.2.1")
	for _, want := range []string{"  service       foo, by the port number only\n", "  answers that no line settles:\n", `    < TCP NULL q|hi \x7c\r\n|` + "\n"} {
		if !strings.Contains(p.stdout.String(), want) {
			t.Errorf("%q is missing:\n%s", want, p.stdout.String())
		}
	}
}

func TestExplainNeedsOnePort(t *testing.T) {
	for _, args := range []string{"", "192.0.2.1", "192.0.2.1:1 192.0.2.2:2", "::1", "--versiondb missing 192.0.2.1:1", "-Q 192.0.2.1:1"} {
		p := &play{}
		status := p.run(t.Context(), append([]string{"explain"}, strings.Fields(args)...)...)
		want := 2
		if strings.Contains(args, "missing") {
			want = 1
		}
		if status != want || p.stdout.Len() > 0 || !strings.HasPrefix(p.stderr.String(), "sonde: ") {
			t.Errorf("%q: status %d, %s%s", args, status, p.stdout.String(), p.stderr.String())
		}
	}
	closed := &play{script: script{events: []result.Event{result.ScanStarted{Time: noon}, result.ScanDone{Time: noon}}}}
	if status := closed.run(t.Context(), "explain", "192.0.2.1:1"); status != 1 {
		t.Errorf("no port: status %d", status)
	}
}
