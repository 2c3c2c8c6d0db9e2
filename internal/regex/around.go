package regex

// maxBehind bounds look-behind, as in PCRE.
const maxBehind = 65535

// look emits a look-around.
func (c *compiler) look(n node) {
	if n.flag == lookNot && c.nodes[n.kid].op == ndLit && c.plain(n.kid) {
		lit := &c.nodes[n.kid]
		c.emit(inst{op: opNotLit, c: c.lits[lit.a], x: lit.a, y: lit.b})
		return
	}
	reg := c.register(2)
	start := inst{op: opLook, x: reg}
	end := inst{op: opLookEnd, x: reg}
	if n.flag&lookNot != 0 {
		start.op, end.op = opLookElse, opNotEnd
	}
	s := c.emit(start)
	c.lookBody(n)
	c.emit(end)
	c.prog[s].y = c.here()
}

// plain tells whether the literal node i need not be folded.
func (c *compiler) plain(i int32) bool {
	n := &c.nodes[i]
	return n.flag == 0 || !hasLetter(c.lits[n.a:n.a+n.b])
}

// lookBody emits the body of a look-around. Each alternative of a look-behind
// first steps back by its own length.
func (c *compiler) lookBody(n node) {
	c.optional++
	defer func() { c.optional-- }()
	if n.flag&lookBehind == 0 {
		c.node(n.kid)
		return
	}
	back := func(k int32) {
		length, ok := c.ruler.length(k)
		if !ok {
			c.fail(int(n.a), "look-behind is not of fixed length")
		} else if length > maxBehind {
			c.fail(int(n.a), "look-behind is too long")
		}
		c.emit(inst{op: opBack, x: int32(length)})
	}
	if alt := &c.nodes[n.kid]; alt.op == ndAlt && alt.flag != altGrouped {
		c.alternatives(alt.kid, back)
		return
	}
	back(n.kid)
	c.node(n.kid)
}

// conditional emits (?(condition)yes|no). A look-around as the condition is
// decided once: whatever it captured stays, whether it is negated or not.
func (c *compiler) conditional(n node) {
	c.optional++
	defer func() { c.optional-- }()
	if n.a != 0 {
		test := c.emit(inst{op: opIfGroup, x: n.a})
		c.prog[test].y = c.branches(n.kid, c.nodes[n.kid].next)
		return
	}
	look := c.nodes[n.kid]
	yes := look.next
	no := c.nodes[yes].next
	if look.flag&lookNot != 0 {
		yes, no = no, yes
	}
	reg := c.register(2)
	test := c.emit(inst{op: opLookElse, x: reg})
	c.lookBody(look)
	c.emit(inst{op: opLookEnd, x: reg})
	c.prog[test].y = c.branches(yes, no)
}

// branches emits two branches, of which control falls into the first. It
// gives the start of the second.
func (c *compiler) branches(first, second int32) int32 {
	c.node(first)
	jump := c.emit(inst{op: opJump})
	start := c.here()
	c.node(second)
	c.prog[jump].x = c.here()
	return start
}
