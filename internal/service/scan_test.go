package service

import (
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"errors"
	"fmt"
	"math/big"
	"net"
	"net/netip"
	"regexp"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	st "sonde/internal/service/servicetest"
	"sonde/result"
)

// testProbes is a small database with the times of common ones.
const testProbes = `
Exclude T:9100
Probe TCP NULL q||
totalwaitms 6000
tcpwrappedms 3000
match strict m|^ZZZ$|
match greeter m|^HELLO (\S+)| p/Greeter/ v/$1/
softmatch proto m|^PROTO| p/Some proto/ i/soft info/ h/soft.example/ cpe:/a:soft:proto/
match proto m|^PROTO hard| v/9/
match ssl m|^\x15\x03|
match ssl/web m|^TLSWEB| p/Web/
Probe TCP First q|first|
ports 1000-1099
match replier m|^REPLY| p/Replier/
match other m|^PROTOBETTER| v/2/
match ssl m|^\x15\x03|
Probe TCP Second q|second|
rarity 1
match second m|^SECOND| p/Second/
match borrowed m|^LENT| p/Borrowed/
Probe TCP Third q|third|
rarity 6
fallback Second
match third m|^THIRD| p/Third/
softmatch proto m|^nothing|
Probe TCP Rare q|rare|
rarity 9
sslports 1443
match proto m|^PROTO.*RARE| v/9/
match inner m|^INSIDE (\S+)| i/$1/
`

// scene is a service that follows a script, and what must come of it.
type scene struct {
	name    string
	probes  string // testProbes if empty
	scripts []st.Script
	drop    bool
	port    uint16 // 1000 if 0
	config  func(*Config)
	target  func(*Target)
	want    string // the outcome as summary writes it
	sent    string // the probes that were sent
	took    time.Duration
	dials   int // connections, if not 0
}

