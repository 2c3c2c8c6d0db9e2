package regex

// repeat emits a repeated item. One byte is one instruction; a group is a loop
// around its one copy, however often it is repeated.
func (c *compiler) repeat(n node) {
	mode := repeatMode(n.flag)
	if in, ok := c.single(n.kid); ok {
		in.op = opGreedy + op(mode)
		in.x, in.y = n.a, n.b
		c.emit(in)
		return
	}
	if mode == possessive {
		reg := c.register(1)
		c.emit(inst{op: opMark, x: reg})
		n.flag = uint8(greedy)
		c.repeat(n)
		c.emit(inst{op: opCut, x: reg})
		return
	}
	if n.a == 0 {
		c.optional++
		defer func() { c.optional-- }()
	}
	split := opSplit
	if mode == lazy {
		split = opSplitLazy
	}
	switch {
	case n.b == 1: // and n.a is 0, for {1} is no repeat
		s := c.emit(inst{op: split, y: -1, z: -1})
		c.node(n.kid)
		c.prog[s].x = c.here()
	case n.b == unlimited && n.a == 0 && c.minLength(n.kid) > 0:
		s := c.emit(inst{op: split, y: -1, z: -1})
		c.node(n.kid)
		c.emit(inst{op: opJump, x: s})
		c.prog[s].x = c.here()
	case n.b == unlimited && n.a == 1 && c.minLength(n.kid) > 0:
		start := c.here()
		c.node(n.kid)
		// The way back is the far one here, so lazy and greedy change places.
		c.emit(inst{op: opSplit + opSplitLazy - split, x: start, y: -1, z: -1})
	default:
		c.counted(n, mode)
	}
}

// single gives the class of an item of one byte, as a repeat needs it.
func (c *compiler) single(i int32) (inst, bool) {
	n := &c.nodes[i]
	switch {
	case n.op == ndClass && classKind(n.flag) == classSet:
		return repeatedSet(c.sets[n.a], n.a), true
	case n.op == ndClass:
		return inst{k: n.flag, c: byte(n.a)}, true
	case n.op != ndLit || n.b != 1:
		return inst{}, false
	}
	b := c.lits[n.a]
	if n.flag == 0 || !isLetter(b) {
		return inst{k: uint8(classByte), c: b}, true
	}
	var both ByteSet
	both.addFolded(b, b)
	return inst{k: uint8(classSet), z: c.addSet(&both)}, true
}

// repeatedSet gives a set as a repeat needs it: for a set that lacks two bytes
// there is a faster way than to look up each byte.
func repeatedSet(s ByteSet, index int32) inst {
	if s.Len() != 254 {
		return inst{k: uint8(classSet), z: index}
	}
	s.negate()
	in := inst{k: uint8(classNotPair), c: s.min()}
	s[in.c>>6] &^= 1 << (in.c & 63)
	in.z = int32(s.min())
	return in
}

// counted emits a loop that counts, or whose body may match nothing:
//
//	       opLoopStart
//	loop:  opLoop      exit     iterate once more, or leave?
//	       opIterate            count it, note where it begins
//	       body
//	       opLoopEnd   loop     leave if an open loop stands still
//	exit:
func (c *compiler) counted(n node, mode repeatMode) {
	reg := c.register(2)
	c.emit(inst{op: opLoopStart, z: reg})
	loop := c.emit(inst{op: opLoop, k: uint8(mode), z: reg})
	c.emit(inst{op: opIterate, x: n.a, y: n.b, z: reg})
	c.node(n.kid)
	c.emit(inst{op: opLoopEnd, x: loop})
	c.prog[loop].x = c.here()
}
