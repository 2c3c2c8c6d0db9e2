package target

import "math/bits"

// permutation puts the numbers below n into an order that looks random,
// without a memory of the numbers already given: a Feistel network over the
// next power of four, walked until the result is below n.
type permutation struct {
	n    uint64
	half uint // bits in each half of a number
	keys [rounds]uint64
}

// rounds of a Feistel network: four make every output bit depend on every input bit.
const rounds = 4

func newPermutation(n, seed uint64) permutation {
	p := permutation{n: n, half: 1}
	if n > 1 {
		p.half = uint(bits.Len64(n-1)+1) / 2
	}
	for i := range p.keys {
		seed += 0x9e3779b97f4a7c15
		p.keys[i] = mix(seed)
	}
	return p
}

// at returns the number at position i < n. Less than four steps are walked on average.
func (p *permutation) at(i uint64) uint64 {
	for {
		mask := uint64(1)<<p.half - 1
		left, right := i>>p.half, i&mask
		for _, key := range p.keys {
			left, right = right, left^mix(right^key)&mask
		}
		if i = left<<p.half | right; i < p.n {
			return i
		}
	}
}

// mix is the finalizer of the SplitMix64 generator.
func mix(x uint64) uint64 {
	x = (x ^ x>>30) * 0xbf58476d1ce4e5b9
	x = (x ^ x>>27) * 0x94d049bb133111eb
	return x ^ x>>31
}
