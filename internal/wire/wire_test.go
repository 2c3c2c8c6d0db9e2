package wire

import (
	"bytes"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"reflect"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
)

var (
	a4, b4   = netip.MustParseAddr("192.0.2.1"), netip.MustParseAddr("198.51.100.77")
	a6, b6   = netip.MustParseAddr("2001:db8::1"), netip.MustParseAddr("2001:db8:5::fe77")
	macA     = MAC{2, 0, 0, 0, 0, 1}
	macB     = MAC{2, 0, 0, 0xab, 0xcd, 2}
	synOpts  = AppendTimestamps(AppendSACKPermitted(AppendMSS(nil, 1460)), 12345, 0)
	sctpInit = AppendChunk(nil, Chunk{ChunkInit, 0, (&Init{Tag: 0xdeadbeef, Window: 32768, Out: 10, In: 2048, TSN: 7}).Append(nil)})
)

// datagrams is one packet of each kind, by name.
func datagrams() map[string]Datagram {
	ip := IP{Src: a4, Dst: b4, TTL: 51, ID: 4711, TOS: 16, DontFragment: true}
	ip6 := IP{Src: a6, Dst: b6, TTL: 255, TOS: 3, FlowLabel: 0xabcde}
	solicited, _ := SolicitedNode(b6)
	nd := ip6
	nd.Dst = solicited
	hop := ip6
	hop.NextHeader, hop.Options = extHopByHop, []byte{extDest, 0, 1, 4, 0, 0, 0, 0, ProtoTCP, 0, 1, 4, 0, 0, 0, 0}
	opts := ip
	opts.Options = []byte{7, 7, 4, 0, 0, 0, 0, 0}
	igmp := ip
	igmp.Protocol = 2
	return map[string]Datagram{
		"syn":       {Kind: KindTCP, IP: ip, TCP: TCP{SrcPort: 40000, DstPort: 22, Seq: 0xfffffff0, Flags: SYN, Window: 1024, Options: synOpts}},
		"rst":       {Kind: KindTCP, IP: ip, TCP: TCP{SrcPort: 22, DstPort: 40000, Ack: 9, Flags: RST | ACK}, Payload: []byte("gone")},
		"syn6":      {Kind: KindTCP, IP: ip6, TCP: TCP{SrcPort: 40000, DstPort: 22, Seq: 1, Flags: SYN | ECE | CWR, Reserved: 8, Window: 3, Urgent: 0xf7f5, Options: AppendMSS(nil, 1440)}},
		"hopbyhop":  {Kind: KindTCP, IP: hop, TCP: TCP{SrcPort: 40000, DstPort: 22, Flags: FIN | PSH | URG}},
		"ipoptions": {Kind: KindUDP, IP: opts, UDP: UDP{SrcPort: 5, DstPort: 7}, Payload: []byte("odd")},
		"udp":       {Kind: KindUDP, IP: ip, UDP: UDP{SrcPort: 40000, DstPort: 9}},
		"udp6":      {Kind: KindUDP, IP: ip6, UDP: UDP{SrcPort: 40000, DstPort: 9}, Payload: []byte("hello")},
		"echo":      {Kind: KindICMP, IP: ip, ICMP: ICMP{Type: ICMPEcho, Code: 9, Rest: EchoRest(77, 295)}, Payload: make([]byte, 120)},
		"echo6":     {Kind: KindICMPv6, IP: ip6, ICMP: ICMP{Type: ICMPv6Echo, Rest: EchoRest(77, 0)}},
		"solicit": {Kind: KindICMPv6, IP: nd, ICMP: ICMP{Type: ICMPv6Solicit}, Neighbor: Neighbor{b6, macA, true},
			Payload: (&Neighbor{b6, macA, true}).Append(nil, ICMPv6Solicit)},
		"advert": {Kind: KindICMPv6, IP: ip6, ICMP: ICMP{Type: ICMPv6Advert, Rest: AdvertSolicited}, Neighbor: Neighbor{b6, macB, true},
			Payload: (&Neighbor{b6, macB, true}).Append(nil, ICMPv6Advert)},
		"sctp": {Kind: KindSCTP, IP: ip, SCTP: SCTP{SrcPort: 40000, DstPort: 80}, Payload: sctpInit},
		"igmp": {Kind: KindIP, IP: igmp, Payload: []byte{0x11, 0, 0xee, 0xff, 0, 0, 0, 0}},
	}
}

