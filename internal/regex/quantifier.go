package regex

// braces reads {n}, {n,} or {n,m} at the current position. Its length is 0 if
// there is none, for then the brace stands for itself.
func (p *parser) braces() (lo, hi int32, length int) {
	i := p.pos + 1
	lo, i, ok := p.count(i)
	if !ok {
		return 0, 0, 0
	}
	hi = lo
	if i < len(p.src) && p.src[i] == ',' {
		hi = unlimited
		if i++; i < len(p.src) && isDigit(p.src[i]) {
			hi, i, _ = p.count(i)
		}
	}
	if i >= len(p.src) || p.src[i] != '}' {
		return 0, 0, 0
	}
	return lo, hi, i + 1 - p.pos
}

// count reads a number at i, held at one above maxRepeat.
func (p *parser) count(i int) (n int32, end int, ok bool) {
	for end = i; end < len(p.src) && isDigit(p.src[end]); end++ {
		n = min(n*10+int32(p.src[end]-'0'), maxRepeat+1)
	}
	return n, end, end > i
}

// quantifier repeats the last item lo to hi times. It begins at start; what
// may follow it, ? or +, is still to be read.
func (p *parser) quantifier(r *run, start int, lo, hi int32) {
	mode := greedy
	if p.opts&optUngreedy != 0 {
		mode = lazy
	}
	for p.pos < len(p.src) && (p.skipComment() || p.opts&optExtended != 0 && p.skipBlank(p.src[p.pos])) {
	}
	if p.at('+') {
		mode = possessive
		p.pos++
	} else if p.at('?') {
		mode = greedy + lazy - mode
		p.pos++
	}
	switch {
	case !r.item:
		p.fail(start, "quantifier does not follow a repeatable item")
	case lo > maxRepeat || hi > maxRepeat:
		p.fail(start, "number too big in {} quantifier")
	case hi != unlimited && lo > hi:
		p.fail(start, "numbers out of order in {} quantifier")
	default:
		p.repeat(r, lo, hi, mode)
	}
	r.item = false
}

// repeat wraps the last item.
func (p *parser) repeat(r *run, lo, hi int32, mode repeatMode) {
	if p.nodes[r.tail].op == ndLit {
		p.splitAtom(r)
		if p.unroll(r, lo, hi) {
			return
		}
	}
	if p.nodes[r.tail].op == ndLook && hi == unlimited {
		hi = lo + 1 // as PCRE: more of the same assertion tells nothing new
	}
	if lo == 1 && hi == 1 && mode != possessive {
		return
	}
	kid := p.move(r.tail)
	t := &p.nodes[r.tail]
	switch {
	case hi == 0:
		t.op = ndEmpty
	case lo == 1 && hi == 1:
		t.op, t.kid = ndAtomic, kid
	default:
		t.op, t.flag, t.a, t.b, t.kid = ndRepeat, uint8(mode), lo, hi, kid
	}
}

// move gives node i a new place, and leaves only its sibling in the old one.
func (p *parser) move(i int32) int32 {
	n := p.nodes[i]
	to := p.add(n)
	p.nodes[to].next = 0
	p.nodes[i] = node{next: n.next}
	for k := len(p.refs) - 1; k >= 0 && (n.op == ndBackref || n.op == ndCond); k-- { // the newest, most likely
		if p.refs[k].node == i {
			p.refs[k].node = to
			break
		}
	}
	return to
}

// splitAtom parts the last item from the literal it was joined to.
func (p *parser) splitAtom(r *run) {
	t := &p.nodes[r.tail]
	head := int32(r.atom) - t.a
	if head == 0 {
		return
	}
	n := node{op: ndLit, flag: t.flag, a: int32(r.atom), b: t.b - head}
	t.b = head
	p.push(r, n)
}

// unroll writes out a literal that is repeated a fixed number of times.
func (p *parser) unroll(r *run, lo, hi int32) bool {
	t := &p.nodes[r.tail]
	if lo != hi || lo == 0 || int(lo)*int(t.b) > maxUnroll || int(t.a+t.b) != len(p.lits) {
		return false
	}
	atom := p.lits[t.a : t.a+t.b]
	for i := int32(1); i < lo; i++ {
		p.lits = append(p.lits, atom...)
	}
	t.b *= lo
	return true
}
