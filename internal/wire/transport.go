package wire

import "fmt"

// Flags are the control bits of TCP.
type Flags uint8

// The control bits (RFC 9293, RFC 3168).
const (
	FIN Flags = 1 << iota
	SYN
	RST
	PSH
	ACK
	URG
	ECE
	CWR
)

// Has tells whether all of f are set.
func (fl Flags) Has(f Flags) bool { return fl&f == f }

// String is a letter for each bit, as SA for SYN and ACK.
func (fl Flags) String() string {
	const letters = "FSRPAUEC"
	var b []byte
	for i := range len(letters) {
		if fl&(1<<i) != 0 {
			b = append(b, letters[i])
		}
	}
	return string(b)
}

// TCP is the header of a TCP segment.
type TCP struct {
	SrcPort, DstPort uint16
	Seq, Ack         uint32
	Flags            Flags
	Reserved         uint8 // the four unused bits
	Window, Urgent   uint16
	Options          []byte // padded, up to 40 bytes; see NextOption
	Checksum         uint16 // as received
}

// UDP is the header of a UDP datagram.
type UDP struct {
	SrcPort, DstPort uint16
	Checksum         uint16 // as received; 0 is none
}

const (
	tcpLen  = 20
	udpLen  = 8
	sctpLen = 12
	icmpLen = 8
	leastOf = 8 // bytes of the transport that an ICMP error must quote
)

// decodeTransport reads what follows the IP headers. Of a packet cut short it
// takes what is there, of a whole one it wants all.
func (d *Datagram) decodeTransport(b []byte, need extent) error {
	lenient := need == quoted || d.Truncated
	var err error
	switch {
	case d.IP.Protocol == ProtoTCP:
		err = d.decodeTCP(b, lenient)
	case d.IP.Protocol == ProtoUDP:
		err = d.decodeUDP(b, lenient)
	case d.IP.Protocol == ProtoSCTP:
		err = d.decodeSCTP(b, lenient)
	case d.IP.Protocol == ProtoICMP && d.IP.Src.Is4():
		err = d.decodeICMP(b, KindICMP)
	case d.IP.Protocol == ProtoICMPv6 && !d.IP.Src.Is4():
		err = d.decodeICMP(b, KindICMPv6)
	default:
		d.Kind, d.Payload = KindIP, b
	}
	if err == ErrShort && lenient {
		d.Kind, d.Payload, d.Truncated = KindIP, b, true
		return nil
	}
	return err
}

func (d *Datagram) decodeTCP(b []byte, lenient bool) error {
	t := &d.TCP
	if len(b) < tcpLen {
		if !lenient || len(b) < leastOf {
			return ErrShort
		}
		*t = TCP{SrcPort: be.Uint16(b), DstPort: be.Uint16(b[2:]), Seq: be.Uint32(b[4:])}
		d.Kind, d.Payload, d.Truncated = KindTCP, nil, true
		return nil
	}
	head := int(b[12]>>4) * 4
	if head < tcpLen {
		return ErrMalformed
	}
	if head > len(b) {
		if !lenient {
			return ErrShort
		}
		head, d.Truncated = len(b), true
	}
	t.SrcPort, t.DstPort = be.Uint16(b), be.Uint16(b[2:])
	t.Seq, t.Ack = be.Uint32(b[4:]), be.Uint32(b[8:])
	t.Reserved, t.Flags = b[12]&15, Flags(b[13])
	t.Window, t.Checksum, t.Urgent = be.Uint16(b[14:]), be.Uint16(b[16:]), be.Uint16(b[18:])
	t.Options = b[tcpLen:head]
	d.Kind, d.Payload = KindTCP, b[head:]
	return nil
}

func (d *Datagram) decodeUDP(b []byte, lenient bool) error {
	if len(b) < udpLen {
		return ErrShort
	}
	d.UDP = UDP{be.Uint16(b), be.Uint16(b[2:]), be.Uint16(b[6:])}
	switch n := int(be.Uint16(b[4:])); {
	case n < udpLen && !lenient:
		return ErrMalformed
	case n > len(b) && !lenient:
		return ErrShort
	case n < udpLen || n > len(b):
		d.Truncated = true
	default:
		b = b[:n]
	}
	d.Kind, d.Payload = KindUDP, b[udpLen:]
	return nil
}

