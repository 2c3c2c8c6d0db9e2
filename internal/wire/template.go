package wire

import (
	"fmt"
	"net/netip"
)

// Template writes one packet many times, with fields that differ each time. It
// is immutable and safe for concurrent use.
type Template struct {
	packet []byte // with zeros where Fill writes
	body   int    // where the transport begins
	kind   Kind
	four   bool   // IPv4
	number int    // where in the transport Fields.Seq goes, 0 if nowhere
	ipSum  uint64 // of the IPv4 header as it stands in packet
	sum    uint64 // of pseudo header and transport as they stand in packet
	flip   uint16 // set in the checksum to spoil it
}

// Fields are what differs between the packets of a template.
type Fields struct {
	Dst netip.Addr // of the template's family
	TTL uint8
	ID  uint16 // of IPv4
	// The ports of TCP, UDP and SCTP; identifier and sequence number of ICMP.
	SrcPort, DstPort uint16
	// Seq is the sequence number of TCP; of SCTP the initiate tag if the first
	// chunk is INIT, else the verification tag.
	Seq uint32
	Ack uint32 // of TCP
}

// Integrity says whether a template's packets have the right checksum.
type Integrity uint8

// The integrities.
const (
	Sound   Integrity = iota
	Spoiled           // the checksum of the transport is wrong, on purpose (--badsum)
)

// NewTemplate makes a template of a packet that Encode accepts. What it says
// of the fields that Fill writes does not matter, but for the family of Dst.
func NewTemplate(d *Datagram, in Integrity) (*Template, error) {
	packet, err := d.Encode(nil)
	if err != nil {
		return nil, fmt.Errorf("make a template: %w", err)
	}
	if d.Kind == Fragment {
		return nil, fmt.Errorf("make a template of a fragment: %w", ErrUnencodable)
	}
	t := &Template{packet: packet, kind: d.Kind, four: d.IP.Src.Is4()}
	t.body = len(packet) - len(d.Payload)
	if head, err := d.headLen(); err == nil {
		t.body -= head
	}
	if in == Spoiled {
		t.flip = 0x5555
	}
	t.clearIP()
	t.clearBody()
	return t, nil
}

// clearIP zeroes the fields of the IP header that Fill writes, and adds up the rest.
func (t *Template) clearIP() {
	p := t.packet
	if !t.four {
		p[7] = 0
		clear(p[24:40])
		return
	}
	clear(p[4:6])
	p[8] = 0
	clear(p[10:12])
	clear(p[16:20])
	t.ipSum = sum(p[:t.body])
}

// clearBody does the same with the transport and its pseudo header.
func (t *Template) clearBody() {
	body := t.packet[t.body:]
	proto := protocolOf(t.kind)
	switch t.kind {
	case KindTCP:
		clear(body[:12])
		clear(body[16:18])
		t.number = 4
	case KindUDP:
		clear(body[:4])
		clear(body[6:8])
	case KindSCTP:
		clear(body[:4])
		clear(body[8:12])
		t.number = 4
		if c, _, ok := NextChunk(body[sctpLen:]); ok && c.Type == ChunkInit && len(c.Value) >= initLen {
			t.number = sctpLen + chunkHead
		}
		clear(body[t.number : t.number+4])
	case KindICMP, KindICMPv6:
		clear(body[2:8])
	}
	t.sum = sum(body)
	if t.kind != KindICMP { // which has no pseudo header
		t.sum += uint64(proto) + uint64(len(body))
		if t.four {
			t.sum += sum(t.packet[12:16])
		} else {
			t.sum += sum(t.packet[8:24])
		}
	}
}

// Len is the length of each packet.
func (t *Template) Len() int { return len(t.packet) }

// Fill writes a packet to the start of b, which must have room for Len bytes.
// It panics if f.Dst is not of the template's family.
func (t *Template) Fill(b []byte, f *Fields) {
	b = b[:len(t.packet)]
	copy(b, t.packet)
	s := t.sum
	if t.four {
		s += t.fill4(b, f)
	} else {
		s += t.fill6(b, f)
	}
	t.fillBody(b[t.body:], f, s)
}

// fill4 writes the IPv4 header, and gives the sum of the destination.
func (t *Template) fill4(b []byte, f *Fields) uint64 {
	dst := f.Dst.As4()
	d := be.Uint32(dst[:])
	be.PutUint16(b[4:], f.ID)
	b[8] = f.TTL
	be.PutUint32(b[16:], d)
	be.PutUint16(b[10:], ^fold(t.ipSum+uint64(f.ID)+uint64(f.TTL)<<8+uint64(d)))
	return uint64(d)
}

func (t *Template) fill6(b []byte, f *Fields) uint64 {
	if f.Dst.Is4() {
		panic("wire: IPv4 destination in a template for IPv6")
	}
	dst := f.Dst.As16()
	b[7] = f.TTL
	copy(b[24:40], dst[:])
	return sum(dst[:])
}

func (t *Template) fillBody(b []byte, f *Fields, s uint64) {
	ports := uint32(f.SrcPort)<<16 | uint32(f.DstPort)
	switch t.kind {
	case KindTCP:
		be.PutUint32(b, ports)
		be.PutUint32(b[4:], f.Seq)
		be.PutUint32(b[8:], f.Ack)
		be.PutUint16(b[16:], ^fold(s+uint64(ports)+uint64(f.Seq)+uint64(f.Ack))^t.flip)
	case KindUDP:
		be.PutUint32(b, ports)
		be.PutUint16(b[6:], never0(never0(^fold(s+uint64(ports)))^t.flip))
	case KindICMP:
		be.PutUint32(b[4:], ports)
		be.PutUint16(b[2:], ^fold(t.sum+uint64(ports))^t.flip)
	case KindICMPv6:
		be.PutUint32(b[4:], ports)
		be.PutUint16(b[2:], ^fold(s+uint64(ports))^t.flip)
	case KindSCTP:
		be.PutUint32(b, ports)
		be.PutUint32(b[t.number:], f.Seq)
		putCRC(b)
		b[8] ^= byte(t.flip)
	}
}
