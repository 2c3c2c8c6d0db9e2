package wire

import (
	"fmt"
	"net/netip"
)

// IP is the header of an IPv4 or IPv6 packet; Src says which.
type IP struct {
	Src, Dst netip.Addr
	TTL      uint8 // or hop limit
	TOS      uint8 // or traffic class
	// Protocol is that of the transport, behind all extension headers of IPv6.
	Protocol uint8
	// ID is the identification of IPv4 (16 bits), or of a fragment of IPv6.
	ID uint32
	// The flags of IPv4 (Reserved is the unused bit), and MoreFragments of IPv6.
	DontFragment, MoreFragments, Reserved bool
	// Offset is the place of a fragment, in bytes: a multiple of 8 up to 65528.
	Offset int
	// Options holds the options of IPv4, padded, up to 40 bytes; or the
	// extension headers of IPv6 as they stand, of which NextHeader is the first.
	Options    []byte
	NextHeader uint8  // of IPv6 with extension headers
	FlowLabel  uint32 // of IPv6, 20 bits
	Checksum   uint16 // of IPv4, as received
	Length     int    // of the whole packet, as the header says; set by Decode
}

const (
	ip4Len = 20
	ip6Len = 40
)

func (d *Datagram) decode(b []byte, need extent) error {
	d.Kind, d.Truncated = None, false
	if len(b) == 0 {
		return ErrShort
	}
	var rest []byte
	var err error
	switch b[0] >> 4 {
	case 4:
		rest, err = d.decode4(b, need)
	case 6:
		rest, err = d.decode6(b, need)
	default:
		return ErrForeign
	}
	if err != nil {
		return err
	}
	d.Body = rest
	if d.IP.Offset > 0 {
		d.Kind, d.Payload = Fragment, rest
		return nil
	}
	d.Truncated = d.Truncated || d.IP.MoreFragments
	return d.decodeTransport(rest, need)
}

func (d *Datagram) decode4(b []byte, need extent) (rest []byte, err error) {
	if len(b) < ip4Len {
		return nil, ErrShort
	}
	head := int(b[0]&15) * 4
	length := int(be.Uint16(b[2:]))
	switch {
	case head < ip4Len:
		return nil, ErrMalformed
	case head > len(b):
		return nil, ErrShort
	case length < head && need == whole:
		return nil, ErrMalformed
	case length < head || length > len(b):
		// Some stacks quote the length in their own byte order or less their
		// header: what is there counts.
		d.Truncated = length > len(b)
	default:
		b = b[:length] // the rest pads the frame
	}
	h := &d.IP
	frag := be.Uint16(b[6:])
	h.TOS, h.Length, h.ID, h.TTL, h.Protocol = b[1], length, uint32(be.Uint16(b[4:])), b[8], b[9]
	h.Reserved, h.DontFragment, h.MoreFragments = frag&0x8000 != 0, frag&0x4000 != 0, frag&0x2000 != 0
	h.Offset = int(frag&0x1fff) * 8
	h.Checksum = be.Uint16(b[10:])
	h.Src, h.Dst = netip.AddrFrom4([4]byte(b[12:16])), netip.AddrFrom4([4]byte(b[16:20]))
	h.Options = b[ip4Len:head]
	h.NextHeader, h.FlowLabel = 0, 0
	return b[head:], nil
}

func (d *Datagram) decode6(b []byte, need extent) (rest []byte, err error) {
	if len(b) < ip6Len {
		return nil, ErrShort
	}
	h := &d.IP
	first := be.Uint32(b)
	length := ip6Len + int(be.Uint16(b[4:]))
	h.TOS, h.FlowLabel, h.Length = uint8(first>>20), first&0xfffff, length
	h.NextHeader, h.TTL = b[6], b[7]
	h.Src, h.Dst = netip.AddrFrom16([16]byte(b[8:24])), netip.AddrFrom16([16]byte(b[24:40]))
	h.ID, h.Reserved, h.DontFragment, h.MoreFragments, h.Offset, h.Checksum = 0, false, false, false, 0, 0
	if length > len(b) {
		d.Truncated = true
	} else {
		b = b[:length]
	}
	return h.extensions(b[ip6Len:], need)
}

