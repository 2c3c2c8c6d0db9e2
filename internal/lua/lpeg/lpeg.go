// Package lpeg is the pattern library LPeg 1.1 for the Lua machine of this project, because scripts describe grammars with it.
package lpeg

import (
	"sonde/internal/lua"
)

// Limits bound what a match may use. Zero means the default.
type Limits struct {
	Steps int64 // instructions of the pattern machine in one match; exceeding them is a fatal error. Default: 1,000,000,000
	Stack int   // the most that lpeg.setmaxstack may set. Default: 1,000,000
}

type library struct {
	limits   Limits
	maxStack int
	meta     *lua.Table
}

// A pattern is what userdata of this library holds.
type pattern struct {
	node *node
	prog *program
}

// Trace shows the garbage collector the values in a pattern.
func (p *pattern) Trace(visit func(lua.Value)) { p.node.trace(visit) }

// Open makes the library in a State and returns its table. The host decides
// under which name scripts find it; usually it goes into package.loaded as "lpeg".
func Open(s *lua.State, limits Limits) *lua.Table {
	if limits.Steps <= 0 {
		limits.Steps = 1_000_000_000
	}
	if limits.Stack <= 0 {
		limits.Stack = 1_000_000
	}
	l := &library{limits: limits, maxStack: 400, meta: s.NewTable(0, 16)}
	tab := s.NewTable(0, 32)
	for _, f := range []struct {
		name string
		fn   func(*library, *lua.Thread) (int, error)
	}{
		{"P", (*library).p}, {"S", (*library).s}, {"R", (*library).r}, {"V", (*library).v}, {"B", (*library).b},
		{"utfR", (*library).utfR}, {"C", capFunc(capSimple)}, {"Ct", capFunc(capTable)}, {"Cs", capFunc(capSubst)},
		{"Cc", (*library).cc}, {"Cp", (*library).cp}, {"Cb", (*library).cb}, {"Carg", (*library).carg}, {"Cg", (*library).cg},
		{"Cf", (*library).cf}, {"Cmt", (*library).cmt}, {"match", (*library).match}, {"type", (*library).typ},
		{"locale", (*library).locale}, {"setmaxstack", (*library).setMaxStack},
	} {
		tab.SetString(f.name, lua.GoFunction("lpeg."+f.name, func(t *lua.Thread) (int, error) { return f.fn(l, t) }))
	}
	tab.SetString("version", lua.String("LPeg 1.1.0"))
	for _, f := range []struct {
		name string
		fn   func(*library, *lua.Thread) (int, error)
	}{
		{"__mul", (*library).mul}, {"__add", (*library).add}, {"__sub", (*library).sub}, {"__div", (*library).div},
		{"__mod", (*library).mod}, {"__pow", (*library).pow}, {"__len", (*library).and}, {"__unm", (*library).unm},
	} {
		l.meta.SetString(f.name, lua.GoFunction(f.name, func(t *lua.Thread) (int, error) { return f.fn(l, t) }))
	}
	l.meta.SetString("__index", lua.TableValue(tab))
	l.meta.SetString("__name", lua.String("lpeg-pattern"))
	s.Registry().SetString("lpeg-pattern", lua.TableValue(l.meta))
	return tab
}

func isPattern(v lua.Value) bool { return patternOf(v) != nil }

func patternOf(v lua.Value) *pattern {
	if u := v.AsUserdata(); u != nil {
		p, _ := u.Data.(*pattern)
		return p
	}
	return nil
}

// isPatternLike tells whether toNode accepts a value.
func isPatternLike(v lua.Value) bool {
	switch v.Kind() {
	case lua.KindString, lua.KindInt, lua.KindFloat, lua.KindBool, lua.KindTable, lua.KindFunction:
		return true
	}
	return isPattern(v)
}