// Encode writes a packet to the end of b, with lengths and checksums as they
// must be; those in the structs are not looked at, nor Body, Quote and Length.
func (p *Packet) Encode(b []byte) ([]byte, error) {
	if p.Framed {
		b = p.Ethernet.Append(b)
	}
	if p.Kind == KindARP {
		return p.ARP.Append(b)
	}
	return p.Datagram.Encode(b)
}

// Encode writes an IP packet to the end of b as Packet.Encode does. The kind
// sets the protocol; KindIP and Fragment send Payload behind the IP header.
func (d *Datagram) Encode(b []byte) ([]byte, error) {
	ip := d.IP
	if p := protocolOf(d.Kind); p != 0 {
		ip.Protocol = p
	}
	head, err := d.headLen()
	if err != nil {
		return b, err
	}
	start := len(b)
	if b, err = ip.append(b, head+len(d.Payload)); err != nil {
		return b[:start], err
	}
	at := len(b)
	b = d.appendHead(b, head+len(d.Payload))
	b = append(b, d.Payload...)
	d.seal(b[at:], &ip)
	return b, nil
}

// headLen is the length of the transport header.
func (d *Datagram) headLen() (int, error) {
	switch d.Kind {
	case KindTCP:
		options := (len(d.TCP.Options) + 3) &^ 3
		if options > maxOptions {
			return 0, fmt.Errorf("%d bytes of TCP options: %w", options, ErrUnencodable)
		}
		return tcpLen + options, nil
	case KindUDP:
		return udpLen, nil
	case KindSCTP:
		return sctpLen, nil
	case KindICMP, KindICMPv6:
		return icmpLen, nil
	case KindIP, Fragment:
		return 0, nil
	}
	return 0, fmt.Errorf("packet of kind %v: %w", d.Kind, ErrUnencodable)
}

// appendHead writes the transport header without its checksum.
func (d *Datagram) appendHead(b []byte, bodyLen int) []byte {
	switch d.Kind {
	case KindTCP:
		t := &d.TCP
		options := (len(t.Options) + 3) &^ 3
		b = be.AppendUint16(be.AppendUint16(b, t.SrcPort), t.DstPort)
		b = be.AppendUint32(be.AppendUint32(b, t.Seq), t.Ack)
		b = append(b, byte((tcpLen+options)/4)<<4|t.Reserved&15, byte(t.Flags))
		b = be.AppendUint16(b, t.Window)
		b = be.AppendUint16(append(b, 0, 0), t.Urgent)
		return appendPadded(b, t.Options, options)
	case KindUDP:
		b = be.AppendUint16(be.AppendUint16(b, d.UDP.SrcPort), d.UDP.DstPort)
		return append(be.AppendUint16(b, uint16(bodyLen)), 0, 0)
	case KindSCTP:
		b = be.AppendUint16(be.AppendUint16(b, d.SCTP.SrcPort), d.SCTP.DstPort)
		return append(be.AppendUint32(b, d.SCTP.Tag), 0, 0, 0, 0)
	case KindICMP, KindICMPv6:
		return be.AppendUint32(append(b, d.ICMP.Type, d.ICMP.Code, 0, 0), d.ICMP.Rest)
	}
	return b
}

// seal writes the checksum into a transport that is whole but for it.
func (d *Datagram) seal(body []byte, ip *IP) {
	switch d.Kind {
	case KindTCP:
		be.PutUint16(body[16:], ^fold(pseudo(ip.Src, ip.Dst, ip.Protocol, len(body))+sum(body)))
	case KindUDP:
		be.PutUint16(body[6:], never0(^fold(pseudo(ip.Src, ip.Dst, ip.Protocol, len(body))+sum(body))))
	case KindICMP:
		be.PutUint16(body[2:], Checksum(body))
	case KindICMPv6:
		be.PutUint16(body[2:], ^fold(pseudo(ip.Src, ip.Dst, ip.Protocol, len(body))+sum(body)))
	case KindSCTP:
		putCRC(body)
	}
}

// never0 is a UDP checksum: 0 would mean that there is none (RFC 768).
func never0(c uint16) uint16 {
	if c == 0 {
		return 0xffff
	}
	return c
}
