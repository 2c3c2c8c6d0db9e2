package wire

import (
	"encoding/binary"
	"fmt"
	"net/netip"
)

var be = binary.BigEndian

// MAC is an Ethernet address.
type MAC [6]byte

// Broadcast is the address of all stations.
var Broadcast = MAC{0xff, 0xff, 0xff, 0xff, 0xff, 0xff}

// String is the address in the usual form, in upper case.
func (m MAC) String() string {
	return fmt.Sprintf("%02X:%02X:%02X:%02X:%02X:%02X", m[0], m[1], m[2], m[3], m[4], m[5])
}

// EtherType names what an Ethernet frame carries.
type EtherType uint16

// The types known here.
const (
	TypeIPv4  EtherType = 0x0800
	TypeARP   EtherType = 0x0806
	TypeVLAN  EtherType = 0x8100 // 802.1Q
	TypeQinQ  EtherType = 0x88a8 // 802.1ad
	TypeIPv6  EtherType = 0x86dd
	leastType EtherType = 0x0600 // below it, the field is the length of an 802.3 frame
)

// TypeOf is the type of IP packets from or to an address.
func TypeOf(a netip.Addr) EtherType {
	if a.Is4() {
		return TypeIPv4
	}
	return TypeIPv6
}

// Tag is a VLAN tag: priority (3 bits), drop eligibility, VLAN number (12 bits).
type Tag struct {
	Type EtherType // TypeVLAN or TypeQinQ
	TCI  uint16
}

// VLAN is the number of the VLAN.
func (t Tag) VLAN() int { return int(t.TCI & 0xfff) }

// maxTags is how many tags a frame may have: one of the provider, one of the customer.
const maxTags = 2

// Ethernet is the header of an Ethernet II frame.
type Ethernet struct {
	Dst, Src MAC
	Tags     [maxTags]Tag
	Tagged   int // how many of Tags there are, outermost first
	Type     EtherType
}

const etherLen = 14

func (e *Ethernet) decode(b []byte) (rest []byte, err error) {
	if len(b) < etherLen {
		return nil, ErrShort
	}
	e.Dst, e.Src, e.Tagged = MAC(b[0:6]), MAC(b[6:12]), 0
	e.Type = EtherType(be.Uint16(b[12:]))
	rest = b[etherLen:]
	for e.Type == TypeVLAN || e.Type == TypeQinQ {
		if len(rest) < 4 {
			return nil, ErrShort
		}
		if e.Tagged == maxTags {
			return nil, ErrMalformed
		}
		e.Tags[e.Tagged] = Tag{e.Type, be.Uint16(rest)}
		e.Tagged++
		e.Type = EtherType(be.Uint16(rest[2:]))
		rest = rest[4:]
	}
	if e.Type < leastType {
		return nil, ErrForeign
	}
	return rest, nil
}

// Append writes the header to the end of b. Frames are not padded here: the
// network card does that.
func (e *Ethernet) Append(b []byte) []byte {
	b = append(b, e.Dst[:]...)
	b = append(b, e.Src[:]...)
	for _, t := range e.Tags[:min(e.Tagged, maxTags)] {
		b = be.AppendUint16(b, uint16(t.Type))
		b = be.AppendUint16(b, t.TCI)
	}
	return be.AppendUint16(b, uint16(e.Type))
}

// ARPOp is what an ARP packet wants.
type ARPOp uint16

// The operations in use (RFC 826).
const (
	ARPRequest ARPOp = 1
	ARPReply   ARPOp = 2
)

// ARP is an ARP packet for IPv4 over Ethernet; others count as malformed.
type ARP struct {
	Op        ARPOp
	SenderMAC MAC
	SenderIP  netip.Addr
	TargetMAC MAC // zero in requests
	TargetIP  netip.Addr
}

// arpHead is hardware type Ethernet, protocol IPv4 and their address lengths.
const (
	arpHead = 0x0001_0800_0604
	arpLen  = 28
)

func (a *ARP) decode(b []byte) error {
	if len(b) < arpLen {
		return ErrShort
	}
	if be.Uint64(b)>>16 != arpHead {
		return ErrMalformed
	}
	a.Op = ARPOp(be.Uint16(b[6:]))
	a.SenderMAC, a.SenderIP = MAC(b[8:14]), netip.AddrFrom4([4]byte(b[14:18]))
	a.TargetMAC, a.TargetIP = MAC(b[18:24]), netip.AddrFrom4([4]byte(b[24:28]))
	return nil
}

// Append writes the packet to the end of b. Its addresses must be IPv4.
func (a *ARP) Append(b []byte) ([]byte, error) {
	if !a.SenderIP.Is4() || !a.TargetIP.Is4() {
		return b, fmt.Errorf("arp for %v and %v: %w", a.SenderIP, a.TargetIP, ErrUnencodable)
	}
	b = be.AppendUint64(b, arpHead<<16|uint64(a.Op))
	sender, target := a.SenderIP.As4(), a.TargetIP.As4()
	b = append(b, a.SenderMAC[:]...)
	b = append(b, sender[:]...)
	b = append(b, a.TargetMAC[:]...)
	return append(b, target[:]...), nil
}
