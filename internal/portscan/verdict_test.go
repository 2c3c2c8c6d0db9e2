package portscan

import (
	"fmt"
	"net/netip"
	"slices"
	"testing"

	"sonde/internal/dial"
	"sonde/internal/pace"
	"sonde/portspec"
	"sonde/result"
)

func TestOutweighs(t *testing.T) {
	states := []result.PortState{result.Closed, result.Open, result.Filtered, result.Unfiltered, result.OpenFiltered, result.ClosedFiltered}
	// For each recorded state: the new states that replace it.
	strict := map[result.PortState][]result.PortState{
		result.Open:           nil,
		result.Closed:         {result.Closed, result.Open, result.Unfiltered, result.OpenFiltered, result.ClosedFiltered},
		result.Filtered:       states,
		result.Unfiltered:     {result.Closed, result.Open},
		result.OpenFiltered:   states,
		result.ClosedFiltered: states,
	}
	lenient := map[result.PortState][]result.PortState{
		result.Open:           states,
		result.Closed:         nil,
		result.Filtered:       {result.Closed, result.Filtered, result.Unfiltered, result.OpenFiltered, result.ClosedFiltered},
		result.Unfiltered:     {result.Closed, result.Open},
		result.OpenFiltered:   states,
		result.ClosedFiltered: states,
	}
	for _, c := range []struct {
		tech Technique
		want map[result.PortState][]result.PortState
	}{{Connect, strict}, {UDP, lenient}} {
		for old, replacing := range c.want {
			for _, new := range states {
				if got := c.tech.outweighs(new, old); got != slices.Contains(replacing, new) {
					t.Errorf("%s: %v after %v replaces it: %v", c.tech.Name, new, old, got)
				}
			}
		}
	}
}

func TestConnectVerdicts(t *testing.T) {
	for f := dial.FaultNone; f <= dial.Other; f++ {
		want := map[dial.Fault]string{
			dial.FaultNone: "open syn-ack", dial.Refused: "closed conn-refused", dial.Prohibited: "filtered admin-prohibited",
			dial.ProtocolUnreachable: "filtered proto-unreach", dial.HostUnreachable: "filtered host-unreach",
			dial.NetUnreachable: "filtered net-unreach", dial.NoNet: "filtered dest-unreach",
		}[f]
		got := ""
		if v, ok := connectVerdicts[f]; ok {
			got = v.state.String() + " " + v.reason.String()
		}
		if got != want {
			t.Errorf("%v: %q, want %q", f, got, want)
		}
	}
}

func TestUDPICMP(t *testing.T) {
	target4, target6 := netip.MustParseAddr("10.0.0.1"), netip.MustParseAddr("fe80::1%1")
	for _, c := range []struct {
		v6         bool
		kind, code uint8
		byTarget   string // verdict on an error that the target sent; empty for none
		byOther    string
	}{
		{false, 3, 0, "filtered net-unreach", "filtered net-unreach"},
		{false, 3, 1, "filtered host-unreach", "filtered host-unreach"},
		{false, 3, 2, "filtered proto-unreach", "filtered proto-unreach"},
		{false, 3, 3, "closed port-unreach", "filtered port-unreach"},
		{false, 3, 4, "", ""},
		{false, 3, 8, "", ""},
		{false, 3, 9, "filtered net-prohibited", "filtered net-prohibited"},
		{false, 3, 10, "filtered host-prohibited", "filtered host-prohibited"},
		{false, 3, 12, "", ""},
		{false, 3, 13, "filtered admin-prohibited", "filtered admin-prohibited"},
		{false, 3, 15, "", ""},
		{false, 11, 0, "filtered time-exceeded", "filtered time-exceeded"},
		{false, 11, 1, "filtered time-exceeded", "filtered time-exceeded"},
		{false, 4, 0, "", ""},
		{false, 5, 0, "", ""},
		{true, 1, 0, "filtered no-route", "filtered no-route"},
		{true, 1, 1, "filtered admin-prohibited", "filtered admin-prohibited"},
		{true, 1, 2, "filtered beyond-scope", "filtered beyond-scope"},
		{true, 1, 3, "filtered host-unreach", "filtered host-unreach"},
		{true, 1, 4, "closed port-unreach", "filtered port-unreach"},
		{true, 1, 5, "filtered admin-prohibited", "filtered admin-prohibited"},
		{true, 1, 6, "filtered reject-route", "filtered reject-route"},
		{true, 4, 0, "open param-problem", "open param-problem"},
		{true, 4, 1, "filtered param-problem", "filtered param-problem"},
		{true, 2, 0, "", ""},
		{true, 3, 0, "", ""},
		{true, 11, 0, "", ""},
	} {
		target, sender, other := target4, target4, netip.MustParseAddr("10.0.0.254")
		if c.v6 {
			target, sender, other = target6, target6.WithZone(""), netip.MustParseAddr("fd77::fe")
		}
		for from, want := range map[netip.Addr]string{sender: c.byTarget, other: c.byOther} {
			v, named, ok := icmpVerdict(result.UDP, dial.ICMP{V6: c.v6, Type: c.kind, Code: c.code, From: from}, 61, target)
			got := ""
			if ok {
				got = v.state.String() + " " + v.reason.String()
			}
			if got != want || ok && (v.ttl != 61 || named.IsValid() != (from == other)) {
				t.Errorf("type %d code %d from %v: %q with TTL %d, named sender %v; want %q", c.kind, c.code, from, got, v.ttl, named, want)
			}
		}
	}
}