func encoded(t testing.TB, d *Datagram) []byte {
	t.Helper()
	b, err := d.Encode(nil)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// essence is what of a decoded packet must survive encoding: what is valid,
// without what Encode computes.
func essence(p *Packet) any {
	link := Ethernet{}
	if p.Framed {
		link = p.Ethernet
		clear(link.Tags[link.Tagged:])
	}
	if p.Kind == KindARP {
		return []any{p.Kind, link, p.ARP}
	}
	ip := p.IP
	ip.Length, ip.Checksum = 0, 0
	ip.Options = append([]byte{}, ip.Options...)
	out := []any{p.Kind, link, ip, append([]byte{}, p.Payload...)}
	switch p.Kind {
	case KindTCP:
		tcp := p.TCP
		tcp.Checksum, tcp.Options = 0, append([]byte{}, tcp.Options...)
		out = append(out, tcp)
	case KindUDP:
		out = append(out, p.UDP.SrcPort, p.UDP.DstPort)
	case KindSCTP:
		out = append(out, p.SCTP.SrcPort, p.SCTP.DstPort, p.SCTP.Tag)
	case KindICMP, KindICMPv6:
		icmp := p.ICMP
		icmp.Checksum = 0
		out = append(out, icmp)
		if p.ICMP.Type == ICMPv6Solicit || p.ICMP.Type == ICMPv6Advert {
			out = append(out, p.Neighbor)
		}
	}
	return out
}

func TestEncodeThenDecode(t *testing.T) {
	var p Packet // one for all, so that leftovers would show
	for name, d := range datagrams() {
		b := encoded(t, &d)
		if err := p.DecodeIP(b); err != nil {
			t.Errorf("%s: %v", name, err)
			continue
		}
		want := Packet{Datagram: d}
		if proto := protocolOf(d.Kind); proto != 0 {
			want.IP.Protocol = proto
		}
		want.TCP.Options = appendPadded(nil, d.TCP.Options, (len(d.TCP.Options)+3)&^3)
		if got := essence(&p); !reflect.DeepEqual(got, essence(&want)) {
			t.Errorf("%s:\n got %+v\nwant %+v", name, got, essence(&want))
		}
		if !p.ChecksumOK() {
			t.Errorf("%s: checksum is wrong", name)
		}
		if p.IP.Length != len(b) || p.Truncated {
			t.Errorf("%s: length %d of %d, truncated %v", name, p.IP.Length, len(b), p.Truncated)
		}
	}
}

// Another implementation must read our packets as we mean them, and find
// nothing to mend in them: lengths and checksums it computes must be ours.
func TestAgainstGopacket(t *testing.T) {
	for name, d := range datagrams() {
		d.TCP.Reserved = 0 // gopacket cannot write these bits
		b := encoded(t, &d)
		first := layers.LayerTypeIPv4
		if !d.IP.Src.Is4() {
			first = layers.LayerTypeIPv6
		}
		theirs := gopacket.NewPacket(b, first, gopacket.Default)
		if f := theirs.ErrorLayer(); f != nil && name != "igmp" {
			t.Errorf("%s: gopacket: %v", name, f.Error())
			continue
		}
		var again []gopacket.SerializableLayer
		for _, l := range theirs.Layers() {
			if cs, ok := l.(interface {
				SetNetworkLayerForChecksum(gopacket.NetworkLayer) error
			}); ok {
				if err := cs.SetNetworkLayerForChecksum(theirs.NetworkLayer()); err != nil {
					t.Error(err)
				}
			}
			if s, ok := l.(gopacket.SerializableLayer); ok {
				again = append(again, s)
			}
		}
		switch name {
		case "igmp", "solicit", "advert", "hopbyhop", "sctp": // layers that gopacket reads but cannot write back as they were
			continue
		}
		buf := gopacket.NewSerializeBuffer()
		if err := gopacket.SerializeLayers(buf, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, again...); err != nil {
			t.Errorf("%s: %v", name, err)
		} else if !bytes.Equal(buf.Bytes(), b) {
			t.Errorf("%s:\nours   %x\ntheirs %x", name, b, buf.Bytes())
		}
	}
}

// Fields that gopacket reads from our packets, for those it cannot write.
func TestFieldsAgainstGopacket(t *testing.T) {
	all := datagrams()
	read := func(name string, first, want gopacket.LayerType) gopacket.Layer {
		d := all[name]
		l := gopacket.NewPacket(encoded(t, &d), first, gopacket.Default).Layer(want)
		if l == nil {
			t.Fatalf("%s: gopacket sees no %v", name, want)
		}
		return l
	}
	ns := read("solicit", layers.LayerTypeIPv6, layers.LayerTypeICMPv6NeighborSolicitation).(*layers.ICMPv6NeighborSolicitation)
	if !ns.TargetAddress.Equal(net.IP(b6.AsSlice())) || len(ns.Options) != 1 || !bytes.Equal(ns.Options[0].Data, macA[:]) {
		t.Errorf("solicitation read as %+v", ns)
	}
	na := read("advert", layers.LayerTypeIPv6, layers.LayerTypeICMPv6NeighborAdvertisement).(*layers.ICMPv6NeighborAdvertisement)
	if !na.Solicited() || na.Override() || !bytes.Equal(na.Options[0].Data, macB[:]) {
		t.Errorf("advertisement read as %+v", na)
	}
	in := read("sctp", layers.LayerTypeIPv4, layers.LayerTypeSCTPInit).(*layers.SCTPInit)
	if in.InitiateTag != 0xdeadbeef || in.InboundStreams != 2048 || in.InitialTSN != 7 {
		t.Errorf("INIT read as %+v", in)
	}
	tcp := read("hopbyhop", layers.LayerTypeIPv6, layers.LayerTypeTCP).(*layers.TCP)
	if tcp.DstPort != 22 || !tcp.FIN || !tcp.PSH || !tcp.URG || tcp.SYN {
		t.Errorf("TCP behind extension headers read as %+v", tcp)
	}
	sctp := read("sctp", layers.LayerTypeIPv4, layers.LayerTypeSCTP).(*layers.SCTP)
	buf := gopacket.NewSerializeBuffer()
	err := gopacket.SerializeLayers(buf, gopacket.SerializeOptions{ComputeChecksums: true}, sctp, gopacket.Payload(sctpInit))
	d := all["sctp"]
	if ours := encoded(t, &d)[ip4Len:]; err != nil || !bytes.Equal(buf.Bytes(), ours) {
		t.Errorf("SCTP:\nours   %x\ntheirs %x %v", ours, buf.Bytes(), err)
	}
}

func TestEthernetAndARP(t *testing.T) {
	ask := Packet{Framed: true, Ethernet: Ethernet{Dst: Broadcast, Src: macA, Tags: [2]Tag{{TypeQinQ, 100}, {TypeVLAN, 0x2007}}, Tagged: 2, Type: TypeARP}}
	ask.Kind, ask.ARP = KindARP, ARP{Op: ARPRequest, SenderMAC: macA, SenderIP: a4, TargetIP: b4}
	b, err := ask.Encode(nil)
	if err != nil {
		t.Fatal(err)
	}
	var p Packet
	if err := p.DecodeFrame(append(b, make([]byte, 10)...)); err != nil { // padded by the card
		t.Fatal(err)
	}
	if !reflect.DeepEqual(essence(&p), essence(&ask)) || p.Ethernet.Tags[1].VLAN() != 7 {
		t.Errorf("got %+v, want %+v", essence(&p), essence(&ask))
	}
	theirs := gopacket.NewPacket(b, layers.LayerTypeEthernet, gopacket.Default)
	arp, _ := theirs.Layer(layers.LayerTypeARP).(*layers.ARP)
	if arp == nil || !bytes.Equal(arp.SourceHwAddress, macA[:]) || !bytes.Equal(arp.DstProtAddress, b4.AsSlice()) || arp.Operation != layers.ARPRequest {
		t.Errorf("gopacket reads %v", theirs)
	}
}

// A host or router quotes the packet that an error is about, often no more
// than 8 bytes of its transport.
func TestQuotes(t *testing.T) {
	all := datagrams()
	for _, c := range []struct {
		name     string
		length   int // of the quote, -1 for all
		kind     Kind
		src, dst uint16
		number   uint32
	}{
		{"syn", -1, KindTCP, 40000, 22, 0xfffffff0},
		{"syn", 28, KindTCP, 40000, 22, 0xfffffff0},
		{"syn", 27, KindIP, 0, 0, 0},
		{"syn", 42, KindTCP, 40000, 22, 0xfffffff0},
		{"syn", 19, None, 0, 0, 0},
		{"syn6", 48, KindTCP, 40000, 22, 1},
		{"hopbyhop", 56 + 8, KindTCP, 40000, 22, 0},
		{"hopbyhop", 50, KindIP, 0, 0, 0},
		{"udp", 28, KindUDP, 40000, 9, 0},
		{"udp6", 48, KindUDP, 40000, 9, 0},
		{"sctp", 28, KindSCTP, 40000, 80, 0},
	} {
		d := all[c.name]
		quote := encoded(t, &d)
		if c.length >= 0 {
			quote = quote[:c.length]
		}
		e := Datagram{Kind: KindICMP, IP: IP{Src: b4, Dst: a4, TTL: 60}, ICMP: ICMP{Type: ICMPUnreachable, Code: 13}, Payload: quote}
		if !d.IP.Src.Is4() {
			e = Datagram{Kind: KindICMPv6, IP: IP{Src: b6, Dst: a6, TTL: 60}, ICMP: ICMP{Type: ICMPv6Unreachable, Code: 1}, Payload: quote}
		}
		var p Packet
		if err := p.DecodeIP(encoded(t, &e)); err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		q := &p.Quote
		if q.Kind != c.kind {
			t.Errorf("%s cut to %d: quote of kind %v, want %v", c.name, c.length, q.Kind, c.kind)
			continue
		}
		if q.Kind == None {
			continue
		}
		if q.IP.Src != d.IP.Src || q.IP.Dst != d.IP.Dst || q.IP.Protocol != protocolOf(d.Kind) && c.length != 50 {
			t.Errorf("%s cut to %d: quote of protocol %d from %v to %v", c.name, c.length, q.IP.Protocol, q.IP.Src, q.IP.Dst)
		}
		if q.Source() != netip.AddrPortFrom(d.IP.Src, c.src) || q.Dest() != netip.AddrPortFrom(d.IP.Dst, c.dst) || q.Kind == KindTCP && q.TCP.Seq != c.number {
			t.Errorf("%s cut to %d: quote of %v to %v, number %#x", c.name, c.length, q.Source(), q.Dest(), q.TCP.Seq)
		}
	}
}

func TestFragments(t *testing.T) {
	d := datagrams()["udp6"]
	b := encoded(t, &d)
	for _, c := range []struct {
		place uint16
		kind  Kind
	}{{1, KindUDP}, {8, Fragment}, {9, Fragment}} {
		ext := append([]byte{ProtoUDP, 0, byte(c.place >> 8), byte(c.place)}, 0, 0, 1, 2)
		f := Datagram{Kind: KindIP, IP: IP{Src: a6, Dst: b6, Protocol: ProtoUDP, NextHeader: extFragment, Options: ext}, Payload: b[ip6Len:]}
		var p Packet
		if err := p.DecodeIP(encoded(t, &f)); err != nil || p.Kind != c.kind || p.IP.ID != 0x102 || p.IP.Offset != int(c.place&^7) || p.ChecksumOK() {
			t.Errorf("place %d: %v, kind %v, %+v", c.place, err, p.Kind, p.IP)
		}
	}
	for _, ip := range []IP{{Offset: 8}, {Offset: 65528, MoreFragments: true}} {
		ip.Src, ip.Dst, ip.Protocol = a4, b4, ProtoTCP
		f := Datagram{Kind: Fragment, IP: ip, Payload: []byte("12345678")}
		var p Packet
		if err := p.DecodeIP(encoded(t, &f)); err != nil || p.Kind != Fragment || p.IP.Offset != ip.Offset || p.IP.MoreFragments != ip.MoreFragments {
			t.Errorf("offset %d: %v, kind %v, %+v", ip.Offset, err, p.Kind, p.IP)
		}
	}
}

func TestBrokenPackets(t *testing.T) {
	all := datagrams()
	change := func(name string, at int, v byte) []byte {
		d := all[name]
		b := encoded(t, &d)
		b[at] = v
		return b
	}
	cut := func(name string, n int) []byte { d := all[name]; return encoded(t, &d)[:n] }
	for _, c := range []struct {
		name string
		b    []byte
		want error
	}{
		{"nothing", nil, ErrShort},
		{"version 5", []byte{0x50}, ErrForeign},
		{"IPv4 header cut", cut("syn", 19), ErrShort},
		{"IPv6 header cut", cut("syn6", 39), ErrShort},
		{"header length 4", change("syn", 0, 0x44), ErrMalformed},
		{"header beyond the end", cut("ipoptions", 24), ErrShort},
		{"total length below the header", change("udp", 3, 19), ErrMalformed},
		{"data offset 4", change("rst", ip4Len+12, 0x40), ErrMalformed},
		{"data offset beyond the end", change("rst", ip4Len+12, 0xf0), ErrShort},
		{"UDP length 7", change("udp", ip4Len+5, 7), ErrMalformed},
		{"UDP length too long", change("udp", ip4Len+5, 9), ErrShort},
		{"extension header beyond the end", change("hopbyhop", ip6Len+1, 200), ErrShort},
		{"option of ND with length 0", change("advert", ip6Len+8+16+1, 0), ErrMalformed},
	} {
		var p Packet
		if err := p.DecodeIP(c.b); err != c.want || p.Kind != None {
			t.Errorf("%s: %v and kind %v, want %v", c.name, err, p.Kind, c.want)
		}
	}
}

func TestUnencodable(t *testing.T) {
	for name, d := range map[string]Datagram{
		"no kind":              {IP: IP{Src: a4, Dst: b4}},
		"two families":         {Kind: KindUDP, IP: IP{Src: a4, Dst: b6}},
		"no addresses":         {Kind: KindUDP},
		"41 bytes of options":  {Kind: KindTCP, IP: IP{Src: a4, Dst: b4}, TCP: TCP{Options: make([]byte, 41)}},
		"IP options too long":  {Kind: KindUDP, IP: IP{Src: a4, Dst: b4, Options: make([]byte, 44)}},
		"packet too long":      {Kind: KindUDP, IP: IP{Src: a4, Dst: b4}, Payload: make([]byte, 65508)},
		"IPv6 packet too long": {Kind: KindUDP, IP: IP{Src: a6, Dst: b6}, Payload: make([]byte, 65528)},
	} {
		if b, err := d.Encode([]byte("kept")); !errors.Is(err, ErrUnencodable) || string(b) != "kept" {
			t.Errorf("%s: %v, %d bytes", name, err, len(b))
		}
	}
}

// A filled template is the packet that Encode would have written.
func TestTemplates(t *testing.T) {
	for name, d := range datagrams() {
		switch name {
		case "solicit", "advert":
			continue // their flags are no identifier
		}
		for _, f := range []Fields{
			{TTL: 64, ID: 0xffff, SrcPort: 0xffff, DstPort: 0xffff, Seq: 0xffffffff, Ack: 0xffffffff},
			{},
			{TTL: 37, ID: 1, SrcPort: 33000, DstPort: 80, Seq: 0x01020304, Ack: 5},
		} {
			t.Run(fmt.Sprint(name, f.Seq), func(t *testing.T) {
				tpl, err := NewTemplate(&d, Sound)
				if err != nil {
					t.Fatal(err)
				}
				want := d
				if f.Dst = netip.MustParseAddr("203.0.113.250"); !d.IP.Src.Is4() {
					f.Dst = netip.MustParseAddr("2001:db8:ffff::ff")
				}
				want.IP.Dst, want.IP.TTL, want.IP.ID = f.Dst, f.TTL, uint32(f.ID)
				want.TCP.SrcPort, want.TCP.DstPort, want.TCP.Seq, want.TCP.Ack = f.SrcPort, f.DstPort, f.Seq, f.Ack
				want.UDP = UDP{SrcPort: f.SrcPort, DstPort: f.DstPort}
				want.ICMP.Rest = EchoRest(f.SrcPort, f.DstPort)
				want.SCTP = SCTP{SrcPort: f.SrcPort, DstPort: f.DstPort}
				if name == "sctp" {
					want.Payload = bytes.Clone(d.Payload)
					be.PutUint32(want.Payload[chunkHead:], f.Seq)
				}
				got := make([]byte, tpl.Len())
				tpl.Fill(got, &f)
				if w := encoded(t, &want); !bytes.Equal(got, w) {
					t.Errorf("\n got %x\nwant %x", got, w)
				}
				spoiled, _ := NewTemplate(&d, Spoiled)
				spoiled.Fill(got, &f)
				var p Packet
				if err := p.DecodeIP(got); err != nil || p.ChecksumOK() && d.Kind != KindIP {
					t.Errorf("spoiled packet: %v, checksum right", err)
				}
			})
		}
	}
}

func TestSmallThings(t *testing.T) {
	if s := (SYN | ACK | FIN).String(); s != "FSA" {
		t.Errorf("flags are %s", s)
	}
	if macB.String() != "02:00:00:AB:CD:02" {
		t.Errorf("address is %s", macB)
	}
	tcp := TCP{Options: append([]byte{OptNop, OptNop}, synOpts...)}
	if m, ok := tcp.MSS(); !ok || m != 1460 {
		t.Errorf("MSS is %d, %v", m, ok)
	}
	if group, mac := SolicitedNode(netip.MustParseAddr("fe80::2aa:ff:fe28:9c5a")); group.String() != "ff02::1:ff28:9c5a" || mac.String() != "33:33:FF:28:9C:5A" { // RFC 4291 §2.7.1
		t.Errorf("solicited node is %v at %v", group, mac)
	}
	c, rest, ok := NextChunk(AppendChunk(AppendChunk(nil, Chunk{ChunkAbort, 1, []byte("x")}), Chunk{Type: ChunkCookieEcho}))
	if !ok || c.Type != ChunkAbort || string(c.Value) != "x" || len(rest) != 4 {
		t.Errorf("chunk is %+v, then %x", c, rest)
	}
}

func TestNoAllocation(t *testing.T) {
	d := datagrams()["syn"]
	frame := encoded(t, &d)
	e := Datagram{Kind: KindICMP, IP: IP{Src: b4, Dst: a4}, ICMP: ICMP{Type: ICMPUnreachable}, Payload: frame}
	packets := [][]byte{frame, encoded(t, &e), frame[:30]}
	tpl, err := NewTemplate(&d, Sound)
	if err != nil {
		t.Fatal(err)
	}
	var p Packet
	buf := make([]byte, 100)
	if n := testing.AllocsPerRun(100, func() {
		tpl.Fill(buf, &Fields{Dst: b4, DstPort: 80})
		for _, b := range packets {
			_ = p.DecodeIP(b)
			_ = p.DecodeFrame(b)
		}
	}); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
