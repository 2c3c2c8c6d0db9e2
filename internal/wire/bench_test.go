package wire

import "testing"

func BenchmarkFillSYN(b *testing.B) {
	for _, name := range []string{"syn", "syn6"} {
		d := datagrams()[name]
		d.TCP.Options = AppendMSS(nil, 1460)
		tpl, err := NewTemplate(&d, Sound)
		if err != nil {
			b.Fatal(err)
		}
		buf := make([]byte, tpl.Len())
		f := Fields{Dst: d.IP.Dst, TTL: 50, SrcPort: 40000, Seq: 77}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				f.DstPort++
				tpl.Fill(buf, &f)
			}
		})
	}
}

func BenchmarkDecode(b *testing.B) {
	all := datagrams()
	var p Packet
	for _, name := range []string{"syn", "syn6", "hopbyhop", "udp", "sctp", "advert"} {
		d := all[name]
		e := Packet{Framed: true, Ethernet: Ethernet{Type: TypeOf(d.IP.Src)}, Datagram: d}
		frame, err := e.Encode(nil)
		if err != nil {
			b.Fatal(err)
		}
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if err := p.DecodeFrame(frame); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
	syn := all["syn"]
	e := Datagram{Kind: KindICMP, IP: IP{Src: b4, Dst: a4}, ICMP: ICMP{Type: ICMPUnreachable, Code: 13}, Payload: encoded(b, &syn)}
	icmp := encoded(b, &e)
	b.Run("icmp error", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if err := p.DecodeIP(icmp); err != nil {
				b.Fatal(err)
			}
		}
	})
}
