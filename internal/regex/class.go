package regex

// bracket reads a class in brackets.
func (p *parser) bracket(r *run) {
	start := p.pos
	if _, ok := p.posixEnd(p.pos); ok {
		p.fail(start, "POSIX named classes are supported only within a class")
		return
	}
	if p.wordEdge(r) {
		return
	}
	p.pos++
	c := classParser{parser: p, start: start}
	c.opening()
	c.members()
	if c.negated {
		c.set.negate()
	}
	p.class(r, &c.set)
}

// wordEdge reads [[:<:]] and [[:>:]], the old notation for the edges of words.
func (p *parser) wordEdge(r *run) bool {
	begins := p.hasPrefix("[[:<:]]")
	if !begins && !p.hasPrefix("[[:>:]]") {
		return false
	}
	p.pos += len("[[:<:]]")
	p.push(r, node{op: ndAssert, a: int32(opWordEdge)})
	look := uint8(0)
	if !begins {
		look = lookBehind
	}
	kid := p.add(node{op: ndClass, flag: uint8(classSet), a: p.addSet(&setWord)})
	p.push(r, node{op: ndLook, flag: look, kid: kid})
	return true
}

// class adds an item for a set, in its plainest form.
func (p *parser) class(r *run, s *ByteSet) {
	n := s.Len()
	switch {
	case n == 256:
		p.push(r, node{op: ndClass, flag: uint8(classAny)})
	case n == 255:
		t := *s
		t.negate()
		p.push(r, node{op: ndClass, flag: uint8(classNot), a: int32(t.min())})
	case n == 1 && (p.opts&optFold == 0 || !isLetter(s.min())):
		p.literal(r, s.min())
	case n == 2 && p.opts&optFold != 0 && isLetter(s.min()) && s.Has(s.min()^0x20):
		p.literal(r, s.min())
	default:
		p.push(r, node{op: ndClass, flag: uint8(classSet), a: p.addSet(s)})
	}
}

// addSet gives the set's index in the table. Only the newest sets are looked
// at for an equal one, which bounds the time for a hostile pattern.
func (p *parser) addSet(s *ByteSet) int32 {
	const newest = 32
	for i := max(0, len(p.sets)-newest); i < len(p.sets); i++ {
		if p.sets[i] == *s {
			return int32(i)
		}
	}
	p.sets = append(p.sets, *s)
	return int32(len(p.sets) - 1)
}

// A classParser reads one class in brackets.
type classParser struct {
	*parser
	start   int
	set     ByteSet
	negated bool

	last     byte // the byte read last
	hasLast  bool // it may begin a range
	inRange  bool // it and a hyphen were read
	inQuotes bool // between \Q and \E
}

// opening reads the circumflex, and a closing bracket that stands for itself.
func (c *classParser) opening() {
	for c.pos < len(c.src) {
		switch {
		case c.hasPrefix(`\E`):
			c.pos += 2
			continue
		case c.hasPrefix(`\Q\E`):
			c.pos += 4
			continue
		case c.opts&optMore != 0 && (c.at(' ') || c.at('\t')):
			c.pos++
			continue
		case !c.negated && c.at('^'):
			c.negated = true
			c.pos++
			continue
		case c.at(']'):
			c.pos++
			c.byte(']')
		}
		return
	}
}

// members reads up to the closing bracket.
func (c *classParser) members() {
	for c.pos < len(c.src) {
		b := c.src[c.pos]
		if c.inQuotes {
			if c.hasPrefix(`\E`) {
				c.inQuotes = false
				c.pos += 2
				continue
			}
			c.pos++
			c.byte(b)
			continue
		}
		switch {
		case b == ']':
			c.pos++
			if c.inRange {
				c.set.add('-')
			}
			return
		case c.opts&optMore != 0 && (b == ' ' || b == '\t'):
			c.pos++
		case b == '[' && c.posix():
		case b == '-' && c.hasLast:
			c.pos++
			c.hasLast, c.inRange = false, true
		case b == '\\':
			c.escape()
		default:
			c.pos++
			c.byte(b)
		}
	}
	c.fail(len(c.src), "missing ] after a class")
}

// byte adds a byte, which may end a range.
func (c *classParser) byte(b byte) {
	fold := c.opts&optFold != 0
	lo := b
	if c.inRange {
		if lo = c.last; lo > b {
			c.fail(c.pos, "range out of order in a class")
			return
		}
	}
	if fold {
		c.set.addFolded(lo, b)
	} else {
		c.set.addRange(lo, b)
	}
	c.last, c.hasLast, c.inRange = b, !c.inRange, false
}

// named adds a whole class, which can't be the end of a range. A hyphen after
// it stands for itself.
func (c *classParser) named(s *ByteSet, negated bool) {
	if c.inRange {
		c.fail(c.pos, "invalid range in a class")
		return
	}
	t := *s
	if negated {
		t.negate()
	}
	c.set.union(&t)
	c.hasLast = false
}

// escape reads a backslash and what follows.
func (c *classParser) escape() {
	start := c.pos
	if c.pos++; c.pos == len(c.src) {
		c.fail(c.pos, `\ at end of pattern`)
		return
	}
	b := c.src[c.pos]
	if set, negated := shorthand(b); set != nil {
		c.pos++
		c.named(set, negated)
		return
	}
	switch b {
	case 'Q':
		c.inQuotes = true
		c.pos++
	case 'E':
		c.pos++
	case 'b':
		c.pos++
		c.byte('\b')
	case 'A', 'B', 'G', 'K', 'N', 'R', 'X', 'Z', 'g', 'k', 'z':
		c.fail(start, "escape sequence is invalid in a class")
	default:
		if v, ok := c.escapedByte(); ok {
			c.byte(v)
		}
	}
}

// posix reads a [:name:].
func (c *classParser) posix() bool {
	end, ok := c.posixEnd(c.pos)
	if !ok {
		return false
	}
	if c.src[c.pos+1] != ':' {
		c.fail(c.pos, "POSIX collating elements are not supported")
		return true
	}
	name := c.src[c.pos+2 : end]
	negated := name != "" && name[0] == '^'
	if negated {
		name = name[1:]
	}
	if c.opts&optFold != 0 && (name == "lower" || name == "upper") {
		name = "alpha"
	}
	set := posixClass(name)
	if set == nil {
		c.fail(c.pos, "unknown POSIX class name")
		return true
	}
	c.pos = end + 2
	c.named(set, negated)
	return true
}

// posixEnd looks for [:…:], [.….] or [=…=] at i and gives where its closing
// pair begins.
func (p *parser) posixEnd(i int) (int, bool) {
	s := p.src
	if len(s)-i < 4 || s[i] != '[' || s[i+1] != ':' && s[i+1] != '.' && s[i+1] != '=' {
		return 0, false
	}
	mark := s[i+1]
	for i += 2; len(s)-i >= 2; i++ {
		switch {
		case s[i] == '\\' && (s[i+1] == ']' || s[i+1] == '\\'):
			i++
		case s[i] == '[' && s[i+1] == mark || s[i] == ']':
			return 0, false
		case s[i] == mark && s[i+1] == ']':
			return i, true
		}
	}
	return 0, false
}
