package regex

// skipComment skips a (?#comment).
func (p *parser) skipComment() bool {
	if !p.hasPrefix("(?#") {
		return false
	}
	for p.pos += 3; p.pos < len(p.src); p.pos++ {
		if p.src[p.pos] == ')' {
			p.pos++
			return true
		}
	}
	p.fail(p.pos, "missing ) after a comment")
	return true
}

// group reads what begins with a parenthesis.
func (p *parser) group(r *run) {
	if p.skipComment() {
		return
	}
	start := p.pos
	if p.depth++; p.depth > maxDepth {
		p.fail(start, "parentheses are too deeply nested")
		return
	}
	opts := p.opts
	p.pos++
	switch {
	case p.at('*'):
		p.fail(start, "backtracking verbs are not supported")
	case p.at('?'):
		p.pos++
		if p.extension(r, start) { // the options of an (?i) live on
			opts = p.opts
		}
	case p.opts&optNoCapture != 0:
		p.link(r, p.body(false))
	default:
		p.capture(r)
	}
	p.opts = opts
	p.depth--
}

// body reads the alternatives of a group and its closing parenthesis.
func (p *parser) body(reset bool) int32 {
	n := p.alternatives(reset)
	if p.nodes[n].op == ndAlt {
		p.nodes[n].flag = altGrouped
	}
	p.expect(')', "missing closing parenthesis")
	return n
}

// capture reads the body of the next capturing group.
func (p *parser) capture(r *run) {
	if p.groups == maxRepeat {
		p.fail(p.pos, "too many capturing groups")
		return
	}
	p.groups++
	n := p.add(node{op: ndCapture, a: p.groups})
	kid := p.body(false)
	p.nodes[n].kid = kid
	p.link(r, n)
}

// extension reads what follows "(?". It tells whether that was a change of
// options for the rest of the group around it.
func (p *parser) extension(r *run, start int) bool {
	if p.pos == len(p.src) {
		p.fail(p.pos, "missing closing parenthesis")
		return false
	}
	c := p.src[p.pos]
	p.pos++
	switch c {
	case ':':
		p.link(r, p.body(false))
	case '|':
		p.link(r, p.body(true))
	case '>':
		n := p.add(node{op: ndAtomic})
		kid := p.body(false)
		p.nodes[n].kid = kid
		p.link(r, n)
	case '=', '!':
		p.link(r, p.look(start, c, 0))
	case '<':
		if p.at('=') || p.at('!') {
			p.pos++
			p.link(r, p.look(start, p.src[p.pos-1], lookBehind))
			break
		}
		p.namedCapture(r, '>')
	case '\'':
		p.namedCapture(r, '\'')
	case 'P':
		p.python(r, start)
	case '(':
		p.conditional(r, start)
	case 'R', '&', '+', '0', '1', '2', '3', '4', '5', '6', '7', '8', '9':
		p.fail(start, "recursion is not supported")
	case 'C':
		p.fail(start, "callouts are not supported")
	default:
		p.pos--
		return p.options(r)
	}
	return false
}

// look reads the body of a look-around.
func (p *parser) look(start int, c byte, flag uint8) int32 {
	if c == '!' {
		flag |= lookNot
	}
	n := p.add(node{op: ndLook, flag: flag, a: int32(start)})
	p.looks++
	kid := p.alternatives(false)
	p.expect(')', "missing closing parenthesis")
	p.looks--
	p.nodes[n].kid = kid
	return n
}

// namedCapture reads a name and the body of its group.
func (p *parser) namedCapture(r *run, end byte) {
	start := p.pos
	name, ok := p.name(end)
	if !ok {
		return
	}
	for _, n := range p.names {
		if n.name == name && n.group != p.groups+1 {
			p.fail(start, "two groups have the same name")
		}
		if n.group == p.groups+1 && n.name != name {
			p.fail(start, "different names for groups of the same number")
		}
	}
	p.names = append(p.names, namedGroup{name, p.groups + 1})
	p.capture(r)
}