// toNode converts what lpeg.P accepts. The message is for other values.
func toNode(t *lua.Thread, v lua.Value, msg string) *node {
	switch v.Kind() {
	case lua.KindString:
		s, _ := v.AsString()
		if s == "" {
			return newNode(t, node{kind: kTrue})
		}
		return newNode(t, node{kind: kString, text: s})
	case lua.KindInt, lua.KindFloat:
		n, ok := v.AsInt()
		if !ok {
			raise(t, "number has no integer representation")
		}
		return count(t, n)
	case lua.KindBool:
		if v.Truthy() {
			return newNode(t, node{kind: kTrue})
		}
		return newNode(t, node{kind: kFalse})
	case lua.KindTable:
		return grammar(t, v)
	case lua.KindFunction:
		return newNode(t, node{kind: kRunTime, cap: capRunTime, key: v, a: newNode(t, node{kind: kTrue})})
	}
	if p := patternOf(v); p != nil {
		return p.node
	}
	raise(t, "%s", msg)
	return nil
}

// count is n bytes, or for a negative n no more than -n-1.
func count(t *lua.Thread, n int64) *node {
	neg := n < 0
	if neg {
		n = -n
	}
	if n > maxSize || n < 0 {
		raise(t, "pattern too big")
	}
	r := newNode(t, node{kind: kTrue})
	for range n {
		r = seq(t, newNode(t, node{kind: kAny}), r)
	}
	if neg {
		return newNode(t, node{kind: kNot, a: r})
	}
	return r
}

// arg is argument i as a pattern.
func arg(t *lua.Thread, i int) *node {
	v := t.Arg(i)
	if !isPatternLike(v) {
		t.TypeError(i, "pattern")
	}
	return toNode(t, v, "")
}

func (l *library) result(t *lua.Thread, n *node) (int, error) {
	return t.Return(lua.UserdataValue(lua.NewUserdata(&pattern{node: n}, l.meta)))
}

func (l *library) p(t *lua.Thread) (int, error) {
	t.CheckAny(1)
	return l.result(t, arg(t, 1))
}

func (l *library) s(t *lua.Thread) (int, error) {
	var s set
	for _, c := range []byte(t.CheckString(1)) {
		s.add(c)
	}
	return l.result(t, newNode(t, node{kind: kSet, set: &s}))
}

func (l *library) r(t *lua.Thread) (int, error) {
	var s set
	for i := 1; i <= t.NArg(); i++ {
		r := t.CheckString(i)
		if len(r) != 2 {
			t.ArgError(i, "range must have two characters")
		}
		for c := int(r[0]); c <= int(r[1]); c++ {
			s.add(byte(c))
		}
	}
	return l.result(t, newNode(t, node{kind: kSet, set: &s}))
}

func (l *library) utfR(t *lua.Thread) (int, error) {
	lo, hi := t.CheckInt(1), t.CheckInt(2)
	if lo > hi {
		t.ArgError(1, "empty range")
	}
	if lo < 0 || hi > 0x10FFFF {
		t.ArgError(2, "invalid code point")
	}
	return l.result(t, newNode(t, node{kind: kRange, lo: int(lo), hi: int(hi)}))
}

func (l *library) v(t *lua.Thread) (int, error) {
	if t.Arg(1).IsNil() {
		t.ArgError(1, "non-nil value expected")
	}
	return l.result(t, newNode(t, node{kind: kOpen, key: t.Arg(1)}))
}

func (l *library) b(t *lua.Thread) (int, error) {
	n := arg(t, 1)
	size := n.length(0)
	switch {
	case size < 0:
		t.ArgError(1, "pattern may not have fixed length")
	case n.caps:
		t.ArgError(1, "pattern have captures")
	case size > 255:
		t.ArgError(1, "pattern too long to look behind")
	}
	return l.result(t, newNode(t, node{kind: kBehind, a: n, lo: size}))
}

func (l *library) mul(t *lua.Thread) (int, error) { return l.result(t, seq(t, arg(t, 1), arg(t, 2))) }
func (l *library) add(t *lua.Thread) (int, error) {
	return l.result(t, choice(t, arg(t, 1), arg(t, 2)))
}

