package lua

import (
	"math"
	"strings"
)

// openDebug makes the parts of the debug library that look at things. There
// are no hooks and no access to the registry.
func openDebug(s *State) *Table {
	tab := s.newTable(0, 16)
	setFuncs(tab, "debug.", map[string]Function{
		"getinfo": debugGetInfo, "traceback": debugTraceback, "getlocal": debugGetLocal, "getmetatable": debugGetMetatable,
		"setmetatable": debugSetMetatable, "getupvalue": debugGetUpvalue, "setupvalue": debugSetUpvalue,
		"upvalueid": debugUpvalueID, "upvaluejoin": debugUpvalueJoin, "getuservalue": debugGetUserValue, "setuservalue": debugSetUserValue,
	})
	return tab
}

// threadArg is the thread a function of the debug library is about, and how
// many arguments that took.
func (t *Thread) threadArg() (*Thread, int) {
	if co := t.Arg(1).AsThread(); co != nil {
		return co, 1
	}
	return t, 0
}

func debugTraceback(t *Thread) (int, error) {
	co, n := t.threadArg()
	msg := t.Arg(n + 1)
	if !msg.IsNil() && !msg.isString() && !msg.isNumber() {
		return t.Return(msg)
	}
	level := int64(0)
	if co == t {
		level = 1
	}
	level = min(max(t.OptInt(n+2, level), 0), int64(len(co.frames)))
	text := t.OptString(n+1, "")
	if msg.isString() && text == "" {
		return t.Return(t.String("\n" + co.traceback("", int(level))))
	}
	return t.Return(t.String(co.traceback(text, int(level))))
}

func debugGetInfo(t *Thread) (int, error) {
	co, n := t.threadArg()
	what := t.OptString(n+2, "flnSrut")
	t.check(!strings.HasPrefix(what, ">"), n+2, "invalid option '>'")
	for _, c := range []byte(what) {
		t.check(strings.IndexByte("flnSrutL", c) >= 0, n+2, "invalid option")
	}
	fn, frame := t.Arg(n+1), -1
	if !fn.isFunction() {
		level := t.CheckInt(n + 1)
		frame = len(co.frames) - 1 - int(min(max(level, -1), math.MaxInt32))
		if level < 0 {
			t.ArgError(n+1, "level out of range")
		}
		if frame < 0 {
			return t.Return(Nil)
		}
		fn = co.stack[co.frames[frame].base-1]
	}
	tab := t.s.newTable(0, 12)
	for _, c := range []byte(what) {
		co.describe(tab, c, fn, frame)
	}
	return t.Return(TableValue(tab))
}

// describe adds the fields of one option of getinfo.
func (t *Thread) describe(tab *Table, what byte, fn Value, frame int) {
	c := fn.closure()
	set := func(k string, v Value) { tab.SetString(k, v) }
	switch what {
	case 'S':
		if c == nil {
			set("source", String("=[C]"))
			set("short_src", String("[C]"))
			set("linedefined", Int(-1))
			set("lastlinedefined", Int(-1))
			set("what", String("C"))
			return
		}
		set("source", String(c.p.chunk))
		set("short_src", String(chunkID(c.p.chunk)))
		set("linedefined", Int(int64(c.p.line)))
		set("lastlinedefined", Int(int64(c.p.lastLine)))
		kind := "Lua"
		if c.p.line == 0 {
			kind = "main"
			set("lastlinedefined", Int(-1))
		}
		set("what", String(kind))
	case 'l':
		line := int64(-1)
		if frame >= 0 && c != nil {
			line = int64(t.frames[frame].line())
		}
		set("currentline", Int(line))
	case 'u':
		nups, params, vararg := 0, 0, true
		if c != nil {
			nups, params, vararg = len(c.up), c.p.params, c.p.vararg
		} else if g := fn.goFunction(); g != nil {
			nups = len(g.up)
		}
		set("nups", Int(int64(nups)))
		set("nparams", Int(int64(params)))
		set("isvararg", Bool(vararg))
	case 'n':
		kind, name := "", ""
		if frame > 0 {
			kind, name = t.callName(frame)
		}
		if kind != "" {
			set("name", String(name))
		}
		set("namewhat", String(kind))
	case 't':
		set("istailcall", Bool(frame >= 0 && t.frames[frame].tail))
	case 'r':
		set("ftransfer", Int(0))
		set("ntransfer", Int(0))
	case 'f':
		set("func", fn)
	case 'L':
		if c != nil {
			lines := t.s.newTable(0, 0)
			for _, l := range c.p.lines {
				lines.Set(Int(int64(l)), Bool(true))
			}
			set("activelines", TableValue(lines))
		}
	}
}

