package service

import (
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	st "sonde/internal/service/servicetest"
	"sonde/result"
)

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
		_, said := run(t, Config{DB: database(t, probes), Conform: true, Intensity: DefaultIntensity, Dialer: n, Trace: true},
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
			"Service 192.0.2.1:1001 had already soft-matched proto, but now soft-matched odd; ignoring second value",
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

// A pattern that gives up on a reply is no match, and the trace says so.
func TestTraceOfStepLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := st.NewNet(t)
		n.Listen(1000, st.Script{st.Say(strings.Repeat("x", 60) + "z y"), st.Hold()})
		probes := "Probe TCP NULL q||\nmatch slow m|^(x+x+)+y|\nmatch fast m|^x|\n"
		out, said := run(t, Config{DB: database(t, probes), Conform: true, Intensity: DefaultIntensity, Dialer: n, Trace: true},
			Target{Addr: netip.MustParseAddr("192.0.2.1"), Port: 1000, State: result.Open})
		if out[0].Service.Name != "fast" || !strings.Contains(strings.Join(said, "\n"), "test:2:1 exceeds the step limit") {
			t.Errorf("got %q, said %q", out[0].Service.Name, said)
		}
	})
}

func TestEvidence(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := st.NewNet(t)
		n.Listen(1000, st.Script{st.Answer("third", "LENT")})
		out, _ := run(t, Config{DB: database(t, testProbes), Conform: true, Intensity: DefaultIntensity, Dialer: n}, Target{Port: 1000})
		want := result.Evidence{Probe: "Third", Table: "Second", Signature: "test:19", Elapsed: 16 * time.Second}
		if got := out[0].Service.Evidence; got == nil || *got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
	})
}

func TestOverridingIsTold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, said := run(t, Config{DB: database(t, testProbes), Conform: true, Dialer: st.NewNet(t), AllPorts: true}, Target{Port: 9100})
		if !slices.ContainsFunc(said, func(s string) bool { return strings.HasPrefix(s, "Overriding exclude ports option!") }) {
			t.Errorf("said %q", said)
		}
	})
}

func TestTextsAreCleaned(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := st.NewNet(t)
		n.Listen(1000, st.Script{st.Say("HELLO \x1b[2J\xe4\x7fend\n"), st.Hold()})
		out, _ := run(t, Config{DB: database(t, testProbes), Conform: true, Dialer: n}, Target{Port: 1000})
		if got := out[0].Service.Version; got != ".[2J..end" {
			t.Errorf("version %q", got)
		}
	})
}
