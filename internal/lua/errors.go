package lua

import (
	"fmt"
	"strings"
)

// ErrorKind tells errors of scripts from exceeded limits.
type ErrorKind uint8

// The kinds of errors. Those from ErrMemory on are fatal: no pcall of a
// script catches them.
const (
	ErrRuntime      ErrorKind = iota // raised by a script, a library or the VM
	ErrSyntax                        // of a chunk
	ErrDepth                         // calls nested too deep
	ErrMemory                        // Limits.Memory exceeded
	ErrInstructions                  // Limits.Instructions exceeded
	ErrSteps                         // a pattern took too many steps
	ErrCanceled                      // the context ended
	ErrInternal                      // a Go function panicked
	errKilled                        // the coroutine is to end quietly
)

// Error is a Lua error as Go sees it.
type Error struct {
	Value     Value // what was raised; most often a string with a position
	Kind      ErrorKind
	Traceback string // set when the error left Lua for Go
}

// Error is the message, without the traceback.
func (e *Error) Error() string {
	switch v := e.Value; v.Kind() {
	case KindString:
		return v.str()
	case KindInt, KindFloat:
		return numberString(v)
	default:
		return fmt.Sprintf("(error object is a %s value)", v.Kind())
	}
}

// Fatal tells whether the error is one that scripts can't catch.
func (e *Error) Fatal() bool { return e.Kind >= ErrMemory }

// throw raises a value as an error, after the message handler has seen it.
func (t *Thread) throw(v Value) { t.throwKind(ErrRuntime, v) }

func (t *Thread) throwKind(kind ErrorKind, v Value) {
	e := &Error{Value: v, Kind: kind}
	switch h := t.handler; {
	case h.IsNil():
	case h == hostHandler():
		e.Traceback = t.traceback(e.Error(), 0)
	default:
		t.inHandler++
		if t.inHandler > 10 {
			t.inHandler = 0
			t.handler = Nil
			panic(&Error{Value: String("C stack overflow"), Kind: ErrDepth})
		}
		e.Value = t.call1(h, v)
		t.inHandler--
	}
	panic(e)
}

// hostHandler stands for the handler that only keeps a traceback.
func hostHandler() Value { return Bool(true) }

// raise raises a message with the position of the running Lua function in
// front, or that of the caller of the running Go function.
func (t *Thread) raise(msg string) { t.raiseKind(ErrRuntime, msg) }

func (t *Thread) raiseKind(kind ErrorKind, msg string) {
	level := 0
	if n := len(t.frames); n > 0 && t.frames[n-1].cl == nil {
		level = 1
	}
	t.throwKind(kind, String(t.Where(level)+msg))
}

func (t *Thread) raisef(format string, args ...any) { t.raise(fmt.Sprintf(format, args...)) }

// Errorf makes an error with the position of the caller in front, for a
// native to return.
func (t *Thread) Errorf(format string, args ...any) error {
	return &Error{Value: String(t.Where(1) + fmt.Sprintf(format, args...))}
}

// Where is "chunk:line: " of the function at a level (0 is the running one, 1
// its caller), or empty for Go functions.
func (t *Thread) Where(level int) string {
	i := len(t.frames) - 1 - level
	if i < 0 || t.frames[i].cl == nil {
		return ""
	}
	f := &t.frames[i]
	return fmt.Sprintf("%s:%d: ", chunkID(f.cl.p.chunk), f.line())
}

// typeName is a value's type for messages; metatables may name one.
func (s *State) typeName(v Value) string {
	if k := v.Kind(); k == KindTable || k == KindUserdata {
		if m := s.metatable(v); m != nil {
			if n := m.getStr(strName); n.isString() {
				return n.str()
			}
		}
	}
	return v.Kind().String()
}

// typeError raises "attempt to index a nil value (local 'x')".
func (t *Thread) typeError(v Value, what, name string) {
	t.raisef("attempt to %s a %s value%s", what, t.s.typeName(v), name)
}

// operandError raises the error of an arithmetic operation; the second
// operand is to blame if the first is fine.
func (t *Thread) operandError(ev metamethod, a, b Value) {
	switch {
	case ev == tmConcat:
		if a.isString() || a.isNumber() {
			a = b
		}
		t.typeError(a, "concatenate", t.nameOf(a))
	case (ev >= tmBand && ev <= tmShr || ev == tmBnot) && a.isNumber() && b.isNumber():
		if _, ok := a.AsInt(); ok {
			a = b
		}
		t.raisef("number%s has no integer representation", t.nameOf(a))
	case ev >= tmBand && ev <= tmShr || ev == tmBnot:
		if a.isNumber() {
			a = b
		}
		t.typeError(a, "perform bitwise operation on", t.nameOf(a))
	default:
		if a.isNumber() {
			a = b
		}
		t.typeError(a, "perform arithmetic on", t.nameOf(a))
	}
}

