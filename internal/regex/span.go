package regex

import "bytes"

// literal tells whether the instruction's literal stands at pos.
func (re *Regexp) literal(in *inst, b []byte, pos int) bool {
	end := pos + int(in.y)
	return end <= len(b) && b[pos] == in.c && string(b[pos:end]) == string(re.lits[in.x:in.x+in.y])
}

// folds tells whether the instruction's lowered literal stands at pos, in
// either case.
func (re *Regexp) folds(in *inst, b []byte, pos int) bool {
	lit := re.lits[in.x : in.x+in.y]
	if len(b)-pos < len(lit) {
		return false
	}
	for i, c := range b[pos : pos+len(lit)] {
		if lower(c) != lit[i] {
			return false
		}
	}
	return true
}

// span counts the bytes of a repeat's class that b begins with, up to the
// repeat's upper bound.
func (re *Regexp) span(in *inst, b []byte) int {
	if in.y != unlimited && len(b) > int(in.y) {
		b = b[:in.y]
	}
	switch classKind(in.k) {
	case classByte:
		for i, c := range b {
			if c != in.c {
				return i
			}
		}
	case classNot:
		if i := bytes.IndexByte(b, in.c); i >= 0 {
			return i
		}
	case classNotPair:
		return spanNotPair(b, in.c, byte(in.z))
	case classSet:
		set := &re.sets[in.z]
		for i, c := range b {
			if !set.Has(c) {
				return i
			}
		}
	}
	return len(b)
}

// spanNotPair counts the bytes before the first c or d. It looks at a piece at
// a time, lest it look far beyond a d for a c.
func spanNotPair(b []byte, c, d byte) int {
	const piece = 256
	for at := 0; at < len(b); at += piece {
		p := b[at:min(at+piece, len(b))]
		i := bytes.IndexByte(p, c)
		if i >= 0 {
			p = p[:i]
		}
		if j := bytes.IndexByte(p, d); j >= 0 {
			return at + j
		}
		if i >= 0 {
			return at + i
		}
	}
	return len(b)
}

// work charges n bytes looked at to the steps.
func (m *Matcher) work(n int) { m.steps += n >> 6 }

// greedy runs a repeat that may give back: it goes as far as it can, then back
// to where the literal after it may stand.
func (m *Matcher) greedy(re *Regexp, pc, pos int) int {
	in := &re.prog[pc]
	n := re.span(in, m.subject[pos:])
	m.work(n)
	if n < int(in.x) {
		return -1
	}
	lim := pos + int(in.x)
	pos += n
	if in.d != 0 {
		after := &re.prog[pc+int(in.d)]
		found, isLast := m.skim(re, after, lim, pos)
		if found < 0 {
			return -1
		}
		if isLast {
			pos = found
		} else {
			pos = m.last(re, after, found, pos)
		}
	}
	if pos > lim {
		m.push(frame{kind: frameGreedy, pc: int32(pc), pos: int32(pos), lim: int32(lim)})
	}
	return pos
}

// giveBack goes on with fewer bytes.
func (m *Matcher) giveBack(re *Regexp, f *frame) int {
	in := &re.prog[f.pc]
	if in.d == 0 {
		return int(f.pos) - 1
	}
	return m.last(re, &re.prog[f.pc+int32(in.d)], int(f.lim), int(f.pos)-1)
}

// skim looks for the literal after a repeat at the positions from lo to hi. It
// goes forward, which is the fast direction, but not far: most often there is
// none, or one. It gives the place it found last, or -1, and whether there is
// no later one.
func (m *Matcher) skim(re *Regexp, after *inst, lo, hi int) (found int, isLast bool) {
	found = -1
	for range 4 {
		i := m.index(re, after, lo, hi)
		if i < 0 {
			return found, true
		}
		found, lo = i, i+1
	}
	return found, false
}

// last is the largest position from lo to hi at which the literal after a
// repeat stands, or -1.
func (m *Matcher) last(re *Regexp, after *inst, lo, hi int) int {
	b := m.subject
	at := min(hi, len(b)-int(after.y))
	for ; at >= lo; at-- {
		if after.op == opFold {
			if re.folds(after, b, at) {
				break
			}
			continue
		}
		if at = lo + bytes.LastIndexByte(b[lo:at+1], after.c); at >= lo && re.literal(after, b, at) {
			break
		}
	}
	m.work(hi - at)
	if at < lo {
		return -1
	}
	return at
}

// index is the smallest position from lo to hi at which the literal after a
// repeat stands, or -1.
func (m *Matcher) index(re *Regexp, after *inst, lo, hi int) int {
	b := m.subject[:min(hi+int(after.y), len(m.subject))]
	if lo > len(b) {
		return -1
	}
	i := -1
	if after.op == opFold {
		i = re.indexFolded(after, b[lo:])
	} else {
		i = bytes.Index(b[lo:], re.lits[after.x:after.x+after.y])
	}
	if i < 0 {
		m.work(len(b) - lo)
		return -1
	}
	m.work(i)
	return lo + i
}

// indexFolded is where a lowered literal stands in b, in either case, or -1.
func (re *Regexp) indexFolded(in *inst, b []byte) int {
	for i := 0; i <= len(b)-int(in.y); i++ {
		if re.folds(in, b, i) {
			return i
		}
	}
	return -1
}

// lazy runs a repeat that takes as little as it can: it goes to where the
// literal after it first stands.
func (m *Matcher) lazy(re *Regexp, pc, pos int) int {
	in := &re.prog[pc]
	b := m.subject
	lim := len(b)
	if in.y != unlimited {
		lim = min(lim, pos+int(in.y))
	}
	least := pos + int(in.x)
	if least > lim || in.x > 0 && re.span(in, b[pos:least]) < int(in.x) {
		return -1
	}
	if classKind(in.k) == classNot {
		if i := bytes.IndexByte(b[least:lim], in.c); i >= 0 {
			lim = least + i
		}
		m.work(lim - least)
	}
	pos = m.next(re, pc, least, lim)
	if pos >= 0 && pos < lim {
		m.push(frame{kind: frameLazy, pc: int32(pc), pos: int32(pos), lim: int32(lim)})
	}
	return pos
}

// takeMore goes on with more bytes.
func (m *Matcher) takeMore(re *Regexp, f *frame) int {
	in, pos := &re.prog[f.pc], int(f.pos)
	if re.span(in, m.subject[pos:pos+1]) == 0 {
		return -1
	}
	return m.next(re, int(f.pc), pos+1, int(f.lim))
}

// next is the smallest position from pos to lim that what follows the repeat
// can stand at and that the repeat reaches, or -1.
func (m *Matcher) next(re *Regexp, pc, pos, lim int) int {
	in := &re.prog[pc]
	if in.d == 0 {
		return pos
	}
	to := m.index(re, &re.prog[pc+int(in.d)], pos, lim)
	if to < 0 {
		return -1
	}
	if k := classKind(in.k); k != classNot && k != classAny && re.span(in, m.subject[pos:to]) < to-pos {
		return -1
	}
	return to
}