// python reads what follows "(?P".
func (p *parser) python(r *run, start int) {
	switch {
	case p.at('<'):
		p.pos++
		p.namedCapture(r, '>')
	case p.at('='):
		p.pos++
		if name, ok := p.name(')'); ok {
			p.namedBackref(r, start, name)
		}
	case p.at('>'):
		p.fail(start, "recursion is not supported")
	case p.pos == len(p.src):
		p.fail(p.pos, "missing closing parenthesis")
	default:
		p.fail(p.pos, "unrecognized character after (?P")
	}
}

// options reads (?i-s) or (?i-s:…). It tells whether it was the former.
func (p *parser) options(r *run) bool {
	var change [2]uint8 // switched on, switched off
	base, part, caret := p.opts, 0, p.at('^')
	if caret {
		p.pos++
		base &= optUngreedy
	}
	for ; p.pos < len(p.src) && !p.at(')') && !p.at(':'); p.pos++ {
		if p.at('-') {
			if caret || part == 1 {
				p.fail(p.pos, "invalid hyphen in option setting")
				return false
			}
			part = 1
			continue
		}
		bit := p.option(p.src[p.pos])
		if bit == 0 {
			p.fail(p.pos, "unrecognized or unsupported character after (? or (?-")
			return false
		}
		change[part] |= bit
	}
	on, off := change[0], change[1]
	if on&(optExtended|optMore) == optExtended || off&optExtended != 0 {
		off |= optMore
	}
	p.opts = (base | on) &^ off
	if p.at(':') {
		p.pos++
		p.link(r, p.body(false))
		return false
	}
	p.expect(')', "missing closing parenthesis")
	r.item = false
	return true
}

// option is the bits of the option letter c at the current position, or 0.
func (p *parser) option(c byte) uint8 {
	switch c {
	case 'i':
		return optFold
	case 'm':
		return optMultiline
	case 'n':
		return optNoCapture
	case 's':
		return optDotAll
	case 'U':
		return optUngreedy
	case 'x':
		if p.hasPrefix("xx") {
			p.pos++
			return optExtended | optMore
		}
		return optExtended
	}
	return 0
}

// conditional reads (?(condition)yes|no).
func (p *parser) conditional(r *run, start int) {
	n := p.add(node{op: ndCond, b: int32(start)})
	if p.at('?') {
		p.conditionLook(n)
	} else {
		p.conditionGroup(n, start)
	}
	yes := p.sequence()
	var no int32
	if p.at('|') {
		p.pos++
		no = p.sequence()
	} else {
		no = p.add(node{op: ndEmpty})
	}
	if p.at('|') {
		p.fail(start, "conditional group has more than two branches")
	}
	p.expect(')', "missing closing parenthesis")
	p.nodes[yes].next = no
	if look := p.nodes[n].kid; look != 0 {
		p.nodes[look].next = yes
	} else {
		p.nodes[n].kid = yes
	}
	p.link(r, n)
}

// conditionLook reads a look-around as a condition.
func (p *parser) conditionLook(n int32) {
	start := p.pos - 1
	p.pos++
	flag := uint8(0)
	if p.at('<') {
		flag = lookBehind
		p.pos++
	}
	if !p.at('=') && !p.at('!') {
		p.fail(start, "look-around expected after (?(")
		return
	}
	p.pos++
	look := p.look(start, p.src[p.pos-1], flag)
	p.nodes[n].kid = look
}

// conditionGroup reads a group's number or name as a condition.
func (p *parser) conditionGroup(n int32, start int) {
	if p.pos < len(p.src) && (isDigit(p.src[p.pos]) || p.at('+') || p.at('-')) {
		p.nodes[n].a = p.groupNumber(start)
		p.expect(')', "missing ) after a condition")
		return
	}
	end := byte(')')
	if p.at('<') {
		end = '>'
	} else if p.at('\'') {
		end = '\''
	}
	if end != ')' {
		p.pos++
	}
	name, ok := p.name(end)
	if !ok {
		return
	}
	if end != ')' {
		p.expect(')', "missing ) after a condition")
	} else if name == "DEFINE" || name[0] == 'R' || name == "VERSION" {
		p.fail(start, "this condition is not supported")
	}
	p.refs = append(p.refs, nameRef{name, n, start})
}
