package match

import (
	"cmp"
	"encoding/binary"
	"math/bits"
	"slices"

	"sonde/internal/regex"
	"sonde/probefile"
)

// An index tells which signatures of a probe a reply may match, so that the
// other thousands need not be tried. It may name too many, never too few.
//
// Every pattern has literals that each match contains. Of their grams (four
// bytes side by side) the one that is rarest in this probe's patterns stands
// for the pattern: only replies that contain it can match. Patterns without a
// gram are chosen by the first bytes of the reply. What is chosen is then
// tested for all its literals, in order.
type index struct {
	entries  []entry
	literals []span
	text     []byte // of all literals

	grams gramTable
	rest  headTable
}

// entry is what the index knows of one signature.
type entry struct {
	first, last uint32 // its literals are literals[first:last]
	// prefix tells that the first literal stands at the beginning of the reply.
	prefix bool
	// loose tells that the literals may stand in any order and overlap.
	loose bool
}

type span struct{ lo, hi uint32 }

const gramLen = 4

func newIndex(signatures []*probefile.Signature) *index {
	b := indexBuilder{index: &index{entries: make([]entry, len(signatures))}}
	for i, s := range signatures {
		b.add(i, s)
	}
	b.count()
	b.choose(signatures)
	return b.index
}

type indexBuilder struct {
	*index
	run []byte
	// frequency counts how often grams occur in the literals of the probe.
	// Grams that share a place are counted together: it is only an estimate.
	frequency [1 << 14]uint16
}

// add gathers the literals of signature i.
func (b *indexBuilder) add(i int, s *probefile.Signature) {
	e := &b.entries[i]
	e.first = uint32(len(b.literals))
	mark := len(b.text)
	_, ok := scan(s.Pattern, s.Flags, b.run, nil, func(literal []byte, offset int) {
		if offset == 0 && len(b.literals) == int(e.first) {
			e.prefix = true
		} else if len(literal) < 2 {
			return // it would rarely exclude anything
		}
		b.keep(literal)
	})
	if !ok {
		b.literals, b.text = b.literals[:e.first], b.text[:mark]
		*e = entry{first: e.first, loose: true}
		if re, err := regex.Compile(s.Pattern, s.Flags); err == nil {
			for _, literal := range re.Required() {
				b.keep(literal)
			}
		}
	}
	e.last = uint32(len(b.literals))
}

func (b *indexBuilder) keep(literal []byte) {
	lo := len(b.text)
	for _, c := range literal {
		b.text = append(b.text, lower(c))
	}
	b.literals = append(b.literals, span{uint32(lo), uint32(len(b.text))})
}

// eachGram calls f with all grams of the literals of an entry.
func (x *index) eachGram(e entry, f func(gram uint32)) {
	for _, l := range x.literals[e.first:e.last] {
		for text := x.text[l.lo:l.hi]; len(text) >= gramLen; text = text[1:] {
			f(binary.LittleEndian.Uint32(text))
		}
	}
}

func (b *indexBuilder) place(gram uint32) *uint16 {
	return &b.frequency[gram*hashFactor>>(32-14)]
}

func (b *indexBuilder) count() {
	for _, e := range b.entries {
		b.eachGram(e, func(gram uint32) {
			if n := b.place(gram); *n < 1<<16-1 {
				*n++
			}
		})
	}
}

// choose finds the gram that stands for each signature, and builds the tables.
func (b *indexBuilder) choose(signatures []*probefile.Signature) {
	chosen := make([]gramOf, 0, len(b.entries))
	var rest []int
	for i, e := range b.entries {
		rarest, gram := uint16(0), uint32(0)
		b.eachGram(e, func(g uint32) {
			if n := *b.place(g); rarest == 0 || n < rarest {
				rarest, gram = n, g
			}
		})
		if rarest == 0 {
			rest = append(rest, i)
		} else {
			chosen = append(chosen, gramOf{gram, uint32(i)})
		}
	}
	b.grams = newGramTable(chosen)
	b.rest = newHeadTable(rest, signatures)
}

