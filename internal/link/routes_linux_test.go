package link

import (
	"errors"
	"net/netip"
	"strings"
	"testing"

	"sonde/internal/wire"
)

// Errors of routers come with what they are about, and routes that lead
// nowhere are told in words.
func TestRoutes(t *testing.T) {
	us, router := pair(t)
	us.Command("ip", "route", "add", "10.78.0.0/16", "via", "10.77.0.2")
	us.Command("ip", "route", "add", "fd78::/64", "via", "fd77::2")
	us.Command("ip", "route", "add", "10.80.0.0/16", "via", "inet6", "fd77::2", "dev", "wire0")
	us.Command("ip", "route", "add", "prohibit", "10.79.0.1/32")
	us.Command("ip", "route", "add", "unreachable", "10.79.0.2/32")
	us.Command("ip", "route", "add", "blackhole", "10.79.0.3/32")
	router.Command("sysctl", "-qw", "net.ipv4.ip_forward=1", "net.ipv6.conf.all.forwarding=1", "net.ipv4.icmp_ratelimit=0", "net.ipv6.icmp.ratelimit=0")
	router.Command("ip", "route", "add", "prohibit", "10.78.0.13/32")
	router.Command("ip", "route", "add", "unreachable", "fd78::1/128")
	router.Command("ip", "route", "add", "prohibit", "10.80.0.13/32")
	l := open(t, us, Config{Filter: everything})
	for _, c := range []struct {
		dst, hop, router string
		typ, code        uint8
	}{
		{"10.78.0.13", "10.77.0.2", "10.77.0.2", 3, 13},
		{"10.80.0.13", "fd77::2", "10.77.0.2", 3, 13},
		{"fd78::1", "fd77::2", "fd77::2", 1, 0},
	} {
		p := wayTo(t, us, l, c.dst)
		if p.NextHop.String() != c.hop || p.Direct {
			t.Errorf("way to %s: %+v", c.dst, p)
		}
		var b Batch
		if err := b.Encode(p, syn(p, c.dst, 81)); err != nil {
			t.Fatal(err)
		}
		if !exchange(t, us, l, &b, func(r *Received) bool {
			q := &r.Quote
			return r.IsError() && r.ICMP.Type == c.typ && r.ICMP.Code == c.code && r.IP.Src.String() == c.router &&
				q.Kind == wire.KindTCP && q.Dest().String() == netip.AddrPortFrom(netip.MustParseAddr(c.dst), 81).String() && q.TCP.Seq == 1000
		}) {
			t.Errorf("%s: no error from the router", c.dst)
		}
	}
	for dst, want := range map[string]string{"10.79.0.1": "prohibited", "10.79.0.2": "unreachable", "10.79.0.3": "discards", "10.99.0.1": "no route", "2001:db8::1": "no route"} {
		var none *NoPathError
		if _, err := l.Path(netip.MustParseAddr(dst)); !errors.As(err, &none) || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), dst) {
			t.Errorf("way to %s: %v, want %q", dst, err, want)
		}
	}
}

// A sweep asks once for all addresses that one route leads to.
func TestSpanOfRoutes(t *testing.T) {
	us, _ := pair(t)
	us.Command("ip", "route", "add", "default", "via", "10.77.0.2")
	us.Command("ip", "route", "add", "10.78.0.0/16", "via", "10.77.0.3")
	us.Command("ip", "route", "add", "10.78.4.0/24", "via", "10.77.0.4")
	us.Command("ip", "route", "add", "fd78::/32", "via", "fd77::2")
	l := open(t, us, Config{Filter: everything})
	check := func(dst, hop, span string) {
		t.Helper()
		p, s, err := l.Span(netip.MustParseAddr(dst))
		if err != nil || p.NextHop.String() != hop || s.String() != span {
			t.Errorf("%s: by %v for %v, %v; want by %s for %s", dst, p.NextHop, s, err, hop, span)
		}
	}
	check("10.78.4.9", "10.77.0.4", "10.78.4.0/24")
	check("10.78.128.9", "10.77.0.3", "10.78.128.0/17")
	check("10.78.5.9", "10.77.0.3", "10.78.5.0/24")
	check("192.0.2.1", "10.77.0.2", "128.0.0.0/1") // below are the networks 10 and 127
	check("10.77.0.9", "10.77.0.9", "10.77.0.9/32")
	check("127.0.0.1", "127.0.0.1", "127.0.0.1/32")
	check("fd78::9", "fd77::2", "fd78::/32")
	us.Command("ip", "rule", "add", "from", "10.77.0.1", "lookup", "77")
	check("10.78.4.9", "10.77.0.4", "10.78.4.9/32")
}

