package portscan

import (
	"context"
	"net/netip"
	"strings"
	"testing"
	"time"

	"sonde/internal/dial"
	"sonde/internal/dial/dialtest"
	"sonde/internal/pace"
	"sonde/portspec"
	"sonde/result"
)

// firewall answers for ports in every way there is. Ports 100 to 199 are silent.
const firewall = `
table inet f {
  chain i {
    type filter hook input priority 0;
    tcp dport 100-199 drop
    udp dport 100-199 drop
    meta l4proto {tcp, udp} th dport 200 reject with icmp type net-unreachable
    meta l4proto {tcp, udp} th dport 201 reject with icmp type host-unreachable
    meta l4proto {tcp, udp} th dport 202 reject with icmp type prot-unreachable
    meta l4proto {tcp, udp} th dport 203 reject with icmp type port-unreachable
    meta l4proto {tcp, udp} th dport 209 reject with icmp type net-prohibited
    meta l4proto {tcp, udp} th dport 210 reject with icmp type host-prohibited
    meta l4proto {tcp, udp} th dport 213 reject with icmp type admin-prohibited
    meta l4proto {tcp, udp} th dport 300 reject with icmpv6 type no-route
    meta l4proto {tcp, udp} th dport 301 reject with icmpv6 type admin-prohibited
    meta l4proto {tcp, udp} th dport 303 reject with icmpv6 type addr-unreachable
    meta l4proto {tcp, udp} th dport 304 reject with icmpv6 type port-unreachable
    meta l4proto {tcp, udp} th dport 305 reject with icmpv6 type policy-fail
    meta l4proto {tcp, udp} th dport 306 reject with icmpv6 type reject-route
  }
}`

// scanIn scans ports of an address inside a network.
func scanIn(t *testing.T, n *dialtest.Network, tech Technique, addr string, ports portspec.Set, timing pace.Timing, notice func(string)) (*Host, time.Duration) {
	t.Helper()
	h := &Host{Addr: netip.MustParseAddr(addr), Ports: portspec.Ports{TCP: ports, UDP: ports}}
	c := Config{Dialer: dial.New(dial.Config{}), Timing: timing, Notice: func(_ result.Level, _, text string) {
		if notice != nil {
			notice(text)
		}
	}}
	var err error
	start := time.Now()
	n.Do(func() { err = Run(t.Context(), c, tech, []*Host{h}) })
	if err != nil {
		t.Fatal(err)
	}
	return h, time.Since(start)
}

func TestReasons(t *testing.T) {
	n := dialtest.New(t)
	n.Firewall(firewall)
	for _, c := range []struct {
		tech Technique
		addr string
		want map[uint16]string
	}{
		{Connect, "127.0.0.1", map[uint16]string{
			1: "closed conn-refused 0", 200: "filtered net-unreach 0", 201: "filtered host-unreach 0", 202: "filtered proto-unreach 0",
			203: "closed conn-refused 0", 209: "filtered net-unreach 0", 210: "filtered host-unreach 0", 213: "filtered host-unreach 0"}},
		{Connect, "::1", map[uint16]string{
			1: "closed conn-refused 0", 300: "filtered net-unreach 0", 301: "filtered admin-prohibited 0", 303: "filtered host-unreach 0",
			304: "closed conn-refused 0", 305: "filtered admin-prohibited 0", 306: "filtered admin-prohibited 0"}},
		{UDP, "127.0.0.1", map[uint16]string{
			1: "closed port-unreach 64", 200: "filtered net-unreach 64", 201: "filtered host-unreach 64", 202: "filtered proto-unreach 64",
			203: "closed port-unreach 64", 209: "filtered net-prohibited 64", 210: "filtered host-prohibited 64", 213: "filtered admin-prohibited 64"}},
		{UDP, "::1", map[uint16]string{
			1: "closed port-unreach 64", 300: "filtered no-route 64", 301: "filtered admin-prohibited 64", 303: "filtered host-unreach 64",
			304: "closed port-unreach 64", 305: "filtered admin-prohibited 64", 306: "filtered reject-route 64"}},
	} {
		t.Run(c.tech.Type+" "+c.addr, func(t *testing.T) {
			h, took := scanIn(t, n, c.tech, c.addr, portsOf(c.want), pace.Normal.Timing(), nil)
			compare(t, h, c.want)
			if took > time.Second {
				t.Errorf("took %v, want no retransmission", took)
			}
		})
	}
}

