package target

import (
	"encoding/binary"
	"math"
	"math/bits"
	"net/netip"
)

// span is a set of addresses in ascending order.
type span interface {
	size() uint64
	at(i uint64) netip.Addr // i < size
}

// block is n consecutive addresses; n is at least 1.
type block struct {
	first netip.Addr
	n     uint64
}

func (b block) size() uint64 { return b.n }

// at wraps around behind the last address of the family.
func (b block) at(i uint64) netip.Addr {
	if i == 0 {
		return b.first
	}
	if b.first.Is4() {
		a := b.first.As4()
		binary.BigEndian.PutUint32(a[:], binary.BigEndian.Uint32(a[:])+uint32(i))
		return netip.AddrFrom4(a)
	}
	a := b.first.As16()
	low, carry := bits.Add64(binary.BigEndian.Uint64(a[8:]), i, 0)
	binary.BigEndian.PutUint64(a[8:], low)
	binary.BigEndian.PutUint64(a[:8], binary.BigEndian.Uint64(a[:8])+carry)
	return netip.AddrFrom16(a).WithZone(b.first.Zone())
}

// network is the block of addresses that share the first n bits with addr. Of
// IPv6 networks with 64 bits and less the first 2⁶⁴-1 addresses count: nobody
// lives to see the rest.
func network(addr netip.Addr, n int) block {
	n = min(n, addr.BitLen())
	first := netip.PrefixFrom(addr.WithZone(""), n).Masked().Addr()
	if addr.Zone() != "" {
		first = first.WithZone(addr.Zone())
	}
	host := addr.BitLen() - n
	if host >= 64 {
		return block{first, math.MaxUint64}
	}
	return block{first, 1 << host}
}
