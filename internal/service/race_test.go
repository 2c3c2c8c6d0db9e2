package service

import (
	"context"
	"errors"
	"net/netip"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	st "sonde/internal/service/servicetest"
	"sonde/result"
)

// raceProbes is a small database in which Get is what most services answer.
const raceProbes = `
Probe TCP NULL q||
totalwaitms 6000
tcpwrappedms 3000
match greeter m|^HELLO (\S+)| p/Greeter/ v/$1/
softmatch proto m|^PROTO|
match stream m|^abcd|
Probe TCP Lines q|lines|
rarity 1
match lines m|^LINES x.*tail=(\w+)|s v/$1/
match lines m|^LINES|
match greeter m|^HAIL (\S+)\n$| v/$1/
Probe TCP Get q|get|
rarity 1
match titled m|^HTTP/1\.1 200.*<title>(\w+)|s p/$1/
match web m|^HTTP/1\.[01] \d\d\d|
match echo m|^get$|
match replier m|^REPLY|
Probe TCP TLSHello q|\x16\x03\x01\0\x02\x01\0|
rarity 1
ports 1443
match ssl m|^\x15\x03|
Probe TCP Third q|third|
rarity 6
match third m|^THIRD|
match proto m|^ok (\S+)| v/$1/
match proto m|^PROTO ok (\S+)| v/$1/
Probe TCP Fourth q|fourth|
rarity 7
match fourth m|^FOURTH|
Probe TCP Rare q|rare|
rarity 9
ports 1500
match rare m|^RARE|
match proto m|^never|
Probe UDP Ask q|ask|
rarity 1
match answer m|^ANSWER x.*tail=(\w+)|s v/$1/
match answer m|^ANSWER (\S+)| v/$1/
Probe UDP Again q|again|
rarity 1
match again m|^AGAIN|
`

// page is an HTTP message with a length.
const pageHead, pageBody = "HTTP/1.1 200 OK\r\nContent-Length: 20\r\n\r\n", "<title>Shop</title>\r\n"

// raceScene is a service that follows a script, and what a race makes of it.
type raceScene struct {
	name    string
	scripts []st.Script
	limit   int // connections that the port accepts at a time
	drop    bool
	port    uint16 // 2000 if 0
	level   int    // 4 if 0
	latency time.Duration
	want    string // the outcome as summary writes it
	sent    string // the probes that were sent; "-" if that does not matter
	least   time.Duration
	most    time.Duration
	dials   int // connections at most, if not 0
}

