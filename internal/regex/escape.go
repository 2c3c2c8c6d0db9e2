package regex

// shorthand is the class that an escaped letter names, such as \d, or nil.
func shorthand(c byte) (set *ByteSet, negated bool) {
	switch c {
	case 'd', 'D':
		set = &setDigit
	case 'w', 'W':
		set = &setWord
	case 's', 'S':
		set = &setSpace
	case 'h', 'H':
		set = &setHoriz
	case 'v', 'V':
		set = &setVert
	}
	return set, c < 'a'
}

// escapedItem reads an escape outside of a class.
func (p *parser) escapedItem(r *run) {
	start := p.pos
	if p.pos++; p.pos == len(p.src) {
		p.fail(p.pos, `\ at end of pattern`)
		return
	}
	c := p.src[p.pos]
	if set, negated := shorthand(c); set != nil {
		s := *set
		if negated {
			s.negate()
		}
		p.pos++
		p.class(r, &s)
		return
	}
	switch c {
	case 'b', 'B', 'A', 'G', 'Z', 'z':
		p.pos++
		p.push(r, node{op: ndAssert, a: int32(assertion(c))})
		r.item = false
	case 'N':
		p.pos++
		if _, _, n := p.braces(); p.at('{') && n == 0 {
			p.fail(start, `\N{name} is not supported`)
		}
		p.push(r, node{op: ndClass, flag: uint8(classNot), a: '\n'})
	case 'R':
		p.pos++
		p.push(r, node{op: ndNewline})
	case 'K':
		p.pos++
		if p.looks > 0 {
			p.fail(start, `\K is not allowed in look-around`)
		}
		p.push(r, node{op: ndKeep})
		r.item = false
	case 'Q':
		p.pos++
		p.quoted(r)
	case 'E':
		p.pos++ // ends no quotation
	case 'g', 'k':
		p.reference(r, start, c)
	case '1', '2', '3', '4', '5', '6', '7', '8', '9':
		p.digits(r, start)
	default:
		if b, ok := p.escapedByte(); ok {
			p.literal(r, b)
		}
	}
}

// assertion is the instruction of an escaped letter.
func assertion(c byte) op {
	switch c {
	case 'b':
		return opWordEdge
	case 'B':
		return opNoWordEdge
	case 'Z':
		return opEnd
	case 'z':
		return opVeryEnd
	}
	return opBegin // \A, and \G as every search starts at 0
}

// quoted reads what stands between \Q and \E, or the end.
func (p *parser) quoted(r *run) {
	for p.pos < len(p.src) {
		if p.hasPrefix(`\E`) {
			p.pos += 2
			return
		}
		p.literal(r, p.src[p.pos])
		p.pos++
	}
}

// digits reads \1 and its like: a back-reference, unless it has two or more
// digits, begins like an octal number and there are not so many groups so far.
func (p *parser) digits(r *run, start int) {
	const tooBig = 1 << 27
	n, i := int32(0), p.pos
	for ; i < len(p.src) && isDigit(p.src[i]); i++ {
		n = min(n*10+int32(p.src[i]-'0'), tooBig)
	}
	if n < tooBig && (n < 10 || p.src[p.pos] >= '8' || n <= p.groups) {
		p.pos = i
		p.backref(r, start, n)
	} else if b, ok := p.escapedByte(); ok {
		p.literal(r, b)
	}
}

func (p *parser) backref(r *run, offset int, group int32) {
	p.hasRef = true
	p.push(r, node{op: ndBackref, flag: p.opts & optFold, a: group, b: int32(offset)})
}

func (p *parser) namedBackref(r *run, offset int, name string) {
	p.backref(r, offset, 0)
	p.refs = append(p.refs, nameRef{name, r.tail, offset})
}

// reference reads \g or \k.
func (p *parser) reference(r *run, start int, c byte) {
	p.pos++
	switch {
	case p.at('{'):
		p.pos++
		if c == 'g' && p.pos < len(p.src) && (isDigit(p.src[p.pos]) || p.at('+') || p.at('-')) {
			if n := p.groupNumber(start); n > 0 && p.expect('}', "missing } after a group number") {
				p.backref(r, start, n)
			}
			return
		}
		if name, ok := p.name('}'); ok {
			p.namedBackref(r, start, name)
		}
	case c == 'g' && (p.at('<') || p.at('\'')):
		p.fail(start, "recursion is not supported")
	case c == 'g':
		if n := p.groupNumber(start); n > 0 {
			p.backref(r, start, n)
		}
	case p.at('<') || p.at('\''):
		end := p.src[p.pos]
		if end == '<' {
			end = '>'
		}
		p.pos++
		if name, ok := p.name(end); ok {
			p.namedBackref(r, start, name)
		}
	default:
		p.fail(start, `\k is not followed by a name in braces, angle brackets or quotes`)
	}
}

