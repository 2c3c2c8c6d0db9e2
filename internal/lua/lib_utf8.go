package lua

func openUTF8(s *State) *Table {
	tab := s.newTable(0, 8)
	setFuncs(tab, "utf8.", map[string]Function{
		"char": utfChar, "codepoint": utfCodepoint, "codes": utfCodes, "len": utfLen, "offset": utfOffset,
	})
	tab.SetString("charpattern", String("[\x00-\x7F\xC2-\xFD][\x80-\xBF]*"))
	return tab
}

// decodeUTF8 reads one sequence of up to six bytes; false if it is invalid,
// or beyond Unicode while strict.
func decodeUTF8(s string, strict bool) (code uint32, size int, ok bool) {
	c := s[0]
	if c < 0x80 {
		return uint32(c), 1, true
	}
	if c < 0xC0 || c >= 0xFE {
		return 0, 0, false
	}
	n := 1
	for c<<n&0x80 != 0 {
		n++
	}
	if n > len(s) {
		return 0, 0, false
	}
	code = uint32(c) & (1<<(7-n) - 1)
	for i := 1; i < n; i++ {
		if s[i]&0xC0 != 0x80 {
			return 0, 0, false
		}
		code = code<<6 | uint32(s[i]&0x3F)
	}
	least := [...]uint32{0, 0, 0x80, 0x800, 0x10000, 0x200000, 0x4000000}
	if code < least[n] {
		return 0, 0, false
	}
	if strict && (code > 0x10FFFF || code >= 0xD800 && code <= 0xDFFF) {
		return 0, 0, false
	}
	return code, n, true
}

func isContinuation(s string, i int64) bool {
	return i >= 0 && i < int64(len(s)) && s[i]&0xC0 == 0x80
}

// utfPosition is a relative position as one from 1 on; 0 if it is too far left.
func utfPosition(i int64, n int) int64 {
	switch {
	case i >= 0:
		return i
	case -i > int64(n):
		return 0
	}
	return int64(n) + i + 1
}

func utfChar(t *Thread) (int, error) {
	var b []byte
	for i := 1; i <= t.nargs; i++ {
		c := t.CheckInt(i)
		t.check(uint64(c) <= 0x7FFFFFFF, i, "value out of range")
		b = appendUTF8(b, uint32(c))
	}
	return t.Return(t.Bytes(b))
}

func utfLen(t *Thread) (int, error) {
	s := t.CheckString(1)
	i, j := utfPosition(t.OptInt(2, 1), len(s)), utfPosition(t.OptInt(3, -1), len(s))
	lax := t.Arg(4).Truthy()
	t.check(1 <= i && i <= int64(len(s))+1, 2, "initial position out of bounds")
	t.check(j <= int64(len(s)), 3, "final position out of bounds")
	n := int64(0)
	for i--; i < j; n++ {
		_, size, ok := decodeUTF8(s[i:], !lax)
		if !ok {
			t.Push(Nil)
			t.Push(Int(i + 1))
			return 2, nil
		}
		i += int64(size)
	}
	return t.Return(Int(n))
}

func utfCodepoint(t *Thread) (int, error) {
	s := t.CheckString(1)
	i := utfPosition(t.OptInt(2, 1), len(s))
	j := utfPosition(t.OptInt(3, i), len(s))
	lax := t.Arg(4).Truthy()
	t.check(i >= 1, 2, "out of bounds")
	t.check(j <= int64(len(s)), 3, "out of bounds")
	n := 0
	for i--; i < j; n++ {
		code, size, ok := decodeUTF8(s[i:], !lax)
		if !ok {
			return 0, t.Errorf("invalid UTF-8 code")
		}
		if t.top > maxStack-10 {
			return 0, t.Errorf("string slice too long")
		}
		t.Push(Int(int64(code)))
		i += int64(size)
	}
	return n, nil
}

func utfOffset(t *Thread) (int, error) {
	s := t.CheckString(1)
	n := t.CheckInt(2)
	def := int64(1)
	if n <= 0 {
		def = int64(len(s)) + 1
	}
	i := utfPosition(t.OptInt(3, def), len(s)) - 1
	t.check(0 <= i && i <= int64(len(s)), 3, "position out of bounds")
	if n == 0 {
		for i > 0 && isContinuation(s, i) {
			i--
		}
		return t.Return(Int(i + 1))
	}
	if isContinuation(s, i) {
		return 0, t.Errorf("initial position is a continuation byte")
	}
	if n < 0 {
		for ; n < 0 && i > 0; n++ {
			for i--; i > 0 && isContinuation(s, i); i-- {
			}
		}
	} else {
		for n--; n > 0 && i < int64(len(s)); n-- {
			for i++; isContinuation(s, i); i++ {
			}
		}
	}
	if n != 0 {
		return t.Return(Nil)
	}
	return t.Return(Int(i + 1))
}

func utfCodes(t *Thread) (int, error) {
	s := t.CheckString(1)
	lax := t.Arg(2).Truthy()
	t.check(!isContinuation(s, 0), 1, "invalid UTF-8 code")
	name := "utf8.codes.strict"
	if lax {
		name = "utf8.codes.lax"
	}
	t.Push(t.s.native(name, func(t *Thread) (int, error) { return utfNext(t, !lax) }))
	t.Push(t.Arg(1))
	t.Push(Int(0))
	return 3, nil
}

func utfNext(t *Thread, strict bool) (int, error) {
	s := t.CheckString(1)
	i := t.CheckInt(2)
	if uint64(i) < uint64(len(s)) {
		for isContinuation(s, i) {
			i++
		}
	}
	if uint64(i) >= uint64(len(s)) {
		return 0, nil
	}
	code, size, ok := decodeUTF8(s[i:], strict)
	if !ok || isContinuation(s, i+int64(size)) {
		return 0, t.Errorf("invalid UTF-8 code")
	}
	t.Push(Int(i + 1))
	t.Push(Int(int64(code)))
	return 2, nil
}