func (l *library) sub(t *lua.Thread) (int, error) {
	a, b := arg(t, 1), arg(t, 2)
	if sa, ok := a.asSet(); ok {
		if sb, ok := b.asSet(); ok {
			for i := range sa {
				sa[i] &^= sb[i]
			}
			return l.result(t, newNode(t, node{kind: kSet, set: &sa}))
		}
	}
	return l.result(t, seq(t, newNode(t, node{kind: kNot, a: b}), a))
}

func (l *library) unm(t *lua.Thread) (int, error) {
	return l.result(t, newNode(t, node{kind: kNot, a: arg(t, 1)}))
}

func (l *library) and(t *lua.Thread) (int, error) {
	return l.result(t, newNode(t, node{kind: kAnd, a: arg(t, 1)}))
}

// pow is p^n: at least n, or for a negative n at most -n.
func (l *library) pow(t *lua.Thread) (int, error) {
	p, n := arg(t, 1), t.CheckInt(2)
	if n > maxSize || n < -maxSize {
		raise(t, "pattern too big")
	}
	r := newNode(t, node{kind: kTrue})
	if n < 0 {
		for range -n {
			r = newNode(t, node{kind: kChoice, a: seq(t, p, r), b: newNode(t, node{kind: kTrue})})
		}
		return l.result(t, r)
	}
	if p.nullable() && !p.open {
		raise(t, "loop body may accept empty string")
	}
	r = newNode(t, node{kind: kRep, a: p})
	for range n {
		r = seq(t, p, r)
	}
	return l.result(t, r)
}

func (l *library) div(t *lua.Thread) (int, error) {
	n := node{kind: kCapture, a: arg(t, 1), key: t.Arg(2)}
	switch v := t.Arg(2); v.Kind() {
	case lua.KindString:
		n.cap = capString
	case lua.KindTable:
		n.cap = capQuery
	case lua.KindFunction:
		n.cap = capFunction
	case lua.KindInt, lua.KindFloat:
		i, ok := v.AsInt()
		if !ok || i < 0 || i > 65535 {
			t.ArgError(2, "invalid number")
		}
		n.cap, n.n = capNumber, int(i)
	default:
		t.ArgError(2, "unexpected "+v.Kind().String()+" as 2nd operand to LPeg '/'")
	}
	return l.result(t, newNode(t, n))
}

func (l *library) mod(t *lua.Thread) (int, error) {
	return l.result(t, newNode(t, node{kind: kCapture, cap: capAccum, a: arg(t, 1), key: t.CheckFunction(2)}))
}

func capFunc(k capKind) func(*library, *lua.Thread) (int, error) {
	return func(l *library, t *lua.Thread) (int, error) {
		return l.result(t, newNode(t, node{kind: kCapture, cap: k, a: arg(t, 1)}))
	}
}

// empty makes a capture that matches nothing.
func empty(t *lua.Thread, k capKind, key lua.Value, i int) *node {
	return newNode(t, node{kind: kCapture, cap: k, key: key, n: i, a: newNode(t, node{kind: kTrue})})
}

func (l *library) cc(t *lua.Thread) (int, error) {
	n := newNode(t, node{kind: kTrue})
	if t.NArg() == 1 {
		return l.result(t, empty(t, capConst, t.Arg(1), 0))
	}
	for i := t.NArg(); i >= 1; i-- {
		n = seq(t, empty(t, capConst, t.Arg(i), 0), n)
	}
	if t.NArg() > 1 {
		n = newNode(t, node{kind: kCapture, cap: capGroup, a: n})
	}
	return l.result(t, n)
}

func (l *library) cp(t *lua.Thread) (int, error) {
	return l.result(t, empty(t, capPosition, lua.Nil, 0))
}

func (l *library) cb(t *lua.Thread) (int, error) {
	if t.Arg(1).IsNil() {
		t.ArgError(1, "non-nil value expected")
	}
	return l.result(t, empty(t, capBackref, t.Arg(1), 0))
}

