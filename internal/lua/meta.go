package lua

import "math"

type metamethod uint8

// The first eight are remembered as absent in Table.absent; the arithmetic
// ones have the order of the opcodes from opAdd on.
const (
	tmIndex metamethod = iota
	tmNewIndex
	tmGC
	tmMode
	tmLen
	tmEq
	tmCall
	tmClose
	tmAdd
	tmSub
	tmMul
	tmMod
	tmPow
	tmDiv
	tmIdiv
	tmBand
	tmBor
	tmBxor
	tmShl
	tmShr
	tmUnm
	tmBnot
	tmLt
	tmLe
	tmConcat
)

var tmNames = [...]Value{tmIndex: String("__index"), tmNewIndex: String("__newindex"), tmGC: String("__gc"), tmMode: String("__mode"),
	tmLen: String("__len"), tmEq: String("__eq"), tmCall: String("__call"), tmClose: String("__close"), tmAdd: String("__add"),
	tmSub: String("__sub"), tmMul: String("__mul"), tmMod: String("__mod"), tmPow: String("__pow"), tmDiv: String("__div"),
	tmIdiv: String("__idiv"), tmBand: String("__band"), tmBor: String("__bor"), tmBxor: String("__bxor"), tmShl: String("__shl"),
	tmShr: String("__shr"), tmUnm: String("__unm"), tmBnot: String("__bnot"), tmLt: String("__lt"), tmLe: String("__le"),
	tmConcat: String("__concat")}

var (
	strName      = String("__name")
	strTostring  = String("__tostring")
	strPairs     = String("__pairs")
	strMetatable = String("__metatable")
	strEmpty     = String("")
)

// fast is a metamethod of a metatable, which may be nil, with absence cached.
func (m *Table) fast(ev metamethod) Value {
	if m == nil || m.absent&(1<<ev) != 0 {
		return Nil
	}
	v := m.getStr(tmNames[ev])
	if v.IsNil() {
		m.absent |= 1 << ev
	}
	return v
}

func (s *State) metatable(v Value) *Table {
	switch k := v.kind(); k {
	case KindTable:
		return (*Table)(v.p).meta
	case KindUserdata:
		return (*Userdata)(v.p).meta
	case kindGoFunction:
		return s.typeMeta[KindFunction]
	default:
		return s.typeMeta[k]
	}
}

func (s *State) metamethod(v Value, ev metamethod) Value {
	m := s.metatable(v)
	if m == nil {
		return Nil
	}
	return m.getStr(tmNames[ev])
}

// maxMetaLoop bounds chains of __index and __newindex.
const maxMetaLoop = 2000

// index is v[k] with metamethods.
func (t *Thread) index(v, k Value) Value {
	for range maxMetaLoop {
		var tm Value
		if tab := v.AsTable(); tab != nil {
			r := tab.Get(k)
			if !r.IsNil() {
				return r
			}
			tm = tab.meta.fast(tmIndex)
			if tm.IsNil() {
				return Nil
			}
		} else {
			tm = t.s.metamethod(v, tmIndex)
			if tm.IsNil() {
				t.indexError(v, k)
			}
		}
		if tm.isFunction() {
			return t.call2(tm, v, k)
		}
		v = tm
	}
	t.raise("'__index' chain too long; possible loop")
	return Nil
}

// indexError names the variable, or else the key, of a failed access.
func (t *Thread) indexError(v, k Value) {
	name := t.nameOf(v)
	if name == "" && k.isString() {
		name = " (field '" + k.str() + "')"
	}
	t.typeError(v, "index", name)
}

// Index is v[k] with metamethods, for natives.
func (t *Thread) Index(v, k Value) Value { return t.index(v, k) }

// setIndex is v[k] = x with metamethods.
func (t *Thread) setIndex(v, k, x Value) {
	for range maxMetaLoop {
		var tm Value
		if tab := v.AsTable(); tab != nil {
			tm = tab.meta.fast(tmNewIndex)
			if tm.IsNil() || !tab.Get(k).IsNil() {
				t.rawSet(tab, k, x)
				return
			}
		} else {
			tm = t.s.metamethod(v, tmNewIndex)
			if tm.IsNil() {
				t.indexError(v, k)
			}
		}
		if tm.isFunction() {
			t.call3(tm, v, k, x)
			return
		}
		v = tm
	}
	t.raise("'__newindex' chain too long; possible loop")
}

