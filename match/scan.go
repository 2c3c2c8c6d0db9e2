package match

import (
	"strings"

	"sonde/internal/regex"
)

// A scanner takes a quick look at the text of a pattern to find what every
// match must contain. It exists beside the compiler of package regex because
// an index needs a few facts of thousands of patterns, of which a scan then
// compiles a dozen. It need not know the whole language: at anything unusual
// it gives up, and the pattern is compiled instead.
//
// A pattern of several alternatives at its top is several branches, each of
// which is looked at by itself.
//
// All it says is in lower case: it is to be compared with a reply in lower
// case, which may only make it find too much.
type scanner struct {
	src  string
	pos  int
	dot  bool // "." takes a line feed
	done bool // no branch is left

	anchored bool // every match of the branch begins where the reply begins
	failed   bool // something was not understood: nothing that was found counts
	minLen   int  // no match of the branch is shorter
	// offset is how many bytes of the reply stand before pos if that is the
	// same in every match, else -1.
	offset int
	run    []byte // literal bytes side by side, up to pos
	runAt  int    // the offset of the first of them

	// found, if not nil, is called for each literal of a branch from left to
	// right: they stand in a match in this order, without overlap. Offset is
	// the distance from the beginning of the reply if it is known, else -1.
	found func(literal []byte, offset int)
	heads *heads // if not nil: to be filled
}

// start sets the scanner on a pattern.
func (s *scanner) start(pattern string, flags regex.Flags) {
	*s = scanner{src: pattern, dot: flags&regex.DotAll != 0, run: s.run[:0], found: s.found, heads: s.heads}
}

// branch looks at the next branch. There is at least one, up to done. It
// returns false if the pattern was not understood.
func (s *scanner) branch() bool {
	s.anchored, s.minLen, s.offset = false, 0, -1
	if strings.HasPrefix(s.src[s.pos:], "^") {
		s.anchored, s.offset = true, 0
		s.pos++
		s.failed = s.atQuantifier()
	}
	s.sequence()
	s.flush()
	s.done = s.pos == len(s.src)
	if !s.done {
		s.failed = s.failed || s.src[s.pos] != '|' // a parenthesis too many
		s.pos++
	}
	return !s.failed
}

// sequence reads up to the end of the branch or of the group.
func (s *scanner) sequence() {
	for s.pos < len(s.src) && !s.failed {
		switch c := s.src[s.pos]; c {
		case ')', '|':
			return
		case '(':
			s.group()
		case '[':
			s.class()
		case '\\':
			s.escape()
		case '.':
			s.pos++
			s.single(func(set *byteSet) {
				set.addRange(0, 255)
				if !s.dot {
					set.remove('\n')
				}
			})
		case '^', '$':
			s.pos++
			s.assertion()
		case '*', '+', '?', '{':
			s.failed = true
		default:
			s.pos++
			s.literal(c)
		}
	}
}

// literal takes a byte that stands for itself, and its quantifier.
func (s *scanner) literal(c byte) {
	q := s.quantifier()
	if q.min == 0 {
		s.flush()
		s.offset = -1
		return
	}
	s.head(func(set *byteSet) { set.add(lower(c)) })
	if len(s.run) == 0 {
		s.runAt = s.offset
	}
	s.run = append(s.run, lower(c))
	if q.min == 1 && q.max == 1 {
		s.repeat(q)
		return
	}
	s.flush()
	s.repeat(q)
}

// single takes something that matches exactly one byte out of a set.
func (s *scanner) single(fill func(*byteSet)) {
	q := s.quantifier()
	s.flush()
	if q.min == 0 {
		s.offset = -1
		return
	}
	s.head(fill)
	s.repeat(q)
}

// assertion takes something of no width.
func (s *scanner) assertion() {
	s.quantifier()
	s.flush()
}

// variable takes something of unknown width.
func (s *scanner) variable() {
	s.quantifier()
	s.flush()
	s.offset = -1
}