// Extension headers of IPv6 that are passed over (RFC 8200 §4, RFC 7045).
const (
	extHopByHop = 0
	extRouting  = 43
	extFragment = 44
	extAuth     = 51
	extDest     = 60
	extMobility = 135
	extHIP      = 139
	extShim6    = 140
)

// extensions walks over the extension headers to the transport.
func (h *IP) extensions(b []byte, need extent) (rest []byte, err error) {
	proto, at := h.NextHeader, 0
	for isExtension(proto) && h.Offset == 0 {
		left := b[at:]
		if len(left) < 8 {
			break
		}
		size := (int(left[1]) + 1) * 8
		switch proto {
		case extFragment:
			size = 8
			place := be.Uint16(left[2:])
			h.Offset, h.MoreFragments, h.ID = int(place&^7), place&1 != 0, be.Uint32(left[4:])
		case extAuth:
			size = (int(left[1]) + 2) * 4
		}
		if size > len(left) {
			break
		}
		proto, at = left[0], at+size
	}
	h.Protocol, h.Options = proto, b[:at]
	if at == 0 {
		h.NextHeader = 0
	}
	if isExtension(proto) && h.Offset == 0 && need == whole {
		return nil, ErrShort // a header that is not there
	}
	return b[at:], nil
}

func isExtension(proto uint8) bool {
	switch proto {
	case extHopByHop, extRouting, extFragment, extAuth, extDest, extMobility, extHIP, extShim6:
		return true
	}
	return false
}

// append writes the header of a packet whose transport has bodyLen bytes.
func (h *IP) append(b []byte, bodyLen int) ([]byte, error) {
	switch {
	case h.Src.Is4() && h.Dst.Is4():
		return h.append4(b, bodyLen)
	case h.Src.Is6() && h.Dst.Is6():
		return h.append6(b, bodyLen)
	}
	return b, fmt.Errorf("packet from %v to %v: %w", h.Src, h.Dst, ErrUnencodable)
}

func (h *IP) append4(b []byte, bodyLen int) ([]byte, error) {
	options := (len(h.Options) + 3) &^ 3
	length := ip4Len + options + bodyLen
	if options > maxOptions || length > 0xffff || h.Offset > 0xfff8 || h.Offset < 0 {
		return b, fmt.Errorf("packet of %d bytes with %d of options at %d: %w", length, options, h.Offset, ErrUnencodable)
	}
	start := len(b)
	frag := uint16(h.Offset / 8)
	for _, f := range [...]struct {
		set bool
		bit uint16
	}{{h.Reserved, 0x8000}, {h.DontFragment, 0x4000}, {h.MoreFragments, 0x2000}} {
		if f.set {
			frag |= f.bit
		}
	}
	b = append(b, 0x40|byte((ip4Len+options)/4), h.TOS)
	b = be.AppendUint16(b, uint16(length))
	b = be.AppendUint16(b, uint16(h.ID))
	b = be.AppendUint16(b, frag)
	b = append(b, h.TTL, h.Protocol, 0, 0)
	src, dst := h.Src.As4(), h.Dst.As4()
	b = append(append(b, src[:]...), dst[:]...)
	b = appendPadded(b, h.Options, options)
	be.PutUint16(b[start+10:], Checksum(b[start:]))
	return b, nil
}

func (h *IP) append6(b []byte, bodyLen int) ([]byte, error) {
	if len(h.Options)%4 != 0 || len(h.Options)+bodyLen > 0xffff {
		return b, fmt.Errorf("packet of %d bytes with %d of extension headers: %w", bodyLen, len(h.Options), ErrUnencodable)
	}
	next := h.Protocol
	if len(h.Options) > 0 {
		next = h.NextHeader
	}
	b = be.AppendUint32(b, 6<<28|uint32(h.TOS)<<20|h.FlowLabel&0xfffff)
	b = be.AppendUint16(b, uint16(len(h.Options)+bodyLen))
	b = append(b, next, h.TTL)
	src, dst := h.Src.As16(), h.Dst.As16()
	b = append(append(b, src[:]...), dst[:]...)
	return append(b, h.Options...), nil
}

// maxOptions is the room for options in the headers of IPv4 and TCP.
const maxOptions = 40

// appendPadded writes options and zeros behind them, n bytes in all. Zero is
// the end of options in IPv4 and TCP.
func appendPadded(b, options []byte, n int) []byte {
	b = append(b, options...)
	for range n - len(options) {
		b = append(b, 0)
	}
	return b
}
