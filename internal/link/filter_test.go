package link

import (
	"net/netip"
	"testing"

	"golang.org/x/net/bpf"

	"sonde/internal/wire"
)

var (
	from4, to4 = netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("192.0.2.2")
	from6, to6 = netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("2001:db8::2")
)

// samples are packets that a filter is asked about, by name.
func samples(t *testing.T) map[string][]byte {
	t.Helper()
	out := map[string][]byte{}
	add := func(name string, d wire.Datagram) {
		b, err := d.Encode(nil)
		if err != nil {
			t.Fatal(err)
		}
		out[name] = b
	}
	ip4, ip6 := wire.IP{Src: from4, Dst: to4}, wire.IP{Src: from6, Dst: to6}
	options := ip4
	options.Options = make([]byte, 12)
	hop := ip6
	hop.NextHeader, hop.Options = 0, []byte{wire.ProtoTCP, 0, 1, 4, 0, 0, 0, 0}
	later, gre4, gre6 := ip4, ip4, ip6
	later.Offset, later.Protocol = 1480, wire.ProtoTCP
	gre4.Protocol, gre6.Protocol = 47, 47
	tcp := func(port uint16) wire.TCP { return wire.TCP{SrcPort: 80, DstPort: port} }
	add("tcp 39999", wire.Datagram{Kind: wire.KindTCP, IP: ip4, TCP: tcp(39999)})
	add("tcp 40000", wire.Datagram{Kind: wire.KindTCP, IP: ip4, TCP: tcp(40000)})
	add("tcp 40010", wire.Datagram{Kind: wire.KindTCP, IP: options, TCP: tcp(40010)})
	add("tcp 40011", wire.Datagram{Kind: wire.KindTCP, IP: options, TCP: tcp(40011)})
	add("udp 40005", wire.Datagram{Kind: wire.KindUDP, IP: ip4, UDP: wire.UDP{SrcPort: 53, DstPort: 40005}})
	add("sctp 40005", wire.Datagram{Kind: wire.KindSCTP, IP: ip6, SCTP: wire.SCTP{SrcPort: 53, DstPort: 40005}})
	add("tcp6 40000", wire.Datagram{Kind: wire.KindTCP, IP: ip6, TCP: tcp(40000)})
	add("tcp6 65535", wire.Datagram{Kind: wire.KindTCP, IP: ip6, TCP: tcp(65535)})
	add("hop by hop", wire.Datagram{Kind: wire.KindTCP, IP: hop, TCP: tcp(1)})
	add("icmp", wire.Datagram{Kind: wire.KindICMP, IP: ip4})
	add("icmpv6", wire.Datagram{Kind: wire.KindICMPv6, IP: ip6})
	add("gre", wire.Datagram{Kind: wire.KindIP, IP: gre4, Payload: []byte("1234")})
	add("gre6", wire.Datagram{Kind: wire.KindIP, IP: gre6, Payload: []byte("1234")})
	add("later fragment", wire.Datagram{Kind: wire.Fragment, IP: later, Payload: []byte("12345678")})
	arp, err := (&wire.ARP{Op: wire.ARPReply, SenderIP: from4, TargetIP: to4}).Append(nil)
	if err != nil {
		t.Fatal(err)
	}
	out["arp"] = arp
	out["lldp"] = []byte{2, 7, 4, 0, 1, 2, 3, 4, 5}
	return out
}

func TestFilter(t *testing.T) {
	ports := []string{"tcp 40000", "tcp 40010", "udp 40005", "sctp 40005", "tcp6 40000"}
	always := []string{"hop by hop"}
	for _, c := range []struct {
		filter Filter
		want   [][]string
	}{
		{Filter{}, [][]string{always}},
		{Filter{LoPort: 40000, HiPort: 40010}, [][]string{always, ports}},
		{Filter{LoPort: 40000, HiPort: 65535}, [][]string{always, ports, {"tcp 40011", "tcp6 65535"}}},
		{Filter{ICMP: true}, [][]string{always, {"icmp", "icmpv6"}}},
		{Filter{ARP: true}, [][]string{always, {"arp"}}},
		{Filter{Rest: true}, [][]string{always, {"gre", "gre6", "later fragment"}}},
		{Filter{LoPort: 40000, HiPort: 40010, ICMP: true, ARP: true, Rest: true}, [][]string{always, ports, {"icmp", "icmpv6", "arp", "gre", "gre6", "later fragment"}}},
	} {
		program, err := c.filter.program()
		if err != nil {
			t.Fatal(err)
		}
		vm, err := bpf.NewVM(program)
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]bool{}
		for _, names := range c.want {
			for _, n := range names {
				want[n] = true
			}
		}
		for name, packet := range samples(t) {
			n, err := vm.Run(packet)
			if err != nil {
				t.Fatal(err)
			}
			if (n > 0) != want[name] {
				t.Errorf("%+v takes %s: %v", c.filter, name, n > 0)
			}
		}
	}
}
