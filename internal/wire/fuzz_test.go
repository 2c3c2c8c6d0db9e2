package wire

import (
	"reflect"
	"testing"
)

// FuzzDecode reads any bytes, twice into one struct, and writes back what was
// whole: reading that again must give the same.
func FuzzDecode(f *testing.F) {
	for _, d := range datagrams() {
		b := encoded(f, &d)
		f.Add(b)
		e := Packet{Framed: true, Ethernet: Ethernet{Dst: macB, Src: macA, Type: TypeOf(d.IP.Src)}, Datagram: d}
		frame, err := e.Encode(nil)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(frame)
		quote := Datagram{Kind: KindICMP, IP: IP{Src: b4, Dst: a4}, ICMP: ICMP{Type: ICMPTimeExceeded}, Payload: b[:min(len(b), 48)]}
		f.Add(encoded(f, &quote))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, decode := range []func(*Packet, []byte) error{(*Packet).DecodeFrame, (*Packet).DecodeIP} {
			var p, again Packet
			_ = p.DecodeIP(b) // leftovers
			if err := decode(&p, b); err != nil {
				if p.Kind != None {
					t.Fatalf("%v, but kind %v", err, p.Kind)
				}
				continue
			}
			p.ChecksumOK()
			if p.Kind != KindARP {
				p.Source()
				walk(p.Payload)
				walk(p.IP.Options)
				p.TCP.MSS()
			}
			if p.Truncated || p.Kind != KindARP && p.IP.Src.Is4() != p.IP.Dst.Is4() {
				continue
			}
			out, err := p.Encode(nil)
			if err != nil {
				t.Fatalf("%+v: %v", essence(&p), err)
			}
			if err := decode(&again, out); err != nil {
				t.Fatalf("%x: %v", out, err)
			}
			if w, g := essence(&p), essence(&again); !reflect.DeepEqual(w, g) {
				t.Fatalf("written and read again:\n%+v\n%+v", w, g)
			}
			if p.Kind != KindARP && !again.ChecksumOK() && again.Kind != Fragment {
				t.Fatalf("written with a wrong checksum: %x", out)
			}
		}
	})
}

// walk takes options and chunks apart, whatever they are.
func walk(b []byte) {
	for rest, ok := b, true; ok; {
		var o Option
		if o, rest, ok = NextOption(rest); o.Kind == OptEnd {
			break
		}
	}
	for rest, ok := b, true; ok; {
		_, rest, ok = NextNeighborOption(rest)
	}
	for rest, ok := b, true; ok; {
		var c Chunk
		if c, rest, ok = NextChunk(rest); ok {
			_, _ = DecodeInit(c.Value)
		}
	}
}

func FuzzInit(f *testing.F) {
	f.Add((&Init{Tag: 1, Window: 2, Out: 3, In: 4, TSN: 5, Parameters: []byte("p")}).Append(nil))
	f.Fuzz(func(t *testing.T, b []byte) {
		i, err := DecodeInit(b)
		if err != nil {
			return
		}
		if again := i.Append(nil); string(again) != string(b) {
			t.Errorf("%x became %x", b, again)
		}
	})
}

// FuzzTemplate compares templates with Encode for any fields.
func FuzzTemplate(f *testing.F) {
	f.Add(uint8(1), uint8(64), uint16(1), uint16(2), uint16(3), uint32(4), uint32(5), []byte("x"))
	f.Fuzz(func(t *testing.T, which, ttl uint8, id, src, dst uint16, seq, ack uint32, payload []byte) {
		d := Datagram{Kind: KindTCP, IP: IP{Src: a4, Dst: b4, TTL: ttl, ID: uint32(id)}, Payload: payload[:min(len(payload), 1400)],
			TCP: TCP{SrcPort: src, DstPort: dst, Seq: seq, Ack: ack, Flags: Flags(which)}, UDP: UDP{SrcPort: src, DstPort: dst}}
		if which&1 != 0 {
			d.IP.Src, d.IP.Dst, d.IP.ID, id = a6, b6, 0, 0
		}
		if which&2 != 0 {
			d.Kind = KindUDP
		}
		tpl, err := NewTemplate(&d, Sound)
		if err != nil {
			t.Fatal(err)
		}
		got := make([]byte, tpl.Len())
		tpl.Fill(got, &Fields{Dst: d.IP.Dst, TTL: ttl, ID: id, SrcPort: src, DstPort: dst, Seq: seq, Ack: ack})
		if want := encoded(t, &d); string(got) != string(want) {
			t.Fatalf("\n got %x\nwant %x", got, want)
		}
	})
}
