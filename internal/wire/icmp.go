package wire

import "net/netip"

// Types of ICMP that matter to a scan (RFC 792, RFC 950).
const (
	ICMPEchoReply      = 0
	ICMPUnreachable    = 3
	ICMPSourceQuench   = 4
	ICMPRedirect       = 5
	ICMPEcho           = 8
	ICMPTimeExceeded   = 11
	ICMPParameter      = 12
	ICMPTimestamp      = 13
	ICMPTimestampReply = 14
	ICMPMask           = 17
	ICMPMaskReply      = 18
)

// Types of ICMPv6 that matter to a scan (RFC 4443, RFC 4861).
const (
	ICMPv6Unreachable  = 1
	ICMPv6TooBig       = 2
	ICMPv6TimeExceeded = 3
	ICMPv6Parameter    = 4
	ICMPv6Echo         = 128
	ICMPv6EchoReply    = 129
	ICMPv6Solicit      = 135
	ICMPv6Advert       = 136
)

// ICMP is the header of an ICMP message of either family.
type ICMP struct {
	Type, Code uint8
	Checksum   uint16 // as received
	// Rest is the second word: identifier and sequence number of an echo, the
	// unused word or MTU of an error, the flags of an advertisement.
	Rest uint32
}

// ID is the identifier of an echo, timestamp or mask message.
func (i *ICMP) ID() uint16 { return uint16(i.Rest >> 16) }

// Seq is the sequence number of such a message.
func (i *ICMP) Seq() uint16 { return uint16(i.Rest) }

// EchoRest is the word that holds identifier and sequence number.
func EchoRest(id, seq uint16) uint32 { return uint32(id)<<16 | uint32(seq) }

// Neighbor is the body of a Neighbor Solicitation or Advertisement.
type Neighbor struct {
	Target      netip.Addr
	LinkAddr    MAC // of the source or target, if HasLinkAddr
	HasLinkAddr bool
}

// AdvertSolicited and AdvertOverride are flags in ICMP.Rest of an advertisement.
const (
	AdvertSolicited = 1 << 30
	AdvertOverride  = 1 << 29
)

// Options of ND that carry an Ethernet address.
const (
	ndSourceLink = 1
	ndTargetLink = 2
)

// IsError tells whether the packet is an ICMP error, which quotes another.
func (d *Datagram) IsError() bool {
	switch d.Kind {
	case KindICMP:
		switch d.ICMP.Type {
		case ICMPUnreachable, ICMPSourceQuench, ICMPRedirect, ICMPTimeExceeded, ICMPParameter:
			return true
		}
	case KindICMPv6:
		return d.ICMP.Type < 128 // RFC 4443 §2.1
	}
	return false
}

func (d *Datagram) decodeICMP(b []byte, k Kind) error {
	if len(b) < icmpLen {
		return ErrShort
	}
	d.ICMP = ICMP{b[0], b[1], be.Uint16(b[2:]), be.Uint32(b[4:])}
	if k == KindICMPv6 && (d.ICMP.Type == ICMPv6Solicit || d.ICMP.Type == ICMPv6Advert) {
		if err := d.Neighbor.decode(b[icmpLen:], d.ICMP.Type); err != nil {
			return err
		}
	}
	d.Kind, d.Payload = k, b[icmpLen:]
	return nil
}

func (n *Neighbor) decode(b []byte, typ uint8) error {
	if len(b) < 16 {
		return ErrShort
	}
	*n = Neighbor{Target: netip.AddrFrom16([16]byte(b[:16]))}
	want := uint8(ndSourceLink)
	if typ == ICMPv6Advert {
		want = ndTargetLink
	}
	for rest := b[16:]; len(rest) > 0; {
		o, after, ok := NextNeighborOption(rest)
		if !ok {
			return ErrMalformed
		}
		if o.Kind == want && len(o.Data) == len(n.LinkAddr) && !n.HasLinkAddr {
			n.LinkAddr, n.HasLinkAddr = MAC(o.Data), true
		}
		rest = after
	}
	return nil
}

// Append writes the body of a message of the given type, ICMPv6Solicit or
// ICMPv6Advert, to the end of b: target and, if there is one, link address.
func (n *Neighbor) Append(b []byte, typ uint8) []byte {
	target := n.Target.As16()
	b = append(b, target[:]...)
	if !n.HasLinkAddr {
		return b
	}
	kind := byte(ndSourceLink)
	if typ == ICMPv6Advert {
		kind = ndTargetLink
	}
	return append(append(b, kind, 1), n.LinkAddr[:]...)
}

// SolicitedNode is the multicast address on which the owner of a listens to
// solicitations (RFC 4291 §2.7.1), and the Ethernet address for it.
func SolicitedNode(a netip.Addr) (netip.Addr, MAC) {
	b := a.As16()
	m := [16]byte{0: 0xff, 1: 2, 11: 1, 12: 0xff, 13: b[13], 14: b[14], 15: b[15]}
	return netip.AddrFrom16(m), MAC{0x33, 0x33, 0xff, b[13], b[14], b[15]}
}
