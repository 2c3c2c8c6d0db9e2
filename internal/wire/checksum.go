package wire

import (
	"hash/crc32"
	"net/netip"
)

// Checksum is the Internet checksum (RFC 1071) of b.
func Checksum(b []byte) uint16 { return ^fold(sum(b)) }

// sum adds up the 16-bit words of b. Sums may be added to each other as long
// as each part but the last has even length.
func sum(b []byte) (s uint64) {
	for len(b) >= 16 {
		s += uint64(be.Uint32(b)) + uint64(be.Uint32(b[4:])) + uint64(be.Uint32(b[8:])) + uint64(be.Uint32(b[12:]))
		b = b[16:]
	}
	for len(b) >= 4 {
		s += uint64(be.Uint32(b))
		b = b[4:]
	}
	if len(b) >= 2 {
		s += uint64(be.Uint16(b))
		b = b[2:]
	}
	if len(b) == 1 {
		s += uint64(b[0]) << 8
	}
	return s
}

// fold brings the carries of a sum home.
func fold(s uint64) uint16 {
	s = s>>32 + s&0xffffffff
	s = s>>16 + s&0xffff
	s = s>>16 + s&0xffff
	s = s>>16 + s&0xffff
	return uint16(s)
}

// sumAddr adds up the words of an address.
func sumAddr(a netip.Addr) uint64 {
	if a.Is4() {
		b := a.As4()
		return uint64(be.Uint32(b[:]))
	}
	b := a.As16()
	return sum(b[:])
}

// pseudo is the sum of the pseudo header of RFC 9293 §3.1 and RFC 8200 §8.1.
func pseudo(src, dst netip.Addr, proto uint8, length int) uint64 {
	return sumAddr(src) + sumAddr(dst) + uint64(proto) + uint64(length)
}

// castagnoli is the polynomial of SCTP (RFC 9260 appendix A).
var castagnoli = crc32.MakeTable(crc32.Castagnoli)

// crc32c is the checksum of an SCTP packet whose checksum field is b[8:12].
func crc32c(b []byte) uint32 {
	var zero [4]byte
	c := crc32.Update(0, castagnoli, b[:8])
	c = crc32.Update(c, castagnoli, zero[:])
	return crc32.Update(c, castagnoli, b[12:])
}

// ChecksumOK tells whether the checksum of the transport is right. It is false
// for truncated packets and fragments, whose checksum cannot be computed, and
// true for protocols without one. Packets that never were on a wire, as those
// of loopback and of virtual links, often have none: don't judge them by it.
func (d *Datagram) ChecksumOK() bool {
	if d.Truncated || d.Kind == Fragment || d.Kind == None {
		return false
	}
	switch d.Kind {
	case KindTCP, KindICMPv6:
		return fold(pseudo(d.IP.Src, d.IP.Dst, d.IP.Protocol, len(d.Body))+sum(d.Body)) == 0xffff
	case KindUDP:
		if d.UDP.Checksum == 0 {
			return d.IP.Src.Is4()
		}
		b := d.Body[:udpLen+len(d.Payload)]
		return fold(pseudo(d.IP.Src, d.IP.Dst, d.IP.Protocol, len(b))+sum(b)) == 0xffff
	case KindICMP:
		return Checksum(d.Body) == 0
	case KindSCTP:
		return d.SCTP.Checksum == crc32c(d.Body)
	}
	return true
}
