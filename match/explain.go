package match

import (
	"cmp"
	"path/filepath"
	"slices"
	"sort"

	"sonde/internal/regex"
	"sonde/probefile"
)

// Attempt is how one signature fares on a reply.
type Attempt struct {
	Table     *Probe // under which the signature stands
	Signature *probefile.Signature
	// Matched tells that the pattern matches, GaveUp that it ran into the step limit.
	Matched, GaveUp bool
	// Pattern[From:To] of the signature is the longest beginning that matches,
	// of the alternative that comes farthest; To may stand inside a group.
	From, To int
	// Reached is how many bytes of the reply stand before the end of what that part matched.
	Reached int
}

// At finds the signature in a line of a file, whose name may lack its folders.
// With an empty name any file will do. Both results are nil if there is none.
func (db *DB) At(file string, line int) (*Probe, *probefile.Signature) {
	for p := range db.all() {
		for _, s := range p.Signatures {
			if s.Pos.Line == line && (file == "" || file == s.Pos.File || file == filepath.Base(s.Pos.File)) {
				return p, s
			}
		}
	}
	return nil, nil
}

// Explain tells how a signature of a table fares on a reply, whichever lines
// come before it.
func (db *DB) Explain(table *Probe, s *probefile.Signature, reply []byte) Attempt {
	var m regex.Matcher
	return explain(&m, table, s, reply)
}

// Nearest explains the signatures that are tried on a reply to a probe and
// come closest to matching without doing so: n at most, the closest first.
func (db *DB) Nearest(p *Probe, reply []byte, n int) []Attempt {
	var m regex.Matcher
	var near []Attempt
	for _, table := range p.tables {
		for _, s := range table.Signatures {
			if a := explain(&m, table, s, reply); !a.Matched && a.Reached > 0 {
				near = append(near, a)
			}
		}
	}
	slices.SortStableFunc(near, func(a, b Attempt) int { return cmp.Compare(b.share(), a.share()) })
	return near[:min(n, len(near))]
}

// share is which part of the pattern matches, 0 to 1.
func (a Attempt) share() float64 {
	return float64(a.To-a.From) / float64(max(1, len(a.Signature.Pattern)))
}

func explain(m *regex.Matcher, table *Probe, s *probefile.Signature, reply []byte) Attempt {
	a := Attempt{Table: table, Signature: s}
	re, err := regex.Compile(s.Pattern, s.Flags)
	if err != nil {
		return a
	}
	switch m.Match(re, reply) {
	case regex.Matched:
		a.Matched, a.To = true, len(s.Pattern)
		_, a.Reached, _ = m.Group(0)
		return a
	case regex.LimitExceeded:
		a.GaveUp = true
	}
	for _, b := range branchesOf(s.Pattern) {
		// A part of the pattern matches wherever a longer one does.
		try := func(c cut) (reached int, ok bool) {
			re, err := regex.Compile(b.prefix(c), s.Flags)
			if err != nil || m.Match(re, reply) != regex.Matched {
				return 0, false
			}
			_, reached, _ = m.Group(0)
			return reached, true
		}
		n := sort.Search(len(b.cuts), func(i int) bool { _, ok := try(b.cuts[i]); return !ok })
		if n == 0 {
			continue
		}
		last := b.cuts[n-1]
		if reached, ok := try(last); ok && last.at-b.start > a.To-a.From {
			a.From, a.To, a.Reached = b.start, last.at, reached
		}
	}
	return a
}

// part is one alternative at the top of a pattern, with the places where it
// can be cut so that what stands before is a pattern, too.
type part struct {
	pattern string
	start   int
	cuts    []cut
}

// cut is a place in a pattern and the number of groups that are open there.
type cut struct{ at, open int }

func (b part) prefix(c cut) string {
	text := b.pattern[b.start:c.at]
	for range c.open {
		text += ")"
	}
	return text
}

// branchesOf finds the cuts. Groups are entered only if nothing depends on
// their end: what has alternatives or is repeated stays whole.
func branchesOf(pattern string) []part {
	s := scanner{src: pattern}
	branches := []part{{pattern: pattern}}
	open := 0
	for s.pos < len(s.src) {
		switch c := s.src[s.pos]; c {
		case '|': // of the top: groups that have one are not entered
			s.pos++
			branches = append(branches, part{pattern: pattern, start: s.pos})
			continue
		case '(':
			if s.enter() {
				open++
				continue
			}
		case ')':
			s.pos++
			open = max(0, open-1)
		case '[':
			if s.pos = s.classEnd(s.pos); s.pos < 0 {
				return branches
			}
			s.skipQuantifier()
		case '\\':
			s.pos += escapeLen(s.src[s.pos:])
			s.skipQuantifier()
		default:
			s.pos++
			s.skipQuantifier()
		}
		last := &branches[len(branches)-1]
		last.cuts = append(last.cuts, cut{min(s.pos, len(pattern)), open})
	}
	return branches
}

// enter moves into a group, or over it if it must stay whole.
func (s *scanner) enter() bool {
	inside := s.pos + 1
	plain := inside < len(s.src) && s.src[inside] != '?' && s.src[inside] != '*'
	if !plain && inside+1 < len(s.src) && s.src[inside:inside+2] == "?:" {
		plain, inside = true, inside+2
	}
	end, alternatives := s.groupEnd(s.pos + 1)
	if s.failed {
		s.pos = len(s.src)
		return false
	}
	s.pos = end
	s.skipQuantifier()
	if plain && !alternatives && s.pos == end {
		s.pos = inside
		return true
	}
	return false
}

// skipQuantifier moves over a quantifier, if one stands at pos.
func (s *scanner) skipQuantifier() {
	if !s.atQuantifier() {
		return
	}
	at := s.pos
	s.quantifier()
	if s.failed { // a brace that stands for itself
		s.failed, s.pos = false, at
	}
}

// escapeLen is the length of the escape that text begins with.
func escapeLen(text string) int {
	if _, n := unescape(text); n > 0 {
		return n
	}
	n := min(2, len(text))
	if n < 2 {
		return n
	}
	until := func(end byte) int {
		for i := n; i < len(text); i++ {
			if text[i] == end {
				return i + 1
			}
		}
		return len(text)
	}
	switch c := text[1]; {
	case isDigit(c):
		for n < len(text) && isDigit(text[n]) {
			n++
		}
	case c == 'c':
		n = min(3, len(text))
	case len(text) > 2 && text[2] == '{' && (c == 'x' || c == 'g' || c == 'k' || c == 'o'):
		n = until('}')
	case len(text) > 2 && text[2] == '<' && (c == 'g' || c == 'k'):
		n = until('>')
	case c == 'Q':
		for n < len(text) && text[n-2:n] != `\E` || n == 2 {
			n++
		}
		n = min(n, len(text))
	}
	return n
}