// groupNumber reads a number of a group, which +n and -n count from here. It
// is 0 after an error.
func (p *parser) groupNumber(start int) int32 {
	sign := byte(0)
	if p.at('+') || p.at('-') {
		sign = p.src[p.pos]
		p.pos++
	}
	n, end, ok := p.count(p.pos)
	p.pos = end
	switch {
	case !ok:
		p.fail(p.pos, "number of a group expected")
		return 0
	case n > maxRepeat:
		p.fail(start, "number of a group is too big")
		return 0
	case n == 0:
		n = -1
	case sign == '-':
		n = p.groups - n + 1
	case sign == '+':
		n += p.groups
	}
	if n <= 0 {
		p.fail(start, "reference to a group that does not exist")
		return 0
	}
	return n
}

// name reads a name and the delimiter after it.
func (p *parser) name(end byte) (string, bool) {
	const maxName = 32
	start := p.pos
	for p.pos < len(p.src) && setWord.Has(p.src[p.pos]) {
		p.pos++
	}
	name := p.src[start:p.pos]
	switch {
	case name == "":
		p.fail(start, "name of a group expected")
	case isDigit(name[0]):
		p.fail(start, "name of a group must not begin with a digit")
	case len(name) > maxName:
		p.fail(start, "name of a group is too long (maximum 32)")
	default:
		return name, p.expect(end, "missing delimiter after the name of a group")
	}
	return "", false
}

// expect skips c, or fails.
func (p *parser) expect(c byte, msg string) bool {
	if !p.at(c) {
		p.fail(p.pos, msg)
		return false
	}
	p.pos++
	return true
}

// escapedByte reads an escape that stands for one byte; the backslash is
// behind us.
func (p *parser) escapedByte() (byte, bool) {
	start := p.pos - 1
	c := p.src[p.pos]
	p.pos++
	switch c {
	case 'a':
		return '\a', true
	case 'e':
		return 0x1b, true
	case 'f':
		return '\f', true
	case 'n':
		return '\n', true
	case 'r':
		return '\r', true
	case 't':
		return '\t', true
	case 'c':
		return p.control(start)
	case 'x':
		return p.hexByte(start)
	case 'o':
		if !p.at('{') {
			p.fail(start, `missing { after \o`)
			return 0, false
		}
		return p.bracedByte(start, 8)
	case '0', '1', '2', '3', '4', '5', '6', '7':
		n := int(c - '0')
		for i := 0; i < 2 && p.pos < len(p.src) && p.src[p.pos]>>3 == '0'>>3; i++ {
			n = n*8 + int(p.src[p.pos]-'0')
			p.pos++
		}
		if n > 0xff {
			p.fail(start, `octal value is greater than \377`)
			return 0, false
		}
		return byte(n), true
	}
	if isLetter(c) {
		p.fail(start, `unknown or unsupported escape \`+string(rune(c)))
		return 0, false
	}
	return c, true
}

// control reads what follows \c.
func (p *parser) control(start int) (byte, bool) {
	if p.pos == len(p.src) || p.src[p.pos] < ' ' || p.src[p.pos] > '~' {
		p.fail(start, `\c must be followed by a printable ASCII character`)
		return 0, false
	}
	c := p.src[p.pos]
	if c >= 'a' && c <= 'z' {
		c -= 0x20
	}
	p.pos++
	return c ^ 0x40, true
}

// hexByte reads what follows \x: up to two digits, or braces.
func (p *parser) hexByte(start int) (byte, bool) {
	if p.at('{') {
		return p.bracedByte(start, 16)
	}
	n := 0
	for i := 0; i < 2 && p.pos < len(p.src); i++ {
		d := digitValue(p.src[p.pos])
		if d >= 16 {
			break
		}
		n = n*16 + d
		p.pos++
	}
	return byte(n), true
}

// bracedByte reads a number in braces.
func (p *parser) bracedByte(start, base int) (byte, bool) {
	p.pos++
	first, n := p.pos, 0
	for ; p.pos < len(p.src) && p.src[p.pos] != '}'; p.pos++ {
		d := digitValue(p.src[p.pos])
		if d >= base {
			p.fail(p.pos, "not a digit of this base, or missing }")
			return 0, false
		}
		if n = n*base + d; n > 0xff {
			p.fail(start, "value of an escape is too large for a byte")
			return 0, false
		}
	}
	if p.pos == first {
		p.fail(start, "digits missing in the braces of an escape")
		return 0, false
	}
	return byte(n), p.expect('}', "missing } after an escape")
}

// digitValue is the value of a digit of base 16, or 16.
func digitValue(c byte) int {
	switch {
	case isDigit(c):
		return int(c - '0')
	case c|0x20 >= 'a' && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return 16
}
