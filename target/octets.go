package target

import (
	"math/bits"
	"net/netip"
	"strconv"
	"strings"
)

// octet is a set of values of one byte of an IPv4 address.
type octet [4]uint64

func (o *octet) add(v uint8)           { o[v/64] |= 1 << (v % 64) }
func (o *octet) contains(v uint8) bool { return o[v/64]&(1<<(v%64)) != 0 }

func (o *octet) len() int {
	n := 0
	for _, word := range o {
		n += bits.OnesCount64(word)
	}
	return n
}

// runs counts the ranges of consecutive values.
func (o *octet) runs() int {
	n := 0
	for v := range 256 {
		if o.contains(uint8(v)) && (v == 255 || !o.contains(uint8(v+1))) {
			n++
		}
	}
	return n
}

// parseOctet reads "*", or values and ranges separated by commas. Open ends
// mean 0 and 255.
func parseOctet(s string) (octet, bool) {
	if s == "*" {
		s = "-"
	}
	var o octet
	for item := range strings.SplitSeq(s, ",") {
		left, right, isRange := strings.Cut(item, "-")
		if !isRange {
			right = left
		}
		lo, hi := 0, 255
		if left != "" || !isRange {
			lo = parseByte(left)
		}
		if right != "" || !isRange {
			hi = parseByte(right)
		}
		if lo < 0 || hi < 0 || lo > hi {
			return octet{}, false
		}
		for v := lo; v <= hi; v++ {
			o.add(uint8(v))
		}
	}
	return o, true
}

// parseByte returns -1 for what is no decimal number up to 255. Unlike in
// netip, leading zeros are fine and mean nothing.
func parseByte(s string) int {
	v, err := strconv.ParseUint(s, 10, 8)
	if err != nil {
		return -1
	}
	return int(v)
}

// mask closes the set under a mask: where the mask has a zero, a bit may have
// both values.
func (o *octet) mask(m uint8) {
	for bit := uint8(1); bit != 0; bit <<= 1 {
		if m&bit != 0 {
			continue
		}
		for v := range 256 {
			if o.contains(uint8(v)) {
				o.add(uint8(v) ^ bit)
			}
		}
	}
}

// product is the IPv4 addresses of which each byte is in a set.
type product [4]octet

// parseProduct reads four octets separated by dots.
func parseProduct(s string) (*product, bool) {
	var p product
	for i := range p {
		part, rest, more := strings.Cut(s, ".")
		if more != (i < 3) {
			return nil, false
		}
		var ok bool
		if p[i], ok = parseOctet(part); !ok {
			return nil, false
		}
		s = rest
	}
	return &p, true
}

// mask applies a network mask of 0 to 32 bits.
func (p *product) mask(n int) {
	m := ^uint32(0) << (32 - n)
	for i := range p {
		p[i].mask(uint8(m >> (24 - 8*i)))
	}
}

func (p *product) contains(a [4]byte) bool {
	return p[0].contains(a[0]) && p[1].contains(a[1]) && p[2].contains(a[2]) && p[3].contains(a[3])
}

// runs returns the product as ranges in ascending order, or false if these
// might be more than limit.
func (p *product) runs(limit int) (runs []block, ok bool) {
	prefix := 4 // octets behind it are full, so a run extends over them
	for prefix > 0 && p[prefix-1].len() == 256 {
		prefix--
	}
	if prefix == 0 {
		return []block{{netip.AddrFrom4([4]byte{}), 1 << 32}}, true
	}
	span := uint64(1) << (8 * (4 - prefix))
	n := p[prefix-1].runs()
	for _, o := range p[:prefix-1] {
		n *= o.len()
	}
	if n > limit {
		return nil, false
	}
	var walk func(depth int, addr [4]byte)
	walk = func(depth int, addr [4]byte) {
		for v := 0; v < 256; v++ {
			if !p[depth].contains(uint8(v)) {
				continue
			}
			addr[depth] = uint8(v)
			if depth < prefix-1 {
				walk(depth+1, addr)
				continue
			}
			first := v
			for v < 255 && p[depth].contains(uint8(v+1)) {
				v++
			}
			runs = appendRun(runs, block{netip.AddrFrom4(addr), uint64(v-first+1) * span})
		}
	}
	walk(0, [4]byte{})
	return runs, true
}

// appendRun joins a run to the one it follows without a gap.
func appendRun(runs []block, b block) []block {
	if last := len(runs) - 1; last >= 0 && runs[last].at(runs[last].n) == b.first {
		runs[last].n += b.n
		return runs
	}
	return append(runs, b)
}

// grid enumerates a product: last octet fastest, ascending.
type grid [4][]uint8

func newGrid(p *product) *grid {
	var g grid
	for i := range p {
		for v := range 256 {
			if p[i].contains(uint8(v)) {
				g[i] = append(g[i], uint8(v))
			}
		}
	}
	return &g
}

func (g *grid) size() uint64 {
	n := uint64(1)
	for _, values := range g {
		n *= uint64(len(values))
	}
	return n
}

func (g *grid) at(i uint64) netip.Addr {
	var a [4]byte
	for k := 3; k >= 0; k-- {
		n := uint64(len(g[k]))
		a[k] = g[k][i%n]
		i /= n
	}
	return netip.AddrFrom4(a)
}