func (l *library) carg(t *lua.Thread) (int, error) {
	i := t.CheckInt(1)
	if i <= 0 || i > 65535 {
		t.ArgError(1, "invalid argument index")
	}
	return l.result(t, empty(t, capArg, lua.Nil, int(i)))
}

func (l *library) cg(t *lua.Thread) (int, error) {
	return l.result(t, newNode(t, node{kind: kCapture, cap: capGroup, a: arg(t, 1), key: t.Arg(2)}))
}

func (l *library) cf(t *lua.Thread) (int, error) {
	return l.result(t, newNode(t, node{kind: kCapture, cap: capFold, a: arg(t, 1), key: t.CheckFunction(2)}))
}

func (l *library) cmt(t *lua.Thread) (int, error) {
	return l.result(t, newNode(t, node{kind: kRunTime, cap: capRunTime, a: arg(t, 1), key: t.CheckFunction(2)}))
}

func (l *library) typ(t *lua.Thread) (int, error) {
	if isPattern(t.CheckAny(1)) {
		return t.Return(lua.String("pattern"))
	}
	return t.Return(lua.Nil)
}

func (l *library) setMaxStack(t *lua.Thread) (int, error) {
	n := t.CheckInt(1)
	if n < 1 || n > int64(l.limits.Stack) {
		t.ArgError(1, "out of range")
	}
	l.maxStack = int(n)
	return 0, nil
}

// locale adds the classes of the C locale to a table.
func (l *library) locale(t *lua.Thread) (int, error) {
	v := t.Arg(1)
	if v.IsNil() {
		v = lua.TableValue(t.State().NewTable(0, 12))
	} else {
		t.CheckTable(1)
	}
	for _, class := range []struct {
		name string
		in   func(c byte) bool
	}{
		{"alnum", func(c byte) bool { return letter(c) || digit(c) }}, {"alpha", letter},
		{"cntrl", func(c byte) bool { return c < 32 || c == 127 }}, {"digit", digit},
		{"graph", func(c byte) bool { return c > 32 && c < 127 }}, {"lower", func(c byte) bool { return c >= 'a' && c <= 'z' }},
		{"print", func(c byte) bool { return c >= 32 && c < 127 }},
		{"punct", func(c byte) bool { return c > 32 && c < 127 && !letter(c) && !digit(c) }},
		{"space", func(c byte) bool { return c == ' ' || c >= 9 && c <= 13 }}, {"upper", func(c byte) bool { return c >= 'A' && c <= 'Z' }},
		{"xdigit", func(c byte) bool { return digit(c) || c|0x20 >= 'a' && c|0x20 <= 'f' }},
	} {
		var s set
		for c := range 256 {
			if class.in(byte(c)) {
				s.add(byte(c))
			}
		}
		n := newNode(t, node{kind: kSet, set: &s})
		v.AsTable().SetString(class.name, lua.UserdataValue(lua.NewUserdata(&pattern{node: n}, l.meta)))
	}
	return t.Return(v)
}

func letter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }
func digit(c byte) bool  { return c >= '0' && c <= '9' }

func (l *library) match(t *lua.Thread) (int, error) {
	p := patternOf(t.Arg(1))
	if p == nil {
		p = &pattern{node: arg(t, 1)}
	}
	s := t.CheckString(2)
	if p.prog == nil {
		p.prog = compile(t, p.node)
	}
	init := t.OptInt(3, 1)
	switch {
	case init > 0:
		init = min(init-1, int64(len(s)))
	case init < 0:
		init = max(int64(len(s))+init, 0)
	}
	m := &machine{t: t, lib: l, subject: s, value: t.Arg(2), steps: l.limits.Steps}
	for i := 4; i <= t.NArg(); i++ {
		m.args = append(m.args, t.Arg(i))
	}
	end := m.run(p.prog, int(init))
	if end < 0 {
		return t.Return(lua.Nil)
	}
	vals := (&captures{m: m}).all()
	if len(vals) == 0 {
		return t.Return(lua.Int(int64(end + 1)))
	}
	for _, v := range vals {
		t.Push(v)
	}
	return len(vals), nil
}