// candidates sets the bits of the signatures that a reply, given in lower
// case, may match. The set has room for a bit of every signature.
func (x *index) candidates(reply []byte, set []uint64) {
	clear(set)
	x.grams.search(reply, set)
	x.rest.search(reply, set)
}

// plausible tells whether a reply, given in lower case, has all literals of signature i.
func (x *index) plausible(i int, reply []byte) bool {
	e := x.entries[i]
	for k, l := range x.literals[e.first:e.last] {
		literal := x.text[l.lo:l.hi]
		if k == 0 && e.prefix {
			if len(reply) < len(literal) || string(reply[:len(literal)]) != string(literal) {
				return false
			}
			reply = reply[len(literal):]
			continue
		}
		at := indexOf(reply, literal)
		if at < 0 {
			return false
		}
		if !e.loose {
			reply = reply[at+len(literal):]
		}
	}
	return true
}

// hashFactor spreads grams by multiplication (Knuth's golden ratio); the upper bits are good.
const hashFactor = 0x9e3779b1

// gramOf says that a gram stands for a signature.
type gramOf struct{ gram, signature uint32 }

// gramTable finds the signatures whose gram occurs in a reply.
type gramTable struct {
	present []uint64 // a bit for each value of hash; clear for most grams
	shift   uint8    // so that hash>>shift is a bit of present
	slots   []slot   // open addressing
	mask    uint32
	ids     []uint32 // signatures, those of one gram side by side
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
		t.ids[i] = c.signature
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

func (t *gramTable) search(reply []byte, set []uint64) {
	if len(t.slots) == 0 {
		return
	}
	shift := t.shift & 31
	for ; len(reply) >= gramLen; reply = reply[1:] {
		gram := binary.LittleEndian.Uint32(reply)
		h := gram * hashFactor >> shift
		if t.present[h/64]&(1<<(h%64)) == 0 {
			continue
		}
		s := t.slot(gram)
		for _, id := range t.ids[s.first : s.first+s.n] {
			set[id/64] |= 1 << (id % 64)
		}
	}
}

// headTable finds signatures without a gram by the first bytes of a reply.
type headTable struct {
	ids   []int
	words int // of a set of all ids
	// masks holds, for each offset and each byte or none at it, the set of ids
	// that allow it there.
	masks []uint64
}

// noByte is the row for a reply that ends before the offset.
const (
	noByte   = 256
	headRows = 257
)

func newHeadTable(ids []int, signatures []*probefile.Signature) headTable {
	t := headTable{ids: ids, words: (len(ids) + 63) / 64}
	t.masks = make([]uint64, maxHeads*headRows*t.words)
	for k, id := range ids {
		var h heads
		s := signatures[id]
		if anchored, ok := scan(s.Pattern, s.Flags, nil, &h, func([]byte, int) {}); !anchored || !ok {
			h.n = 0
		}
		for offset := range maxHeads {
			for c := range headRows {
				if offset >= h.n || c != noByte && h.set[offset][c] {
					t.row(offset, c)[k/64] |= 1 << (k % 64)
				}
			}
		}
	}
	return t
}

func (t *headTable) row(offset, c int) []uint64 {
	at := (offset*headRows + c) * t.words
	return t.masks[at : at+t.words]
}

func (t *headTable) search(reply []byte, set []uint64) {
	if t.words == 0 {
		return
	}
	var rows [maxHeads][]uint64
	for offset := range rows {
		c := noByte
		if offset < len(reply) {
			c = int(reply[offset])
		}
		rows[offset] = t.row(offset, c)
	}
	for w := range t.words {
		left := rows[0][w] & rows[1][w] & rows[2][w] & rows[3][w]
		for ; left != 0; left &= left - 1 {
			id := t.ids[w*64+bits.TrailingZeros64(left)]
			set[id/64] |= 1 << (id % 64)
		}
	}
}
