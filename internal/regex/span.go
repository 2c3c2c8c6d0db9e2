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
	for i, c := range lit {
		if lower(b[pos+i]) != c {
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
	pos = m.last(re, pc, lim, pos+n)
	if pos > lim {
		m.push(frame{kind: frameGreedy, pc: int32(pc), pos: int32(pos), lim: int32(lim)})
	}
	return pos
}

// giveBack goes on with fewer bytes.
func (m *Matcher) giveBack(re *Regexp, f *frame) int {
	return m.last(re, int(f.pc), int(f.lim), int(f.pos)-1)
}

// last is the largest position from lo to hi that what follows the repeat can
// stand at, or -1.
func (m *Matcher) last(re *Regexp, pc, lo, hi int) int {
	d := re.prog[pc].d
	if d == 0 {
		return hi
	}
	i := bytes.LastIndexByte(m.subject[lo:min(hi+1, len(m.subject))], re.prog[pc+int(d)].c)
	if i < 0 {
		return -1
	}
	return lo + i
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
	after := &re.prog[pc+int(in.d)]
	end := min(lim+int(after.y), len(m.subject))
	if end < pos {
		return -1
	}
	i := bytes.Index(m.subject[pos:end], re.lits[after.x:after.x+after.y])
	if i < 0 {
		m.work(end - pos)
		return -1
	}
	m.work(i)
	if k := classKind(in.k); (k == classSet || k == classByte) && re.span(in, m.subject[pos:pos+i]) < i {
		return -1
	}
	return pos + i
}