func (t *Thread) rawSet(tab *Table, k, x Value) {
	if !tab.Set(k, x) {
		if k.IsNil() {
			t.raise("index is nil")
		}
		t.raise("index is NaN")
	}
}

// arithNumbers computes on two numbers; false if that fails.
func arithNumbers(ev metamethod, a, b Value) (Value, bool) {
	if ev >= tmBand && ev <= tmShr {
		x, ok1 := a.AsInt()
		y, ok2 := b.AsInt()
		if !ok1 || !ok2 {
			return Nil, false
		}
		switch ev {
		case tmBand:
			return Int(x & y), true
		case tmBor:
			return Int(x | y), true
		case tmBxor:
			return Int(x ^ y), true
		case tmShl:
			return Int(shiftLeft(x, y)), true
		}
		if y == math.MinInt64 {
			return Int(0), true
		}
		return Int(shiftLeft(x, -y)), true
	}
	if a.isInt() && b.isInt() {
		x, y := a.int(), b.int()
		switch ev {
		case tmAdd:
			return Int(x + y), true
		case tmSub:
			return Int(x - y), true
		case tmMul:
			return Int(x * y), true
		case tmMod:
			if y == 0 {
				return Nil, false
			}
			return Int(intMod(x, y)), true
		case tmIdiv:
			if y == 0 {
				return Nil, false
			}
			return Int(intFloorDiv(x, y)), true
		}
	}
	x, _ := a.AsFloat()
	y, _ := b.AsFloat()
	switch ev {
	case tmAdd:
		x += y
	case tmSub:
		x -= y
	case tmMul:
		x *= y
	case tmMod:
		x = floatMod(x, y)
	case tmPow:
		x = pow(x, y)
	case tmDiv:
		x /= y
	case tmIdiv:
		x = math.Floor(x / y)
	}
	return Float(x), true
}

// arith is a binary operation with conversions and metamethods.
func (t *Thread) arith(ev metamethod, a, b Value) Value {
	if a.isNumber() && b.isNumber() {
		if v, ok := arithNumbers(ev, a, b); ok {
			return v
		}
	}
	tm := t.s.metamethod(a, ev)
	if tm.IsNil() {
		tm = t.s.metamethod(b, ev)
	}
	if !tm.IsNil() {
		return t.call2(tm, a, b)
	}
	if a.isNumber() && b.isNumber() {
		if ev == tmMod {
			t.raise("attempt to perform 'n%0'")
		}
		if ev == tmIdiv {
			t.raise("attempt to divide by zero")
		}
	} else if (a.isString() || b.isString()) && (ev < tmBand || ev > tmShr) {
		// Strings are numbers in arithmetic, though not in bitwise operations.
		x, y := toNumber(a), toNumber(b)
		if x.IsNil() || y.IsNil() {
			t.raisef("attempt to %s a '%s' with a '%s'", tmNames[ev].str()[2:], t.s.typeName(a), t.s.typeName(b))
		}
		return t.arith(ev, x, y)
	}
	t.operandError(ev, a, b)
	return Nil
}

func (t *Thread) unary(ev metamethod, a Value) Value {
	if n := a; n.isNumber() {
		if ev == tmUnm {
			if n.isInt() {
				return Int(-n.int())
			}
			return Float(-n.float())
		}
		if i, ok := n.AsInt(); ok {
			return Int(^i)
		}
	}
	if tm := t.s.metamethod(a, ev); !tm.IsNil() {
		return t.call2(tm, a, a)
	}
	if a.isString() && ev == tmUnm {
		n := toNumber(a)
		if n.IsNil() {
			t.raise("attempt to unm a 'string' with a 'string'")
		}
		return t.unary(ev, n)
	}
	t.operandError(ev, a, a)
	return Nil
}