var raceScenes = []raceScene{
	{name: "greets at once", scripts: []st.Script{{st.Say("HELLO 1.2\r\n"), st.Hold()}},
		want: "greeter probed 10 p=Greeter v=1.2", sent: "NULL", most: time.Millisecond, dials: 1},
	{name: "greets within the grace", scripts: []st.Script{{st.Wait(30 * time.Millisecond), st.Say("HELLO 1.2\r\n"), st.Hold()}},
		want: "greeter probed 10 p=Greeter v=1.2", sent: "NULL", most: 30 * time.Millisecond, dials: 1},
	{name: "greets in pieces", scripts: []st.Script{{st.Say("HEL"), st.Wait(200 * time.Millisecond), st.Say("LO 1.2\r\n"), st.Hold()}},
		want: "greeter probed 10 p=Greeter v=1.2", sent: "NULL", most: 200 * time.Millisecond, dials: 1},
	{name: "is asked on the connection on which it did not greet", scripts: []st.Script{{st.Answer("get", "REPLY")}},
		want: "replier probed 10", sent: "NULL Get", most: 40 * time.Millisecond, dials: 1},
	{name: "far away, the grace is a little more than a round trip", scripts: []st.Script{{st.Answer("get", "REPLY")}}, latency: 200 * time.Millisecond,
		want: "replier probed 10", sent: "NULL Get", least: 485 * time.Millisecond, most: 490 * time.Millisecond, dials: 1},
	{name: "registered probes come first, however rare", scripts: []st.Script{{st.Answer("rare", "RARE")}}, port: 1500,
		want: "rare probed 10", sent: "NULL Rare", most: 40 * time.Millisecond, dials: 1},
	{name: "a greeter's port has a long grace", port: 25, level: 3,
		scripts: []st.Script{{st.Hush(2 * time.Second), st.Say("HELLO 3\n"), st.Hold()}},
		want:    "greeter probed 10 p=Greeter v=3", sent: "NULL", most: 2 * time.Second, dials: 1},

	{name: "silent", scripts: []st.Script{{st.Hold()}}, want: "table 3", sent: "-", most: 8 * time.Second},
	{name: "silent, T3", level: 3, scripts: []st.Script{{st.Hold()}}, want: "table 3", sent: "-", most: 11 * time.Second},
	{name: "silent, T5", level: 5, scripts: []st.Script{{st.Hold()}}, want: "table 3", sent: "-", most: 8 * time.Second},
	{name: "closes at once", scripts: []st.Script{{}}, want: "tcpwrapped probed 8", sent: "-", most: time.Millisecond, dials: 2},
	{name: "closes after 1 s", scripts: []st.Script{{st.Wait(time.Second)}}, want: "tcpwrapped probed 8", sent: "-", most: 5 * time.Second},
	{name: "closes after 2.5 s", scripts: []st.Script{{st.Wait(2500 * time.Millisecond)}}, want: "tcpwrapped probed 8", sent: "-", most: 6 * time.Second},
	{name: "closes after half a second who does not know what to say", scripts: []st.Script{{st.Hurry(500*time.Millisecond, st.Answer("fourth", "FOURTH"))}},
		want: "fourth probed 10", sent: "-", most: 2 * time.Second},
	{name: "closes after 5 s: not wrapped", scripts: []st.Script{{st.Wait(5 * time.Second)}}, want: "table 3", sent: "-", most: 11 * time.Second},
	{name: "closes at once, but answers who asks", scripts: []st.Script{{}, {st.Answer("get", "REPLY")}},
		want: "replier probed 10", sent: "NULL Get", dials: 2},
	{name: "resets everything, like a SYN proxy without a server behind", scripts: []st.Script{{st.Reset()}}, want: "tcpwrapped probed 8", sent: "-", most: time.Millisecond},
	{name: "resets after the first byte: not wrapped", scripts: []st.Script{{st.Hear(), st.Reset()}}, want: "table 3", sent: "-", most: 8 * time.Second},
	{name: "refuses when its turn comes: not wrapped", want: "table 3", most: 3 * time.Second},
	{name: "swallows connections: not wrapped", drop: true, want: "table 3", most: 6 * time.Second},
	{name: "echo", scripts: []st.Script{{st.Echo()}}, want: "echo probed 10", sent: "NULL Get", most: 40 * time.Millisecond},
	{name: "chargen", scripts: []st.Script{{st.Flood("abcdefgh\r\n", time.Millisecond)}}, want: "stream probed 10", sent: "NULL"},
	{name: "endless stream", scripts: []st.Script{{st.Flood(strings.Repeat("x", 1024), 10*time.Millisecond)}},
		want: "table 3 fp", sent: "-", most: 4 * time.Second},
	{name: "tarpit", scripts: []st.Script{{st.Flood("z", time.Second)}}, want: "table 3 fp", sent: "-", most: 12 * time.Second},
	{name: "greets after 5.5 s", scripts: []st.Script{{st.Wait(5500 * time.Millisecond), st.Say("HELLO 5\n"), st.Hold()}},
		want: "greeter probed 10 p=Greeter v=5", sent: "-", most: 5500 * time.Millisecond},
	{name: "greets late, and only who waits", scripts: []st.Script{{st.Hush(2 * time.Second), st.Say("HELLO 2\n"), st.Hold()}},
		want: "greeter probed 10 p=Greeter v=2", sent: "-", most: 2100 * time.Millisecond},
	{name: "thinks for 3 s", scripts: []st.Script{{st.Think(3*time.Second, "get", "REPLY")}},
		want: "replier probed 10", sent: "-", least: 3 * time.Second, most: 3100 * time.Millisecond},
	{name: "thinks for 3 s about a rarer question", level: 3, scripts: []st.Script{{st.Think(3*time.Second, "fourth", "FOURTH")}},
		want: "fourth probed 10", sent: "-", most: 6 * time.Second},
	{name: "resets who has not spoken in half a second", scripts: []st.Script{{st.Hurry(500*time.Millisecond, st.Answer("third", "THIRD"))}},
		want: "third probed 10", sent: "-", most: 2 * time.Second},
	{name: "refuses a second connection", limit: 1, scripts: []st.Script{{st.Answer("third", "THIRD")}},
		want: "third probed 10", sent: "-", most: 4 * time.Second},

	{name: "banner in front of the reply, on the first connection", scripts: []st.Script{{st.Say("hi there\r\n"), st.Answer("get", "REPLY")}},
		want: "replier probed 10", sent: "NULL Get", most: 400 * time.Millisecond, dials: 1},
	{name: "banner in front of the reply, on a later one", scripts: []st.Script{{st.Say("hi there\r\n"), st.Answer("third", "THIRD")}},
		want: "third probed 10", sent: "-", most: 2 * time.Second},
	{name: "banner that the table of a later question knows", scripts: []st.Script{{st.Say("HAIL 4\n"), st.Hold()}},
		want: "greeter probed 10 v=4", sent: "-", most: 2 * time.Second},
	{name: "soft match steers, and the reply alone confirms it", scripts: []st.Script{{st.Say("PROTO\r\n"), st.Answer("third", "ok 7")}},
		want: "proto probed 10 v=7", sent: "NULL Third", most: time.Second},
	{name: "a reply does not contradict a soft match", scripts: []st.Script{{st.Say("PROTO\r\n"), st.Answer("third", "THIRD")}},
		want: "proto probed 10 soft fp", sent: "NULL Third Rare", most: 8 * time.Second},
	{name: "soft match survives lost connections", scripts: []st.Script{{st.Say("PROTO\r\n"), st.Wait(100 * time.Millisecond)}, nil},
		want: "proto probed 10 soft fp", sent: "NULL", most: 4 * time.Second},
	{name: "the likelier question wins, though its answer is later", level: 5,
		scripts: []st.Script{{st.Plain(st.Think(100*time.Millisecond, "lines", "LINES"), st.Answer("third", "THIRD"), "lines")}},
		want:    "lines probed 10", sent: "-", most: 500 * time.Millisecond},
	{name: "what tells the version comes late in a long answer", level: 5,
		scripts: []st.Script{{st.Answer("lines", "LINES "+strings.Repeat("x", 1400)+" tail=9")}},
		want:    "lines probed 10 v=9", sent: "-", most: 800 * time.Millisecond},
	{name: "but is not waited for when it is silent", level: 5, scripts: []st.Script{{st.Answer("third", "THIRD")}},
		want: "third probed 10", sent: "-", most: 800 * time.Millisecond},
	{name: "page in pieces: the rest counts", scripts: []st.Script{{st.Hear(), st.Say(pageHead), st.Wait(50 * time.Millisecond), st.Say(pageBody), st.Hold()}},
		want: "titled probed 10 p=Shop", sent: "NULL Get", most: 90 * time.Millisecond},
	{name: "page whose rest does not come", scripts: []st.Script{{st.Hear(), st.Say(pageHead), st.Hold()}},
		want: "web probed 10", sent: "NULL Get", most: 200 * time.Millisecond},
}

