package match

import (
	"bytes"
	"encoding/binary"

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
	// loose tells that the literals may stand in any order and overlap.
	loose bool
}

// span is a literal: text[lo:hi].
type span struct {
	lo, hi uint32
	at     int32 // where it stands in a reply, -1 if that differs
}

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
			b.keep(appendLower(nil, literal), -1)
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
	if offset >= 0 || len(text) > 1 { // a byte that may stand anywhere excludes little
		b.keep(text, offset)
	}
}

// keep notes a literal, which is in lower case.
func (b *indexBuilder) keep(literal []byte, at int) {
	lo := len(b.text)
	b.text = append(b.text, literal...)
	b.literals = append(b.literals, span{uint32(lo), uint32(len(b.text)), int32(at)})
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
	from := 0 // where the next literal may begin
	for _, l := range x.literals[b.first:b.last] {
		literal := x.text[l.lo:l.hi]
		if at := int(l.at); at >= 0 {
			if len(reply)-at < len(literal) || !bytes.HasPrefix(reply[at:], literal) {
				return false
			}
			from = at + len(literal)
			continue
		}
		at := bytes.Index(reply[from:], literal)
		if at < 0 {
			return false
		}
		if !b.loose {
			from += at + len(literal)
		}
	}
	return true
}