func (t *Thread) length(v Value) Value {
	if tab := v.AsTable(); tab != nil {
		if tm := tab.meta.fast(tmLen); !tm.IsNil() {
			return t.call2(tm, v, v)
		}
		return Int(tab.Len())
	}
	if v.isString() {
		return Int(int64(v.strLen()))
	}
	tm := t.s.metamethod(v, tmLen)
	if tm.IsNil() {
		t.typeError(v, "get length of", t.nameOf(v))
	}
	return t.call2(tm, v, v)
}

// equal is a == b with metamethods.
func (t *Thread) equal(a, b Value) bool {
	if a == b {
		return a.p != tagFloat() || a.float() == a.float()
	}
	if a.p == nil || b.p == nil {
		return false
	}
	k := *(*Kind)(a.p)
	if k != KindTable && k != KindUserdata || *(*Kind)(b.p) != k {
		return equalSlow(a, b)
	}
	tm := t.s.metatable(a).fast(tmEq)
	if tm.IsNil() {
		tm = t.s.metatable(b).fast(tmEq)
	}
	return !tm.IsNil() && t.call2(tm, a, b).Truthy()
}

func (t *Thread) less(a, b Value) bool {
	if a.isNumber() && b.isNumber() {
		return numLess(a, b)
	}
	if a.isString() && b.isString() {
		return a.str() < b.str()
	}
	return t.order(tmLt, a, b)
}

func (t *Thread) lessEqual(a, b Value) bool {
	if a.isNumber() && b.isNumber() {
		return numLessEqual(a, b)
	}
	if a.isString() && b.isString() {
		return a.str() <= b.str()
	}
	return t.order(tmLe, a, b)
}

func (t *Thread) order(ev metamethod, a, b Value) bool {
	tm := t.s.metamethod(a, ev)
	if tm.IsNil() {
		tm = t.s.metamethod(b, ev)
	}
	if tm.IsNil() && ev == tmLe {
		// As in Lua 5.3 and as C Lua is usually built, a <= b is not b < a.
		if !t.s.metamethod(a, tmLt).IsNil() || !t.s.metamethod(b, tmLt).IsNil() {
			return !t.order(tmLt, b, a)
		}
	}
	if tm.IsNil() {
		t.compareError(a, b)
	}
	return t.call2(tm, a, b).Truthy()
}

// concat joins the n values that end at stack index end (exclusive).
func (t *Thread) concat(start, n int) Value {
	vals := t.stack[start : start+n]
	// Strings and numbers at the end are joined in one go; a metamethod gets
	// what is left of it and the result.
	acc := vals[n-1]
	for n > 1 {
		if !joinable(acc) || !joinable(vals[n-2]) {
			a := vals[n-2]
			tm := t.s.metamethod(a, tmConcat)
			if tm.IsNil() {
				tm = t.s.metamethod(acc, tmConcat)
			}
			if tm.IsNil() {
				t.operandError(tmConcat, a, acc)
			}
			acc = t.call2(tm, a, acc)
			vals = t.stack[start : start+n] // the stack may have moved
			n--
			continue
		}
		first := n - 2
		for first > 0 && joinable(vals[first-1]) {
			first--
		}
		acc = t.join(vals[first:n-1], acc)
		n = first + 1
	}
	return acc
}

func joinable(v Value) bool { return v.isString() || v.isNumber() }

func (t *Thread) join(vals []Value, last Value) Value {
	var buf [64]byte
	digits := buf[:0]
	size := 0
	measure := func(v Value) {
		if v.isString() {
			size += v.strLen()
			return
		}
		n := len(digits)
		digits = appendNumber(digits, v)
		size += len(digits) - n
	}
	for _, v := range vals {
		measure(v)
	}
	measure(last)
	b := t.newString(size)
	w := b[1:]
	put := func(v Value) {
		if v.isString() {
			w = w[copy(w, v.str()):]
			return
		}
		var tmp [32]byte
		w = w[copy(w, appendNumber(tmp[:0], v)):]
	}
	for _, v := range vals {
		put(v)
	}
	put(last)
	return stringOf(b)
}