var scenes = []scene{
	{name: "the dollar matches before one final line feed",
		scripts: []st.Script{{st.Say("ZZZ\n"), st.Hold()}}, want: "strict probed 10", sent: "NULL"},
	{name: "but not before two",
		scripts: []st.Script{{st.Say("ZZZ\n\n"), st.Hold()}}, config: intensity(0), want: "table 3 fp", sent: "NULL First", took: 11 * time.Second},
	{name: "hard match in the banner ends it at once",
		scripts: []st.Script{{st.Wait(time.Second), st.Say("HELLO 1.2\r\n"), st.Hold()}},
		want:    "greeter probed 10 p=Greeter v=1.2", sent: "NULL", took: time.Second, dials: 1},
	{name: "banner in two pieces",
		scripts: []st.Script{{st.Say("HEL"), st.Wait(time.Second), st.Say("LO 1.2\r\n"), st.Hold()}},
		want:    "greeter probed 10 p=Greeter v=1.2", sent: "NULL", took: time.Second},
	{name: "soft line before a hard line hides it, also later",
		scripts: []st.Script{{st.Say("PROTO"), st.Wait(time.Second), st.Say(" hard"), st.Hold()}}, port: 2000, config: intensity(1),
		want: "proto probed 10 soft p=Some proto i=soft info h=soft.example cpe:/a:soft:proto", sent: "NULL Third Rare", took: 16 * time.Second},
	{name: "banner stays in front of the first reply, on one connection",
		scripts: []st.Script{{st.Say("hi "), st.Answer("first", "REPLY")}}, config: intensity(0),
		want: "table 3 fp", sent: "NULL First", took: 11 * time.Second, dials: 1},
	{name: "silent until asked, on one connection",
		scripts: []st.Script{{st.Answer("first", "REPLY")}},
		want:    "replier probed 10 p=Replier", sent: "NULL First", took: 6 * time.Second, dials: 1},
	{name: "each later probe has its own connection",
		scripts: []st.Script{{st.Answer("third", "THIRD")}},
		want:    "third probed 10 p=Third", sent: "NULL First Second Third", took: 16 * time.Second, dials: 3},
	{name: "soft match steers: rare probes that know the service, and no others",
		scripts: []st.Script{{st.Say("PROTO "), st.Answer("rare", "RARE")}},
		want:    "proto probed 10 p=Some proto v=9 i=soft info h=soft.example cpe:/a:soft:proto", sent: "NULL Third Rare"},
	{name: "intensity 9 lifts the steering",
		scripts: []st.Script{{st.Say("PROTO "), st.Hold()}}, config: intensity(9),
		want: "proto probed 10 soft p=Some proto i=soft info h=soft.example cpe:/a:soft:proto fp", sent: "NULL First Second Third Rare"},
	{name: "fingerprint of a soft match below intensity 7 is dropped",
		scripts: []st.Script{{st.Say("PROTO "), st.Hold()}}, config: intensity(6),
		want: "proto probed 10 soft p=Some proto i=soft info h=soft.example cpe:/a:soft:proto", sent: "NULL Third Rare"},
	{name: "hard match of another service replaces the soft one and keeps its other fields",
		probes: testProbes + "Probe TCP Fourth q|fourth|\nports 1000\nsoftmatch proto m|^never|\nmatch other m|^PROTO BETTER| v/2/\n",
		scripts: []st.Script{
			{st.Say("PROTO "), st.Answer("fourth", "BETTER")}},
		want: "other probed 10 p=Some proto v=2 i=soft info h=soft.example cpe:/a:soft:proto", sent: "NULL Fourth"},
	{name: "fallback lends a line",
		scripts: []st.Script{{st.Answer("third", "LENT")}},
		want:    "borrowed probed 10 p=Borrowed", sent: "NULL First Second Third"},
	{name: "wrapped: closed at 0.1 s",
		scripts: []st.Script{{st.Wait(100 * time.Millisecond)}}, want: "tcpwrapped probed 8", sent: "NULL", took: 100 * time.Millisecond, dials: 1},
	{name: "wrapped: closed at 2.5 s",
		scripts: []st.Script{{st.Wait(2500 * time.Millisecond)}}, want: "tcpwrapped probed 8", sent: "NULL", took: 2500 * time.Millisecond},
	{name: "wrapped: reset at once",
		scripts: []st.Script{{st.Reset()}}, want: "tcpwrapped probed 8", sent: "NULL"},
	{name: "wrapped in the end: closed at 3.6 s every time",
		scripts: []st.Script{{st.Wait(3600 * time.Millisecond)}}, want: "tcpwrapped probed 8", sent: "NULL First Second Third",
		took: 4 * 3600 * time.Millisecond, dials: 4},
	{name: "wrapped: refuses when its turn comes", want: "tcpwrapped probed 8", dials: 1},
	{name: "wrapped: connection times out", drop: true, want: "tcpwrapped probed 8", took: 5 * time.Second},
	{name: "not wrapped: patient first, then resets every probe",
		scripts: []st.Script{{st.Hear(), st.Reset()}}, want: "table 3", sent: "NULL First Second Third"},
	{name: "not wrapped: refuses after one patient connection",
		scripts: []st.Script{{st.Hear(), st.Reset()}, nil}, want: "table 3", sent: "NULL First", dials: 2},
	{name: "soft match survives a lost connection, as a table name",
		scripts: []st.Script{{st.Say("PROTO"), st.Wait(time.Second)}, nil}, target: named("tablename"),
		want: "proto table 3 p=Some proto i=soft info h=soft.example cpe:/a:soft:proto fp", sent: "NULL", dials: 2},
	{name: "data before the end of file count",
		scripts: []st.Script{{st.Say("HELLO 3\n")}}, want: "greeter probed 10 p=Greeter v=3", sent: "NULL"},
	{name: "unknown data, then end of file: new connection, recorded",
		scripts: []st.Script{{st.Say("what?")}, {st.Answer("first", "REPLY")}}, want: "replier probed 10 p=Replier", sent: "NULL First", dials: 2},
	{name: "echo matches nothing",
		scripts: []st.Script{{st.Echo()}}, target: named("echo"), want: "echo table 3 fp", sent: "NULL First Second Third"},
	{name: "endless stream stops at 4096 bytes",
		scripts: []st.Script{{st.Flood(strings.Repeat("x", 1024), 100*time.Millisecond)}}, config: intensity(0),
		want: "table 3 fp", sent: "NULL First", took: 400 * time.Millisecond},
	{name: "long banner ends the NULL probe at once, then more data or the timeout the next",
		scripts: []st.Script{{st.Say(strings.Repeat("x", 5000)), st.Hold()}}, config: intensity(0),
		want: "table 3 fp", sent: "NULL First", took: 5 * time.Second, dials: 1},
	{name: "no match has a fingerprint at any intensity",
		scripts: []st.Script{{st.Say("what?"), st.Hold()}}, config: intensity(1), port: 2000, want: "table 3 fp", sent: "NULL Second"},
	{name: "excluded port is not touched",
		scripts: []st.Script{{st.Say("HELLO 1\n")}}, port: 9100, target: named("jetdirect"), want: "jetdirect table 3", dials: -1},
	{name: "excluded port with all ports",
		scripts: []st.Script{{st.Say("HELLO 1\n")}}, port: 9100, config: func(c *Config) { c.AllPorts = true },
		want: "greeter probed 10 p=Greeter v=1", sent: "NULL"},
	{name: "open|filtered opens with the connection",
		scripts: []st.Script{{st.Say("HELLO 1\n")}}, target: func(t *Target) { t.State, t.Reason = result.OpenFiltered, result.ReasonNoResponse },
		want: "greeter probed 10 p=Greeter v=1 open tcp-response", sent: "NULL"},
	{name: "the name says ssl/",
		scripts: []st.Script{{st.Say("TLSWEB"), st.Hold()}}, want: "web probed 10 ssl p=Web", sent: "NULL", dials: 1},
	{name: "no NULL probe in the database", probes: "Probe TCP Only q|only|\nmatch a m|^A|\n",
		scripts: []st.Script{{st.Answer("only", "A")}}, want: "a probed 10", sent: "Only"},
	{name: "no probes for the protocol", probes: "Probe UDP Only q|only|\nmatch a m|^A|\n", want: "tcpwrapped probed 8", dials: -1},
}