func (t *Thread) compareError(a, b Value) {
	n1, n2 := t.s.typeName(a), t.s.typeName(b)
	if n1 == n2 {
		t.raisef("attempt to compare two %s values", n1)
	}
	t.raisef("attempt to compare %s with %s", n1, n2)
}

// nameOf finds how the running instruction calls a value that lies in one of
// its operands: " (local 'x')" and so on.
func (t *Thread) nameOf(v Value) string {
	f := &t.frames[len(t.frames)-1]
	if f.cl == nil {
		return ""
	}
	i := f.cl.p.code[f.pc-1]
	for _, r := range operands(i) {
		if r < f.cl.p.stack && t.stack[f.base+r] == v {
			return describe(f.cl.p, f.pc-1, r)
		}
	}
	switch i.op() {
	case opGetGlobal, opSetGlobal:
		if *f.cl.up[i.b()].v == v {
			return fmt.Sprintf(" (upvalue '%s')", f.cl.p.upvals[i.b()].name)
		}
	}
	for j, u := range f.cl.up {
		if *u.v == v && usesUpvalue(f.cl.p, f.pc-1, j) {
			return fmt.Sprintf(" (upvalue '%s')", f.cl.p.upvals[j].name)
		}
	}
	if i.op() >= opAddK && i.op() <= opShrK && f.cl.p.consts[i.d()] == v && v.isString() {
		return fmt.Sprintf(" (constant '%s')", v.str())
	}
	return ""
}

func usesUpvalue(p *Proto, pc, up int) bool {
	i := p.code[pc]
	return i.op() == opGetUpval && int(i.b()) == up
}

// operands are the registers an instruction reads.
func operands(i instr) []int {
	a, b, c := int(i.a()), int(i.b()), int(i.c())
	switch op := i.op(); {
	case op == opGetField || op == opGetInt || op == opSelf || op >= opAddK && op <= opLen:
		return []int{b}
	case op == opGetIndex:
		return []int{b}
	case op == opSetField || op == opSetInt || op == opSetIndex:
		return []int{a}
	case op >= opAdd && op <= opShr:
		return []int{b, c}
	case op == opConcat:
		list := make([]int, 0, c)
		for r := b; r < b+c; r++ {
			list = append(list, r)
		}
		return list
	case op == opCall || op == opTail:
		return []int{a}
	case op == opForPrep:
		return []int{a, a + 1, a + 2}
	case op == opToClose:
		return []int{a}
	}
	return nil
}

// describe names what register r holds at an instruction, or is "".
func describe(p *Proto, pc, r int) string {
	if kind, name := registerName(p, pc, r); kind != "" {
		return fmt.Sprintf(" (%s '%s')", kind, name)
	}
	return ""
}

// localName is the variable that register r is at an instruction.
func (p *Proto) localName(r, pc int) string {
	for i := len(p.locals) - 1; i >= 0; i-- {
		if l := p.locals[i]; l.reg == r && l.start <= pc && pc < l.end {
			return l.name
		}
	}
	return ""
}

// registerName finds where the value of a register came from, by looking for
// the instruction that set it.
func registerName(p *Proto, pc, r int) (kind, name string) {
	if n := p.localName(r, pc); n != "" {
		return "local", n
	}
	set := setter(p, pc, r)
	if set < 0 {
		return "", ""
	}
	i := p.code[set]
	switch i.op() {
	case opMove:
		if i.b() < i.a() {
			return registerName(p, set, int(i.b()))
		}
	case opGetUpval:
		return "upvalue", p.upvals[i.b()].name
	case opLoadK:
		if k := p.consts[i.d()]; k.isString() {
			return "constant", k.str()
		}
	case opGetGlobal:
		k := p.consts[i.d()].str()
		if p.upvals[i.b()].name == "_ENV" {
			return "global", k
		}
		return "field", k
	case opGetField:
		k := p.consts[i.d()].str()
		if p.localName(int(i.b()), set) == "_ENV" {
			return "global", k
		}
		return "field", k
	case opGetInt:
		return "field", "?"
	case opGetIndex:
		if kind, n := registerName(p, set, int(i.c())); kind == "constant" {
			return "field", n
		}
		return "field", "?"
	case opSelf:
		return "method", p.consts[i.d()].str()
	}
	return "", ""
}

// setter is the last instruction before pc that sets register r for sure,
// or -1.
func setter(p *Proto, pc, r int) int {
	found, jump := -1, 0
	for j := range pc {
		i := p.code[j]
		a, change := int(i.a()), false
		switch op := i.op(); op {
		case opLoadNil:
			change = a <= r && r <= a+int(i.b())
		case opForCall:
			change = r >= a+4
		case opCall, opTail:
			change = r >= a
		case opSelf:
			change = r == a || r == a+1
		case opJump, opJumpT, opJumpF, opEq, opLt, opLe, opEqK, opLtInt, opLeInt, opGtInt, opGeInt, opForPrep, opForIn:
			if to := j + 1 + i.d(); to <= pc && to > jump && i.d() > 0 {
				jump = to
			}
		default:
			change = r == a && setsA(op)
		}
		if change {
			found = j
			if j < jump {
				found = -1 // it may have been jumped over
			}
		}
	}
	return found
}