// repeat moves over an item of one byte.
func (s *scanner) repeat(q quantity) {
	s.minLen = min(s.minLen+q.min, unlimited)
	if q.min != q.max {
		s.offset = -1
	} else if s.offset >= 0 {
		s.offset = min(s.offset+q.min, unlimited)
	}
}

func (s *scanner) flush() {
	if len(s.run) > 0 && !s.failed && s.found != nil {
		s.found(s.run, s.runAt)
	}
	s.run = s.run[:0]
}

func (s *scanner) group() {
	start := s.pos + 1
	if start < len(s.src) && s.src[start] == '*' {
		s.failed = true // a verb
		return
	}
	look := false
	if start+1 < len(s.src) && s.src[start] == '?' {
		switch s.src[start+1] {
		case ':', '>':
		case '=', '!':
			look = true
		case '<':
			if start+2 >= len(s.src) || s.src[start+2] != '=' && s.src[start+2] != '!' {
				s.failed = true
				return
			}
			look = true
		default:
			s.failed = true
			return
		}
		start += 2
	}
	end, alternatives := s.groupEnd(start)
	if s.failed {
		return
	}
	s.pos = end
	q := s.quantifier()
	after := s.pos
	switch {
	case look:
		s.flush()
	case alternatives || q.min == 0:
		s.flush()
		s.offset = -1
	default:
		s.pos = start
		s.sequence()
		if q.min != 1 || q.max != 1 {
			s.flush()
			s.offset = -1
		}
	}
	s.pos = after
}

// groupEnd finds the end of the group whose inside begins at start, behind its
// closing parenthesis, and whether the group has several alternatives.
func (s *scanner) groupEnd(start int) (end int, alternatives bool) {
	depth := 1
	for i := start; i < len(s.src); {
		switch s.src[i] {
		case '\\':
			if i+1 < len(s.src) && (s.src[i+1] == 'Q' || s.src[i+1] == 'c') {
				s.failed = true
				return 0, false
			}
			i += 2
		case '[':
			if i = s.classEnd(i); i < 0 {
				s.failed = true
				return 0, false
			}
		case '(':
			if i+2 < len(s.src) && s.src[i+1] == '?' {
				switch s.src[i+2] {
				case ':', '>', '=', '!', '<':
				default:
					s.failed = true
					return 0, false
				}
			}
			depth++
			i++
		case ')':
			i++
			if depth--; depth == 0 {
				return i, alternatives
			}
		case '|':
			alternatives = alternatives || depth == 1
			i++
		default:
			i++
		}
	}
	s.failed = true
	return 0, false
}

func (s *scanner) class() {
	start := s.pos
	end := s.classEnd(start)
	if end < 0 {
		s.failed = true
		return
	}
	s.pos = end
	if text := s.src[start+1 : end-1]; len(text) == 1 && text != "^" {
		s.literal(text[0])
		return
	}
	s.single(func(set *byteSet) {
		if !set.addClass(s.src[start+1 : end-1]) {
			set.addRange(0, 255)
		}
	})
}

func (s *scanner) escape() {
	c, n := unescape(s.src[s.pos:])
	if n > 0 {
		s.pos += n
		s.literal(c)
		return
	}
	if s.pos+1 == len(s.src) {
		s.failed = true
		return
	}
	c = s.src[s.pos+1]
	s.pos += 2
	switch {
	case '1' <= c && c <= '9':
		if s.pos < len(s.src) && isDigit(s.src[s.pos]) {
			s.failed = true // a group or an octal number, which depends on how many groups there are
			return
		}
		s.variable()
	case c == 'b' || c == 'B' || c == 'A' || c == 'Z' || c == 'z':
		s.assertion()
	case c == 'h' || c == 'H' || c == 'v' || c == 'V' || c == 'N':
		s.single(func(set *byteSet) { set.addRange(0, 255) })
	case c == 'd' || c == 'D' || c == 'w' || c == 'W' || c == 's' || c == 'S':
		s.single(func(set *byteSet) { set.addShorthand(c) })
	default:
		s.failed = true
	}
}
