package lua

import (
	"math/bits"
	"unsafe"
)

// Table is Lua's only data structure. Keys 1 to n without gaps lie in an
// array; all others in a hash part that keeps the order of insertion, so
// that pairs gives the same order in every run.
type Table struct {
	kind    Kind
	absent  uint8  // bit i: metamethod i (tmIndex, …) is known to be absent
	final   bool   // has been marked for finalization
	mark    uint32 // epoch of the last collection that reached it
	last    uint32 // entry that next gave last
	live    int    // entries that are in use, at least
	arr     []Value
	entries []entry
	index   []uint32 // 1 + number of an entry, 0 for none; open addressing
	meta    *Table
	debt    *int64 // memory account of the State, or nil
}

type entry struct{ key, val Value }

// NewTable makes a table with room for the given numbers of array elements
// and other entries. Memory is not accounted to a State until the next collection.
func NewTable(array, hash int) *Table {
	t := &Table{kind: KindTable}
	if array > 0 {
		t.arr = make([]Value, 0, array)
	}
	if hash > 0 {
		t.resize(hash)
	}
	return t
}

// Metatable is the table's metatable, or nil.
func (t *Table) Metatable() *Table { return t.meta }

// SetMetatable changes the metatable; nil removes it. Unlike Lua's function
// setmetatable it does not register a finalizer.
func (t *Table) SetMetatable(m *Table) { t.meta = m }

// Len is a border: n where t[n] is not nil and t[n+1] is, or 0.
func (t *Table) Len() int64 { return int64(len(t.arr)) }

func hashOf(v Value) uint32 {
	h := v.n
	switch *(*Kind)(v.p) {
	case KindString:
		return uint32(h >> 32)
	case KindInt, KindFloat, KindBool:
	default:
		h = uint64(uintptr(v.p)) >> 3
	}
	h *= 0x9E3779B97F4A7C15
	return uint32(h >> 32)
}

// find is the number of the entry with a key that is not nil, or -1.
func (t *Table) find(k Value) int {
	if len(t.index) == 0 {
		return -1
	}
	if k.p == nil { // false
		k = falseKey()
	}
	mask := uint32(len(t.index) - 1)
	for i := hashOf(k) & mask; ; i = (i + 1) & mask {
		j := t.index[i&uint32(len(t.index)-1)]
		if j == 0 {
			return -1
		}
		e := &t.entries[j-1]
		if e.key.n == k.n && (e.key.p == k.p || sameBytes(e.key, k)) {
			return int(j - 1)
		}
	}
}

// falseKey stands for false among the keys of the hash part, where a key
// without a pointer could not be told from an unused one.
func falseKey() Value { return Value{tagTrue(), 0} }

func keyOf(k Value) Value {
	if k == falseKey() {
		return Bool(false)
	}
	return k
}

// sameBytes compares strings with the same hash and length.
func sameBytes(a, b Value) bool {
	return *(*Kind)(a.p) == KindString && *(*Kind)(b.p) == KindString && a.str() == b.str()
}

// getStr looks a string up.
func (t *Table) getStr(k Value) Value {
	index := t.index
	if len(index) == 0 {
		return Nil
	}
	for i := uint32(k.n >> 32); ; i++ {
		j := index[i&uint32(len(index)-1)]
		if j == 0 {
			return Nil
		}
		e := &t.entries[j-1]
		if e.key.n == k.n && (e.key.p == k.p || sameBytes(e.key, k)) {
			return e.val
		}
	}
}

// slotStr is the place of a string key's value, or nil.
func (t *Table) slotStr(k Value) *Value {
	index := t.index
	if len(index) == 0 {
		return nil
	}
	for i := uint32(k.n >> 32); ; i++ {
		j := index[i&uint32(len(index)-1)]
		if j == 0 {
			return nil
		}
		e := &t.entries[j-1]
		if e.key.n == k.n && (e.key.p == k.p || sameBytes(e.key, k)) {
			return &e.val
		}
	}
}

func (t *Table) getInt(i int64) Value {
	if uint64(i-1) < uint64(len(t.arr)) {
		return t.arr[i-1]
	}
	return t.getHash(Int(i))
}

func (t *Table) getHash(k Value) Value {
	if i := t.find(k); i >= 0 {
		return t.entries[i].val
	}
	return Nil
}

// Get is the value at a key, nil if there is none. No metamethods are used.
func (t *Table) Get(k Value) Value {
	switch k.kind() {
	case KindNil:
		return Nil
	case KindInt:
		return t.getInt(k.int())
	case KindString:
		return t.getStr(k)
	case KindFloat:
		if i, ok := floatToInt(k.float()); ok {
			return t.getInt(i)
		}
		if k.float() != k.float() {
			return Nil
		}
	}
	return t.getHash(k)
}

// GetString is Get with a string key.
func (t *Table) GetString(k string) Value {
	if len(t.index) == 0 {
		return Nil
	}
	return t.getStr(String(k))
}

// Set stores a value at a key; nil removes the key. No metamethods are used.
// A key that is nil or not a number is refused with false.
func (t *Table) Set(k, v Value) bool {
	switch k.kind() {
	case KindNil:
		return false
	case KindInt:
		t.setInt(k.int(), v)
		return true
	case KindFloat:
		if i, ok := floatToInt(k.float()); ok {
			t.setInt(i, v)
			return true
		}
		if k.float() != k.float() {
			return false
		}
	}
	t.setHash(k, v)
	return true
}

// SetString is Set with a string key.
func (t *Table) SetString(k string, v Value) { t.setHash(String(k), v) }