func setsA(op opcode) bool {
	switch op {
	case opSetUpval, opSetGlobal, opSetField, opSetInt, opSetIndex, opSetList, opReturn, opReturn0, opReturn1,
		opForLoop, opForNext, opVarPrep, opClose, opToClose:
		return false
	}
	return true
}

// line is the line of the instruction a frame is at.
func (f *frame) line() int {
	if f.pc == 0 {
		return int(f.cl.p.lines[0])
	}
	return int(f.cl.p.lines[f.pc-1])
}

// traceback describes the calls from a level on, as debug.traceback does.
func (t *Thread) traceback(msg string, level int) string {
	var b strings.Builder
	if msg != "" {
		b.WriteString(msg + "\n")
	}
	b.WriteString("stack traceback:")
	n := len(t.frames) - level
	for i := 0; i < n; i++ {
		if n > 22 && i == 10 {
			fmt.Fprintf(&b, "\n\t...\t(skipping %d levels)", n-21)
			i = n - 11
			continue
		}
		f := &t.frames[n-1-i]
		b.WriteString("\n\t")
		if f.cl != nil {
			fmt.Fprintf(&b, "%s:%d: in ", chunkID(f.cl.p.chunk), f.line())
		} else {
			b.WriteString("[C]: in ")
		}
		b.WriteString(t.functionName(n - 1 - i))
		if f.tail {
			b.WriteString("\n\t(...tail calls...)")
		}
	}
	return b.String()
}

// functionName names the function of frame i for tracebacks.
func (t *Thread) functionName(i int) string {
	f := &t.frames[i]
	if name := t.globalName(t.stack[f.base-1]); name != "" {
		return "function '" + name + "'"
	}
	if kind, name := t.callName(i); kind != "" {
		return kind + " '" + name + "'"
	}
	switch {
	case f.cl == nil:
		return "?"
	case f.cl.p.line == 0:
		return "main chunk"
	}
	return fmt.Sprintf("function <%s:%d>", chunkID(f.cl.p.chunk), f.cl.p.line)
}

// globalName finds a function among the loaded modules.
func (t *Thread) globalName(fn Value) string {
	for i, n := 0, len(t.s.loaded.entries); i < n; i++ {
		e := t.s.loaded.entries[i]
		m := e.val.AsTable()
		if m == nil || !e.key.isString() {
			continue
		}
		for _, f := range m.entries {
			if f.val == fn && f.key.isString() {
				if e.key.str() == "_G" {
					return f.key.str()
				}
				return e.key.str() + "." + f.key.str()
			}
		}
	}
	return ""
}

// callName is how the caller of frame i calls it: "local", "method" and so
// on with a name, or nothing.
func (t *Thread) callName(i int) (kind, name string) {
	if i == 0 || t.frames[i].tail || t.frames[i].fresh && t.frames[i].cl != nil && t.frames[i-1].cl == nil {
		return "", ""
	}
	c := &t.frames[i-1]
	if c.cl == nil {
		return "", ""
	}
	in := c.cl.p.code[max(c.pc-1, 0)]
	switch op := in.op(); {
	case op == opCall || op == opTail:
		return registerName(c.cl.p, c.pc-1, int(in.a()))
	case op == opForCall:
		return "for iterator", "for iterator"
	case op == opGetGlobal || op == opGetField || op == opGetInt || op == opGetIndex || op == opSelf:
		return "metamethod", "index"
	case op == opSetGlobal || op == opSetField || op == opSetInt || op == opSetIndex:
		return "metamethod", "newindex"
	case op >= opAdd && op <= opShr:
		return "metamethod", tmNames[tmAdd+metamethod(op-opAdd)].str()[2:]
	case op >= opAddK && op <= opShrK:
		return "metamethod", tmNames[tmAdd+metamethod(op-opAddK)].str()[2:]
	case op == opAddInt:
		return "metamethod", "add"
	case op == opUnm:
		return "metamethod", "unm"
	case op == opBnot:
		return "metamethod", "bnot"
	case op == opLen:
		return "metamethod", "len"
	case op == opConcat:
		return "metamethod", "concat"
	case op == opEq || op == opEqK:
		return "metamethod", "eq"
	case op == opLt || op == opLtInt || op == opGtInt:
		return "metamethod", "lt"
	case op == opLe || op == opLeInt || op == opGeInt:
		return "metamethod", "le"
	case op == opClose || op == opReturn || op == opReturn0 || op == opReturn1 || op == opJump:
		return "metamethod", "close"
	}
	return "", ""
}

// Raise raises an error as if the running native had returned it. It does
// not return.
func (t *Thread) Raise(err error) { t.throwGo(err) }
