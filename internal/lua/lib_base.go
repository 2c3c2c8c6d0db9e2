package lua

import (
	"io"
	"strings"
)

// A Lib is one of the standard libraries.
type Lib uint16

// The libraries. What a library can do also depends on the Host.
const (
	LibBase Lib = 1 << iota
	LibString
	LibTable
	LibMath
	LibUTF8
	LibCoroutine
	LibOS
	LibIO
	LibDebug
	LibPackage
	LibSafe = LibBase | LibString | LibTable | LibMath | LibUTF8 | LibCoroutine // no contact with the world but print
	LibAll  = LibSafe | LibOS | LibIO | LibDebug | LibPackage
)

// OpenLibs makes libraries available as globals and in package.loaded.
func (s *State) OpenLibs(libs Lib) {
	for _, l := range []struct {
		lib  Lib
		name string
		open func(*State) *Table
	}{
		{LibBase, "_G", openBase}, {LibPackage, "package", openPackage}, {LibCoroutine, "coroutine", openCoroutine},
		{LibTable, "table", openTable}, {LibIO, "io", openIO}, {LibOS, "os", openOS}, {LibString, "string", openString},
		{LibMath, "math", openMath}, {LibUTF8, "utf8", openUTF8}, {LibDebug, "debug", openDebug},
	} {
		if libs&l.lib == 0 {
			continue
		}
		tab := l.open(s)
		s.globals.SetString(l.name, TableValue(tab))
		s.loaded.SetString(l.name, TableValue(tab))
	}
}

func openBase(s *State) *Table {
	setFuncs(s.globals, "", map[string]Function{
		"assert": baseAssert, "collectgarbage": baseCollect, "error": baseError, "getmetatable": baseGetMetatable,
		"ipairs": baseIpairs, "load": baseLoad, "next": baseNext, "pairs": basePairs, "pcall": basePcall,
		"print": basePrint, "rawequal": baseRawEqual, "rawget": baseRawGet, "rawlen": baseRawLen, "rawset": baseRawSet,
		"select": baseSelect, "setmetatable": baseSetMetatable, "tonumber": baseToNumber, "tostring": baseToString,
		"type": baseType, "warn": baseWarn, "xpcall": baseXpcall,
	})
	if s.host.Files != nil {
		setFuncs(s.globals, "", map[string]Function{"dofile": baseDofile, "loadfile": baseLoadfile})
	}
	s.globals.SetString("_VERSION", String("Lua 5.4"))
	s.nextFn = s.globals.GetString("next").goFunction()
	return s.globals
}

func baseAssert(t *Thread) (int, error) {
	if t.CheckAny(1).Truthy() {
		return t.nargs, nil
	}
	if t.nargs < 2 {
		t.raiseBare("assertion failed!")
	}
	t.throw(t.Arg(2))
	return 0, nil
}

// raiseBare raises a message without a position.
func (t *Thread) raiseBare(msg string) { t.throw(String(msg)) }

func baseError(t *Thread) (int, error) {
	v, level := t.Arg(1), t.OptInt(2, 1)
	if v.isString() && level > 0 {
		v = t.String(t.Where(int(min(level, 1<<30))) + v.str())
	}
	t.throw(v)
	return 0, nil
}

func baseCollect(t *Thread) (int, error) {
	s := t.s
	names := []string{"collect", "stop", "restart", "count", "step", "setpause", "setstepmul", "isrunning", "generational", "incremental"}
	if s.inGC {
		return t.Return(Bool(false))
	}
	switch names[t.option(1, "collect", names...)] {
	case "collect", "step":
		s.collect()
		s.finalize()
		if t.OptString(1, "") == "step" {
			return t.Return(Bool(true))
		}
		return t.Return(Int(0))
	case "count":
		return t.Return(Float(float64(s.Memory()) / 1024))
	case "stop":
		s.noGC = true
	case "restart":
		s.noGC = false
	case "setpause", "setstepmul":
		return t.Return(Int(100))
	case "isrunning":
		return t.Return(Bool(!s.noGC))
	case "generational", "incremental":
		return t.Return(String("incremental"))
	}
	return t.Return(Int(0))
}

