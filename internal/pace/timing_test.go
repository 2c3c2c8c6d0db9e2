package pace

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
	"time"

	"sonde/internal/needtest"
)

func ptr[T any](v T) *T { return &v }

const ms = time.Millisecond

func TestTemplateOf(t *testing.T) {
	for s, want := range map[string]Template{"0": Paranoid, "3": Normal, "5": Insane, "polite": Polite, "AGGRESSIVE": Aggressive, "Sneaky": Sneaky} {
		if got, ok := TemplateOf(s); !ok || got != want {
			t.Errorf("TemplateOf(%q) = %v, %v, want %v", s, got, ok, want)
		}
	}
	for _, s := range []string{"", "6", "-1", "fast", "3.5"} {
		if got, ok := TemplateOf(s); ok {
			t.Errorf("TemplateOf(%q) = %v, want none", s, got)
		}
	}
}

// timingReport is the form in which Nmap prints its timing with -d.
func timingReport(tm Timing) string {
	return fmt.Sprintf(`hostgroups: min %d, max %d
rtt-timeouts: init %d, min %d, max %d
max-scan-delay: TCP %d, UDP %d, SCTP %d
parallelism: min %d, max %d
max-retries: %d, host-timeout: %d
min-rate: %g, max-rate: %g`,
		tm.MinHostgroup, tm.MaxHostgroup,
		tm.InitialRTT.Milliseconds(), tm.MinRTT.Milliseconds(), tm.MaxRTT.Milliseconds(),
		tm.MaxScanDelayTCP.Milliseconds(), tm.MaxScanDelayUDP.Milliseconds(), tm.MaxScanDelaySCTP.Milliseconds(),
		tm.MinParallelism, tm.MaxParallelism, tm.MaxRetries, tm.HostTimeout.Milliseconds(), tm.MinRate, tm.MaxRate)
}

var resolved = []struct {
	args     string // as for Nmap
	template Template
	o        Overrides
	want     string
}{
	{"-T0", Paranoid, Overrides{}, "init 300000, min 100, max 300000"},
	{"-T1", Sneaky, Overrides{}, "init 15000, min 100, max 15000"},
	{"-T2", Polite, Overrides{}, "init 1000, min 100, max 10000"},
	{"-T3", Normal, Overrides{}, "init 1000, min 100, max 10000"},
	{"-T4", Aggressive, Overrides{}, "init 500, min 100, max 1250"},
	{"-T5", Insane, Overrides{}, "init 250, min 50, max 300"},
	{"--max-rtt-timeout 50ms", Normal, Overrides{MaxRTT: ptr(50 * ms)}, "init 50, min 50, max 50"},
	{"--min-rtt-timeout 5s", Normal, Overrides{MinRTT: ptr(5000 * ms)}, "init 5000, min 5000, max 10000"},
	{"--initial-rtt-timeout 20s", Normal, Overrides{InitialRTT: ptr(20000 * ms)}, "init 20000, min 100, max 20000"},
	{"--initial-rtt-timeout 20ms", Normal, Overrides{InitialRTT: ptr(20 * ms)}, "init 20, min 20, max 10000"},
	{"--min-rtt-timeout 5s --max-rtt-timeout 50ms", Normal, Overrides{MinRTT: ptr(5000 * ms), MaxRTT: ptr(50 * ms)}, "init 50, min 50, max 50"},
	{"--min-rtt-timeout 5s --initial-rtt-timeout 20ms", Normal, Overrides{MinRTT: ptr(5000 * ms), InitialRTT: ptr(20 * ms)}, "init 5000, min 5000, max 10000"},
	{"--max-rtt-timeout 50ms --initial-rtt-timeout 20s", Normal, Overrides{MaxRTT: ptr(50 * ms), InitialRTT: ptr(20000 * ms)}, "init 50, min 50, max 50"},
	{"-T5 --min-rtt-timeout 400ms", Insane, Overrides{MinRTT: ptr(400 * ms)}, "init 400, min 400, max 400"},
	{"--scan-delay 2s", Normal, Overrides{ScanDelay: ptr(2000 * ms)}, "TCP 2000, UDP 2000, SCTP 2000"},
	{"--scan-delay 2s --max-scan-delay 1s", Normal, Overrides{ScanDelay: ptr(2000 * ms), MaxScanDelay: ptr(1000 * ms)}, "TCP 1000, UDP 1000, SCTP 1000"},
	{"-T4 --scan-delay 200ms", Aggressive, Overrides{ScanDelay: ptr(200 * ms)}, "TCP 200, UDP 1000, SCTP 200"},
	{"-T2 --max-scan-delay 20ms", Polite, Overrides{MaxScanDelay: ptr(20 * ms)}, "TCP 20, UDP 20, SCTP 20"},
	{"-T2 --max-parallelism 5", Polite, Overrides{MaxParallelism: ptr(5)}, "parallelism: min 0, max 5"},
	{"-T5 --host-timeout 0", Insane, Overrides{HostTimeout: ptr(time.Duration(0))}, "max-retries: 2, host-timeout: 0"},
	{"--max-retries 0 --min-rate 1.5 --max-rate 8", Normal, Overrides{MaxRetries: ptr(0), MinRate: ptr(1.5), MaxRate: ptr(8.0)}, "min-rate: 1.5, max-rate: 8"},
	{"--min-hostgroup 7 --max-hostgroup 9", Normal, Overrides{MinHostgroup: ptr(7), MaxHostgroup: ptr(9)}, "hostgroups: min 7, max 9"},
}

