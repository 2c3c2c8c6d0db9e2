package cli

import (
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"sonde"
)

// mean gives the plan of a command line.
func mean(t *testing.T, args string) *plan {
	t.Helper()
	l, err := parse(strings.Fields(args))
	if err != nil {
		t.Fatalf("%s: %v", args, err)
	}
	p, err := interpret(l)
	if err != nil {
		t.Fatalf("%s: %v", args, err)
	}
	return p
}

func TestInterpret(t *testing.T) {
	ptr := func(n int) *int { return &n }
	for _, tt := range []struct {
		args string
		got  func(p *plan) any
		want any
	}{
		{"x", func(p *plan) any { return p.scan }, sonde.Options{Targets: []string{"x"}}},
		{"-sT x", func(p *plan) any { return p.scan.Scans }, []sonde.ScanType{sonde.ConnectScan}},
		{"-sU x", func(p *plan) any { return p.scan.Scans }, []sonde.ScanType{sonde.UDPScan}},
		{"-sTU x", func(p *plan) any { return p.scan.Scans }, []sonde.ScanType{sonde.ConnectScan, sonde.UDPScan}},
		{"-A x", func(p *plan) any { return []any{p.scan.Version.Enabled, len(p.warnings)} }, []any{true, 1}},
		{"-sV -sn x", func(p *plan) any { return []bool{p.scan.Version.Enabled, p.scan.PingOnly} }, []bool{false, true}},
		{"-sL -sn x", func(p *plan) any { return []bool{p.scan.ListOnly, p.scan.PingOnly} }, []bool{true, false}},
		{"-n -R x", func(p *plan) any { return p.scan.ReverseDNS }, sonde.DNSNever},
		{"-R x", func(p *plan) any { return p.scan.ReverseDNS }, sonde.DNSAlways},
		{"-iR 0", func(p *plan) any { return p.scan.RandomTargets }, -1},
		{"-iR 9", func(p *plan) any { return p.scan.RandomTargets }, 9},
		{"--servicedb f x", func(p *plan) any { return p.scan.Fast }, true},
		{"--servicedb f -p 1 x", func(p *plan) any { return p.scan.Fast }, false},
		{"-Pn -PS22 x", func(p *plan) any { return p.scan.Discovery }, sonde.Discovery{None: true, SYN: true, SYNPorts: "22"}},
		{"-PS -PA443 x", func(p *plan) any { return p.scan.Discovery }, sonde.Discovery{SYN: true, ACK: true, ACKPorts: "443"}},
		{"-PE x", func(p *plan) any { return []any{p.scan.Discovery, len(p.warnings)} }, []any{sonde.Discovery{SYN: true}, 1}},
		{"-PE -PS22 x", func(p *plan) any { return p.scan.Discovery }, sonde.Discovery{SYN: true, SYNPorts: "22", ACK: true}},
		{"-PE -Pn x", func(p *plan) any { return []any{p.scan.Discovery, len(p.warnings)} }, []any{sonde.Discovery{None: true}, 0}},
		{"-T4 x", func(p *plan) any { return p.scan.Timing.Template }, sonde.Aggressive},
		{"-T0 x", func(p *plan) any { return p.scan.Timing.Template }, sonde.Paranoid},
		{"--max-retries 0 x", func(p *plan) any { return p.scan.Timing.MaxRetries }, ptr(0)},
		{"--scan-delay 1 -M 5 x", func(p *plan) any { return len(p.warnings) }, 1},
		{"--scan-delay 0 -M 5 x", func(p *plan) any { return len(p.warnings) }, 0},
		{"--stats-every 2m x", func(p *plan) any { return p.scan.StatsEvery }, 2 * time.Minute},
		{"--version-all x", func(p *plan) any { return *p.scan.Version.Intensity }, 9},
		{"--version-race 4 x", func(p *plan) any { return p.scan.Version.Race }, 4},
		{"-sV x", func(p *plan) any { return p.scan.Version.Race }, 0},
		{"--version-trace x", func(p *plan) any { return []any{p.scan.Version.Trace, p.show.debug, p.show.trace} }, []any{true, 1, []string{"version"}}},
		{"--packet-trace x", func(p *plan) any { return []any{p.scan.Version.Trace, p.show.debug, p.show.trace} }, []any{true, 0, []string{"packet", "connect", "version"}}},
		{"-d3 x", func(p *plan) any { return []any{p.show.debug, p.show.verbose, len(p.show.trace)} }, []any{3, 3, 3}},
		{"-d2 x", func(p *plan) any { return p.show.trace }, []string{"version"}},
		{"-oA b -oJ j x", func(p *plan) any { return p.outputs }, []outputRequest{{'J', "j"}, {'N', "b.nmap"}, {'X', "b.xml"}, {'G', "b.gnmap"}}},
		{"-oN /dev/null -oX /dev/null x", func(p *plan) any { return len(p.outputs) }, 2},
		{"--seed 18446744073709551615 x", func(p *plan) any { return p.scan.Seed }, uint64(math.MaxUint64)},
		{"--open -oN - x", func(p *plan) any { return p.scan.OpenOnly }, true},
	} {
		if got := tt.got(mean(t, tt.args)); !reflect.DeepEqual(got, tt.want) {
			t.Errorf("%s: got %+v, want %+v", tt.args, got, tt.want)
		}
	}
}