func intensity(n int) func(*Config)    { return func(c *Config) { c.Intensity = n } }
func named(table string) func(*Target) { return func(t *Target) { t.TableName = table } }

func TestScenes(t *testing.T) {
	for _, s := range scenes {
		t.Run(s.name, func(t *testing.T) { synctest.Test(t, s.play) })
	}
}

func (s scene) play(t *testing.T) {
	n := st.NewNet(t)
	port := s.port
	if port == 0 {
		port = 1000
	}
	n.Listen(port, s.scripts...)
	if s.drop {
		n.Drop(port)
	}
	probes := s.probes
	if probes == "" {
		probes = testProbes
	}
	cfg := Config{DB: database(t, probes), Intensity: DefaultIntensity, Dialer: n, Trace: true}
	if s.config != nil {
		s.config(&cfg)
	}
	target := Target{Addr: netip.MustParseAddr("192.0.2.1"), Port: port, State: result.Open, Reason: result.ReasonSynAck}
	if s.target != nil {
		s.target(&target)
	}
	start := time.Now()
	out, said := run(t, cfg, target)
	if got := summary(out[0]); got != s.want {
		t.Errorf("got  %s\nwant %s", got, s.want)
	}
	if got := sentProbes(said); got != s.sent {
		t.Errorf("sent %q, want %q", got, s.sent)
	}
	if took := time.Since(start); s.took != 0 && took != s.took {
		t.Errorf("took %v, want %v", took, s.took)
	}
	if got := n.Dials(port); s.dials != 0 && got != max(0, s.dials) {
		t.Errorf("%d connections, want %d", got, max(0, s.dials))
	}
}