// A next hop that the administrator set by hand is not asked for.
func TestStaticNeighbor(t *testing.T) {
	us, _ := pair(t)
	us.Command("ip", "neigh", "add", "10.77.0.9", "lladdr", "02:00:00:00:00:99", "dev", "wire0", "nud", "permanent")
	l := open(t, us, Config{Filter: everything})
	if p, err := l.Path(netip.MustParseAddr("10.77.0.9")); err != nil || !p.Ready() || p.MAC != (wire.MAC{2, 0, 0, 0, 0, 0x99}) {
		t.Errorf("way is %+v, %v", p, err)
	}
	if p, err := l.Path(netip.MustParseAddr("10.77.0.8")); err != nil || p.Ready() {
		t.Errorf("way to an unknown neighbour is %+v, %v", p, err)
	}
}

func TestDeviceAndSource(t *testing.T) {
	us, _ := pair(t)
	us.Command("ip", "link", "add", "down0", "type", "veth", "peer", "name", "down1")
	us.Command("ip", "addr", "add", "10.77.0.3/24", "dev", "wire0")
	for _, c := range []struct {
		config Config
		want   string
	}{
		{Config{Device: "eth7"}, `there is no interface "eth7"`},
		{Config{Device: "down0"}, "interface down0 is down"},
		{Config{Device: "lo", Framing: Frames}, "interface lo is not Ethernet: it takes no frames"},
		{Config{Source: netip.MustParseAddr("192.0.2.1")}, "source address 192.0.2.1 is not an address of this machine"},
	} {
		us.Do(func() {
			l, err := Open(c.config)
			if err == nil {
				err = errors.Join(errors.New("opened"), l.Close())
			}
			if err.Error() != c.want {
				t.Errorf("%+v: %v, want %s", c.config, err, c.want)
			}
		})
	}
	l := open(t, us, Config{Filter: everything, Device: "wire0", Source: netip.MustParseAddr("10.77.0.3")})
	for dst, src := range map[string]string{"10.77.0.2": "10.77.0.3", "fd77::2": "fd77::1", "192.0.2.7": "10.77.0.3"} {
		p, err := l.Path(netip.MustParseAddr(dst)) // the last of them is on no network: the device decides
		if err != nil || p.Src.String() != src || p.Interface.Name != "wire0" {
			t.Errorf("way to %s: %+v, %v", dst, p, err)
		}
	}
	frames := open(t, us, Config{Framing: Frames})
	if _, err := frames.Path(netip.MustParseAddr("127.0.0.1")); err == nil || !strings.Contains(err.Error(), "takes no frames") {
		t.Errorf("frames to loopback: %v", err)
	}
}

// A link-local target has its interface in its zone.
func TestLinkLocal(t *testing.T) {
	us, them := pair(t)
	them.Command("ip", "addr", "add", "fe80::77/64", "dev", "wire1", "nodad")
	us.Command("ip", "addr", "add", "fe80::78/64", "dev", "wire0", "nodad")
	l := open(t, us, Config{Filter: everything})
	p := wayTo(t, us, l, "fe80::77%wire0")
	var b Batch
	if err := b.Encode(p, syn(p, "fe80::77%wire0", 81)); err != nil {
		t.Fatal(err)
	}
	if !p.Src.IsLinkLocalUnicast() || !exchange(t, us, l, &b, func(r *Received) bool { return r.Kind == wire.KindTCP && r.TCP.Ack == 1001 }) {
		t.Errorf("no answer along %+v", p)
	}
}

func TestLists(t *testing.T) {
	us, _ := pair(t)
	us.Command("ip", "route", "add", "default", "via", "10.77.0.2", "metric", "7")
	us.Do(func() {
		all, err := Interfaces()
		if err != nil || len(all) != 2 || all[0].Name != "lo" || all[0].Medium != Loopback || all[1].Name != "wire0" || all[1].Medium != Ethernet ||
			all[1].MAC == (wire.MAC{}) || all[1].MTU != 1500 || !all[1].Up || all[1].Addr(true).String() != "10.77.0.1" || all[1].Addr(false).String() != "fd77::1" {
			t.Errorf("interfaces are %+v, %v", all, err)
		}
		routes, err := Routes()
		if err != nil {
			t.Error(err)
		}
		want := map[Route]bool{
			{Dst: netip.MustParsePrefix("0.0.0.0/0"), Interface: "wire0", Gateway: netip.MustParseAddr("10.77.0.2"), Metric: 7}: true,
			{Dst: netip.MustParsePrefix("10.77.0.0/24"), Interface: "wire0"}:                                                    true,
			{Dst: netip.MustParsePrefix("fd77::/64"), Interface: "wire0", Metric: 256}:                                          true,
		}
		for _, r := range routes {
			delete(want, r)
		}
		for r := range want {
			t.Errorf("no route %+v in %+v", r, routes)
		}
	})
}