func TestRace(t *testing.T) {
	for _, s := range raceScenes {
		t.Run(s.name, func(t *testing.T) { synctest.Test(t, s.play) })
	}
}

func (s raceScene) play(t *testing.T) {
	n := st.NewNet(t)
	port, level := s.port, s.level
	if port == 0 {
		port = 2000
	}
	if level == 0 {
		level = 4
	}
	n.Latency = s.latency
	n.Listen(port, s.scripts...)
	if s.limit > 0 {
		n.Limit(port, s.limit)
	}
	if s.drop {
		n.Drop(port)
	}
	cfg := Config{DB: database(t, raceProbes), Intensity: DefaultIntensity, Dialer: n, Trace: true}
	cfg.Timing.Level = level
	start := time.Now()
	out, said := run(t, cfg, openPort(port))
	took := time.Since(start)
	if got := summary(out[0]); got != s.want {
		t.Errorf("got  %s\nwant %s", got, s.want)
	}
	if got := sentProbes(said); got != s.sent && s.sent != "-" && s.dials >= 0 && len(s.scripts) > 0 {
		t.Errorf("sent %q, want %q", got, s.sent)
	}
	if took < s.least || s.most != 0 && took > s.most {
		t.Errorf("took %v, want %v to %v", took, s.least, s.most)
	}
	if got := n.Dials(port); s.dials > 0 && got > s.dials {
		t.Errorf("%d connections, want %d at most", got, s.dials)
	}
	if t.Failed() {
		t.Log(strings.Join(said, "\n"))
	}
}

