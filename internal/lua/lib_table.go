package lua

import "math"

func openTable(s *State) *Table {
	tab := s.newTable(0, 8)
	setFuncs(tab, "table.", map[string]Function{
		"concat": tabConcat, "insert": tabInsert, "move": tabMove, "pack": tabPack,
		"remove": tabRemove, "sort": tabSort, "unpack": tabUnpack,
	})
	s.globals.SetString("table", TableValue(tab))
	return tab
}

// checkTableLike accepts tables and what has the metamethods a function uses.
func (t *Thread) checkTableLike(i int, need ...metamethod) Value {
	v := t.Arg(i)
	if v.AsTable() != nil {
		return v
	}
	for _, ev := range need {
		if t.s.metamethod(v, ev).IsNil() {
			t.TypeError(i, "table")
		}
	}
	return v
}

// lengthOf is #v as an integer.
func (t *Thread) lengthOf(v Value) int64 {
	if tab := v.AsTable(); tab != nil && tab.meta == nil {
		return tab.Len()
	}
	n, ok := t.length(v).AsInt()
	if !ok {
		t.raise("object length is not an integer")
	}
	return n
}

func (t *Thread) geti(v Value, i int64) Value {
	if tab := v.AsTable(); tab != nil {
		if x := tab.getInt(i); !x.IsNil() || tab.meta == nil {
			return x
		}
	}
	return t.index(v, Int(i))
}

func (t *Thread) seti(v Value, i int64, x Value) {
	if tab := v.AsTable(); tab != nil && tab.meta == nil {
		tab.setInt(i, x)
		return
	}
	t.setIndex(v, Int(i), x)
}

func tabInsert(t *Thread) (int, error) {
	v := t.checkTableLike(1, tmIndex, tmNewIndex, tmLen)
	end := t.lengthOf(v) + 1
	switch t.nargs {
	case 2:
		t.seti(v, end, t.Arg(2))
		return 0, nil
	case 3:
		pos := t.CheckInt(2)
		t.check(uint64(pos)-1 < uint64(end), 2, "position out of bounds")
		for i := end; i > pos; i-- {
			t.seti(v, i, t.geti(v, i-1))
		}
		t.Step(end - pos)
		t.seti(v, pos, t.Arg(3))
		return 0, nil
	}
	return 0, t.Errorf("wrong number of arguments to 'insert'")
}

func tabRemove(t *Thread) (int, error) {
	v := t.checkTableLike(1, tmIndex, tmNewIndex, tmLen)
	size := t.lengthOf(v)
	pos := t.OptInt(2, size)
	if pos != size {
		t.check(uint64(pos)-1 <= uint64(size), 2, "position out of bounds")
	}
	x := t.geti(v, pos)
	t.Step(max(size-pos, 0))
	for ; pos < size; pos++ {
		t.seti(v, pos, t.geti(v, pos+1))
	}
	t.seti(v, pos, Nil)
	return t.Return(x)
}

func tabMove(t *Thread) (int, error) {
	src := t.checkTableLike(1, tmIndex)
	f, e, to := t.CheckInt(2), t.CheckInt(3), t.CheckInt(4)
	dst, di := src, 1
	if !t.Arg(5).IsNil() {
		di = 5
	}
	dst = t.checkTableLike(di, tmNewIndex)
	if e >= f {
		t.check(f > 0 || e < math.MaxInt64+f, 3, "too many elements to move")
		n := e - f + 1
		t.check(to <= math.MaxInt64-n+1, 4, "destination wrap around")
		if to > e || to <= f || di == 5 && dst != src {
			for i := int64(0); i < n; i++ {
				t.Step(1)
				t.seti(dst, to+i, t.geti(src, f+i))
			}
		} else {
			for i := n - 1; i >= 0; i-- {
				t.Step(1)
				t.seti(dst, to+i, t.geti(src, f+i))
			}
		}
	}
	return t.Return(dst)
}

