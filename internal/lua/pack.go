package lua

import (
	"math"
	"strings"
)

// A packFormat reads the format strings of pack and unpack.
type packFormat struct {
	t     *Thread
	f     string
	big   bool
	align int
}

// A packItem is one option: what to store, its size, and the padding before.
type packItem struct {
	kind byte // i, u, f, d, c (fixed string), s (counted), z, x (byte of padding), n (nothing)
	size int
	pad  int
}

const maxIntSize = 16

// number reads digits, or gives a default.
func (p *packFormat) number(def int) int {
	if p.f == "" || !isDigit(p.f[0]) {
		return def
	}
	n := 0
	for p.f != "" && isDigit(p.f[0]) && n < math.MaxInt32 {
		n = n*10 + int(p.f[0]-'0')
		p.f = p.f[1:]
	}
	return min(n, math.MaxInt32)
}

func (p *packFormat) intSize(def int) int {
	n := p.number(def)
	if n < 1 || n > maxIntSize {
		p.t.raisef("integral size (%d) out of limits [1,%d]", n, maxIntSize)
	}
	return n
}

// option reads an option without regard to alignment.
func (p *packFormat) option() packItem {
	c := p.f[0]
	p.f = p.f[1:]
	switch c {
	case 'b':
		return packItem{kind: 'i', size: 1}
	case 'B':
		return packItem{kind: 'u', size: 1}
	case 'h':
		return packItem{kind: 'i', size: 2}
	case 'H':
		return packItem{kind: 'u', size: 2}
	case 'i':
		return packItem{kind: 'i', size: p.intSize(4)}
	case 'I':
		return packItem{kind: 'u', size: p.intSize(4)}
	case 'l', 'j':
		return packItem{kind: 'i', size: 8}
	case 'L', 'J', 'T':
		return packItem{kind: 'u', size: 8}
	case 'f':
		return packItem{kind: 'f', size: 4}
	case 'd', 'n':
		return packItem{kind: 'd', size: 8}
	case 's':
		return packItem{kind: 's', size: p.intSize(8)}
	case 'c':
		n := p.number(-1)
		if n < 0 {
			p.t.raise("missing size for format option 'c'")
		}
		return packItem{kind: 'c', size: n}
	case 'z':
		return packItem{kind: 'z'}
	case 'x':
		return packItem{kind: 'x', size: 1}
	case 'X', ' ':
		return packItem{kind: c}
	case '<':
		p.big = false
	case '>':
		p.big = true
	case '=':
		p.big = false
	case '!':
		p.align = p.intSize(8)
	default:
		p.t.raisef("invalid format option '%c'", c)
	}
	return packItem{kind: ' '}
}

// next reads an option; total is the number of bytes before it.
func (p *packFormat) next(total int) packItem {
	it := p.option()
	align := it.size
	switch it.kind {
	case 'X':
		if p.f == "" {
			p.t.ArgError(1, "invalid next option for option 'X'")
		}
		next := p.option()
		align = next.size
		if next.kind == 'c' || align == 0 {
			p.t.ArgError(1, "invalid next option for option 'X'")
		}
		it.kind = ' '
	case 'i', 'u', 'f', 'd', 's':
	default:
		return it
	}
	if align <= 1 {
		return it
	}
	align = min(align, p.align)
	if align&(align-1) != 0 {
		p.t.ArgError(1, "format asks for alignment not power of 2")
	}
	it.pad = (align - total&(align-1)) & (align - 1)
	return it
}

func strPack(t *Thread) (int, error) {
	p := packFormat{t: t, f: t.CheckString(1), align: 1}
	var buf [64]byte
	out := buf[:0]
	arg := 1
	for p.f != "" {
		it := p.next(len(out))
		for range it.pad {
			out = append(out, 0)
		}
		switch it.kind {
		case 'i', 'u':
			arg++
			n := t.CheckInt(arg)
			if it.size < 8 {
				if lim := int64(1) << (it.size*8 - 1); it.kind == 'i' {
					t.check(-lim <= n && n < lim, arg, "integer overflow")
				} else {
					t.check(uint64(n) < uint64(lim)*2, arg, "unsigned overflow")
				}
			}
			out = p.putInt(out, uint64(n), it.size, n < 0)
		case 'f':
			arg++
			out = p.putInt(out, uint64(math.Float32bits(float32(t.CheckFloat(arg)))), 4, false)
		case 'd':
			arg++
			out = p.putInt(out, math.Float64bits(t.CheckFloat(arg)), 8, false)
		case 'c':
			arg++
			s := t.CheckString(arg)
			t.check(len(s) <= it.size, arg, "string longer than given size")
			if len(out)+it.size > t.s.limits.String {
				return 0, t.Errorf("resulting string too large")
			}
			out = append(out, s...)
			out = append(out, make([]byte, it.size-len(s))...)
		case 's':
			arg++
			s := t.CheckString(arg)
			t.check(it.size >= 8 || uint64(len(s)) < 1<<(it.size*8), arg, "string length does not fit in given size")
			out = append(p.putInt(out, uint64(len(s)), it.size, false), s...)
		case 'z':
			arg++
			s := t.CheckString(arg)
			t.check(strings.IndexByte(s, 0) < 0, arg, "string contains zeros")
			out = append(append(out, s...), 0)
		case 'x':
			out = append(out, 0)
		}
		if len(out) > t.s.limits.String {
			return 0, t.Errorf("resulting string too large")
		}
	}
	return t.Return(t.Bytes(out))
}