// run scans targets and returns the outcomes and all that was said.
func run(t *testing.T, cfg Config, targets ...Target) (out []Outcome, said []string) {
	t.Helper()
	cfg.Notice = func(_ result.Level, _, text string) { said = append(said, text) }
	if err := Scan(t.Context(), cfg, targets, func(o Outcome) { out = append(out, o) }); err != nil {
		t.Fatal(err)
	}
	if len(out) != len(targets) {
		t.Fatalf("%d outcomes for %d targets", len(out), len(targets))
	}
	return out, said
}

// summary writes an outcome in a line.
func summary(o Outcome) string {
	s := o.Service
	parts := []string{s.Name, s.Method.String(), fmt.Sprint(s.Confidence), s.Tunnel.String()}
	if s.Soft {
		parts = append(parts, "soft")
	}
	for _, f := range []struct{ key, text string }{{"p=", s.Product}, {"v=", s.Version}, {"i=", s.Info}, {"h=", s.Hostname},
		{"o=", s.OSType}, {"d=", s.DeviceType}, {"", strings.Join(s.CPE, " ")}} {
		if f.text != "" {
			parts = append(parts, f.key+f.text)
		}
	}
	if s.Fingerprint != "" {
		parts = append(parts, "fp")
	}
	if o.State != result.Open || o.Reason != result.ReasonSynAck {
		parts = append(parts, o.State.String(), o.Reason.String())
	}
	if o.TimedOut {
		parts = append(parts, "timed out")
	}
	return strings.Join(strings.Fields(strings.Join(parts, " ")), " ")
}

var sentLine = regexp.MustCompile(`^Service scan sending probe (\S+) to `)

func sentProbes(said []string) string {
	var names []string
	for _, line := range said {
		if m := sentLine.FindStringSubmatch(line); m != nil {
			names = append(names, m[1])
		}
	}
	return strings.Join(names, " ")
}

const udpProbes = `
Probe TCP NULL q||
Probe UDP Ask q|ask|
rarity 1
ports 5000
match answer m|^ANSWER (\S+)| p/Answerer/ v/$1/
softmatch half m|^HALF|
match dtls m|^\x16\xfe|
Probe UDP Again q|again|
rarity 1
no-payload-is-a-flag
`

