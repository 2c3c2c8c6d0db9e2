package regex

// A compiler turns a syntax tree into a program.
type compiler struct {
	*parser
	prog     []inst
	regs     int32
	ruler    ruler
	optional int  // depth of nodes that a match may do without
	folded   bool // some literal is folded
}

// compile makes a Regexp of the tree.
func (p *parser) compile(root int32) (*Regexp, error) {
	var room [32]inst
	c := compiler{parser: p, ruler: ruler{parser: p}, prog: room[:0], regs: 2 * (p.groups + 1)}
	if p.hasRef {
		c.regs += p.groups + 1 // where open groups began
	}
	c.node(root)
	c.emit(inst{op: opMatch})
	if p.err != nil {
		return nil, p.err
	}
	c.refine()
	re := &Regexp{
		pattern:  p.src,
		prog:     append(make([]inst, 0, len(c.prog)), c.prog...),
		lits:     append(make([]byte, 0, len(p.lits)), p.lits...),
		groups:   p.groups,
		regs:     c.regs,
		minLen:   p.minLength(root),
		anchored: p.anchored(root),
		folded:   c.folded,
	}
	if len(p.sets) > 0 {
		re.sets = append(make([]ByteSet, 0, len(p.sets)), p.sets...)
	}
	if !re.anchored {
		re.prepareSearch()
	}
	return re, nil
}

// prepareSearch finds what tells where a match can't begin.
func (re *Regexp) prepareSearch() {
	if set, ok := re.FirstBytes(); ok {
		re.first = &set
	}
	if re.folded {
		return
	}
	for _, lit := range re.Required() {
		if len(lit) > len(re.must) {
			re.must = lit
		}
	}
}

// emit appends an instruction and gives its index.
func (c *compiler) emit(in inst) int32 {
	c.prog = append(c.prog, in)
	return int32(len(c.prog) - 1)
}

// here is the index of the next instruction.
func (c *compiler) here() int32 { return int32(len(c.prog)) }

// node emits what matches node i.
func (c *compiler) node(i int32) {
	n := c.nodes[i]
	switch n.op {
	case ndLit:
		c.literal(n)
	case ndClass:
		c.class(n)
	case ndAssert:
		c.emit(inst{op: op(n.a)})
	case ndBackref:
		in := inst{op: opBackref, x: n.a}
		if n.flag != 0 {
			in.op = opBackrefFold
		}
		c.emit(in)
	case ndCat:
		for k := n.kid; k != 0; k = c.nodes[k].next {
			c.node(k)
		}
	case ndAlt:
		c.optional++
		c.alternatives(n.kid, nil)
		c.optional--
	case ndCapture:
		c.capture(n)
	case ndRepeat:
		c.repeat(n)
	case ndAtomic:
		c.atomic(n.kid)
	case ndLook:
		c.look(n)
	case ndCond:
		c.conditional(n)
	case ndKeep:
		c.emit(inst{op: opKeep})
	case ndNewline:
		c.newline()
	}
}

// literal emits a literal, folded only if it has letters.
func (c *compiler) literal(n node) {
	lit := c.lits[n.a : n.a+n.b]
	in := inst{op: opLit, c: lit[0], x: n.a, y: n.b}
	if c.optional == 0 {
		in.k = litRequired
	}
	if n.flag != 0 && hasLetter(lit) {
		in.op = opFold
		c.folded = true
	} else if n.b == 1 {
		in.op = opByte
	}
	c.emit(in)
}

func hasLetter(lit []byte) bool {
	for _, b := range lit {
		if isLetter(b) {
			return true
		}
	}
	return false
}

// class emits a test of one byte.
func (c *compiler) class(n node) {
	switch classKind(n.flag) {
	case classNot:
		c.emit(inst{op: opNot, c: byte(n.a)})
	case classAny:
		c.emit(inst{op: opAny})
	case classSet:
		c.emit(inst{op: opSet, z: n.a})
	}
}

// alternatives emits the kids from k on, each after its own prefix if there
// is one.
func (c *compiler) alternatives(k int32, prefix func(k int32)) {
	last := int32(-1) // the jumps to the end, each pointing to the one before
	for ; k != 0; k = c.nodes[k].next {
		split := int32(-1)
		if c.nodes[k].next != 0 {
			split = c.emit(inst{op: opSplit, y: -1, z: -1})
		}
		if prefix != nil {
			prefix(k)
		}
		c.node(k)
		if split >= 0 {
			last = c.emit(inst{op: opJump, x: last})
			c.prog[split].x = c.here()
		}
	}
	for last >= 0 {
		before := c.prog[last].x
		c.prog[last].x = c.here()
		last = before
	}
}

// capture emits a capturing group. References see what a group held before
// until it ends, so its start waits in a register of its own if there are any.
func (c *compiler) capture(n node) {
	open := 2 * n.a
	if c.hasRef {
		open = 2*(c.groups+1) + n.a
	}
	c.emit(inst{op: opOpen, x: open})
	c.node(n.kid)
	c.emit(inst{op: opClose, x: n.a, y: open})
}

// atomic emits a group that is left for good once it has matched.
func (c *compiler) atomic(kid int32) {
	reg := c.register(1)
	c.emit(inst{op: opMark, x: reg})
	c.node(kid)
	c.emit(inst{op: opCut, x: reg})
}

// register sets n registers aside.
func (c *compiler) register(n int32) int32 {
	c.regs += n
	return c.regs - n
}

// newline emits \R: CR LF, or one vertical white space, for good.
func (c *compiler) newline() {
	reg := c.register(1)
	c.emit(inst{op: opMark, x: reg})
	split := c.emit(inst{op: opSplit, y: -1, z: -1})
	c.emit(inst{op: opByte, c: '\r', x: c.bytesOf("\r\n"), y: 1})
	c.emit(inst{op: opByte, c: '\n', x: int32(len(c.lits) - 1), y: 1})
	jump := c.emit(inst{op: opJump})
	c.prog[split].x = c.here()
	c.emit(inst{op: opSet, z: c.addSet(&setVert)})
	c.prog[jump].x = c.here()
	c.emit(inst{op: opCut, x: reg})
}

// bytesOf adds a literal to the table and gives its place.
func (c *compiler) bytesOf(s string) int32 {
	c.lits = append(c.lits, s...)
	return int32(len(c.lits) - len(s))
}
