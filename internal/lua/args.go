package lua

import "fmt"

// ArgError raises an error about argument i of the running native:
// "bad argument #1 to 'name' (msg)". It does not return.
func (t *Thread) ArgError(i int, msg string) {
	kind, name := "", ""
	n := len(t.frames) - 1
	if n >= 0 {
		kind, name = t.callName(n)
	}
	if kind == "method" {
		i--
		if i == 0 {
			t.raisef("calling '%s' on bad self (%s)", name, msg)
		}
	}
	if name == "" {
		name = "?"
		if n >= 0 {
			if g := t.globalName(t.stack[t.frames[n].base-1]); g != "" {
				name = g
			}
		}
	}
	t.raisef("bad argument #%d to '%s' (%s)", i, name, msg)
}

// TypeError raises an ArgError that says which type was expected.
func (t *Thread) TypeError(i int, want string) {
	got := "no value"
	if i <= t.nargs {
		got = t.s.typeName(t.Arg(i))
	}
	t.ArgError(i, fmt.Sprintf("%s expected, got %s", want, got))
}

// CheckAny is argument i, which must have been given.
func (t *Thread) CheckAny(i int) Value {
	if i > t.nargs {
		t.ArgError(i, "value expected")
	}
	return t.stack[t.base+i-1]
}

// CheckInt is argument i as an integer; strings and floats that are one are converted.
func (t *Thread) CheckInt(i int) int64 {
	v := t.Arg(i)
	if v.isInt() {
		return v.int()
	}
	n, ok := toInteger(v)
	if !ok {
		if toNumber(v).IsNil() {
			t.TypeError(i, "number")
		}
		t.ArgError(i, "number has no integer representation")
	}
	return n
}

// OptInt is CheckInt with a default for an argument that is nil.
func (t *Thread) OptInt(i int, def int64) int64 {
	if t.Arg(i).IsNil() {
		return def
	}
	return t.CheckInt(i)
}

// CheckFloat is argument i as a float.
func (t *Thread) CheckFloat(i int) float64 {
	f, ok := toFloat(t.Arg(i))
	if !ok {
		t.TypeError(i, "number")
	}
	return f
}

// CheckNumber is argument i as a number; strings are converted.
func (t *Thread) CheckNumber(i int) Value {
	v := toNumber(t.Arg(i))
	if v.IsNil() {
		t.TypeError(i, "number")
	}
	return v
}

// CheckString is argument i as a string; numbers are converted.
func (t *Thread) CheckString(i int) string {
	v := t.Arg(i)
	if v.isString() {
		return v.str()
	}
	if v.isNumber() {
		return numberString(v)
	}
	t.TypeError(i, "string")
	return ""
}

// OptString is CheckString with a default for an argument that is nil.
func (t *Thread) OptString(i int, def string) string {
	if t.Arg(i).IsNil() {
		return def
	}
	return t.CheckString(i)
}

// CheckTable is argument i, which must be a table.
func (t *Thread) CheckTable(i int) *Table {
	tab := t.Arg(i).AsTable()
	if tab == nil {
		t.TypeError(i, "table")
	}
	return tab
}

// CheckFunction is argument i, which must be a function.
func (t *Thread) CheckFunction(i int) Value {
	v := t.Arg(i)
	if !v.isFunction() {
		t.TypeError(i, "function")
	}
	return v
}

// option is which of the given words argument i is.
func (t *Thread) option(i int, def string, words ...string) int {
	s := t.OptString(i, def)
	if def == "" {
		s = t.CheckString(i)
	}
	for j, w := range words {
		if w == s {
			return j
		}
	}
	t.ArgError(i, fmt.Sprintf("invalid option '%s'", s))
	return 0
}

// check raises an ArgError unless a condition holds.
func (t *Thread) check(ok bool, i int, msg string) {
	if !ok {
		t.ArgError(i, msg)
	}
}

// ToString converts a value as Lua's function tostring does, with the metamethods
// __tostring and __name.
func (t *Thread) ToString(v Value) string {
	if m := t.s.metatable(v); m != nil {
		if tm := m.getStr(strTostring); !tm.IsNil() {
			r := t.call1(tm, v)
			if r.isNumber() {
				return numberString(r)
			}
			if !r.isString() {
				t.raise("'__tostring' must return a string")
			}
			return r.str()
		}
	}
	switch v.Kind() {
	case KindNil:
		return "nil"
	case KindBool:
		if v.Truthy() {
			return "true"
		}
		return "false"
	case KindInt, KindFloat:
		return numberString(v)
	case KindString:
		return v.str()
	}
	name := t.s.typeName(v)
	return fmt.Sprintf("%s: %p", name, v.p)
}

// startIndex turns a relative position (negative: from the end) into one from 1 on.
func startIndex(i int64, n int) int64 {
	switch {
	case i > 0:
		return i
	case i == 0 || i < -int64(n):
		return 1
	}
	return int64(n) + i + 1
}

// endIndex is startIndex for the end of a range.
func endIndex(i int64, n int) int64 {
	switch {
	case i > int64(n):
		return int64(n)
	case i >= 0:
		return i
	case i < -int64(n):
		return 0
	}
	return int64(n) + i + 1
}

// setFuncs fills a table with natives.
func setFuncs(tab *Table, prefix string, funcs map[string]Function) {
	for _, name := range sortedKeys(funcs) {
		tab.SetString(name, GoFunction(prefix+name, funcs[name]))
	}
}

func sortedKeys(m map[string]Function) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	// Tables keep the order of insertion, which is to be the same in every run.
	for i := range keys {
		for j := i; j > 0 && keys[j] < keys[j-1]; j-- {
			keys[j], keys[j-1] = keys[j-1], keys[j]
		}
	}
	return keys
}
