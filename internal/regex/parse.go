package regex

// Options that may change inside a pattern.
const (
	optFold      = 1 << iota // i
	optMultiline             // m
	optNoCapture             // n
	optDotAll                // s
	optExtended              // x
	optMore                  // xx
	optUngreedy              // U
)

// maxDepth bounds the nesting of groups, as PCRE's default does.
const maxDepth = 250

// maxUnroll bounds the literals that an exact repeat is written out to.
const maxUnroll = 64

// A parser turns a pattern into a syntax tree. After an error it stands at the
// end of the pattern, so every loop over the pattern ends by itself.
type parser struct {
	src   string
	pos   int
	opts  uint8
	err   *SyntaxError
	depth int
	looks int // depth of look-arounds

	nodes  []node
	lits   []byte
	sets   []ByteSet
	groups int32
	names  []namedGroup
	refs   []nameRef
	hasRef bool // some item reads a group while matching
}

// A run collects the items of one alternative.
type run struct {
	head, tail int32
	atom       int  // where the last item begins in lits, if the tail is a literal
	item       bool // a quantifier may follow
}

// newParser makes a parser that puts its nodes into room as long as they fit.
func newParser(pattern string, flags Flags, room []node) parser {
	p := parser{src: pattern, nodes: append(room, node{}), lits: make([]byte, 0, len(pattern))}
	if flags&FoldCase != 0 {
		p.opts |= optFold
	}
	if flags&DotAll != 0 {
		p.opts |= optDotAll
	}
	return p
}

// parse reads the whole pattern.
func (p *parser) parse() int32 {
	root := p.alternatives(false)
	if p.err == nil && p.pos < len(p.src) {
		p.fail(p.pos, "unmatched closing parenthesis")
	}
	p.resolve()
	return root
}

func (p *parser) fail(offset int, msg string) {
	if p.err == nil {
		p.err = &SyntaxError{Offset: min(offset, len(p.src)), Msg: msg}
	}
	p.pos = len(p.src)
}

// at tells whether c is the next byte.
func (p *parser) at(c byte) bool { return p.pos < len(p.src) && p.src[p.pos] == c }

// hasPrefix tells whether s comes next.
func (p *parser) hasPrefix(s string) bool {
	return len(p.src)-p.pos >= len(s) && p.src[p.pos:p.pos+len(s)] == s
}

func (p *parser) add(n node) int32 {
	p.nodes = append(p.nodes, n)
	return int32(len(p.nodes) - 1)
}

// alternatives reads up to the end of the group or pattern. With reset, each
// alternative numbers its groups from the same start, as (?| asks.
func (p *parser) alternatives(reset bool) int32 {
	start, most := p.groups, p.groups
	first := p.sequence()
	if !p.at('|') {
		return first
	}
	alt := p.add(node{op: ndAlt, kid: first})
	for last := first; p.at('|'); {
		p.pos++
		if most = max(most, p.groups); reset {
			p.groups = start
		}
		n := p.sequence()
		p.nodes[last].next = n
		last = n
	}
	p.groups = max(most, p.groups)
	return alt
}

// special marks the bytes that mean more than themselves. White space and "#"
// are looked at under (?x) only.
var special = [256]bool{
	'\\': true, '^': true, '$': true, '.': true, '[': true, '|': true, '(': true, ')': true,
	'*': true, '+': true, '?': true, '{': true,
}

// sequence reads one alternative.
func (p *parser) sequence() int32 {
	var r run
	for p.pos < len(p.src) {
		c := p.src[p.pos]
		if p.opts&optExtended != 0 && p.skipBlank(c) {
			continue
		}
		if !special[c] {
			p.literal(&r, c)
			p.pos++
			continue
		}
		if c == '|' || c == ')' {
			break
		}
		p.special(&r, c)
	}
	return p.finish(&r)
}

// special reads the item or quantifier that begins with the special byte c.
func (p *parser) special(r *run, c byte) {
	switch c {
	case '\\':
		p.escapedItem(r)
	case '[':
		p.bracket(r)
	case '(':
		p.group(r)
	case '.':
		p.pos++
		if p.opts&optDotAll != 0 {
			p.push(r, node{op: ndClass, flag: uint8(classAny)})
		} else {
			p.push(r, node{op: ndClass, flag: uint8(classNot), a: '\n'})
		}
	case '^':
		p.pos++
		p.assert(r, opBegin, opBeginLine)
	case '$':
		p.pos++
		p.assert(r, opEnd, opEndLine)
	case '{':
		if lo, hi, n := p.braces(); n > 0 {
			start := p.pos
			p.pos += n
			p.quantifier(r, start, lo, hi)
			return
		}
		p.literal(r, c)
		p.pos++
	default:
		lo, hi := int32(0), int32(unlimited)
		if c == '+' {
			lo = 1
		} else if c == '?' {
			hi = 1
		}
		p.pos++
		p.quantifier(r, p.pos-1, lo, hi)
	}
}

// assert adds the assertion that holds now: single, or multi under (?m).
func (p *parser) assert(r *run, single, multi op) {
	if p.opts&optMultiline != 0 {
		single = multi
	}
	p.push(r, node{op: ndAssert, a: int32(single)})
	r.item = false // PCRE repeats no assertion without a body
}

// skipBlank skips white space, or a comment, as (?x) allows.
func (p *parser) skipBlank(c byte) bool {
	if setSpace.Has(c) || c == 0x85 {
		p.pos++
		return true
	}
	if c != '#' {
		return false
	}
	for p.pos < len(p.src) && p.src[p.pos] != '\n' {
		p.pos++
	}
	return true
}

// push adds a node to the run.
func (p *parser) push(r *run, n node) { p.link(r, p.add(n)) }

// link adds a node that exists to the run.
func (p *parser) link(r *run, n int32) {
	if r.tail == 0 {
		r.head = n
	} else {
		p.nodes[r.tail].next = n
	}
	r.tail = n
	r.item = true
	r.atom = int(p.nodes[n].a) // means something for a literal only
}

// literal adds one byte, to the literal before it if there is one.
func (p *parser) literal(r *run, c byte) {
	fold := p.opts & optFold
	if fold != 0 {
		c = lower(c)
	}
	at := len(p.lits)
	p.lits = append(p.lits, c)
	if t := &p.nodes[r.tail]; t.op == ndLit && t.flag == fold && int(t.a+t.b) == at {
		t.b++
	} else {
		p.push(r, node{op: ndLit, flag: fold, a: int32(at), b: 1})
	}
	r.atom, r.item = at, true
}

// finish makes one node of the run.
func (p *parser) finish(r *run) int32 {
	switch {
	case r.head == 0:
		return p.add(node{op: ndEmpty})
	case r.head == r.tail:
		return r.head
	}
	return p.add(node{op: ndCat, kid: r.head})
}

// resolve finds the groups of the references by name.
func (p *parser) resolve() {
	for _, r := range p.refs {
		g := p.groupNamed(r.name)
		if g == 0 {
			p.fail(r.offset, "reference to a group that does not exist")
		}
		p.nodes[r.node].a = g
	}
	for i := range p.nodes {
		n := &p.nodes[i]
		if (n.op == ndBackref || n.op == ndCond) && n.a > p.groups {
			p.fail(int(n.b), "reference to a group that does not exist")
		}
	}
}

func (p *parser) groupNamed(name string) int32 {
	for _, n := range p.names {
		if n.name == name {
			return n.group
		}
	}
	return 0
}