func (t *Table) setInt(i int64, v Value) {
	n := len(t.arr)
	if uint64(i-1) < uint64(n) {
		t.arr[i-1] = v
		if int(i) == n && v.IsNil() {
			t.trim()
		}
		return
	}
	if int(i) == n+1 && i > 0 {
		if v.IsNil() {
			t.setHash(Int(i), v)
			return
		}
		t.append(v)
		return
	}
	t.setHash(Int(i), v)
}

// append adds an element after the last one of the array, and then those
// that waited for it in the hash part.
func (t *Table) append(v Value) {
	if len(t.arr) == cap(t.arr) {
		t.account(len(t.arr) * 16)
	}
	t.arr = append(t.arr, v)
	if t.live == 0 {
		return
	}
	// The key itself may lie there with the value nil, from an earlier life.
	if i := t.find(Int(int64(len(t.arr)))); i >= 0 {
		t.entries[i].val = Nil
	}
	for {
		i := t.find(Int(int64(len(t.arr) + 1)))
		if i < 0 || t.entries[i].val.IsNil() {
			return
		}
		t.arr = append(t.arr, t.entries[i].val)
		t.entries[i].val = Nil
	}
}

// trim drops nils at the end of the array.
func (t *Table) trim() {
	n := len(t.arr)
	for n > 0 && t.arr[n-1].IsNil() {
		n--
	}
	t.arr = t.arr[:n]
}

func (t *Table) setHash(k, v Value) {
	t.absent = 0
	if i := t.find(k); i >= 0 {
		t.entries[i].val = v
		return
	}
	if v.IsNil() {
		return
	}
	if k.p == nil {
		k = falseKey()
	}
	if len(t.entries) == cap(t.entries) || len(t.entries)*4 >= len(t.index)*3 {
		t.rehash()
	}
	t.insert(k, v)
}

// insert adds a key that is not there; there is room for it.
func (t *Table) insert(k, v Value) {
	t.entries = append(t.entries, entry{k, v})
	t.live++
	mask := uint32(len(t.index) - 1)
	i := hashOf(k) & mask
	for t.index[i] != 0 {
		i = (i + 1) & mask
	}
	t.index[i] = uint32(len(t.entries))
}

// rehash drops dead entries and makes room for at least one more.
func (t *Table) rehash() {
	n := 0
	for i := range t.entries {
		if !t.entries[i].val.IsNil() {
			n++
		}
	}
	t.resize(max(n+n/2+1, 4))
}

// resize makes room for n entries, the present ones included.
func (t *Table) resize(n int) {
	size := 1 << bits.Len(uint(n+n/3))
	t.account((size/4*3-cap(t.entries))*32 + (size-len(t.index))*4)
	old := t.entries
	t.entries = make([]entry, 0, size/4*3)
	t.index = make([]uint32, size)
	t.live, t.last = 0, 0
	for _, e := range old {
		if !e.val.IsNil() {
			t.insert(e.key, e.val)
		}
	}
}

// bytes is about the memory the table takes.
func (t *Table) bytes() int {
	return int(unsafe.Sizeof(*t)) + cap(t.arr)*16 + cap(t.entries)*32 + len(t.index)*4
}

// Next is the entry after key k in the order of pairs; k is nil for the
// first one. The key is nil after the last. It reports false if k is not a
// key of the table. Entries may be changed and removed, but not added, between calls.
func (t *Table) Next(k Value) (key, val Value, ok bool) {
	i, ok := t.position(k)
	if !ok {
		return Nil, Nil, false
	}
	key, val, _ = t.at(i)
	return key, val, true
}

// position is where to go on after key k: first the array, then the entries.
func (t *Table) position(k Value) (int, bool) {
	if k.IsNil() {
		return 0, true
	}
	if k.isFloat() {
		if i, ok := floatToInt(k.float()); ok {
			k = Int(i)
		}
	}
	if k.isInt() && uint64(k.int()-1) < uint64(len(t.arr)) {
		return int(k.int()), true
	}
	// The entry that was given last is most often the one asked for.
	if i := int(t.last); i < len(t.entries) && t.entries[i].key == k {
		return len(t.arr) + i + 1, true
	}
	if i := t.find(k); i >= 0 {
		return len(t.arr) + i + 1, true
	}
	// The end of the array may have been cleared and trimmed meanwhile.
	if k.isInt() && uint64(k.int()-1) < uint64(cap(t.arr)) {
		return len(t.arr), true
	}
	return 0, false
}

// at is the first entry at or after a position that is not nil.
func (t *Table) at(i int) (key, val Value, next int) {
	for ; i < len(t.arr); i++ {
		if v := t.arr[i]; !v.IsNil() {
			return Int(int64(i + 1)), v, i + 1
		}
	}
	for i -= len(t.arr); i < len(t.entries); i++ {
		if e := &t.entries[i]; !e.val.IsNil() {
			t.last = uint32(i)
			return keyOf(e.key), e.val, len(t.arr) + i + 1
		}
	}
	return Nil, Nil, 0
}

// account charges the State for memory, if the table belongs to one.
func (t *Table) account(n int) {
	if t.debt != nil {
		*t.debt -= int64(n)
	}
}

// setList stores values at keys after n, as constructors do.
func (t *Table) setList(n int, vals []Value) {
	if n == len(t.arr) && len(t.entries) == 0 {
		if len(t.arr)+len(vals) > cap(t.arr) {
			t.account(len(vals) * 16)
		}
		t.arr = append(t.arr, vals...)
		t.trim()
		return
	}
	for i, v := range vals {
		t.setInt(int64(n+i+1), v)
	}
}
