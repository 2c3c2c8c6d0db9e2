package service

import (
	"fmt"
	"net/netip"
	"regexp"
	"strings"
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
	latency time.Duration
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
	{name: "a probe that cannot be sent ends it",
		scripts: []st.Script{{st.Hear()}, {st.Reset()}}, target: named("tablename"), latency: time.Millisecond,
		want: "tablename table 3", sent: "NULL First Second", dials: 2},
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

func intensity(n int) func(*Config) { return func(c *Config) { c.Intensity = n } }

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
	n.Latency = s.latency
	n.Listen(port, s.scripts...)
	if s.drop {
		n.Drop(port)
	}
	probes := s.probes
	if probes == "" {
		probes = testProbes
	}
	cfg := Config{DB: database(t, probes), Conform: true, Intensity: DefaultIntensity, Dialer: n, Trace: true}
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