func baseGetMetatable(t *Thread) (int, error) {
	m := t.s.metatable(t.CheckAny(1))
	if m == nil {
		return t.Return(Nil)
	}
	if p := m.getStr(strMetatable); !p.IsNil() {
		return t.Return(p)
	}
	return t.Return(TableValue(m))
}

func baseSetMetatable(t *Thread) (int, error) {
	tab := t.CheckTable(1)
	v := t.Arg(2)
	if t.nargs < 2 || !v.IsNil() && v.AsTable() == nil {
		t.TypeError(2, "nil or table")
	}
	if tab.meta != nil && !tab.meta.getStr(strMetatable).IsNil() {
		t.raise("cannot change a protected metatable")
	}
	tab.meta = v.AsTable()
	if tab.meta != nil {
		t.s.setFinalizer(t.Arg(1))
	}
	return t.Return(t.Arg(1))
}

func baseIpairs(t *Thread) (int, error) {
	v := t.CheckAny(1)
	t.Push(t.s.native("ipairs.next", ipairsNext))
	t.Push(v)
	t.Push(Int(0))
	return 3, nil
}

// native makes a Go function once per State.
func (s *State) native(name string, fn Function) Value {
	k := String(name)
	v := s.registry.getStr(k)
	if v.IsNil() {
		v = GoFunction(name, fn)
		s.registry.Set(k, v)
	}
	return v
}

func ipairsNext(t *Thread) (int, error) {
	i := t.CheckInt(2) + 1
	v := t.Arg(1)
	var x Value
	if tab := v.AsTable(); tab != nil {
		x = tab.getInt(i)
		if x.IsNil() && tab.meta != nil {
			x = t.index(v, Int(i))
		}
	} else {
		x = t.index(v, Int(i))
	}
	if x.IsNil() {
		return t.Return(Nil)
	}
	t.Push(Int(i))
	t.Push(x)
	return 2, nil
}

func baseNext(t *Thread) (int, error) {
	k, v, ok := t.CheckTable(1).Next(t.Arg(2))
	if !ok {
		t.raise("invalid key to 'next'")
	}
	if k.IsNil() {
		return t.Return(Nil)
	}
	t.Push(k)
	t.Push(v)
	return 2, nil
}

func basePairs(t *Thread) (int, error) {
	v := t.CheckAny(1)
	if m := t.s.metatable(v); m != nil {
		if tm := m.getStr(strPairs); !tm.IsNil() {
			r := t.CallMulti(tm, v)
			for i := range 3 {
				if i < len(r) {
					t.Push(r[i])
				} else {
					t.Push(Nil)
				}
			}
			return 3, nil
		}
	}
	t.Push(Value{p: ptrOf(t.s.nextFn)})
	t.Push(v)
	t.Push(Nil)
	return 3, nil
}

func basePcall(t *Thread) (int, error) {
	t.CheckAny(1)
	fn, n := t.base, t.nargs-1
	t.Push(Nil)
	copy(t.stack[fn+1:], t.stack[fn:fn+n+1])
	if err := t.protect(Nil, func() { t.doCall(fn+1, n, -1) }); err != nil {
		return t.caught(err)
	}
	t.stack[fn] = Bool(true)
	return t.top - fn, nil
}

// caught gives the results of a protected call that failed; fatal errors go on.
func (t *Thread) caught(err *Error) (int, error) {
	if err.Fatal() {
		panic(err)
	}
	t.Push(Bool(false))
	t.Push(err.Value)
	return 2, nil
}

func baseXpcall(t *Thread) (int, error) {
	h := t.Arg(2)
	if !h.isFunction() {
		t.TypeError(2, "function")
	}
	fn, n := t.base, t.nargs-2
	// handler, function, arguments: the handler's place takes the status.
	t.stack[fn], t.stack[fn+1] = h, t.stack[fn]
	if err := t.protect(h, func() { t.doCall(fn+1, n, -1) }); err != nil {
		return t.caught(err)
	}
	t.stack[fn] = Bool(true)
	return t.top - fn, nil
}

