package lua

import (
	"strings"
)

func openString(s *State) *Table {
	tab := s.newTable(0, 24)
	setFuncs(tab, "string.", map[string]Function{
		"byte": strByte, "char": strChar, "find": strFind, "format": strFormat, "gmatch": strGmatch, "gsub": strGsub,
		"len": strLen, "lower": strLower, "match": strMatch, "pack": strPack, "packsize": strPackSize, "rep": strRep,
		"reverse": strReverse, "sub": strSub, "unpack": strUnpack, "upper": strUpper,
	})
	meta := s.newTable(0, 1)
	meta.SetString("__index", TableValue(tab))
	s.typeMeta[KindString] = meta
	return tab
}

func strLen(t *Thread) (int, error) { return t.Return(Int(int64(len(t.CheckString(1))))) }

func strSub(t *Thread) (int, error) {
	s := t.CheckString(1)
	i, j := startIndex(t.CheckInt(2), len(s)), endIndex(t.OptInt(3, -1), len(s))
	if i > j {
		return t.Return(strEmpty)
	}
	if i == 1 && j == int64(len(s)) && t.Arg(1).isString() {
		return t.Return(t.Arg(1))
	}
	return t.Return(t.String(s[i-1 : j]))
}

func strByte(t *Thread) (int, error) {
	s := t.CheckString(1)
	p := t.OptInt(2, 1)
	i := startIndex(p, len(s))
	j := i
	if t.Arg(3).IsNil() {
		j = endIndex(p, len(s)) // of the same position: nothing, if it is outside
		if p < -int64(len(s)) || p == 0 {
			j = i - 1
			if p < 0 && len(s) > 0 {
				j = 0
			}
		}
	} else {
		j = endIndex(t.CheckInt(3), len(s))
	}
	if i > j {
		return 0, nil
	}
	n := int(j - i + 1)
	if t.top+n > maxStack {
		return 0, t.Errorf("string slice too long")
	}
	for _, c := range []byte(s[i-1 : j]) {
		t.Push(Int(int64(c)))
	}
	return n, nil
}

func strChar(t *Thread) (int, error) {
	b := t.newString(t.nargs)
	for i := 1; i <= t.nargs; i++ {
		c := t.CheckInt(i)
		t.check(uint64(c) <= 255, i, "value out of range")
		b[i] = byte(c)
	}
	return t.Return(stringOf(b))
}

func strRep(t *Thread) (int, error) {
	s, n, sep := t.CheckString(1), t.CheckInt(2), t.OptString(3, "")
	if n <= 0 {
		return t.Return(strEmpty)
	}
	unit := int64(len(s) + len(sep))
	if unit > 0 && n > int64(t.s.limits.String)/unit+1 {
		return 0, t.Errorf("resulting string too large")
	}
	if unit == 0 {
		return t.Return(strEmpty)
	}
	b := t.newString(int(n)*len(s) + int(n-1)*len(sep))
	w := 1 + copy(b[1:], s)
	if n > 1 {
		w += copy(b[w:], sep)
		for w < len(b) { // double what is there
			w += copy(b[w:], b[1:w])
		}
	}
	return t.Return(stringOf(b))
}

func strReverse(t *Thread) (int, error) {
	s := t.CheckString(1)
	b := t.newString(len(s))
	for i := range len(s) {
		b[len(s)-i] = s[i]
	}
	return t.Return(stringOf(b))
}

func strLower(t *Thread) (int, error) {
	s := t.CheckString(1)
	b := t.newString(len(s))
	for i := range len(s) {
		c := s[i]
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		b[i+1] = c
	}
	return t.Return(stringOf(b))
}

func strUpper(t *Thread) (int, error) {
	s := t.CheckString(1)
	b := t.newString(len(s))
	for i := range len(s) {
		c := s[i]
		if c >= 'a' && c <= 'z' {
			c &^= 0x20
		}
		b[i+1] = c
	}
	return t.Return(stringOf(b))
}

func strFormat(t *Thread) (int, error) {
	f := t.CheckString(1)
	var buf [128]byte
	out := buf[:0]
	arg := 1
	for {
		i := strings.IndexByte(f, '%')
		if i < 0 {
			return t.Return(t.Bytes(append(out, f...)))
		}
		out = append(out, f[:i]...)
		f = f[i+1:]
		if strings.HasPrefix(f, "%") {
			out, f = append(out, '%'), f[1:]
			continue
		}
		spec, rest := t.parseSpec(f)
		arg++
		t.check(arg <= t.nargs, arg, "no value")
		out = t.formatOne(out, spec, arg)
		f = rest
		if len(out) > t.s.limits.String {
			return 0, t.Errorf("resulting string too large")
		}
	}
}
