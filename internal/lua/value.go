package lua

import (
	"hash/maphash"
	"math"
	"unsafe"
)

// Kind says what a [Value] holds.
type Kind uint8

// The kinds of values. Lua's "number" is KindInt or KindFloat and its
// "function" is KindFunction, written in Lua or in Go.
const (
	KindNil Kind = iota
	KindBool
	KindInt
	KindFloat
	KindString
	KindTable
	KindFunction
	KindUserdata
	KindThread
	kindGoFunction // reported as KindFunction
)

// String is the type's name as Lua's type function gives it.
func (k Kind) String() string {
	switch k {
	case KindNil:
		return "nil"
	case KindBool:
		return "boolean"
	case KindInt, KindFloat:
		return "number"
	case KindString:
		return "string"
	case KindTable:
		return "table"
	case KindFunction, kindGoFunction:
		return "function"
	case KindUserdata:
		return "userdata"
	case KindThread:
		return "thread"
	}
	return "no value"
}

// Value is any Lua value, in 16 bytes. The zero Value is nil. Values that
// hold strings, tables and so on belong to no State, but a table, function,
// thread or userdata must only be used in the State that made it.
//
// The pointer leads to a byte that holds the kind: the first byte of an
// object or of a string, or one of the tags below for numbers and true. Nil
// and false have no pointer, so truth is one comparison. The word n holds a
// number's bits, or a string's hash (upper half) and length (lower half).
type Value struct {
	p unsafe.Pointer
	n uint64
}

// Nil is the nil value.
var Nil = Value{}

var tags = [...]Kind{KindInt, KindFloat, KindBool}

var hashSeed = maphash.MakeSeed()

func tagInt() unsafe.Pointer   { return unsafe.Pointer(&tags[0]) }
func tagFloat() unsafe.Pointer { return unsafe.Pointer(&tags[1]) }
func tagTrue() unsafe.Pointer  { return unsafe.Pointer(&tags[2]) }

// Int makes an integer.
func Int(i int64) Value { return Value{tagInt(), uint64(i)} }

// Float makes a float.
func Float(f float64) Value { return Value{tagFloat(), math.Float64bits(f)} }

// Bool makes a boolean.
func Bool(b bool) Value {
	if b {
		return Value{tagTrue(), 1}
	}
	return Value{nil, 1}
}

// String makes a string of the bytes of s, which are copied. Strings are
// shorter than 2 GiB; what is longer is cut.
func String(s string) Value {
	if len(s) > math.MaxInt32 {
		s = s[:math.MaxInt32]
	}
	b := newStringBytes(len(s))
	copy(b[1:], s)
	return stringOf(b)
}

// newStringBytes allocates a string of n bytes, to be filled from index 1 on
// and then handed to stringOf.
func newStringBytes(n int) []byte {
	// One byte more than an empty string needs, so that a pointer to its
	// bytes stays inside the allocation.
	b := make([]byte, max(n+1, 2))
	b[0] = byte(KindString)
	return b[:n+1]
}

// stringOf makes a value of what newStringBytes gave.
func stringOf(b []byte) Value {
	h := maphash.Bytes(hashSeed, b[1:])
	return Value{unsafe.Pointer(unsafe.SliceData(b)), h&^0xffffffff | uint64(len(b)-1)}
}

// str is the bytes of a value known to be a string, not copied.
func (v Value) str() string {
	return unsafe.String((*byte)(unsafe.Add(v.p, 1)), int(uint32(v.n)))
}

func (v Value) strLen() int { return int(uint32(v.n)) }

func (v Value) int() int64     { return int64(v.n) }
func (v Value) float() float64 { return math.Float64frombits(v.n) }

func (v Value) isInt() bool    { return v.p == tagInt() }
func (v Value) isFloat() bool  { return v.p == tagFloat() }
func (v Value) isNumber() bool { return v.p == tagInt() || v.p == tagFloat() }
func (v Value) isString() bool { return v.p != nil && *(*Kind)(v.p) == KindString }
func (v Value) isFalsy() bool  { return v.p == nil }

// IsNil tells whether the value is nil.
func (v Value) IsNil() bool { return v.p == nil && v.n == 0 }

// Truthy tells whether the value counts as true: all but nil and false do.
func (v Value) Truthy() bool { return v.p != nil }

// kind is the kind that tells functions in Go from those in Lua.
func (v Value) kind() Kind {
	if v.p == nil {
		return Kind(v.n) // 0 is KindNil and 1 is KindBool
	}
	return *(*Kind)(v.p)
}

// Kind says what the value holds.
func (v Value) Kind() Kind {
	k := v.kind()
	if k == kindGoFunction {
		return KindFunction
	}
	return k
}

// IsInt tells whether the value is an integer (a float with an integral value is not).
func (v Value) IsInt() bool { return v.isInt() }

// AsInt is the integer that the value, a number, represents exactly.
func (v Value) AsInt() (int64, bool) {
	if v.isInt() {
		return v.int(), true
	}
	if v.isFloat() {
		return floatToInt(v.float())
	}
	return 0, false
}

