package regex

// Required gives literals that every subject that matches contains, one after
// the other. They are as long as they can be without going across a repeat or
// an alternative. If Folded is true they are lowered (A to Z only), and to be
// looked for in the subject once it is lowered, too. They must not be changed.
func (re *Regexp) Required() [][]byte {
	var out [][]byte
	for pc := 0; pc < len(re.prog); pc++ {
		if lit, end := re.literalAt(pc); lit != nil {
			if re.folded {
				lit = lowered(lit)
			}
			out = append(out, lit)
			pc = end - 1
		}
	}
	return out
}

// lowered is lit itself if it has no capital letters.
func lowered(lit []byte) []byte {
	for i, c := range lit {
		if lower(c) == c {
			continue
		}
		out := append([]byte(nil), lit...)
		for ; i < len(out); i++ {
			out[i] = lower(out[i])
		}
		return out
	}
	return lit
}

// Folded tells whether a part of the pattern matches letters in either case.
func (re *Regexp) Folded() bool { return re.folded }

// Prefix gives the literal that every match begins with, which is where the
// subject begins if the pattern is anchored. It is nil if there is none. If
// fold is true it is lowered, and a match begins with it once it is lowered,
// too. It must not be changed.
func (re *Regexp) Prefix() (lit []byte, fold bool) {
	pc := 0
	for re.prog[pc].op == opBegin || re.prog[pc].op == opOpen {
		pc++
	}
	lit, end := re.literalAt(pc)
	for ; pc < end; pc++ {
		fold = fold || re.prog[pc].op == opFold
	}
	if fold {
		lit = lowered(lit)
	}
	return lit, fold
}

// literalAt gives the required literal that begins with the instruction pc,
// and where it ends. Groups may begin and end inside it.
func (re *Regexp) literalAt(pc int) (lit []byte, end int) {
	first, last := -1, -1
	for ; pc < len(re.prog); pc++ {
		in := &re.prog[pc]
		switch in.op {
		case opByte, opLit, opFold:
			if in.k&litRequired == 0 || last >= 0 && int(in.x) != last {
				break
			}
			if first < 0 {
				first = int(in.x)
			}
			last = int(in.x + in.y)
			end = pc + 1
			continue
		case opOpen, opClose:
			if first >= 0 {
				continue
			}
		}
		break
	}
	if first < 0 {
		return nil, pc
	}
	return re.lits[first:last:last], end
}
