package link

import (
	"math/bits"
	"net/netip"
)

// Span is the largest prefix around dst that lies within one network and has
// no address of any other network in it. What is true of dst's route is true
// of all of it.
func Span(dst netip.Addr, within netip.Prefix, others []netip.Prefix) netip.Prefix {
	length := within.Bits()
	for _, o := range others {
		switch {
		case o.Addr().Is4() != dst.Is4(), o.Bits() <= within.Bits() && o.Contains(dst):
			continue // it is around, not inside
		case !within.Overlaps(o):
			continue
		case o.Contains(dst):
			length = max(length, o.Bits()) // a longer match than the route taken: be careful
		default:
			length = max(length, common(dst, o.Addr())+1)
		}
	}
	p, err := dst.WithZone("").Prefix(length)
	if err != nil {
		return host(dst)
	}
	return p
}

// host is the prefix of one address.
func host(a netip.Addr) netip.Prefix { return netip.PrefixFrom(a.WithZone(""), a.BitLen()) }

// common is how many leading bits two addresses of one family share.
func common(a, b netip.Addr) int {
	x, y := a.As16(), b.As16()
	n := 0
	for n < len(x) && x[n] == y[n] {
		n++
	}
	if n == len(x) {
		return a.BitLen()
	}
	return n*8 + bits.LeadingZeros8(x[n]^y[n]) - (128 - a.BitLen())
}