func openPort(port uint16) Target {
	return Target{Addr: netip.MustParseAddr("192.0.2.1"), Port: port, State: result.Open, Reason: result.ReasonSynAck}
}

// A server with one worker answers the next connection only when the last is closed.
func TestRaceOneWorker(t *testing.T) {
	for _, question := range []string{"get", "lines", "third", "fourth"} {
		synctest.Test(t, func(t *testing.T) {
			n := st.NewNet(t)
			queue := make(chan struct{}, 1)
			n.Listen(2000, st.Script{st.Turn(queue, st.Answer(question, map[string]string{
				"get": "REPLY", "lines": "LINES", "third": "THIRD", "fourth": "FOURTH"}[question]))})
			cfg := Config{DB: database(t, raceProbes), Intensity: DefaultIntensity, Dialer: n, Trace: true}
			cfg.Timing.Level = 4
			start := time.Now()
			out, said := run(t, cfg, openPort(2000))
			if got := out[0].Service; got.Method != result.MethodProbed || time.Since(start) > 10*time.Second {
				t.Errorf("%s: got %s after %v\n%s", question, summary(out[0]), time.Since(start), strings.Join(said, "\n"))
			}
		})
	}
}

func TestRaceTLS(t *testing.T) {
	cfg := serverTLS(t)
	silent := func(inside ...st.Step) st.Script { // closes on what is not TLS
		return st.Script{st.Plain(st.Finish(), st.TLS(cfg, inside...), "get", "lines", "third", "fourth", "rare")}
	}
	complains := func(text string, inside ...st.Step) st.Script {
		return st.Script{st.Plain(st.Say(text), st.TLS(cfg, inside...), "get", "lines", "third", "fourth", "rare")}
	}
	tests := []struct {
		name   string
		script st.Script
		port   uint16
		want   string
		tls    bool
	}{
		{"banner inside", silent(st.Say("HELLO 5\n")), 2000, "greeter probed 10 ssl p=Greeter v=5", true},
		{"answer inside", silent(st.Answer("get", "REPLY")), 2000, "replier probed 10 ssl", true},
		{"registered for TLS", silent(st.Answer("get", "REPLY")), 1443, "replier probed 10 ssl", true},
		{"silent inside", silent(st.Hold()), 2000, "https table 3 ssl", true},
		{"a web server says that it wants TLS", complains("HTTP/1.1 400 Bad Request\r\n\r\nThis is an HTTPS port", st.Answer("get", "REPLY")),
			2000, "replier probed 10 ssl", true},
		{"and is unknown inside", complains("HTTP/1.1 400 Bad Request\r\n\r\nThis is an HTTPS port", st.Hold()), 2000, "web probed 10 ssl", true},
		{"a web server that only says 400", complains("HTTP/1.1 400 Bad Request\r\n\r\n", st.Hold()), 2000, "web probed 10", false},
		{"alert", st.Script{st.Plain(st.Finish(), st.Say("\x15\x03\x01\x00\x02\x02\x28"), "get", "lines", "third", "fourth", "rare")},
			2000, "https table 3 ssl", false},
		{"not TLS: silent", st.Script{st.Hold()}, 1443, "https table 3", false},
		{"not TLS: text", st.Script{st.Answer("third", "THIRD")}, 1443, "third probed 10", false},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := st.NewNet(t)
				n.Listen(tt.port, tt.script)
				target := openPort(tt.port)
				target.TableName, target.Name = "https", "name.example"
				c := Config{DB: database(t, raceProbes), Intensity: DefaultIntensity, Dialer: n, Trace: true}
				c.Timing.Level = 4
				start := time.Now()
				out, said := run(t, c, target)
				if got := summary(out[0]); got != tt.want {
					t.Errorf("got  %s\nwant %s\n%s", got, tt.want, strings.Join(said, "\n"))
				}
				if info := out[0].Service.TLS; (info != nil) != tt.tls || tt.tls && info.ServerName != "name.example" {
					t.Errorf("TLS: %+v", info)
				}
				if took := time.Since(start); took > 16*time.Second {
					t.Errorf("took %v", took)
				}
			})
		})
	}
}