func tabConcat(t *Thread) (int, error) {
	v := t.checkTableLike(1, tmIndex, tmLen)
	sep := t.OptString(2, "")
	i := t.OptInt(3, 1)
	var last int64
	if t.Arg(4).IsNil() {
		last = t.lengthOf(v)
	} else {
		last = t.CheckInt(4)
	}
	var b []byte
	for ; i <= last; i++ {
		x := t.geti(v, i)
		switch {
		case x.isString():
			b = append(b, x.str()...)
		case x.isNumber():
			b = appendNumber(b, x)
		default:
			return 0, t.Errorf("invalid value (%s) at index %d in table for 'concat'", t.s.typeName(x), i)
		}
		if i == last {
			break // i+1 might overflow
		}
		b = append(b, sep...)
		t.Step(1)
		if len(b) > t.s.limits.String {
			return 0, t.Errorf("resulting string too large")
		}
	}
	return t.Return(t.Bytes(b))
}

func tabPack(t *Thread) (int, error) {
	tab := t.s.newTable(t.nargs, 1)
	tab.setList(0, t.stack[t.base:t.base+t.nargs])
	tab.SetString("n", Int(int64(t.nargs)))
	return t.Return(TableValue(tab))
}

func tabUnpack(t *Thread) (int, error) {
	v := t.Arg(1)
	i := t.OptInt(2, 1)
	var e int64
	if t.Arg(3).IsNil() {
		e = t.lengthOf(v)
	} else {
		e = t.CheckInt(3)
	}
	if i > e {
		return 0, nil
	}
	n := uint64(e) - uint64(i)
	if n >= maxStack/2 || t.top+int(n) > maxStack {
		return 0, t.Errorf("too many results to unpack")
	}
	for ; ; i++ {
		t.Push(t.geti(v, i))
		if i == e {
			return int(n) + 1, nil
		}
	}
}

func tabSort(t *Thread) (int, error) {
	v := t.checkTableLike(1, tmIndex, tmNewIndex, tmLen)
	n := t.lengthOf(v)
	if n < 2 {
		return 0, nil
	}
	t.check(n < math.MaxInt32, 1, "array too big")
	cmp := t.Arg(2)
	if !cmp.IsNil() {
		t.CheckFunction(2)
	}
	s := sorter{t: t, cmp: cmp}
	// The elements are copied, so that a comparison that changes the table
	// does no harm.
	t.s.charge(n * 16)
	s.v = make([]Value, n)
	for i := range s.v {
		s.v[i] = t.geti(v, int64(i+1))
	}
	s.sort(0, len(s.v)-1, 0)
	for i, x := range s.v {
		t.seti(v, int64(i+1), x)
	}
	return 0, nil
}

type sorter struct {
	t   *Thread
	cmp Value
	v   []Value
}

func (s *sorter) less(a, b Value) bool {
	if s.cmp.IsNil() {
		if a.isInt() && b.isInt() {
			return a.int() < b.int()
		}
		return s.t.less(a, b)
	}
	return s.t.call2(s.cmp, a, b).Truthy()
}

// sort is a quicksort that notices orders that are none.
func (s *sorter) sort(lo, hi, depth int) {
	for lo < hi {
		s.t.Step(int64(hi - lo))
		v := s.v
		if s.less(v[hi], v[lo]) {
			v[lo], v[hi] = v[hi], v[lo]
		}
		if hi-lo == 1 {
			return
		}
		mid := lo + (hi-lo)/2
		if depth > 40 { // bad luck or malice: choose another pivot
			mid = lo + 1 + int(s.t.s.random()%uint64(hi-lo-1))
		}
		if s.less(v[mid], v[lo]) {
			v[mid], v[lo] = v[lo], v[mid]
		} else if s.less(v[hi], v[mid]) {
			v[mid], v[hi] = v[hi], v[mid]
		}
		if hi-lo == 2 {
			return
		}
		p := s.partition(lo, hi, mid)
		if p-lo < hi-p {
			s.sort(lo, p-1, depth+1)
			lo = p + 1
		} else {
			s.sort(p+1, hi, depth+1)
			hi = p - 1
		}
		depth++
	}
}

func (s *sorter) partition(lo, hi, mid int) int {
	v := s.v
	pivot := v[mid]
	v[mid], v[hi-1] = v[hi-1], v[mid]
	i, j := lo, hi-1
	for {
		for i++; s.less(v[i], pivot); i++ {
			if i == hi-1 {
				s.t.raise("invalid order function for sorting")
			}
		}
		for j--; s.less(pivot, v[j]); j-- {
			if j < i {
				s.t.raise("invalid order function for sorting")
			}
		}
		if j < i {
			v[hi-1], v[i] = v[i], v[hi-1]
			return i
		}
		v[i], v[j] = v[j], v[i]
	}
}
