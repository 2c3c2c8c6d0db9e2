package regex

// run tries to match at one position. It is one loop over instructions: each
// goes on with the next, or leaves the switch to fail, which takes up the
// choice that was left last. A negative position means failure, too.
func (m *Matcher) run(re *Regexp, start int) Outcome {
	prog, b := re.prog, m.subject
	m.begin(re, start)
	pc, pos := 0, start
	for {
		in := &prog[pc]
		pc++
		switch in.op {
		case opByte:
			if pos < len(b) && b[pos] == in.c {
				pos++
				continue
			}
		case opLit:
			if re.literal(in, b, pos) {
				pos += int(in.y)
				continue
			}
		case opFold:
			if re.folds(in, b, pos) {
				pos += int(in.y)
				continue
			}
		case opNot:
			if pos < len(b) && b[pos] != in.c {
				pos++
				continue
			}
		case opAny:
			if pos < len(b) {
				pos++
				continue
			}
		case opSet:
			if pos < len(b) && re.sets[in.z].Has(b[pos]) {
				pos++
				continue
			}
		case opPossessive:
			if n := re.span(in, b[pos:]); n >= int(in.x) {
				pos += n
				m.work(n)
				continue
			}
		case opGreedy:
			if pos = m.greedy(re, pc-1, pos); pos >= 0 {
				continue
			}
		case opLazy:
			if pos = m.lazy(re, pc-1, pos); pos >= 0 {
				continue
			}
		case opOpen:
			m.set(in.x, pos)
			continue
		case opClose:
			m.closeGroup(in, pos)
			continue
		case opJump:
			pc = int(in.x)
			continue
		case opSplit, opSplitLazy:
			if pc = m.split(re, in, pc, pos); pc >= 0 {
				continue
			}
		case opNotLit:
			if !re.literal(in, b, pos) {
				continue
			}
		case opMatch:
			m.regs[1] = int32(pos)
			return Matched
		case opBegin, opBeginLine, opEnd, opEndLine, opVeryEnd, opWordEdge, opNoWordEdge:
			if holds(in.op, b, pos) {
				continue
			}
		default:
			if pc, pos = m.control(re, in, pc, pos); pos >= 0 {
				continue
			}
		}
		if pc, pos = m.backtrack(re); pos < 0 {
			if m.steps > MaxSteps {
				return LimitExceeded
			}
			return NoMatch
		}
	}
}

// begin forgets the groups and choices of the try before.
func (m *Matcher) begin(re *Regexp, start int) {
	m.stack = m.stack[:0]
	groups := m.regs[:2*(re.groups+1)]
	for i := range groups {
		groups[i] = -1
	}
	groups[0] = int32(start)
}

// push adds a choice. Every loop has an instruction that looks after the
// height of the stack.
func (m *Matcher) push(f frame) { m.stack = append(m.stack, f) }

// exhaust makes the match fail for good.
func (m *Matcher) exhaust() int {
	m.stack = m.stack[:0]
	m.steps = MaxSteps + 1
	return -1
}

// set changes a register, to be restored when an older choice is taken up.
func (m *Matcher) set(reg int32, v int) {
	if len(m.stack) > 0 {
		m.stack = append(m.stack, frame{kind: frameRestore, pc: reg, pos: m.regs[reg]})
	}
	m.regs[reg] = int32(v)
}

// closeGroup sets a group from where it began to here.
func (m *Matcher) closeGroup(in *inst, pos int) {
	if in.y != 2*in.x {
		m.set(2*in.x, int(m.regs[in.y]))
	}
	m.set(2*in.x+1, pos)
}

// split chooses one of two ways by the next byte, or leaves the other for
// later. It gives -1 if none can match.
func (m *Matcher) split(re *Regexp, in *inst, next, pos int) int {
	near := in.y < 0 || pos < len(m.subject) && re.sets[in.y].Has(m.subject[pos])
	far := in.z < 0 || pos < len(m.subject) && re.sets[in.z].Has(m.subject[pos])
	switch {
	case len(m.stack) >= maxStack:
		return m.exhaust()
	case near && far && in.op == opSplit:
		m.push(frame{kind: frameChoice, pc: in.x, pos: int32(pos)})
		return next
	case near && far:
		m.push(frame{kind: frameChoice, pc: int32(next), pos: int32(pos)})
		return int(in.x)
	case near:
		return next
	case far:
		return int(in.x)
	}
	return -1
}

// backtrack takes up the newest choice. It gives a negative position if there
// is none, or if the steps are used up.
func (m *Matcher) backtrack(re *Regexp) (pc, pos int) {
	for len(m.stack) > 0 {
		top := len(m.stack) - 1
		f := &m.stack[top]
		if f.kind == frameRestore {
			m.regs[f.pc] = f.pos
			m.stack = m.stack[:top]
			continue
		}
		if m.steps++; m.steps > MaxSteps {
			return 0, -1
		}
		switch f.kind {
		case frameChoice:
			m.stack = m.stack[:top]
			return int(f.pc), int(f.pos)
		case frameGreedy:
			pos = m.giveBack(re, f)
		case frameLazy:
			pos = m.takeMore(re, f)
		}
		if pos < 0 || pos == int(f.lim) {
			m.stack = m.stack[:top]
		}
		if pos >= 0 {
			f.pos = int32(pos)
			return int(f.pc) + 1, pos
		}
	}
	return 0, -1
}

// holds tells whether an assertion without a body holds.
func holds(o op, b []byte, pos int) bool {
	switch o {
	case opBegin:
		return pos == 0
	case opBeginLine:
		return pos == 0 || pos < len(b) && b[pos-1] == '\n'
	case opEnd:
		return pos == len(b) || pos == len(b)-1 && b[pos] == '\n'
	case opEndLine:
		return pos == len(b) || b[pos] == '\n'
	case opVeryEnd:
		return pos == len(b)
	}
	before := pos > 0 && setWord.Has(b[pos-1])
	after := pos < len(b) && setWord.Has(b[pos])
	return (before != after) == (o == opWordEdge)
}
