// Package wire turns packets into structs and back, without I/O and without allocation, so that raw scans can be read, built and tested as plain values.
//
// A Packet is decoded again and again into the same struct; its slices point
// into the bytes it was decoded from. Lengths are checked as int before
// anything is sliced. Encode writes what Decode reads; a Template writes the
// same packet many times with other addresses, ports and numbers.
package wire

import (
	"errors"
	"fmt"
	"net/netip"
)

// Faults of packets. Decoding returns them bare, so that a flood of broken
// packets costs no memory.
var (
	ErrShort     = errors.New("packet is cut short")
	ErrMalformed = errors.New("packet is malformed")
	ErrForeign   = errors.New("packet is of no known kind")
)

// ErrUnencodable tells that a struct holds what no packet can say, such as
// options too long for their header or addresses of two families.
var ErrUnencodable = errors.New("cannot be encoded")

// Kind says which of its structs a decoded packet fills.
type Kind uint8

// The kinds.
const (
	None       Kind = iota // nothing was decoded
	KindARP                // ARP for IPv4 over Ethernet
	KindTCP                // TCP
	KindUDP                // UDP
	KindICMP               // ICMP (RFC 792)
	KindICMPv6             // ICMPv6 (RFC 4443), Neighbor too for ND (RFC 4861)
	KindSCTP               // SCTP (RFC 9260)
	KindIP                 // another protocol, or one whose header was cut off in a quote
	Fragment               // a fragment that is not the first: Payload is its part
)

var kindNames = [...]string{"none", "arp", "tcp", "udp", "icmp", "icmpv6", "sctp", "ip", "fragment"}

// String is the kind in lower case.
func (k Kind) String() string {
	if int(k) < len(kindNames) {
		return kindNames[k]
	}
	return fmt.Sprintf("kind %d", uint8(k))
}

// Protocol numbers of IP that are decoded here (IANA).
const (
	ProtoICMP   = 1
	ProtoTCP    = 6
	ProtoUDP    = 17
	ProtoICMPv6 = 58
	ProtoSCTP   = 132
)

// protocolOf is the protocol number of a kind of transport, 0 for others.
func protocolOf(k Kind) uint8 {
	switch k {
	case KindTCP:
		return ProtoTCP
	case KindUDP:
		return ProtoUDP
	case KindICMP:
		return ProtoICMP
	case KindICMPv6:
		return ProtoICMPv6
	case KindSCTP:
		return ProtoSCTP
	}
	return 0
}

// Packet is a decoded frame or IP packet. Only what Kind names is valid; the
// rest is left over from earlier packets.
type Packet struct {
	Framed   bool     // it has an Ethernet header
	Ethernet Ethernet // valid if Framed
	ARP      ARP      // valid for KindARP
	Datagram          // valid for all other kinds
	Quote    Datagram // what an ICMP error is about; Kind is None if there is none
}

// Datagram is an IP packet. Only the transport that Kind names is valid.
type Datagram struct {
	Kind     Kind
	IP       IP
	TCP      TCP
	UDP      UDP
	ICMP     ICMP     // of both families
	Neighbor Neighbor // of ND messages: ICMPv6 types 135 and 136
	SCTP     SCTP
	// Payload is what follows the transport header: data, ICMP body behind the
	// first 8 bytes, SCTP chunks, or all that follows the IP headers.
	Payload []byte
	// Body is what follows the IP headers: transport header and payload.
	Body []byte
	// Truncated tells that the packet was longer than what is here. Of a
	// quoted TCP header that is cut short only ports and sequence number are valid.
	Truncated bool
}

// DecodeFrame reads an Ethernet frame.
func (p *Packet) DecodeFrame(b []byte) error {
	p.Kind, p.Quote.Kind, p.Framed = None, None, false
	rest, err := p.Ethernet.decode(b)
	if err != nil {
		return err
	}
	p.Framed = true
	return p.decodeBehind(p.Ethernet.Type, rest)
}

// DecodeIP reads an IP packet of either family.
func (p *Packet) DecodeIP(b []byte) error {
	p.Kind, p.Quote.Kind, p.Framed = None, None, false
	return p.decodeIP(b)
}

// DecodeAs reads what follows a link header that named the type t, such as
// TypeARP or TypeIPv4.
func (p *Packet) DecodeAs(t EtherType, b []byte) error {
	p.Kind, p.Quote.Kind, p.Framed = None, None, false
	return p.decodeBehind(t, b)
}

func (p *Packet) decodeBehind(t EtherType, b []byte) error {
	switch t {
	case TypeIPv4, TypeIPv6:
		return p.decodeIP(b)
	case TypeARP:
		if err := p.ARP.decode(b); err != nil {
			return err
		}
		p.Kind = KindARP
		return nil
	}
	return ErrForeign
}

func (p *Packet) decodeIP(b []byte) error {
	if err := p.Datagram.decode(b, whole); err != nil {
		p.Kind = None
		return err
	}
	if p.IsError() && p.Quote.decode(p.Payload, quoted) != nil {
		p.Quote.Kind = None
	}
	return nil
}

// extent says how much of a packet must be there.
type extent uint8

const (
	whole  extent = iota // all headers
	quoted               // RFC 792: the IP header and 8 bytes, perhaps less
)

// Source is the transport address a TCP, UDP or SCTP packet came from.
func (d *Datagram) Source() netip.AddrPort { s, _ := d.ports(); return netip.AddrPortFrom(d.IP.Src, s) }

// Dest is the transport address a TCP, UDP or SCTP packet goes to.
func (d *Datagram) Dest() netip.AddrPort { _, p := d.ports(); return netip.AddrPortFrom(d.IP.Dst, p) }

func (d *Datagram) ports() (src, dst uint16) {
	switch d.Kind {
	case KindTCP:
		return d.TCP.SrcPort, d.TCP.DstPort
	case KindUDP:
		return d.UDP.SrcPort, d.UDP.DstPort
	case KindSCTP:
		return d.SCTP.SrcPort, d.SCTP.DstPort
	}
	return 0, 0
}