func TestUDP(t *testing.T) {
	probes := strings.Replace(udpProbes, "no-payload-is-a-flag\n", "match half m|^HALF again| v/2/\n", 1)
	replies := func(list ...string) st.Datagrams {
		return func([]byte) (out [][]byte) {
			for _, r := range list {
				out = append(out, []byte(r))
			}
			return out
		}
	}
	tests := []struct {
		name   string
		port   uint16
		serve  st.Datagrams
		config func(*Config)
		early  []string
		want   string
		sent   string
		took   time.Duration
	}{
		{name: "answers", serve: replies("ANSWER 7"), want: "answer probed 10 p=Answerer v=7 open udp-response", sent: "Ask"},
		{name: "answers in two datagrams", serve: replies("ANSWER", " 7"), want: "answer probed 10 p=Answerer v=7 open udp-response", sent: "Ask"},
		{name: "silent: each probe is sent once, the state stays", serve: replies(), want: "domain table 3 open|filtered no-response", sent: "Ask Again", took: 10 * time.Second},
		{name: "unreachable: wrapped", want: "tcpwrapped probed 8 open|filtered no-response", sent: "Ask Again", took: time.Nanosecond},
		{name: "empty datagram is like an end of file", serve: replies(""), want: "tcpwrapped probed 8 open|filtered no-response", sent: "Ask Again", took: time.Nanosecond},
		{name: "no eligible probe: wrapped", port: 6000, serve: replies("x"), config: intensity(0), want: "tcpwrapped probed 8 open|filtered no-response"},
		{name: "unknown answer", serve: replies("huh"), want: "domain table 3 fp open udp-response", sent: "Ask Again", took: 10 * time.Second},
		{name: "DTLS is told, not entered", serve: replies("\x16\xfe\xff"), want: "dtls probed 10 open udp-response", sent: "Ask"},
		{name: "early reply", serve: replies(), config: early, early: []string{"ANSWER 8"}, want: "answer probed 10 p=Answerer v=8 open|filtered no-response"},
		{name: "early replies are off by default", serve: replies("ANSWER 7"), early: []string{"ANSWER 8"}, want: "answer probed 10 p=Answerer v=7 open udp-response", sent: "Ask"},
		{name: "early soft reply steers", serve: func(b []byte) [][]byte {
			if string(b) == "again" {
				return replies("HALF again")(b)
			}
			return nil
		}, config: early, early: []string{"what", "HALF"}, want: "half probed 10 v=2 open udp-response", sent: "Ask Again", took: 5 * time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := st.NewNet(t)
				if tt.serve != nil {
					n.ListenUDP(5000, tt.serve)
					n.ListenUDP(6000, tt.serve)
				}
				cfg := Config{DB: database(t, probes), Intensity: DefaultIntensity, Dialer: n, Trace: true}
				if tt.config != nil {
					tt.config(&cfg)
				}
				target := Target{Addr: netip.MustParseAddr("192.0.2.1"), Protocol: result.UDP, Port: 5000, State: result.OpenFiltered,
					Reason: result.ReasonNoResponse, TableName: "domain"}
				if tt.port != 0 {
					target.Port = tt.port
				}
				for _, e := range tt.early {
					target.EarlyReplies = append(target.EarlyReplies, []byte(e))
				}
				start := time.Now()
				out, said := run(t, cfg, target)
				if got := summary(out[0]); got != tt.want {
					t.Errorf("got  %s\nwant %s", got, tt.want)
				}
				if got := sentProbes(said); got != tt.sent {
					t.Errorf("sent %q, want %q", got, tt.sent)
				}
				if took := time.Since(start); tt.took != 0 && took.Truncate(time.Millisecond) != tt.took.Truncate(time.Millisecond) {
					t.Errorf("took %v", took)
				}
			})
		})
	}
}

func early(c *Config) { c.EarlyReplies = true }

// serverTLS is a configuration with a fresh certificate.
func serverTLS(t *testing.T) *tls.Config {
	t.Helper()
	_, key, _ := ed25519.GenerateKey(rand.Reader)
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "inner.example"}}
	der, err := x509.CreateCertificate(rand.Reader, c, c, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}
}

func TestTLS(t *testing.T) {
	cfg := serverTLS(t)
	// A server whose answer to anything that is not TLS is an alert.
	server := func(inside ...st.Step) st.Script {
		alert := func(ctx context.Context, c net.Conn) error { return st.Say("\x15\x03\x01\x00\x02\x02\x46")(ctx, c) }
		return st.Script{st.Plain(alert, st.TLS(cfg, inside...), "first", "second", "third", "rare")}
	}
	tests := []struct {
		name   string
		script []st.Script
		port   uint16
		want   string
		sent   string
		tls    bool
	}{
		{"banner inside", []st.Script{server(st.Say("HELLO 5\n"))}, 1000, "greeter probed 10 ssl p=Greeter v=5", "NULL First NULL", true},
		{"probes inside follow sslports", []st.Script{server(st.Answer("rare", "INSIDE x"))}, 1443, "inner probed 10 ssl i=x",
			"NULL First NULL Rare", true},
		{"silent inside", []st.Script{server(st.Hold())}, 1000, "https table 3 ssl", "NULL First NULL First Second Third", true},
		{"unknown inside", []st.Script{server(st.Say("what?"), st.Hold())}, 1000, "https table 3 ssl fp", "NULL First NULL First Second Third", true},
		{"TLS in TLS is not entered", []st.Script{server(st.Say("\x15\x03"))}, 1000, "ssl probed 10 ssl", "NULL First NULL", true},
		{"handshake fails", []st.Script{{st.Answer("first", "\x15\x03\x01\x00\x02\x02\x46")}}, 1000, "https table 3 ssl", "NULL First", false},
		{"closes inside, then refuses", []st.Script{server(), server(), nil}, 1000, "https table 3 ssl", "NULL First NULL", true},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := st.NewNet(t)
				n.Listen(tt.port, tt.script...)
				out, said := run(t, Config{DB: database(t, testProbes), Intensity: DefaultIntensity, Dialer: n, Trace: true},
					Target{Addr: netip.MustParseAddr("192.0.2.1"), Name: "name.example", Port: tt.port, State: result.Open, Reason: result.ReasonSynAck, TableName: "https"})
				if got := summary(out[0]); got != tt.want {
					t.Errorf("got  %s\nwant %s", got, tt.want)
				}
				if got := sentProbes(said); got != tt.sent {
					t.Errorf("sent %q, want %q", got, tt.sent)
				}
				info := out[0].Service.TLS
				if (info != nil) != tt.tls || tt.tls && (info.ServerName != "name.example" || info.Certificate.Subject != "CN=inner.example") {
					t.Errorf("TLS: %+v", info)
				}
				if tt.tls && strings.Contains(tt.want, "fp") && !strings.Contains(out[0].Service.Fingerprint, "%T=SSL%I=7%") {
					t.Errorf("fingerprint %s", out[0].Service.Fingerprint)
				}
			})
		})
	}
}

