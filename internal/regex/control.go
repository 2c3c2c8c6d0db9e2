package regex

// control runs the instructions of loops, look-arounds, atomic groups,
// conditions and references. It gives a negative position to fail.
func (m *Matcher) control(re *Regexp, in *inst, pc, pos int) (int, int) {
	switch in.op {
	case opKeep:
		m.set(0, pos)
	case opLoopStart:
		m.set(in.z, 0)
	case opLoop:
		return m.loop(re, in, pc, pos), pos
	case opIterate:
		return pc, m.iterate(in, pos)
	case opLoopEnd:
		return m.loopEnd(re, in, pos), pos
	case opMark:
		m.regs[in.x] = int32(len(m.stack))
	case opCut:
		m.cut(int(m.regs[in.x]))
	case opLook:
		m.regs[in.x], m.regs[in.x+1] = int32(len(m.stack)), int32(pos)
	case opLookElse:
		m.regs[in.x], m.regs[in.x+1] = int32(len(m.stack)), int32(pos)
		m.push(frame{kind: frameChoice, pc: in.y, pos: int32(pos)})
	case opLookEnd:
		m.cut(int(m.regs[in.x]))
		pos = int(m.regs[in.x+1])
	case opNotEnd:
		m.unwind(int(m.regs[in.x]))
		pos = -1
	case opBack:
		pos -= int(in.x)
	case opBackref, opBackrefFold:
		pos = m.backref(in, pos)
	case opIfGroup:
		if m.regs[2*in.x+1] < 0 {
			pc = int(in.y)
		}
	}
	return pc, pos
}

// loop decides whether a counted loop goes round once more: to opIterate at
// next, or to the exit.
func (m *Matcher) loop(re *Regexp, in *inst, next, pos int) int {
	iterate := &re.prog[next]
	n := m.regs[in.z]
	switch {
	case n < iterate.x:
		return next
	case iterate.y != unlimited && n >= iterate.y:
		return int(in.x)
	case repeatMode(in.k) == lazy:
		m.push(frame{kind: frameChoice, pc: int32(next), pos: int32(pos)})
		return int(in.x)
	}
	m.push(frame{kind: frameChoice, pc: in.x, pos: int32(pos)})
	return next
}

// iterate counts an iteration, and notes where it begins. It is a step, since
// iterations may be empty.
func (m *Matcher) iterate(in *inst, pos int) int {
	if m.steps++; m.steps > MaxSteps || len(m.stack) >= maxStack {
		return m.exhaust()
	}
	m.set(in.z, int(m.regs[in.z])+1)
	m.set(in.z+1, pos)
	return pos
}

// loopEnd goes back to decide on the next iteration. As in PCRE, an empty
// iteration ends a loop without an upper bound once the lower one is reached,
// and counts like others before.
func (m *Matcher) loopEnd(re *Regexp, in *inst, pos int) int {
	loop, iterate := &re.prog[in.x], &re.prog[in.x+1]
	if iterate.y == unlimited && m.regs[loop.z] >= iterate.x && int(m.regs[loop.z+1]) == pos {
		return int(loop.x)
	}
	return int(in.x)
}

// cut drops the choices above a height of the stack. What they would restore
// stays for the choices below.
func (m *Matcher) cut(height int) {
	kept := m.stack[:height]
	if height > 0 {
		for _, f := range m.stack[height:] {
			if f.kind == frameRestore {
				kept = append(kept, f)
			}
		}
	}
	m.stack = kept
}

// unwind drops what is above a height of the stack, and restores registers.
func (m *Matcher) unwind(height int) {
	for top := len(m.stack) - 1; top >= height; top-- {
		if f := &m.stack[top]; f.kind == frameRestore {
			m.regs[f.pc] = f.pos
		}
	}
	m.stack = m.stack[:height]
}

// backref matches again what a group holds. A group that is not set fails.
func (m *Matcher) backref(in *inst, pos int) int {
	lo, hi := m.regs[2*in.x], m.regs[2*in.x+1]
	end := pos + int(hi-lo)
	if hi < 0 || end > len(m.subject) {
		return -1
	}
	m.work(end - pos)
	held, here := m.subject[lo:hi], m.subject[pos:end]
	if in.op == opBackref && string(held) != string(here) {
		return -1
	}
	if in.op == opBackrefFold {
		for i, c := range held {
			if lower(c) != lower(here[i]) {
				return -1
			}
		}
	}
	return end
}