func TestResolve(t *testing.T) {
	for _, c := range resolved {
		tm, _, err := c.template.Resolve(c.o)
		if err != nil || !strings.Contains(timingReport(tm), c.want) {
			t.Errorf("%s: error %v, got\n%s\nwant %s", c.args, err, timingReport(tm), c.want)
		}
	}
}

func TestResolveAgainstNmap(t *testing.T) {
	nmap := needtest.Program(t, "nmap", "nmap")
	for _, c := range resolved {
		args := append(strings.Fields(c.args), "-sL", "-n", "-d", "127.0.0.1")
		out, err := exec.Command(nmap, args...).Output()
		if err != nil {
			t.Fatalf("nmap %s: %v", c.args, err)
		}
		tm, _, _ := c.template.Resolve(c.o)
		for _, line := range strings.Split(timingReport(tm), "\n") {
			if !strings.Contains(string(out), line+"\n") {
				t.Errorf("nmap %s does not report %q:\n%s", c.args, line, out)
			}
		}
	}
}

func TestResolveRefuses(t *testing.T) {
	for _, c := range []struct {
		template Template
		o        Overrides
	}{
		{Normal, Overrides{MaxRTT: ptr(4 * ms)}},
		{Normal, Overrides{InitialRTT: ptr(time.Duration(0))}},
		{Normal, Overrides{MinRTT: ptr(-ms)}},
		{Normal, Overrides{ScanDelay: ptr(-ms)}},
		{Normal, Overrides{MaxScanDelay: ptr(-ms)}},
		{Normal, Overrides{HostTimeout: ptr(-ms)}},
		{Normal, Overrides{ScriptTimeout: ptr(-ms)}},
		{Normal, Overrides{MaxRetries: ptr(-1)}},
		{Normal, Overrides{MinParallelism: ptr(0)}},
		{Normal, Overrides{MaxParallelism: ptr(0)}},
		{Normal, Overrides{MinRate: ptr(0.0)}},
		{Normal, Overrides{MaxRate: ptr(-1.0)}},
		{Normal, Overrides{MaxHostgroup: ptr(0)}},
		{Polite, Overrides{MinParallelism: ptr(5)}}, // the template's maximum is 1
		{Normal, Overrides{MinParallelism: ptr(5), MaxParallelism: ptr(3)}},
		{Normal, Overrides{MinRate: ptr(5.0), MaxRate: ptr(3.0)}},
		{Normal, Overrides{MinHostgroup: ptr(5), MaxHostgroup: ptr(3)}},
	} {
		if tm, _, err := c.template.Resolve(c.o); err == nil {
			t.Errorf("Resolve(%+v) = %+v, want an error", c.o, tm)
		}
	}
}

func TestResolveWarns(t *testing.T) {
	for _, c := range []struct {
		o    Overrides
		want string
	}{
		{Overrides{ScanDelay: ptr(ms), MaxParallelism: ptr(5)}, "ignored with --scan-delay"},
		{Overrides{MinParallelism: ptr(101)}, "pretty high"},
		{Overrides{MaxRTT: ptr(6 * ms)}, "6 ms"},
	} {
		if _, w, err := Normal.Resolve(c.o); err != nil || len(w) != 1 || !strings.Contains(w[0], c.want) {
			t.Errorf("Resolve(%+v) warns %q (error %v), want %q", c.o, w, err, c.want)
		}
	}
	if _, w, _ := Normal.Resolve(Overrides{ScanDelay: ptr(time.Duration(0)), MaxParallelism: ptr(5)}); len(w) != 0 {
		t.Errorf("a scan delay of zero warns %q", w)
	}
}
