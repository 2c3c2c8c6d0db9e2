package regex

// maxFollow bounds the instructions that one look ahead visits.
const maxFollow = 64

// A follower finds the bytes that an instruction and those after it can begin
// with.
type follower struct {
	prog  []inst
	lits  []byte
	sets  []ByteSet
	steps int

	set      ByteSet
	unknown  bool // it got lost: every byte is possible, or none
	done     bool // the end of the match, or of a body that is left for good, may come first
	edge     bool // the end of the subject may come first
	asserted bool // the way to done was conditional
}

// follow looks ahead from pc.
func (f *follower) follow(pc int32) {
	f.steps, f.set, f.unknown, f.done, f.edge, f.asserted = 0, ByteSet{}, false, false, false, false
	f.walk(pc, 0)
}

// first tells whether every match from pc on begins with a byte of the set.
func (f *follower) first(pc int32) bool {
	f.follow(pc)
	return !f.unknown && !f.done && !f.edge
}

// walk follows all ways from pc up to a byte. Depth counts the atomic groups
// that were entered on the way.
func (f *follower) walk(pc int32, depth int) {
	for !f.unknown {
		if f.steps++; f.steps > maxFollow {
			f.unknown = true
			return
		}
		in := &f.prog[pc]
		pc++
		switch in.op {
		case opByte, opLit, opFold, opNot, opAny, opSet:
			f.consume(in)
			return
		case opGreedy, opLazy, opPossessive:
			f.class(in)
			if in.x > 0 {
				return
			}
		case opEnd, opEndLine:
			f.set.add('\n')
			f.edge = true
			return
		case opVeryEnd:
			f.edge = true
			return
		case opBegin, opBeginLine, opWordEdge, opNoWordEdge, opNotLit:
			f.asserted = true
		case opOpen, opClose, opKeep, opIterate:
		case opLoopStart:
			if f.prog[pc+1].x > 0 { // no way around the body
				pc += 2
			}
		case opMark:
			depth++
		case opCut:
			if depth--; depth < 0 {
				f.done = true
				return
			}
		case opMatch, opLookEnd, opNotEnd:
			f.done = true
			return
		case opLook:
			f.asserted = true
			pc = in.y
		case opLookElse:
			f.asserted = true
			f.unknown = f.prog[in.y-1].op != opNotEnd // then it is a condition
			pc = in.y
		case opJump, opLoopEnd:
			pc = in.x
		case opSplit, opSplitLazy, opLoop:
			f.walk(in.x, depth)
		case opIfGroup:
			f.walk(in.y, depth)
		default:
			f.unknown = true
		}
	}
}

// consume adds what an instruction of one byte or literal begins with.
func (f *follower) consume(in *inst) {
	switch in.op {
	case opByte:
		f.set.add(in.c)
	case opLit:
		f.set.add(f.lits[in.x])
	case opFold:
		f.set.addFolded(f.lits[in.x], f.lits[in.x])
	case opNot:
		f.class(&inst{k: uint8(classNot), c: in.c})
	case opAny:
		f.class(&inst{k: uint8(classAny)})
	case opSet:
		f.set.union(&f.sets[in.z])
	}
}

// class adds the class of a repeat.
func (f *follower) class(in *inst) {
	s := in.class(f.sets)
	f.set.union(&s)
}

// class is the class of a repeat as a set.
func (in *inst) class(sets []ByteSet) ByteSet {
	var s ByteSet
	switch classKind(in.k) {
	case classByte:
		s.add(in.c)
	case classNot:
		s.add(in.c)
		s.negate()
	case classAny:
		s.negate()
	case classNotPair:
		s.add(in.c)
		s.add(byte(in.z))
		s.negate()
	case classSet:
		s = sets[in.z]
	}
	return s
}

// refine looks ahead of every choice of the program, to drop what can't lead
// to a match.
func (c *compiler) refine() {
	f := follower{prog: c.prog, lits: c.lits}
	for pc := range c.prog {
		in := &c.prog[pc]
		f.sets = c.sets
		switch in.op {
		case opGreedy, opLazy:
			c.refineRepeat(&f, int32(pc))
		case opSplit, opSplitLazy:
			in.y = c.guard(&f, int32(pc)+1)
			in.z = c.guard(&f, in.x)
		}
	}
}

// refineRepeat makes a repeat possessive if what follows it can't begin with a
// byte of its class: then only the largest count can lead on.
func (c *compiler) refineRepeat(f *follower, pc int32) {
	in := &c.prog[pc]
	f.follow(pc + 1)
	class := in.class(c.sets)
	if !f.unknown && class.disjoint(&f.set) && (!f.done || in.op == opGreedy && !f.asserted) {
		in.op = opPossessive
		return
	}
	for d := int32(1); d < 256; d++ {
		switch c.prog[pc+d].op {
		case opOpen, opClose:
			continue
		case opByte, opLit, opFold:
			in.d = uint8(d)
		}
		return
	}
}

// guard gives the index of the set of bytes that pc can begin with, or -1 if
// it would not tell much.
func (c *compiler) guard(f *follower, pc int32) int32 {
	const vague = 224
	if !f.first(pc) || f.set.Len() > vague {
		return -1
	}
	return c.addSet(&f.set)
}

// FirstBytes is the set of bytes that a match begins with. It is false if a
// match may be empty, or if that is not known.
func (re *Regexp) FirstBytes() (ByteSet, bool) {
	f := follower{prog: re.prog, lits: re.lits, sets: re.sets}
	ok := f.first(0)
	return f.set, ok
}