// Of an ICMP error that a router sent, the report names the router.
func TestReasonsFromRouter(t *testing.T) {
	us, router := dialtest.New(t), dialtest.New(t)
	dialtest.Join(us, "wire0", []string{"10.77.0.1/24", "fd77::1/64"}, router, "wire0", []string{"10.77.0.254/24", "fd77::fe/64"})
	us.Command("ip", "route", "add", "10.78.0.0/24", "via", "10.77.0.254")
	us.Command("ip", "route", "add", "fd78::/64", "via", "fd77::fe")
	router.Command("sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1", "net.ipv4.icmp_ratelimit=0", "net.ipv6.icmp.ratelimit=0")
	router.Command("ip", "route", "add", "10.78.0.0/24", "dev", "lo") // so that it is forwarded
	router.Command("ip", "route", "add", "prohibit", "10.78.0.13/32")
	router.Command("ip", "route", "add", "unreachable", "10.78.0.1/32")
	router.Command("ip", "route", "add", "unreachable", "fd78::1/128")
	router.Firewall(`table ip f { chain fw {
		type filter hook forward priority 0
		udp dport 3 reject with icmp type port-unreachable
		udp dport 10 reject with icmp type host-prohibited
		drop
	}
	}`)
	for _, c := range []struct {
		addr string
		want map[uint16]string
	}{
		{"10.78.0.3", map[uint16]string{3: "filtered port-unreach 64 from 10.77.0.254", 10: "filtered host-prohibited 64 from 10.77.0.254"}},
		{"10.78.0.13", map[uint16]string{3: "filtered admin-prohibited 64 from 10.77.0.254"}},
		{"10.78.0.1", map[uint16]string{3: "filtered host-unreach 64 from 10.77.0.254"}},
		{"fd78::1", map[uint16]string{3: "filtered no-route 64 from fd77::fe"}},
	} {
		h, _ := scanIn(t, us, UDP, c.addr, portsOf(c.want), pace.Normal.Timing(), nil)
		compare(t, h, c.want)
	}
}

// A silent port costs two transmissions, the second a second after the first timed out.
func TestSilentPorts(t *testing.T) {
	n := dialtest.New(t)
	n.Firewall(firewall)
	for _, c := range []struct {
		tech Technique
		want string
	}{{Connect, "filtered no-response 0"}, {UDP, "open|filtered no-response 0"}} {
		want := map[uint16]string{}
		for p := uint16(1); p < 99; p++ {
			want[p] = "closed conn-refused 0"
			if c.tech.Protocol == result.UDP {
				want[p] = "closed port-unreach 64"
			}
		}
		for p := uint16(110); p < 150; p++ {
			want[p] = c.want
		}
		h, took := scanIn(t, n, c.tech, "127.0.0.1", portsOf(want), pace.Normal.Timing(), nil)
		compare(t, h, want)
		if took < 1150*time.Millisecond || took > 3*time.Second {
			t.Errorf("%s took %v, want 1.2 s and a little", c.tech.Name, took)
		}
	}
}

// ICMP errors of closed UDP ports are limited to some a second after a burst;
// ports whose error was swallowed must not end up open|filtered.
func TestRateLimitedErrors(t *testing.T) {
	us, host := dialtest.New(t), dialtest.New(t)
	dialtest.Join(us, "wire0", []string{"10.77.0.1/24"}, host, "wire0", []string{"10.77.0.2/24"})
	host.Command("sysctl", "-qw", "net.ipv4.icmp_ratelimit=250") // milliseconds; a second is usual, but slow to test
	want := map[uint16]string{}
	for p := uint16(1); p <= 18; p++ {
		want[p] = "closed port-unreach 64"
	}
	var notices []string
	h, took := scanIn(t, us, UDP, "10.77.0.2", portsOf(want), pace.Normal.Timing(), func(s string) { notices = append(notices, s) })
	compare(t, h, want)
	t.Logf("took %v: %q", took, notices)
}

func TestHostTimeout(t *testing.T) {
	n := dialtest.New(t)
	n.Firewall(firewall)
	tm := pace.Normal.Timing()
	tm.HostTimeout = 300 * time.Millisecond
	h, took := scanIn(t, n, Connect, "127.0.0.1", portspec.NewSet(portspec.Range{Lo: 100, Hi: 199}), tm, nil)
	if !h.TimedOut() || took < 300*time.Millisecond || took > 700*time.Millisecond {
		t.Errorf("timed out %v after %v, want true after 300 ms", h.TimedOut(), took)
	}
}

func TestCancelledScan(t *testing.T) {
	n := dialtest.New(t)
	n.Firewall(firewall)
	l := openLink(t, n)
	for _, tech := range Techniques {
		h := &Host{Addr: netip.MustParseAddr("127.0.0.1"), Ports: portspec.Ports{TCP: portspec.Of(1, 100), UDP: portspec.Of(1, 100)}}
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(50*time.Millisecond, cancel)
		var err error
		start := time.Now()
		n.Do(func() {
			err = Run(ctx, Config{Dialer: dial.New(dial.Config{}), Link: l, SourcePort: 40000, Timing: pace.Normal.Timing()}, tech, []*Host{h})
		})
		if err != context.Canceled || time.Since(start) > 300*time.Millisecond {
			t.Errorf("%s: %v after %v", tech.Name, err, time.Since(start))
		}
		if got := verdictsOf(h)[1]; strings.Contains(got, "no-response") {
			t.Errorf("%s: the verdict reached before is lost: %s", tech.Name, got)
		}
	}
}