func basePrint(t *Thread) (int, error) {
	var b strings.Builder
	for i := 1; i <= t.nargs; i++ {
		if i > 1 {
			b.WriteByte('\t')
		}
		b.WriteString(t.ToString(t.Arg(i)))
	}
	b.WriteByte('\n')
	if w := t.s.host.Stdout; w != nil {
		if _, err := io.WriteString(w, b.String()); err != nil {
			return 0, err
		}
	}
	return 0, nil
}

func baseRawEqual(t *Thread) (int, error) {
	return t.Return(Bool(t.CheckAny(1).Equal(t.CheckAny(2))))
}

func baseRawGet(t *Thread) (int, error) { return t.Return(t.CheckTable(1).Get(t.CheckAny(2))) }

func baseRawLen(t *Thread) (int, error) {
	v := t.Arg(1)
	if tab := v.AsTable(); tab != nil {
		return t.Return(Int(tab.Len()))
	}
	t.check(v.isString(), 1, "table or string expected")
	return t.Return(Int(int64(v.strLen())))
}

func baseRawSet(t *Thread) (int, error) {
	tab := t.CheckTable(1)
	t.CheckAny(2)
	t.CheckAny(3)
	t.rawSet(tab, t.Arg(2), t.Arg(3))
	return t.Return(t.Arg(1))
}

func baseSelect(t *Thread) (int, error) {
	if v := t.Arg(1); v.isString() && v.str() == "#" {
		return t.Return(Int(int64(t.nargs - 1)))
	}
	n := t.CheckInt(1)
	if n < 0 {
		n += int64(t.nargs)
	} else if n > int64(t.nargs) {
		n = int64(t.nargs)
	}
	t.check(n >= 1, 1, "index out of range")
	return t.nargs - int(n), nil
}

func baseToNumber(t *Thread) (int, error) {
	if t.Arg(2).IsNil() {
		v := t.CheckAny(1)
		return t.Return(toNumber(v))
	}
	base := t.CheckInt(2)
	if !t.Arg(1).isString() {
		t.TypeError(1, "string")
	}
	t.check(base >= 2 && base <= 36, 2, "base out of range")
	return t.Return(parseBase(t.Arg(1).str(), uint64(base)))
}

func parseBase(s string, base uint64) Value {
	s = strings.Trim(s, space)
	neg := strings.HasPrefix(s, "-")
	s = strings.TrimPrefix(s, "-")
	if s == "" {
		return Nil
	}
	var n uint64
	for i := 0; i < len(s); i++ {
		c := s[i]
		var d uint64
		switch {
		case isDigit(c):
			d = uint64(c - '0')
		case c|0x20 >= 'a' && c|0x20 <= 'z':
			d = uint64(c|0x20-'a') + 10
		default:
			return Nil
		}
		if d >= base {
			return Nil
		}
		n = n*base + d
	}
	if neg {
		n = -n
	}
	return Int(int64(n))
}

func baseToString(t *Thread) (int, error) {
	v := t.CheckAny(1)
	if v.isString() {
		return t.Return(v)
	}
	return t.Return(t.String(t.ToString(v)))
}

func baseType(t *Thread) (int, error) {
	k := t.CheckAny(1).Kind()
	return t.Return(kindNames[k])
}

var kindNames = [...]Value{KindNil: String("nil"), KindBool: String("boolean"), KindInt: String("number"), KindFloat: String("number"),
	KindString: String("string"), KindTable: String("table"), KindFunction: String("function"), KindUserdata: String("userdata"),
	KindThread: String("thread")}

func baseWarn(t *Thread) (int, error) {
	var b strings.Builder
	for i := 1; i == 1 || i <= t.nargs; i++ {
		b.WriteString(t.CheckString(i))
	}
	msg := b.String()
	if t.nargs == 1 && strings.HasPrefix(msg, "@") {
		switch msg {
		case "@on":
			t.s.warnOn = true
		case "@off":
			t.s.warnOn = false
		}
		return 0, nil
	}
	t.s.warning(msg)
	return 0, nil
}