func (p *packFormat) putInt(out []byte, n uint64, size int, neg bool) []byte {
	start := len(out)
	for i := range size {
		switch {
		case i < 8:
			out = append(out, byte(n>>(8*i)))
		case neg:
			out = append(out, 0xff)
		default:
			out = append(out, 0)
		}
	}
	if p.big {
		b := out[start:]
		for i, j := 0, size-1; i < j; i, j = i+1, j-1 {
			b[i], b[j] = b[j], b[i]
		}
	}
	return out
}

func (p *packFormat) getInt(b string, signed bool) int64 {
	size := len(b)
	at := func(i int) byte { // byte i, least significant first
		if p.big {
			return b[size-1-i]
		}
		return b[i]
	}
	var n uint64
	for i := min(size, 8) - 1; i >= 0; i-- {
		n = n<<8 | uint64(at(i))
	}
	if size < 8 {
		if signed {
			shift := 64 - 8*size
			return int64(n<<shift) >> shift
		}
		return int64(n)
	}
	for i := 8; i < size; i++ {
		want := byte(0)
		if signed && int64(n) < 0 {
			want = 0xff
		}
		if at(i) != want {
			p.t.raisef("%d-byte integer does not fit into Lua Integer", size)
		}
	}
	return int64(n)
}

func strPackSize(t *Thread) (int, error) {
	p := packFormat{t: t, f: t.CheckString(1), align: 1}
	total := 0
	for p.f != "" {
		it := p.next(total)
		t.check(it.kind != 's' && it.kind != 'z', 1, "variable-length format")
		n := it.pad + it.size
		if it.kind == ' ' {
			n = it.pad
		}
		t.check(total <= math.MaxInt32-n, 1, "format result too large")
		total += n
	}
	return t.Return(Int(int64(total)))
}

func strUnpack(t *Thread) (int, error) {
	p := packFormat{t: t, f: t.CheckString(1), align: 1}
	s := t.CheckString(2)
	start := startIndex(t.OptInt(3, 1), len(s)) - 1
	t.check(start <= int64(len(s)), 3, "initial position out of string")
	pos, n := int(start), 0
	for p.f != "" {
		it := p.next(pos)
		size := it.size
		if it.kind == ' ' {
			size = 0
		}
		t.check(it.pad+size <= len(s)-pos, 2, "data string too short")
		pos += it.pad
		if t.top > maxStack-10 {
			return 0, t.Errorf("too many results")
		}
		switch it.kind {
		case 'i', 'u':
			t.Push(Int(p.getInt(s[pos:pos+size], it.kind == 'i')))
		case 'f':
			t.Push(Float(float64(math.Float32frombits(uint32(p.getInt(s[pos:pos+4], false))))))
		case 'd':
			t.Push(Float(math.Float64frombits(uint64(p.getInt(s[pos:pos+8], false)))))
		case 'c':
			t.Push(t.String(s[pos : pos+size]))
		case 's':
			l := p.getInt(s[pos:pos+size], false)
			t.check(uint64(l) <= uint64(len(s)-pos-size), 2, "data string too short")
			t.Push(t.String(s[pos+size : pos+size+int(l)]))
			pos += int(l)
		case 'z':
			e := strings.IndexByte(s[pos:], 0)
			t.check(e >= 0, 2, "unfinished string for format 'z'")
			t.Push(t.String(s[pos : pos+e]))
			pos += e + 1
		}
		pos += size
		if it.kind != 'x' && it.kind != ' ' {
			n++
		}
	}
	t.Push(Int(int64(pos + 1)))
	return n + 1, nil
}
