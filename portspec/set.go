// Package portspec is what users say about ports: the -p grammar, sets of port numbers, and the table of port names by which ports are ranked and named.
package portspec

import (
	"cmp"
	"iter"
	"slices"
	"strconv"

	"sonde/result"
)

// Range is the ports from Lo to Hi, both included. It is empty if Hi < Lo.
type Range struct{ Lo, Hi uint16 }

// Set is a set of port numbers. It is immutable, so it may be copied and
// shared; the zero value is empty. Its size grows with the number of gaps,
// not with the number of ports.
type Set struct {
	ranges []Range // ascending, neither touching nor overlapping
	n      int
}

// NewSet returns the union of the ranges.
func NewSet(r ...Range) Set {
	sorted := slices.DeleteFunc(slices.Clone(r), func(r Range) bool { return r.Hi < r.Lo })
	slices.SortFunc(sorted, func(a, b Range) int { return cmp.Compare(a.Lo, b.Lo) })
	var s Set
	for _, r := range sorted {
		if last := len(s.ranges) - 1; last >= 0 && int(r.Lo) <= int(s.ranges[last].Hi)+1 {
			s.ranges[last].Hi = max(s.ranges[last].Hi, r.Hi)
		} else {
			s.ranges = append(s.ranges, r)
		}
	}
	s.count()
	return s
}

// Of returns the set of single ports.
func Of(ports ...uint16) Set {
	ranges := make([]Range, len(ports))
	for i, p := range ports {
		ranges[i] = Range{p, p}
	}
	return NewSet(ranges...)
}

// All returns every port that "-p-" means: 1 to 65535, and 0 to 255 for IP.
func All(p result.Protocol) Set {
	if p == result.IP {
		return NewSet(Range{0, 255})
	}
	return NewSet(Range{1, 65535})
}

func (s *Set) count() {
	s.n = 0
	for _, r := range s.ranges {
		s.n += int(r.Hi) - int(r.Lo) + 1
	}
}

// Len is the number of ports, 0 to 65536.
func (s Set) Len() int { return s.n }

// Contains tells whether port is in the set, in logarithmic time.
func (s Set) Contains(port uint16) bool {
	lo, hi := 0, len(s.ranges)
	for lo < hi {
		mid := int(uint(lo+hi) / 2)
		if s.ranges[mid].Hi < port {
			lo = mid + 1
		} else {
			hi = mid
		}
	}
	return lo < len(s.ranges) && s.ranges[lo].Lo <= port
}

// All yields the ports in ascending order.
func (s Set) All() iter.Seq[uint16] {
	return func(yield func(uint16) bool) {
		for _, r := range s.ranges {
			for p := int(r.Lo); p <= int(r.Hi); p++ {
				if !yield(uint16(p)) {
					return
				}
			}
		}
	}
}

// Ranges returns a copy of the set as ascending ranges with gaps between them.
func (s Set) Ranges() []Range { return slices.Clone(s.ranges) }

// Equal tells whether both sets hold the same ports.
func (s Set) Equal(o Set) bool { return slices.Equal(s.ranges, o.ranges) }

// String is the set as reports print it: "22,80,3000-3029".
func (s Set) String() string {
	var b []byte
	for i, r := range s.ranges {
		if i > 0 {
			b = append(b, ',')
		}
		b = strconv.AppendUint(b, uint64(r.Lo), 10)
		if r.Hi != r.Lo {
			b = append(b, '-')
			b = strconv.AppendUint(b, uint64(r.Hi), 10)
		}
	}
	return string(b)
}

// Union returns the ports that are in either set.
func (s Set) Union(o Set) Set { return NewSet(slices.Concat(s.ranges, o.ranges)...) }

// Intersect returns the ports that are in both sets.
func (s Set) Intersect(o Set) Set {
	var out Set
	for i, j := 0, 0; i < len(s.ranges) && j < len(o.ranges); {
		a, b := s.ranges[i], o.ranges[j]
		if lo, hi := max(a.Lo, b.Lo), min(a.Hi, b.Hi); lo <= hi {
			out.ranges = append(out.ranges, Range{lo, hi})
		}
		if a.Hi < b.Hi {
			i++
		} else {
			j++
		}
	}
	out.count()
	return out
}

// Minus returns the ports of s that are not in o.
func (s Set) Minus(o Set) Set {
	var out Set
	for _, r := range s.ranges {
		lo := int(r.Lo) // int: it may pass 65535
		for _, cut := range o.ranges {
			if int(cut.Hi) < lo {
				continue
			}
			if cut.Lo > r.Hi {
				break
			}
			if int(cut.Lo) > lo {
				out.ranges = append(out.ranges, Range{uint16(lo), cut.Lo - 1})
			}
			lo = int(cut.Hi) + 1
		}
		if lo <= int(r.Hi) {
			out.ranges = append(out.ranges, Range{uint16(lo), r.Hi})
		}
	}
	out.count()
	return out
}