func TestRaceUDP(t *testing.T) {
	tests := []struct {
		name  string
		serve st.Datagrams
		want  string
		most  time.Duration
	}{
		{"answers", func(b []byte) [][]byte { return [][]byte{[]byte("ANSWER 7")} }, "answer probed 10 v=7 open udp-response", time.Millisecond},
		{"answers at length", func(b []byte) [][]byte {
			return [][]byte{[]byte("ANSWER " + strings.Repeat("x", 1400) + " tail=9")}
		}, "answer probed 10 v=9 open udp-response", time.Millisecond},
		{"answers the second", func(b []byte) [][]byte {
			if string(b) == "again" {
				return [][]byte{[]byte("AGAIN")}
			}
			return nil
		}, "again probed 10 open udp-response", time.Second},
		{"silent", func([]byte) [][]byte { return nil }, "table 3 open|filtered no-response", 6 * time.Second},
		{"unreachable: not wrapped", nil, "table 3 open|filtered no-response", time.Second},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := st.NewNet(t)
				n.ListenUDP(5000, tt.serve)
				c := Config{DB: database(t, raceProbes), Intensity: DefaultIntensity, Dialer: n}
				c.Timing.Level = 4
				start := time.Now()
				out, _ := run(t, c, Target{Addr: netip.MustParseAddr("192.0.2.1"), Protocol: result.UDP, Port: 5000,
					State: result.OpenFiltered, Reason: result.ReasonNoResponse})
				if got := summary(out[0]); got != tt.want || time.Since(start) > tt.most {
					t.Errorf("got  %s after %v\nwant %s", got, time.Since(start), tt.want)
				}
			})
		})
	}
}

// Whatever a race is doing, the end of its context ends it and all it started:
// the bubble would not end otherwise.
func TestRaceCancel(t *testing.T) {
	stop := errors.New("enough")
	for _, after := range []time.Duration{time.Millisecond, 36 * time.Millisecond, 400 * time.Millisecond, 3 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			n := st.NewNet(t)
			n.Latency = 5 * time.Millisecond
			scripts := []st.Script{{st.Hold()}, {st.Flood("x", 10*time.Millisecond)}, {st.Wait(time.Second)}, {st.Say("\x15\x03"), st.Hold()}}
			var targets []Target
			for i, s := range scripts {
				n.Listen(2000+uint16(i), s)
				targets = append(targets, openPort(2000+uint16(i)))
			}
			n.Drop(2100)
			n.ListenUDP(2000, func([]byte) [][]byte { return nil })
			targets = append(targets, openPort(2100), Target{Port: 2000, Protocol: result.UDP})
			cfg := Config{DB: database(t, raceProbes), Intensity: 7, Dialer: n}
			cfg.Timing.Level = 4
			ctx, cancel := context.WithCancelCause(t.Context())
			time.AfterFunc(after, func() { cancel(stop) })
			start := time.Now()
			err := Scan(ctx, cfg, targets, func(Outcome) {})
			if took := time.Since(start); err != nil && took != after || err == nil && took > after {
				t.Errorf("cancelled after %v, ended after %v with %v", after, took, err)
			}
		})
	}
}

// Many silent ports share the window of their host and still end in time.
func TestRaceManyPorts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := st.NewNet(t)
		var targets []Target
		for i := range uint16(300) {
			script := st.Script{st.Answer("get", "REPLY")}
			if i%3 == 0 {
				script = st.Script{st.Hold()}
			}
			n.Listen(3000+i, script)
			targets = append(targets, openPort(3000+i))
		}
		cfg := Config{DB: database(t, raceProbes), Intensity: DefaultIntensity, Dialer: n}
		cfg.Timing.Level = 3
		start := time.Now()
		out, _ := run(t, cfg, targets...)
		for _, o := range out {
			want := "replier probed 10"
			if (o.Port-3000)%3 == 0 {
				want = "table 3"
			}
			if got := summary(o); got != want {
				t.Errorf("port %d: %s", o.Port, got)
			}
		}
		if took := time.Since(start); took > 25*time.Second {
			t.Errorf("took %v", took)
		}
	})
}
