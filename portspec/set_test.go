package portspec

import (
	"math/rand/v2"
	"slices"
	"testing"

	"sonde/result"
)

func TestSetCanonical(t *testing.T) {
	s := NewSet(Range{3000, 3028}, Range{80, 80}, Range{22, 22}, Range{3029, 3029}, Range{3010, 3020}, Range{9, 8})
	if s.String() != "22,80,3000-3029" || s.Len() != 32 {
		t.Errorf("set is %v with %d ports", s, s.Len())
	}
	if full := NewSet(Range{0, 65535}); full.Len() != 65536 || !full.Contains(65535) || full.String() != "0-65535" {
		t.Errorf("full set is %v with %d ports", full, full.Len())
	}
	if All(result.IP).Len() != 256 || All(result.TCP).Len() != 65535 || All(result.TCP).Contains(0) {
		t.Errorf("All(IP) = %v, All(TCP) = %v", All(result.IP), All(result.TCP))
	}
	var zero Set
	if zero.Len() != 0 || zero.Contains(0) || zero.String() != "" || len(slices.Collect(zero.All())) != 0 {
		t.Error("the zero set is not empty")
	}
}

func TestSetRangesIsACopy(t *testing.T) {
	s := Of(1, 2, 3)
	s.Ranges()[0].Hi = 9
	if s.String() != "1-3" {
		t.Errorf("changing the ranges changed the set to %v", s)
	}
}

func TestSetAllStops(t *testing.T) {
	var got []uint16
	for p := range NewSet(Range{65534, 65535}, Range{5, 6}).All() {
		got = append(got, p)
		if p == 65534 {
			break
		}
	}
	if !slices.Equal(got, []uint16{5, 6, 65534}) {
		t.Errorf("got %v", got)
	}
}

// TestSetAlgebra compares with sets kept the plain way.
func TestSetAlgebra(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	random := func() (Set, map[uint16]bool) {
		var ranges []Range
		plain := map[uint16]bool{}
		for range rng.IntN(8) {
			lo := uint16(rng.IntN(60))
			if rng.IntN(4) == 0 {
				lo = uint16(65535 - rng.IntN(30))
			}
			hi := uint16(min(65535, int(lo)+rng.IntN(9)))
			ranges = append(ranges, Range{lo, hi})
			for p := int(lo); p <= int(hi); p++ {
				plain[uint16(p)] = true
			}
		}
		return NewSet(ranges...), plain
	}
	for range 2000 {
		a, pa := random()
		b, pb := random()
		check := func(op string, got Set, want func(uint16) bool) {
			n := 0
			for p := 0; p <= 65535; p++ {
				if p == 80 { // nothing lies between
					p = 65500
				}
				if want(uint16(p)) {
					n++
				}
				if got.Contains(uint16(p)) != want(uint16(p)) {
					t.Fatalf("%v %s %v = %v, wrong at %d", a, op, b, got, p)
				}
			}
			if got.Len() != n || !got.Equal(NewSet(got.Ranges()...)) {
				t.Fatalf("%v %s %v = %v, %d ports of %d or not canonical", a, op, b, got, got.Len(), n)
			}
		}
		check("union", a.Union(b), func(p uint16) bool { return pa[p] || pb[p] })
		check("intersect", a.Intersect(b), func(p uint16) bool { return pa[p] && pb[p] })
		check("minus", a.Minus(b), func(p uint16) bool { return pa[p] && !pb[p] })
	}
}

func BenchmarkContains(b *testing.B) {
	var ranges []Range
	for p := 0; p < 65000; p += 65 {
		ranges = append(ranges, Range{uint16(p), uint16(p)})
	}
	s := NewSet(ranges...)
	for i := range b.N {
		s.Contains(uint16(i))
	}
}