func debugGetLocal(t *Thread) (int, error) {
	co, n := t.threadArg()
	i := int(t.CheckInt(n + 2))
	if c := t.Arg(n + 1).closure(); c != nil {
		if i >= 1 && i <= c.p.params {
			return t.Return(String(c.p.locals[i-1].name))
		}
		return t.Return(Nil)
	}
	level := t.CheckInt(n + 1)
	frame := len(co.frames) - 1 - int(min(max(level, -1), math.MaxInt32))
	t.check(level >= 0 && frame >= 0, n+1, "level out of range")
	f := &co.frames[frame]
	if f.cl == nil {
		return t.Return(Nil)
	}
	if i < 0 && -i <= f.extra {
		t.Push(String("(vararg)"))
		t.Push(co.stack[f.base-2-f.extra-i])
		return 2, nil
	}
	for _, l := range f.cl.p.locals {
		if l.start <= f.pc && f.pc < l.end {
			if i--; i == 0 {
				t.Push(String(l.name))
				t.Push(co.stack[f.base+l.reg])
				return 2, nil
			}
		}
	}
	return t.Return(Nil)
}

func debugGetMetatable(t *Thread) (int, error) {
	return t.Return(TableValue(t.s.metatable(t.CheckAny(1))))
}

func debugSetMetatable(t *Thread) (int, error) {
	v := t.Arg(1)
	if m := t.Arg(2); !m.IsNil() && m.AsTable() == nil {
		t.TypeError(2, "nil or table")
	}
	m := t.Arg(2).AsTable()
	switch k := v.Kind(); k {
	case KindTable:
		v.AsTable().meta = m
	case KindUserdata:
		v.AsUserdata().meta = m
	case KindInt, KindFloat:
		t.s.typeMeta[KindInt], t.s.typeMeta[KindFloat] = m, m
	case KindNil, KindBool, KindString, KindFunction, KindThread:
		t.s.typeMeta[k] = m
	}
	if m != nil {
		t.s.setFinalizer(v)
	}
	return t.Return(v)
}

func (t *Thread) upvalueArg(fi, ii int) (c *closure, i int) {
	i = int(t.CheckInt(ii))
	c = t.CheckFunction(fi).closure()
	if c == nil || i < 1 || i > len(c.up) {
		return nil, 0
	}
	return c, i - 1
}

func debugGetUpvalue(t *Thread) (int, error) {
	c, i := t.upvalueArg(1, 2)
	if c == nil {
		return 0, nil
	}
	t.Push(String(c.p.upvals[i].name))
	t.Push(*c.up[i].v)
	return 2, nil
}

func debugSetUpvalue(t *Thread) (int, error) {
	c, i := t.upvalueArg(1, 2)
	t.CheckAny(3)
	if c == nil {
		return 0, nil
	}
	*c.up[i].v = t.Arg(3)
	return t.Return(String(c.p.upvals[i].name))
}

// debugUpvalueID gives a userdata that belongs to the upvalue, the same each time.
func debugUpvalueID(t *Thread) (int, error) {
	c, i := t.upvalueArg(1, 2)
	if c == nil {
		return t.Return(Nil)
	}
	if c.up[i].id == nil {
		c.up[i].id = NewUserdata(nil, nil)
	}
	return t.Return(UserdataValue(c.up[i].id))
}

func debugUpvalueJoin(t *Thread) (int, error) {
	a, i := t.upvalueArg(1, 2)
	b, j := t.upvalueArg(3, 4)
	t.check(a != nil, 2, "invalid upvalue index")
	t.check(b != nil, 4, "invalid upvalue index")
	a.up[i] = b.up[j]
	return 0, nil
}

func debugGetUserValue(t *Thread) (int, error) {
	n := t.OptInt(2, 1)
	u := t.Arg(1).AsUserdata()
	if u == nil || n < 1 || n > int64(len(u.user)) {
		return t.Return(Nil)
	}
	t.Push(u.user[n-1])
	t.Push(Bool(true))
	return 2, nil
}

func debugSetUserValue(t *Thread) (int, error) {
	n := t.OptInt(3, 1)
	u := t.Arg(1).AsUserdata()
	if u == nil {
		t.TypeError(1, "userdata")
	}
	if n < 1 || n > int64(len(u.user)) {
		return t.Return(Nil)
	}
	u.user[n-1] = t.Arg(2)
	return t.Return(t.Arg(1))
}
