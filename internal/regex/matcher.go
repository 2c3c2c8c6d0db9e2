package regex

import (
	"bytes"
	"math"
)

// Outcome is how a match ended.
type Outcome uint8

// The outcomes of a match.
const (
	NoMatch       Outcome = iota
	Matched               // the groups are set
	LimitExceeded         // given up after MaxSteps; counts as no match
)

var outcomeNames = [...]string{NoMatch: "no match", Matched: "matched", LimitExceeded: "limit exceeded"}

// String is the outcome in words.
func (o Outcome) String() string {
	if int(o) < len(outcomeNames) {
		return outcomeNames[o]
	}
	return "unknown"
}

// MaxSteps bounds one match. A step is a choice taken up, an iteration counted,
// or 64 bytes looked at in one go; so many of them take some 20 ms.
const MaxSteps = 1_000_000

// maxStack bounds the choices that wait at the same time; it is 4 MiB.
const maxStack = 1 << 18

// A frame is a choice that may be taken up again, or a register to restore.
type frame struct {
	kind frameKind
	pc   int32 // of a restore: the register
	pos  int32 // of a restore: its value
	lim  int32 // the last position that a repeat may go to
}

type frameKind int32

const (
	frameRestore frameKind = iota
	frameChoice            // go on at pc
	frameGreedy            // the repeat at pc gives back a byte
	frameLazy              // the repeat at pc takes one more byte
)

// Matcher holds what a match needs: a stack and registers, which it keeps for
// the next. The zero value is ready. It serves one goroutine at a time.
type Matcher struct {
	stack   []frame
	regs    []int32 // pairs of positions of the groups, then what the program keeps
	groups  int     // how many groups, with group 0, Group may ask for
	steps   int
	subject []byte // during a match only
}

// Match looks for the leftmost match of re in subject. Of several ways to match
// there, the one counts that backtracking finds first.
func (m *Matcher) Match(re *Regexp, subject []byte) Outcome {
	m.groups, m.steps = 0, 0
	if len(subject) < int(re.minLen) {
		return NoMatch
	}
	if len(subject) > math.MaxInt32-maxRepeat {
		return LimitExceeded
	}
	if cap(m.regs) < int(re.regs) {
		m.regs = make([]int32, re.regs, 2*re.regs)
	}
	m.regs = m.regs[:re.regs]
	m.subject = subject
	out := m.search(re)
	m.subject = nil
	if out == Matched {
		m.groups = int(re.groups) + 1
	}
	return out
}

// search tries the positions at which a match can begin.
func (m *Matcher) search(re *Regexp) Outcome {
	if re.anchored {
		return m.run(re, 0)
	}
	last := len(m.subject) - int(re.minLen)
	if re.must != nil {
		last = min(last, bytes.LastIndex(m.subject, re.must)) // no match begins after its last literal
	}
	for at := 0; at <= last; at++ {
		if at = re.candidate(m.subject, at); at < 0 || at > last {
			break
		}
		if out := m.run(re, at); out != NoMatch {
			return out
		}
	}
	return NoMatch
}

// candidate gives the first position from at on where a match can begin, or a
// negative number.
func (re *Regexp) candidate(b []byte, at int) int {
	in := &re.prog[0]
	if in.op == opOpen {
		in = &re.prog[1]
	}
	if in.op == opLit || in.op == opByte {
		i := bytes.Index(b[at:], re.lits[in.x:in.x+in.y])
		if i < 0 {
			return i
		}
		return at + i
	}
	if re.first == nil {
		return at
	}
	for ; at < len(b); at++ {
		if re.first.Has(b[at]) {
			return at
		}
	}
	return -1
}

// Group gives where group i of the last match begins and ends; group 0 is the
// whole match. It is false if the group took no part, or if the last call of
// Match did not match.
func (m *Matcher) Group(i int) (lo, hi int, ok bool) {
	if i < 0 || i >= m.groups || m.regs[2*i+1] < 0 {
		return 0, 0, false
	}
	return int(m.regs[2*i]), int(m.regs[2*i+1]), true
}

// Steps is how many steps the last call of Match took, of [MaxSteps] at most.
func (m *Matcher) Steps() int { return min(m.steps, MaxSteps) }
