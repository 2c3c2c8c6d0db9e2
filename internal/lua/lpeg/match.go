package lpeg

import (
	"fmt"
	"strings"

	"sonde/internal/lua"
)

// An event is the beginning or the end of a capture in the subject, or all
// of one that has no extent.
type event struct {
	node *node // nil: the end of a capture
	pos  int
	val  lua.Value // of a run-time value
	kind capKind
	full bool
}

// A backtrack entry is a choice, or a return address if pos is -1.
type entry struct {
	pc, pos, caps int
}

type machine struct {
	t       *lua.Thread
	lib     *library
	subject string
	value   lua.Value // the subject
	args    []lua.Value
	events  []event
	stack   []entry
	steps   int64
}

// run matches a program and returns where the match ends, or -1.
func (m *machine) run(p *program, pos int) int {
	s := m.subject
	pc := 0
	code := p.code
	budget := 0
	for {
		if budget++; budget == 1000 {
			m.tick(1000)
			budget = 0
		}
		i := &code[pc]
		pc++
		ok := true
		switch i.op {
		case opEnd:
			m.tick(int64(budget))
			return pos
		case opString:
			if ok = strings.HasPrefix(s[pos:], i.node.text); ok {
				pos += len(i.node.text)
			}
		case opSet:
			if ok = pos < len(s) && i.set.has(s[pos]); ok {
				pos++
			}
		case opAny:
			if ok = pos < len(s); ok {
				pos++
			}
		case opRange:
			code, size, valid := decode(s[pos:])
			if ok = valid && i.node.lo <= code && code <= i.node.hi; ok {
				pos += size
			}
		case opSpan:
			from := pos
			for pos < len(s) && i.set.has(s[pos]) {
				pos++
			}
			if n := pos - from; n > 1000 {
				m.tick(int64(n))
			}
		case opBehind:
			if ok = pos >= i.jump; ok {
				pos -= i.jump
			}
		case opTestSet:
			if pos >= len(s) || !i.set.has(s[pos]) {
				pc = i.jump
			}
		case opChoice:
			m.push(entry{i.jump, pos, len(m.events)})
		case opCommit:
			m.stack = m.stack[:len(m.stack)-1]
			pc = i.jump
		case opPartial:
			e := &m.stack[len(m.stack)-1]
			e.pos, e.caps = pos, len(m.events)
			pc = i.jump
		case opBackCommit:
			e := m.stack[len(m.stack)-1]
			m.stack = m.stack[:len(m.stack)-1]
			// A look-ahead keeps its captures.
			pos, pc = e.pos, i.jump
		case opFail:
			ok = false
		case opFailTwice:
			m.stack = m.stack[:len(m.stack)-1]
			ok = false
		case opCall:
			m.push(entry{pc, -1, 0})
			pc = i.jump
		case opReturn:
			pc = m.stack[len(m.stack)-1].pc
			m.stack = m.stack[:len(m.stack)-1]
		case opJump:
			pc = i.jump
		case opOpenCap:
			m.event(event{node: i.node, pos: pos, kind: i.node.cap})
		case opCloseCap:
			m.event(event{pos: pos})
		case opFullCap:
			m.event(event{node: i.node, pos: pos, kind: i.node.cap, full: true})
		case opRunTime:
			pos, ok = m.runTime(i.node, pos)
		}
		if ok {
			continue
		}
		for {
			if len(m.stack) == 0 {
				m.tick(int64(budget))
				return -1
			}
			e := m.stack[len(m.stack)-1]
			m.stack = m.stack[:len(m.stack)-1]
			if e.pos >= 0 {
				pc, pos = e.pc, e.pos
				m.events = m.events[:e.caps]
				break
			}
		}
	}
}

func (m *machine) tick(n int64) {
	m.steps -= n
	if m.steps < 0 {
		m.t.Raise(&lua.Error{Value: lua.String("pattern matching takes too many steps"), Kind: lua.ErrSteps})
	}
	m.t.Step(n)
}

func (m *machine) push(e entry) {
	if len(m.stack) >= m.lib.maxStack {
		raise(m.t, "backtrack stack overflow (current limit is %d)", m.lib.maxStack)
	}
	m.stack = append(m.stack, e)
}

func (m *machine) event(e event) {
	if len(m.events) == cap(m.events) {
		if len(m.events) >= maxEvents {
			raise(m.t, "too many captures")
		}
		m.t.Charge(len(m.events) * 48)
	}
	m.events = append(m.events, e)
}

// maxEvents bounds the captures of a match.
const maxEvents = 50_000_000

// runTime calls the function of a match-time capture that ends here.
func (m *machine) runTime(n *node, pos int) (int, bool) {
	open, depth := len(m.events)-1, 0
	for ; ; open-- {
		e := &m.events[open]
		if e.node == nil {
			depth++
		} else if !e.full {
			if depth == 0 {
				break
			}
			depth--
		}
	}
	m.event(event{pos: pos})
	c := &captures{m: m, at: open}
	c.nested(false)
	args := append([]lua.Value{m.value, lua.Int(int64(pos + 1))}, c.out...)
	r := m.t.CallMulti(n.key, args...)
	m.events = m.events[:open]
	if len(r) == 0 || !r[0].Truthy() {
		return pos, false
	}
	if r[0].Kind() != lua.KindBool {
		to, ok := r[0].AsInt()
		if !ok || to-1 < int64(pos) || to-1 > int64(len(m.subject)) {
			raise(m.t, "invalid position returned by match-time capture")
		}
		pos = int(to - 1)
	}
	if len(r) > 1 {
		m.event(event{node: anonymous, pos: pos, kind: capGroup})
		for _, v := range r[1:] {
			m.event(event{node: anonymous, pos: pos, kind: capRunTime, val: v, full: true})
		}
		m.event(event{pos: pos})
	}
	return pos, true
}

// anonymous is the node of groups that hold the values of match-time captures.
var anonymous = &node{kind: kCapture, cap: capGroup}

// decode reads a code point of UTF-8, as long as it is valid.
func decode(s string) (code, size int, ok bool) {
	if s == "" {
		return 0, 0, false
	}
	c := s[0]
	if c < 0x80 {
		return int(c), 1, true
	}
	n := 0
	switch {
	case c >= 0xC2 && c < 0xE0:
		n, code = 2, int(c&0x1F)
	case c >= 0xE0 && c < 0xF0:
		n, code = 3, int(c&0x0F)
	case c >= 0xF0 && c < 0xF5:
		n, code = 4, int(c&0x07)
	default:
		return 0, 0, false
	}
	if len(s) < n {
		return 0, 0, false
	}
	for _, x := range []byte(s[1:n]) {
		if x&0xC0 != 0x80 {
			return 0, 0, false
		}
		code = code<<6 | int(x&0x3F)
	}
	least := [...]int{2: 0x80, 3: 0x800, 4: 0x10000}
	return code, n, code >= least[n] && code <= 0x10FFFF
}

func describe(v lua.Value) string { return fmt.Sprintf("a %s", v.Kind()) }