func TestTrace(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := st.NewNet(t)
		n.Listen(1000, st.Script{st.Say("HELLO 5\n"), st.Hold()})
		n.Listen(1001, st.Script{st.Say("PROTO "), st.Answer("conflict", "odd")})
		n.Listen(1002, st.Script{st.Say("ZZZ"), st.Hold()})
		n.Listen(1003, st.Script{st.Answer("third", "LENT")})
		probes := testProbes + "Probe TCP Conflict q|conflict|\nports 1001\nsoftmatch odd m|^PROTO|\nsoftmatch proto m|^never|\n" +
			"match broken m|^BROKEN| p/$1/\n"
		addr := netip.MustParseAddr("192.0.2.1")
		_, said := run(t, Config{DB: database(t, probes), Intensity: DefaultIntensity, Dialer: n, Trace: true},
			Target{Addr: addr, Port: 1000, State: result.OpenFiltered}, Target{Addr: addr, Port: 1001}, Target{Addr: addr, Port: 1002},
			Target{Addr: addr, Port: 1003}, Target{Addr: addr, Port: 9100})
		got := strings.Join(said, "\n")
		for _, want := range []string{
			"Service scan sending probe NULL to 192.0.2.1:1000 (tcp)",
			"Discovered open|filtered port 1000/tcp on 192.0.2.1 is actually open",
			"Service scan match (Probe NULL matched with NULL line 6): 192.0.2.1:1000 is greeter.  Version: |Greeter|5||",
			"Service scan match (Probe NULL matched with NULL line 7): 192.0.2.1:1001 is proto.  Version: |Some proto||soft info|",
			"Service scan hard match (Probe NULL matched with NULL line 5): 192.0.2.1:1002 is strict",
			"Service scan match (Probe Third matched with Second line 19): 192.0.2.1:1003 is borrowed.  Version: |Borrowed|||",
			"WARNING: Service 192.0.2.1:1001 had already soft-matched proto, but now soft-matched odd; ignoring second value",
			"EXCLUDING 9100/tcp",
		} {
			if !strings.Contains(got, want) {
				t.Errorf("nobody said %q", want)
			}
		}
		if t.Failed() {
			t.Log(got)
		}
	})
}

func TestEvidence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := st.NewNet(t)
		n.Listen(1000, st.Script{st.Answer("third", "LENT")})
		out, _ := run(t, Config{DB: database(t, testProbes), Intensity: DefaultIntensity, Dialer: n}, Target{Port: 1000})
		want := result.Evidence{Probe: "Third", Table: "Second", Signature: "test:19", Elapsed: 16 * time.Second}
		if got := out[0].Service.Evidence; got == nil || *got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	})
}