// AsFloat is the value of a number as a float.
func (v Value) AsFloat() (float64, bool) {
	if v.isInt() {
		return float64(v.int()), true
	}
	if v.isFloat() {
		return v.float(), true
	}
	return 0, false
}

// AsString is the content of a string. Numbers are not converted.
func (v Value) AsString() (string, bool) {
	if v.isString() {
		return v.str(), true
	}
	return "", false
}

// AsTable is the table a value holds, or nil.
func (v Value) AsTable() *Table {
	if v.p != nil && *(*Kind)(v.p) == KindTable {
		return (*Table)(v.p)
	}
	return nil
}

// AsUserdata is the userdata a value holds, or nil.
func (v Value) AsUserdata() *Userdata {
	if v.kind() == KindUserdata && v.p != nil {
		return (*Userdata)(v.p)
	}
	return nil
}

// AsThread is the thread a value holds, or nil.
func (v Value) AsThread() *Thread {
	if v.kind() == KindThread && v.p != nil {
		return (*Thread)(v.p)
	}
	return nil
}

func (v Value) closure() *closure {
	if v.p != nil && *(*Kind)(v.p) == KindFunction {
		return (*closure)(v.p)
	}
	return nil
}

func (v Value) goFunction() *goFunction {
	if v.p != nil && *(*Kind)(v.p) == kindGoFunction {
		return (*goFunction)(v.p)
	}
	return nil
}

func (v Value) isFunction() bool { k := v.kind(); return k == KindFunction || k == kindGoFunction }

// TableValue makes a value of a table; nil gives nil.
func TableValue(t *Table) Value {
	if t == nil {
		return Nil
	}
	return Value{p: unsafe.Pointer(t)}
}

// UserdataValue makes a value of a userdata; nil gives nil.
func UserdataValue(u *Userdata) Value {
	if u == nil {
		return Nil
	}
	return Value{p: unsafe.Pointer(u)}
}

// ThreadValue makes a value of a thread; nil gives nil.
func ThreadValue(t *Thread) Value {
	if t == nil {
		return Nil
	}
	return Value{p: unsafe.Pointer(t)}
}

func closureValue(c *closure) Value { return Value{p: unsafe.Pointer(c)} }

// Equal tells whether two values are equal without metamethods.
func (v Value) Equal(w Value) bool {
	if v == w {
		return v.p != tagFloat() || v.float() == v.float()
	}
	return equalSlow(v, w)
}

// equalSlow compares values that differ in their bits.
func equalSlow(v, w Value) bool {
	if v.p == nil || w.p == nil {
		return false
	}
	switch *(*Kind)(v.p) {
	case KindInt:
		return w.isFloat() && float64(v.int()) == w.float() && exactInt(v.int(), w.float())
	case KindFloat:
		if w.isFloat() {
			return v.float() == w.float()
		}
		return w.isInt() && float64(w.int()) == v.float() && exactInt(w.int(), v.float())
	case KindString:
		return v.n == w.n && w.isString() && v.str() == w.str()
	}
	return false
}

func exactInt(i int64, f float64) bool {
	j, ok := floatToInt(f)
	return ok && i == j
}

// Userdata is a Go value given to Lua, with a metatable of its own.
type Userdata struct {
	kind Kind
	mark uint32
	meta *Table
	user []Value // Lua's user values
	Data any     // what the host keeps in it
}

// NewUserdata wraps data. The metatable may be nil.
func NewUserdata(data any, meta *Table) *Userdata {
	return &Userdata{kind: KindUserdata, Data: data, meta: meta}
}

// Metatable is the userdata's metatable, or nil.
func (u *Userdata) Metatable() *Table { return u.meta }

// A closure is a function written in Lua.
type closure struct {
	kind Kind
	mark uint32
	p    *Proto
	up   []*upvalue
}

// An upvalue is a variable of an enclosing function: on that function's
// stack while it runs, then in own.
type upvalue struct {
	v    *Value
	own  Value
	slot int // index in the thread's stack while open
	mark uint32
	id   *Userdata // for debug.upvalueid
}

// A Function is written in Go. It reads its arguments with the methods of
// Thread (Arg, NArg, CheckInt, …), pushes its results and returns how many of
// the last pushed values are results. An error is raised as a Lua error: an
// [*Error] as it is, others with the position of the caller in front.
type Function func(t *Thread) (int, error)

type goFunction struct {
	kind Kind
	mark uint32
	name string
	fn   Function
	up   []Value // values the garbage collector must know of
}

// GoFunction makes a Lua function of a Go function. The name appears in
// tracebacks and errors about its arguments when no better one is known.
func GoFunction(name string, fn Function) Value {
	return Value{p: unsafe.Pointer(&goFunction{kind: kindGoFunction, name: name, fn: fn})}
}

func ptrOf(g *goFunction) unsafe.Pointer { return unsafe.Pointer(g) }