func (s *State) warning(msg string) {
	if s.warnOn && s.host.Stderr != nil {
		// Nothing can be done about a warning that can't be shown.
		_, _ = io.WriteString(s.host.Stderr, "Lua warning: "+msg+"\n")
	}
}

// baseLoad compiles text or what a function gives in pieces.
func baseLoad(t *Thread) (int, error) {
	v := t.Arg(1)
	mode := t.OptString(3, "bt")
	env := TableValue(t.s.globals)
	if t.nargs >= 4 {
		env = t.Arg(4)
	}
	var src, chunk string
	if v.isString() || v.isNumber() {
		src = t.CheckString(1)
		chunk = t.OptString(2, src)
	} else {
		fn := t.CheckFunction(1)
		chunk = t.OptString(2, "=(load)")
		var b strings.Builder
		for {
			var piece Value
			if err := t.protect(Nil, func() { piece = t.CallValue(fn) }); err != nil {
				return t.loadFailed(err)
			}
			if piece.IsNil() || piece.isString() && piece.strLen() == 0 {
				break
			}
			if !piece.isString() {
				return t.loadFailed(&Error{Value: String("reader function must return a string")})
			}
			t.s.charge(int64(piece.strLen()))
			b.WriteString(piece.str())
		}
		src = b.String()
	}
	return t.load(src, chunk, mode, env)
}

func (t *Thread) loadFailed(err *Error) (int, error) {
	if err.Fatal() {
		panic(err)
	}
	t.Push(Nil)
	t.Push(err.Value)
	return 2, nil
}

// load pushes a function, or nil and why there is none.
func (t *Thread) load(src, chunk, mode string, env Value) (int, error) {
	if strings.HasPrefix(src, "\x1bLua") {
		return t.loadFailed(&Error{Value: String("attempt to load a binary chunk (mode is 't')")})
	}
	if !strings.Contains(mode, "t") {
		return t.loadFailed(&Error{Value: String("attempt to load a text chunk (mode is '" + mode + "')")})
	}
	t.s.charge(int64(len(src)) * 4)
	p, err := Compile(src, chunk)
	if err != nil {
		return t.loadFailed(err.(*Error))
	}
	return t.Return(t.s.instantiate(p, env))
}

// readSource reads a file of Lua source and drops a first line that begins with #.
func (t *Thread) readSource(name string) (string, *Error) {
	var r io.Reader = t.s.host.Stdin
	if name != "" {
		f, err := t.s.host.Files.OpenFile(name, 0, 0)
		if err != nil {
			return "", &Error{Value: String("cannot open " + name)}
		}
		defer f.Close()
		r = f
	} else if r == nil {
		return "", &Error{Value: String("cannot read standard input")}
	}
	b, err := io.ReadAll(r)
	if err != nil {
		return "", &Error{Value: String("cannot read " + name)}
	}
	src := strings.TrimPrefix(string(b), "\xef\xbb\xbf")
	if strings.HasPrefix(src, "#") {
		i := strings.IndexByte(src, '\n')
		if i < 0 {
			i = len(src)
		}
		src = src[i:]
	}
	return src, nil
}

func baseLoadfile(t *Thread) (int, error) {
	name := t.OptString(1, "")
	env := TableValue(t.s.globals)
	if t.nargs >= 3 {
		env = t.Arg(3)
	}
	src, err := t.readSource(name)
	if err != nil {
		return t.loadFailed(err)
	}
	return t.load(src, fileChunk(name), t.OptString(2, "bt"), env)
}

func fileChunk(name string) string {
	if name == "" {
		return "=stdin"
	}
	return "@" + name
}

func baseDofile(t *Thread) (int, error) {
	name := t.OptString(1, "")
	src, err := t.readSource(name)
	if err != nil {
		return 0, err
	}
	p, cerr := Compile(src, fileChunk(name))
	if cerr != nil {
		t.throw(cerr.(*Error).Value)
	}
	s := t.top
	t.Push(t.s.instantiate(p, TableValue(t.s.globals)))
	t.doCall(s, 0, -1)
	return t.top - s, nil
}