func TestParallelism(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := st.NewNet(t)
		cfg := Config{DB: database(t, testProbes), Dialer: n}
		cfg.Timing.Level = 3
		var targets []Target
		for port := range uint16(50) {
			n.Listen(100+port, st.Script{st.Wait(time.Second), st.Say("HELLO 1\n")})
			targets = append(targets, Target{Port: 100 + port})
		}
		var counts []string
		cfg.Progress = func(done, total int) { counts = append(counts, fmt.Sprintf("%d/%d", done, total)) }
		start := time.Now()
		run(t, cfg, targets...)
		if took := time.Since(start); took != 3*time.Second {
			t.Errorf("50 services of one second took %v, 20 at a time", took)
		}
		if len(counts) != 50 || counts[49] != "50/50" {
			t.Errorf("progress: %v", counts)
		}
	})
}

func TestParallelismTable(t *testing.T) {
	for _, tt := range []struct{ level, least, most, want int }{
		{0, 0, 0, 1}, {2, 0, 0, 1}, {3, 0, 0, 20}, {4, 0, 0, 30}, {5, 0, 0, 40},
		{3, 35, 0, 35}, {3, 0, 5, 5}, {5, 200, 0, 200}, {1, 3, 0, 3},
	} {
		c := Config{}
		c.Timing.Level, c.Timing.MinParallelism, c.Timing.MaxParallelism = tt.level, tt.least, tt.most
		if got := parallelism(c.Timing); got != tt.want {
			t.Errorf("%+v: got %d", tt, got)
		}
	}
}

func TestHostTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := st.NewNet(t)
		for port := range uint16(3) {
			n.Listen(1000+port, st.Script{st.Hold()})
		}
		slow, other, late := netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2"), netip.MustParseAddr("192.0.2.3")
		cfg := Config{DB: database(t, testProbes), Dialer: n, HostBudget: func(a netip.Addr) time.Duration {
			return map[netip.Addr]time.Duration{slow: 8 * time.Second, other: time.Hour}[a]
		}}
		start := time.Now()
		out, _ := run(t, cfg, Target{Addr: slow, Port: 1000}, Target{Addr: slow, Port: 1001}, Target{Addr: other, Port: 1000}, Target{Addr: late, Port: 1000})
		for _, o := range out {
			if o.TimedOut != (o.Addr != other) {
				t.Errorf("%v:%d timed out: %v", o.Addr, o.Port, o.TimedOut)
			}
		}
		// One at a time: eight seconds for slow, none for its second port, eleven for other.
		if took := time.Since(start); took != 19*time.Second {
			t.Errorf("took %v", took)
		}
	})
}

func TestCancel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := st.NewNet(t)
		n.Listen(1000, st.Script{st.Hold()})
		n.Drop(1001)
		n.Listen(1002, st.Script{st.Flood("x", time.Second)})
		n.Listen(1003, st.Script{st.Say("\x15\x03"), st.Hold()})
		n.ListenUDP(1000, func([]byte) [][]byte { return nil })
		cfg := Config{DB: database(t, testProbes+"Probe UDP U q|u|\nports 1000\n"), Intensity: 7, Dialer: n}
		cfg.Timing.Level = 3
		ctx, cancel := context.WithCancelCause(t.Context())
		enough := errors.New("enough")
		var once sync.Once
		time.AfterFunc(2*time.Second, func() { once.Do(func() { cancel(enough) }) })
		start := time.Now()
		err := Scan(ctx, cfg, []Target{{Port: 1000}, {Port: 1001}, {Port: 1002}, {Port: 1003}, {Port: 1000, Protocol: result.UDP}},
			func(o Outcome) { t.Errorf("found %d", o.Port) })
		if took := time.Since(start); err != enough || took != 2*time.Second {
			t.Errorf("ended after %v with %v", took, err)
		}
	})
}

func TestNothingToDo(t *testing.T) {
	if err := Scan(t.Context(), Config{DB: database(t, testProbes)}, nil, nil); err != nil {
		t.Error(err)
	}
}