func TestPlan(t *testing.T) {
	set := portspec.NewSet(portspec.Range{Lo: 0, Hi: 65535})
	ascending := newPlan(set, result.TCP, true, 0)
	if len(ascending.order) != 65536 || !slices.IsSorted(ascending.order) || ascending.ports[65535] != 65535 {
		t.Errorf("ascending plan of %d ports, sorted %v", len(ascending.order), slices.IsSorted(ascending.order))
	}
	for _, p := range []result.Protocol{result.TCP, result.UDP} {
		a, same, other := newPlan(set, p, false, 7), newPlan(set, p, false, 7), newPlan(set, p, false, 8)
		if !slices.Equal(a.order, same.order) || slices.Equal(a.order, other.order) {
			t.Errorf("%v: the seed does not decide the order", p)
		}
		var first []uint16
		for _, rank := range a.order[:len(popular)] {
			first = append(first, a.ports[rank])
		}
		sorted, want := slices.Sorted(slices.Values(first)), slices.Sorted(slices.Values(popular))
		if slices.Equal(sorted, want) != (p == result.TCP) {
			t.Errorf("%v begins with %v", p, first)
		}
		slices.Sort(a.order)
		if !slices.Equal(a.order, ascending.order) {
			t.Errorf("%v: some ports are missing", p)
		}
	}
}

func TestQuiet(t *testing.T) {
	for _, c := range []struct {
		tech   Technique
		defeat bool
		try    int
		state  result.PortState
		icmp   bool
		want   bool
	}{
		{Connect, false, 0, result.Filtered, true, false},
		{Connect, false, 1, result.Filtered, true, true},
		{Connect, false, 1, result.Closed, false, false},
		{Connect, false, 1, result.Open, false, false},
		{UDP, false, 1, result.Filtered, true, false},
		{UDP, false, 1, result.Closed, true, false},
		{UDP, true, 0, result.Closed, true, false},
		{UDP, true, 1, result.Closed, true, true},
		{UDP, true, 1, result.Filtered, true, true},
		{UDP, true, 1, result.Open, false, false},
	} {
		s := New(Config{DefeatICMPRateLimit: c.defeat}, c.tech, nil)
		if got := s.quiet(&pace.Probe{Try: c.try}, c.state, c.icmp); got != c.want {
			t.Errorf("%s, defeat %v, try %d, %v: quiet is %v", c.tech.Name, c.defeat, c.try, c.state, got)
		}
	}
}

func TestResults(t *testing.T) {
	h := &Host{Addr: netip.MustParseAddr("10.0.0.1"), Timing: new(pace.Host),
		Ports: portspec.Ports{TCP: portspec.Of(443, 80), UDP: portspec.Of(53, 161, 7)}}
	if h.Results() == nil || len(h.Results()) != 0 || h.Times() != nil {
		t.Errorf("before any scan: %v, %v", h.Results(), h.Times())
	}
	udp := New(Config{DefeatICMPRateLimit: true}, UDP, []*Host{h})
	tcp := New(Config{}, Connect, []*Host{h})
	udp.jobs()
	tcp.jobs()
	router := netip.MustParseAddr("10.0.0.254")
	v := udp.scanned[0]
	if !v.record(1, verdict{state: result.Filtered, reason: result.ReasonHostUnreach, ttl: 3}, router) {
		t.Error("the first verdict was not the first")
	}
	v.keepReply(161, []byte("one"))
	v.keepReply(161, []byte("two"))
	got := h.Results()
	want := []result.Port{
		{Protocol: result.TCP, Number: 80, State: result.Filtered, Reason: result.ReasonNoResponse},
		{Protocol: result.TCP, Number: 443, State: result.Filtered, Reason: result.ReasonNoResponse},
		{Protocol: result.UDP, Number: 7, State: result.ClosedFiltered, Reason: result.ReasonNoResponse},
		{Protocol: result.UDP, Number: 53, State: result.Filtered, Reason: result.ReasonHostUnreach, ReasonTTL: 3, ReasonFrom: router},
		{Protocol: result.UDP, Number: 161, State: result.ClosedFiltered, Reason: result.ReasonNoResponse},
	}
	if !slices.EqualFunc(got, want, func(a, b result.Port) bool {
		return a.Protocol == b.Protocol && a.Number == b.Number && a.State == b.State && a.Reason == b.Reason && a.ReasonTTL == b.ReasonTTL && a.ReasonFrom == b.ReasonFrom
	}) {
		t.Errorf("results\n%+v, want\n%+v", got, want)
	}
	if r := h.Reply(161); string(r) != "one" || h.Reply(53) != nil {
		t.Errorf("replies %q, %q", r, h.Reply(53))
	}
	if v.record(1, verdict{state: result.Closed, reason: result.ReasonPortUnreach}, netip.Addr{}) || h.Results()[3].ReasonFrom.IsValid() {
		t.Error("the second verdict was the first, or kept the sender of the first")
	}
}

// verdictsOf prints results in short: "200 filtered net-unreach 64".
func verdictsOf(h *Host) map[uint16]string {
	m := map[uint16]string{}
	for _, p := range h.Results() {
		m[p.Number] = fmt.Sprintf("%v %v %d", p.State, p.Reason, p.ReasonTTL)
		if p.ReasonFrom.IsValid() {
			m[p.Number] += " from " + p.ReasonFrom.String()
		}
	}
	return m
}

func compare(t *testing.T, h *Host, want map[uint16]string) {
	t.Helper()
	got := verdictsOf(h)
	for port, w := range want {
		if got[port] != w {
			t.Errorf("%v port %d: %s, want %s", h.Addr, port, got[port], w)
		}
	}
}

func portsOf(want map[uint16]string) portspec.Set {
	var ports []uint16
	for p := range want {
		ports = append(ports, p)
	}
	return portspec.Of(ports...)
}
