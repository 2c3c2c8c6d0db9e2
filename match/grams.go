package match

import (
	"cmp"
	"encoding/binary"
	"math/bits"
	"slices"
)

// hashFactor spreads grams by multiplication (Knuth's golden ratio); the upper bits are good.
const hashFactor = 0x9e3779b1

// gramOf says that a gram stands for a branch.
type gramOf struct{ gram, branch uint32 }

// gramTable finds the branches whose gram occurs in a reply.
type gramTable struct {
	present []uint64 // a bit for each value of hash; clear for most grams
	shift   uint8    // so that hash>>shift is a bit of present
	slots   []slot   // open addressing
	mask    uint32
	ids     []uint32 // branches, those of one gram side by side
}

type slot struct {
	gram     uint32
	first, n uint32 // ids[first:first+n]; n is 0 in a free slot
}

// bitsPerGram keeps the share of grams that are looked up in vain at about 1 in 32.
const bitsPerGram = 32

func newGramTable(chosen []gramOf) gramTable {
	if len(chosen) == 0 {
		return gramTable{}
	}
	size := bits.Len(uint(len(chosen))) // 2^size > len(chosen)
	presentBits := min(size+bits.Len(bitsPerGram-1), 18)
	t := gramTable{
		present: make([]uint64, max(1, 1<<presentBits/64)),
		shift:   uint8(32 - presentBits),
		slots:   make([]slot, 2<<size),
		mask:    2<<size - 1,
		ids:     make([]uint32, len(chosen)),
	}
	slices.SortFunc(chosen, func(a, b gramOf) int { return cmp.Compare(a.gram, b.gram) })
	for i, c := range chosen {
		h := c.gram * hashFactor >> t.shift
		t.present[h/64] |= 1 << (h % 64)
		s := t.slot(c.gram)
		if s.n == 0 {
			*s = slot{gram: c.gram, first: uint32(i)}
		}
		s.n++
		t.ids[i] = c.branch
	}
	return t
}

// slot finds the slot of a gram, or the free one where it belongs.
func (t *gramTable) slot(gram uint32) *slot {
	for h := gram * hashFactor >> 7; ; h++ {
		s := &t.slots[h&t.mask]
		if s.n == 0 || s.gram == gram {
			return s
		}
	}
}

// search sets the bits of the branches whose gram is in a reply. It reads
// eight bytes for four grams: nearly all the time of a match goes by here.
func (t *gramTable) search(reply []byte, set []uint64) {
	if len(t.slots) == 0 {
		return
	}
	for ; len(reply) >= 8; reply = reply[4:] {
		word := binary.LittleEndian.Uint64(reply)
		if t.has(uint32(word)) {
			t.add(uint32(word), set)
		}
		if t.has(uint32(word >> 8)) {
			t.add(uint32(word>>8), set)
		}
		if t.has(uint32(word >> 16)) {
			t.add(uint32(word>>16), set)
		}
		if t.has(uint32(word >> 24)) {
			t.add(uint32(word>>24), set)
		}
	}
	for ; len(reply) >= gramLen; reply = reply[1:] {
		if gram := binary.LittleEndian.Uint32(reply); t.has(gram) {
			t.add(gram, set)
		}
	}
}

// has tells whether a gram may be in the table.
func (t *gramTable) has(gram uint32) bool {
	h := gram * hashFactor >> (t.shift & 31)
	return t.present[h/64]&(1<<(h%64)) != 0
}

func (t *gramTable) add(gram uint32, set []uint64) {
	s := t.slot(gram)
	for _, id := range t.ids[s.first : s.first+s.n] {
		set[id/64] |= 1 << (id % 64)
	}
}
