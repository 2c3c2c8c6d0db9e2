package link

import (
	"errors"
	"net/netip"
	"testing"

	"sonde/internal/wire"
)

func TestBatch(t *testing.T) {
	i := &Interface{Index: 3, Name: "x", Medium: Ethernet, MAC: wire.MAC{1}}
	framed := Path{Interface: i, Src: from4, NextHop: to4, Framed: true, Type: wire.TypeIPv4}.To(wire.MAC{9})
	bare := Path{Interface: i, Src: from4}
	var b Batch
	for range 2 { // it is reused
		b.Reset()
		copy(b.Next(&framed, 3), "abc")
		b.Add(&bare, []byte("de"))
		bad := wire.Datagram{Kind: wire.KindUDP, IP: wire.IP{Src: from4, Dst: to6}}
		if err := b.Encode(&framed, &bad); !errors.Is(err, wire.ErrUnencodable) {
			t.Errorf("packet of two families: %v", err)
		}
		good := wire.Datagram{Kind: wire.KindUDP, IP: wire.IP{Src: from4, Dst: to4}}
		if err := b.Encode(&framed, &good); err != nil {
			t.Error(err)
		}
		if b.Len() != 3 {
			t.Fatalf("%d packets", b.Len())
		}
		for j, want := range []string{"abc", "de"} {
			if _, p := b.Packet(j); string(p) != want {
				t.Errorf("packet %d is %q", j, p)
			}
		}
		var p wire.Packet
		it := b.items[2]
		if err := p.DecodeFrame(b.buf[it.start:it.end]); err != nil || p.Kind != wire.KindUDP || p.Ethernet.Dst != (wire.MAC{9}) || p.Ethernet.Src != i.MAC {
			t.Errorf("frame is %+v, %v", p, err)
		}
		if it := b.items[1]; it.start != it.ip {
			t.Error("packet for a raw socket has a link header")
		}
	}
	for name, add := range map[string]func(){
		"path that is not ready": func() { b.Add(&Path{Framed: true, Interface: i}, []byte("x")) },
		"empty packet":           func() { b.Next(&bare, 0) },
	} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("%s: no panic", name)
				}
			}()
			add()
		}()
	}
}

func TestTold(t *testing.T) {
	mac, from := wire.MAC{2, 2}, wire.MAC{3, 3}
	advert := func(ttl, code uint8, has bool) (r Received) {
		r.Kind, r.IP.TTL, r.ICMP = wire.KindICMPv6, ttl, wire.ICMP{Type: wire.ICMPv6Advert, Code: code}
		r.Neighbor = wire.Neighbor{Target: to6, LinkAddr: mac, HasLinkAddr: has}
		r.From, r.HasFrom = from, true
		return r
	}
	var reply, request Received
	reply.Kind, reply.ARP = wire.KindARP, wire.ARP{Op: wire.ARPReply, SenderIP: to4, SenderMAC: mac}
	request.Kind, request.ARP = wire.KindARP, wire.ARP{Op: wire.ARPRequest, SenderIP: to4, SenderMAC: mac}
	for _, c := range []struct {
		name string
		r    Received
		addr netip.Addr
		mac  wire.MAC
	}{
		{"reply", reply, to4, mac},
		{"request", request, netip.Addr{}, wire.MAC{}},
		{"advertisement", advert(255, 0, true), to6, mac},
		{"advertisement without an option", advert(255, 0, false), to6, from},
		{"advertisement from beyond the link", advert(254, 0, true), netip.Addr{}, wire.MAC{}},
		{"advertisement with a code", advert(255, 1, true), netip.Addr{}, wire.MAC{}},
		{"nothing", Received{}, netip.Addr{}, wire.MAC{}},
	} {
		if a, m, ok := Told(&c.r); a != c.addr || m != c.mac || ok != c.addr.IsValid() {
			t.Errorf("%s: %v has %v, %v", c.name, a, m, ok)
		}
	}
}

func TestHintQuotes(t *testing.T) {
	for name, want := range map[string]string{
		"/usr/bin/sonde":    "sudo setcap cap_net_raw+ep /usr/bin/sonde",
		"/home/me/a b":      "sudo setcap cap_net_raw+ep '/home/me/a b'",
		"/home/o'neil/$x":   `sudo setcap cap_net_raw+ep '/home/o'\''neil/$x'`,
		"/opt/sonde-1.0_+x": "sudo setcap cap_net_raw+ep /opt/sonde-1.0_+x",
	} {
		if got := setcap(name); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}

func TestInterfaceAddr(t *testing.T) {
	i := Interface{Addrs: []netip.Prefix{netip.MustParsePrefix("fe80::1/64"), netip.MustParsePrefix("fd00::1/64"), netip.MustParsePrefix("10.0.0.1/8")}}
	if a := i.Addr(false); a.String() != "fd00::1" {
		t.Errorf("IPv6 from %v", a)
	}
	i.Addrs = i.Addrs[:1]
	if a := i.Addr(false); a.String() != "fe80::1" {
		t.Errorf("IPv6 from %v", a)
	}
	if a := i.Addr(true); a.IsValid() {
		t.Errorf("IPv4 from %v", a)
	}
}

func TestSpan(t *testing.T) {
	prefixes := func(ss ...string) (ps []netip.Prefix) {
		for _, s := range ss {
			ps = append(ps, netip.MustParsePrefix(s))
		}
		return ps
	}
	for _, c := range []struct {
		dst, within string
		others      []netip.Prefix
		want        string
	}{
		{"10.1.2.3", "0.0.0.0/0", nil, "0.0.0.0/0"},
		{"10.1.2.3", "10.1.0.0/16", prefixes("10.0.0.0/8", "10.2.0.0/16", "0.0.0.0/0", "fd00::/8"), "10.1.0.0/16"},
		{"10.1.2.3", "0.0.0.0/0", prefixes("192.168.0.0/16"), "0.0.0.0/1"},
		{"10.1.2.3", "0.0.0.0/0", prefixes("192.168.0.0/16", "10.128.0.0/9", "127.0.0.0/8"), "10.0.0.0/9"},
		{"10.1.2.3", "10.0.0.0/8", prefixes("10.1.2.2/32"), "10.1.2.3/32"},
		{"10.1.2.3", "0.0.0.0/0", prefixes("10.1.2.0/24"), "10.1.2.0/24"},
		{"fd78::1", "::/0", prefixes("fd77::/64", "fe80::/10", "::1/128", "10.0.0.0/8"), "fd78::/13"},
	} {
		if got := Span(netip.MustParseAddr(c.dst), netip.MustParsePrefix(c.within), c.others); got.String() != c.want {
			t.Errorf("%s within %s without %v: %v, want %s", c.dst, c.within, c.others, got, c.want)
		}
	}
}
