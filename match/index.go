package match

import (
	"bytes"
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
	branches []branch // in the order of their signatures
	literals []span
	text     []byte // of all literals

	grams gramTable
	rest  headTable
}

// branch is what the index knows of one alternative of a signature's pattern;
// most patterns have only one.
type branch struct {
	signature   int32
	minLen      int32  // shorter replies don't match
	first, last uint32 // its literals are literals[first:last]
	// prefix tells that the first literal stands at the beginning of the reply.
	prefix bool
	// loose tells that the literals may stand in any order and overlap.
	loose bool
}

type span struct{ lo, hi uint32 }

const gramLen = 4

func newIndex(signatures []*probefile.Signature) *index {
	b := indexBuilder{index: &index{branches: make([]branch, 0, len(signatures)+1)}}
	b.scanner.found = b.literal
	for i, s := range signatures {
		b.add(i, s)
	}
	b.count()
	b.choose()
	return b.index
}

type indexBuilder struct {
	*index
	scanner scanner
	rest    []int   // branches without a gram
	heads   []heads // of the rest
	// frequency counts how often grams occur in the literals of the probe.
	// Grams that share a place are counted together: it is only an estimate.
	frequency [1 << frequencyBits]uint16
}

const frequencyBits = 14

// add gathers the branches of signature i.
func (b *indexBuilder) add(i int, s *probefile.Signature) {
	branches, literals, text, rest := len(b.branches), len(b.literals), len(b.text), len(b.rest)
	for b.scanner.start(s.Pattern, s.Flags); !b.scanner.done; {
		b.begin(i)
		at := b.scanner.pos
		if !b.scanner.branch() {
			b.branches, b.literals, b.text = b.branches[:branches], b.literals[:literals], b.text[:text]
			b.rest, b.heads = b.rest[:rest], b.heads[:rest]
			b.compile(i, s)
			return
		}
		b.current().minLen = int32(b.scanner.minLen)
		if b.end(); !b.hasGram() {
			b.rest = append(b.rest, len(b.branches)-1)
			b.heads = append(b.heads, headsOf(s, at))
		}
	}
}

// headsOf looks at the first bytes of the branch that begins at offset at of the pattern.
func headsOf(s *probefile.Signature, at int) heads {
	var h heads
	look := scanner{heads: &h}
	look.start(s.Pattern, s.Flags)
	look.pos = at
	look.branch()
	return h
}

// compile takes from the compiled pattern what the scanner did not find.
func (b *indexBuilder) compile(i int, s *probefile.Signature) {
	b.begin(i)
	b.current().loose = true
	if re, err := regex.Compile(s.Pattern, s.Flags); err == nil {
		b.current().minLen = int32(re.MinLength())
		for _, literal := range re.Required() {
			b.keep(appendLower(nil, literal))
		}
	}
	if b.end(); !b.hasGram() {
		b.rest = append(b.rest, len(b.branches)-1)
		b.heads = append(b.heads, heads{})
	}
}

func (b *indexBuilder) begin(i int) {
	b.branches = append(b.branches, branch{signature: int32(i), first: uint32(len(b.literals))})
}

func (b *indexBuilder) current() *branch { return &b.branches[len(b.branches)-1] }

func (b *indexBuilder) end() { b.current().last = uint32(len(b.literals)) }

// hasGram tells whether a literal of the current branch is long enough for one.
func (b *indexBuilder) hasGram() bool {
	for _, l := range b.literals[b.current().first:] {
		if l.hi-l.lo >= gramLen {
			return true
		}
	}
	return false
}

// literal takes what the scanner finds.
func (b *indexBuilder) literal(text []byte, offset int) {
	if offset == 0 && len(b.literals) == int(b.current().first) {
		b.current().prefix = true
	} else if len(text) < 2 {
		return // it would rarely exclude anything
	}
	b.keep(text)
}

// keep notes a literal, which is in lower case.
func (b *indexBuilder) keep(literal []byte) {
	lo := len(b.text)
	b.text = append(b.text, literal...)
	b.literals = append(b.literals, span{uint32(lo), uint32(len(b.text))})
}

// eachGram calls f with all grams of the literals of a branch.
func (x *index) eachGram(b branch, f func(gram uint32)) {
	for _, l := range x.literals[b.first:b.last] {
		for text := x.text[l.lo:l.hi]; len(text) >= gramLen; text = text[1:] {
			f(binary.LittleEndian.Uint32(text))
		}
	}
}

func (b *indexBuilder) place(gram uint32) *uint16 {
	return &b.frequency[gram*hashFactor>>(32-frequencyBits)]
}

func (b *indexBuilder) count() {
	for _, e := range b.branches {
		b.eachGram(e, func(gram uint32) {
			if n := b.place(gram); *n < 1<<16-1 {
				*n++
			}
		})
	}
}

// choose finds the gram that stands for each branch, and builds the tables.
func (b *indexBuilder) choose() {
	chosen := make([]gramOf, 0, len(b.branches))
	for i, e := range b.branches {
		rarest, gram := uint16(0), uint32(0)
		b.eachGram(e, func(g uint32) {
			if n := *b.place(g); rarest == 0 || n < rarest {
				rarest, gram = n, g
			}
		})
		if rarest > 0 {
			chosen = append(chosen, gramOf{gram, uint32(i)})
		}
	}
	b.grams = newGramTable(chosen)
	b.index.rest = newHeadTable(b.rest, b.heads)
}

// candidates sets the bits of the branches that a reply, given in lower case,
// may match. The set has room for a bit of every branch.
func (x *index) candidates(reply []byte, set []uint64) {
	clear(set)
	x.grams.search(reply, set)
	x.rest.search(reply, set)
}

// plausible tells whether a reply, given in lower case, has all literals of a branch.
func (x *index) plausible(b *branch, reply []byte) bool {
	if len(reply) < int(b.minLen) {
		return false
	}
	for k, l := range x.literals[b.first:b.last] {
		literal := x.text[l.lo:l.hi]
		if k == 0 && b.prefix {
			if !bytes.HasPrefix(reply, literal) {
				return false
			}
			reply = reply[len(literal):]
			continue
		}
		at := indexOf(reply, literal)
		if at < 0 {
			return false
		}
		if !b.loose {
			reply = reply[at+len(literal):]
		}
	}
	return true
}

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

// headTable finds branches without a gram by the first bytes of a reply.
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

func newHeadTable(ids []int, all []heads) headTable {
	t := headTable{ids: ids, words: (len(ids) + 63) / 64}
	t.masks = make([]uint64, maxHeads*headRows*t.words)
	for k := range all {
		h := &all[k]
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
