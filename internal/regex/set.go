package regex

import "math/bits"

// ByteSet is a set of bytes. The zero value is empty.
type ByteSet [4]uint64

// Has tells whether the set holds c.
func (s *ByteSet) Has(c byte) bool { return s[c>>6]>>(c&63)&1 != 0 }

// Len is the number of bytes in the set.
func (s *ByteSet) Len() int {
	return bits.OnesCount64(s[0]) + bits.OnesCount64(s[1]) + bits.OnesCount64(s[2]) + bits.OnesCount64(s[3])
}

func (s *ByteSet) add(c byte) { s[c>>6] |= 1 << (c & 63) }

// addRange adds lo to hi, both included.
func (s *ByteSet) addRange(lo, hi byte) {
	for c := int(lo); c <= int(hi); c++ {
		s.add(byte(c))
	}
}

// addFolded adds lo to hi, and the other case of each ASCII letter of them.
func (s *ByteSet) addFolded(lo, hi byte) {
	s.addRange(lo, hi)
	for c := int(lo); c <= int(hi); c++ {
		if isLetter(byte(c)) {
			s.add(byte(c) ^ 0x20)
		}
	}
}

func (s *ByteSet) union(t *ByteSet) {
	for i := range s {
		s[i] |= t[i]
	}
}

func (s *ByteSet) negate() {
	for i := range s {
		s[i] = ^s[i]
	}
}

func (s *ByteSet) disjoint(t *ByteSet) bool {
	return s[0]&t[0]|s[1]&t[1]|s[2]&t[2]|s[3]&t[3] == 0
}

// min is the smallest member; the set must not be empty.
func (s *ByteSet) min() byte {
	for i, w := range s {
		if w != 0 {
			return byte(i<<6 + bits.TrailingZeros64(w))
		}
	}
	panic("regex: min of an empty set")
}

// The named classes, as PCRE has them in the C locale.
var (
	setDigit = ByteSet{0: 0x03ff << 48}
	setUpper = ByteSet{1: 0x07fffffe}
	setLower = ByteSet{1: 0x07fffffe << 32}
	setAlpha = ByteSet{1: 0x07fffffe | 0x07fffffe<<32}
	setAlnum = ByteSet{0: 0x03ff << 48, 1: 0x07fffffe | 0x07fffffe<<32}
	setWord  = ByteSet{0: 0x03ff << 48, 1: 0x07fffffe | 0x07fffffe<<32 | 1<<('_'-64)}
	setXdig  = ByteSet{0: 0x03ff << 48, 1: 0x7e | 0x7e<<32}
	setSpace = ByteSet{0: 0x1f<<'\t' | 1<<' '}
	setBlank = ByteSet{0: 1<<'\t' | 1<<' '}
	setASCII = ByteSet{0: ^uint64(0), 1: ^uint64(0)}
	setCntrl = ByteSet{0: 1<<32 - 1, 1: 1 << 63}
	setGraph = ByteSet{0: 0xfffffffe << 32, 1: ^uint64(0) >> 1}
	setPrint = ByteSet{0: 0xffffffff << 32, 1: ^uint64(0) >> 1}
	setPunct = ByteSet{0: 0xfc00fffe << 32, 1: 0x78000001<<32 | 0xf8000001}
	setHoriz = ByteSet{0: 1<<'\t' | 1<<' ', 2: 1 << (0xa0 - 128)}
	setVert  = ByteSet{0: 0x0f << '\n', 2: 1 << (0x85 - 128)}
)

// posixClass is the class of a [:name:], or nil.
func posixClass(name string) *ByteSet {
	switch name {
	case "alpha":
		return &setAlpha
	case "lower":
		return &setLower
	case "upper":
		return &setUpper
	case "alnum":
		return &setAlnum
	case "ascii":
		return &setASCII
	case "blank":
		return &setBlank
	case "cntrl":
		return &setCntrl
	case "digit":
		return &setDigit
	case "graph":
		return &setGraph
	case "print":
		return &setPrint
	case "punct":
		return &setPunct
	case "space":
		return &setSpace
	case "word":
		return &setWord
	case "xdigit":
		return &setXdig
	}
	return nil
}

func isLetter(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' }

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// lower is c, with an ASCII capital letter made small.
func lower(c byte) byte {
	if c >= 'A' && c <= 'Z' {
		return c + 0x20
	}
	return c
}
