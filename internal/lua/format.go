package lua

import (
	"fmt"
	"math"
	"strconv"
	"strings"
)

// A formatSpec is what follows % in string.format.
type formatSpec struct {
	minus, plus, space, alt, zero bool
	width, prec                   int // prec is -1 if there is none
	verb                          byte
	text                          string // flags, width and precision as written
}

// parseSpec reads a specification and gives what follows it.
func (t *Thread) parseSpec(f string) (formatSpec, string) {
	s := formatSpec{prec: -1}
	i := 0
	for ; i < len(f) && strings.IndexByte("-+ #0", f[i]) >= 0; i++ {
		switch f[i] {
		case '-':
			s.minus = true
		case '+':
			s.plus = true
		case ' ':
			s.space = true
		case '#':
			s.alt = true
		case '0':
			s.zero = true
		}
	}
	flags := i
	digits := func() int {
		n := 0
		for d := 0; d < 2 && i < len(f) && isDigit(f[i]); d++ {
			n = n*10 + int(f[i]-'0')
			i++
		}
		return n
	}
	s.width = digits()
	if i < len(f) && f[i] == '.' {
		i++
		s.prec = digits()
	}
	if i >= len(f) {
		t.raisef("invalid conversion '%%%s' to 'format'", f)
	}
	s.verb, s.text = f[i], f[:i]
	allowed := map[byte]string{'c': "-", 'd': "-+0 ", 'i': "-+0 ", 'u': "", 'a': "-+#0 ", 'A': "-+#0 ", 'f': "-+#0 ", 'F': "-+#0 ",
		'e': "-+#0 ", 'E': "-+#0 ", 'g': "-+#0 ", 'G': "-+#0 ", 'o': "-#0", 'x': "-#0", 'X': "-#0", 'p': "-", 's': "-", 'q': ""}[s.verb]
	ok := flags <= 5
	for _, c := range []byte(f[:flags]) {
		ok = ok && strings.IndexByte(allowed, c) >= 0
	}
	if s.verb == 'q' && i > 0 {
		t.raise("specifier '%q' cannot have modifiers")
	}
	if (s.verb == 'c' || s.verb == 'p') && s.prec >= 0 {
		ok = false
	}
	if strings.IndexByte("cdiaAfFeEgGoxXpsq", s.verb) < 0 {
		t.raisef("invalid conversion '%%%s' to 'format'", f[:i+1])
	}
	if !ok {
		t.raisef("invalid conversion specification: '%%%s'", f[:i+1])
	}
	return s, f[i+1:]
}

func (t *Thread) formatOne(out []byte, s formatSpec, arg int) []byte {
	switch s.verb {
	case 'c':
		return s.pad(out, string([]byte{byte(t.CheckInt(arg))}))
	case 'd', 'i':
		n := t.CheckInt(arg)
		return s.integer(out, strconv.FormatUint(absolute(n), 10), n < 0)
	case 'o':
		return s.unsigned(out, uint64(t.CheckInt(arg)), 8, "0")
	case 'x':
		return s.unsigned(out, uint64(t.CheckInt(arg)), 16, "0x")
	case 'X':
		n := len(out)
		out = s.unsigned(out, uint64(t.CheckInt(arg)), 16, "0x")
		return append(out[:n], strings.ToUpper(string(out[n:]))...)
	case 's':
		t.CheckAny(arg)
		str := t.ToString(t.Arg(arg))
		if s.prec >= 0 && s.prec < len(str) {
			str = str[:s.prec]
		}
		if s.text != "" {
			t.check(strings.IndexByte(str, 0) < 0, arg, "string contains zeros")
		}
		return s.pad(out, str)
	case 'q':
		return t.quote(out, t.CheckAny(arg), arg)
	case 'p':
		v := t.CheckAny(arg)
		if v.p == nil || v.isNumber() || v.p == tagTrue() {
			return s.pad(out, "(null)")
		}
		return s.pad(out, fmt.Sprintf("%p", v.p))
	}
	return s.float(out, t.CheckFloat(arg))
}

func absolute(n int64) uint64 {
	if n < 0 {
		return -uint64(n)
	}
	return uint64(n)
}

func (s formatSpec) pad(out []byte, str string) []byte {
	n := s.width - len(str)
	if !s.minus {
		for ; n > 0; n-- {
			out = append(out, ' ')
		}
	}
	out = append(out, str...)
	for ; n > 0; n-- {
		out = append(out, ' ')
	}
	return out
}

// number adds sign, prefix and padding to digits.
func (s formatSpec) number(out []byte, sign, digits string, zero bool) []byte {
	if zero && !s.minus {
		if n := s.width - len(sign) - len(digits); n > 0 {
			digits = strings.Repeat("0", n) + digits
		}
	}
	return s.pad(out, sign+digits)
}

func (s formatSpec) sign(neg bool) string {
	switch {
	case neg:
		return "-"
	case s.plus:
		return "+"
	case s.space:
		return " "
	}
	return ""
}

func (s formatSpec) integer(out []byte, digits string, neg bool) []byte {
	if s.prec == 0 && digits == "0" {
		digits = ""
	}
	if n := s.prec - len(digits); n > 0 {
		digits = strings.Repeat("0", n) + digits
	}
	return s.number(out, s.sign(neg), digits, s.zero && s.prec < 0)
}

func (s formatSpec) unsigned(out []byte, n uint64, base int, prefix string) []byte {
	digits := strconv.FormatUint(n, base)
	if s.prec == 0 && n == 0 {
		digits = ""
	}
	if k := s.prec - len(digits); k > 0 {
		digits = strings.Repeat("0", k) + digits
	}
	if !s.alt || n == 0 && base == 16 {
		prefix = ""
	}
	if base == 8 && strings.HasPrefix(digits, "0") {
		prefix = ""
	}
	return s.number(out, prefix, digits, s.zero && s.prec < 0)
}

func (s formatSpec) float(out []byte, f float64) []byte {
	upper := s.verb < 'a'
	verb := s.verb | 0x20
	if math.IsInf(f, 0) || f != f {
		word := "inf"
		if f != f {
			word = "nan"
		}
		if upper {
			word = strings.ToUpper(word)
		}
		return s.number(out, s.sign(math.Signbit(f)), word, false)
	}
	sign := s.sign(math.Signbit(f))
	f = math.Abs(f)
	var digits string
	switch verb {
	case 'a':
		digits = hexFloat(f, s.prec, s.alt)
		sign += "0x"
		digits = digits[2:]
	default:
		prec := s.prec
		if prec < 0 {
			prec = 6
		}
		if verb == 'g' && s.alt {
			digits = altG(f, max(prec, 1))
		} else {
			digits = strconv.FormatFloat(f, verb, max(prec, b2i(verb == 'g')), 64)
		}
		if s.alt && prec == 0 && verb != 'g' {
			digits = withPoint(digits)
		}
	}
	if upper {
		sign, digits = strings.ToUpper(sign), strings.ToUpper(digits)
	}
	return s.number(out, sign, digits, s.zero)
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

// withPoint adds the decimal point that # asks for.
func withPoint(digits string) string {
	if i := strings.IndexAny(digits, "ep"); i >= 0 {
		return digits[:i] + "." + digits[i:]
	}
	return digits + "."
}

// altG is %#g: trailing zeros stay.
func altG(f float64, prec int) string {
	e := strconv.FormatFloat(f, 'e', prec-1, 64)
	exp, _ := strconv.Atoi(e[strings.IndexByte(e, 'e')+1:])
	if exp < -4 || exp >= prec {
		if prec == 1 {
			return withPoint(e)
		}
		return e
	}
	s := strconv.FormatFloat(f, 'f', prec-1-exp, 64)
	if !strings.Contains(s, ".") {
		s += "."
	}
	return s
}

// hexFloat is C's %a of a float that is not negative.
func hexFloat(f float64, prec int, alt bool) string {
	s := strconv.FormatFloat(f, 'x', prec, 64)
	mant, exp, _ := strings.Cut(s, "p")
	n, _ := strconv.Atoi(exp)
	if _, plain, _ := strings.Cut(strconv.FormatFloat(f, 'x', -1, 64), "p"); prec >= 0 && plain != exp {
		mant, n = "0x2"+mant[3:], n-1 // C does not carry into the exponent
	}
	if f != 0 && n < -1022 && prec < 0 {
		// C does not normalize the smallest numbers.
		s := fmt.Sprintf("%013x", math.Float64bits(f))
		mant, n = "0x0."+strings.TrimRight(s, "0"), -1022
	}
	if alt && !strings.Contains(mant, ".") {
		mant += "."
	}
	return fmt.Sprintf("%sp%+d", mant, n)
}

// quote writes a value so that Lua reads it back.
func (t *Thread) quote(out []byte, v Value, arg int) []byte {
	switch v.Kind() {
	case KindString:
		return quoteString(out, v.str())
	case KindInt:
		if v.int() == math.MinInt64 {
			return append(out, "0x8000000000000000"...)
		}
		return strconv.AppendInt(out, v.int(), 10)
	case KindFloat:
		f := v.float()
		switch {
		case f == math.Floor(f) && math.Abs(f) < 1e15:
			return fmt.Appendf(out, "%s", strings.TrimSuffix(formatSpec{prec: -1, verb: 'a'}.text, "")+string(formatSpec{prec: -1, verb: 'a'}.float(nil, f)))
		case math.IsInf(f, 1):
			return append(out, "1e9999"...)
		case math.IsInf(f, -1):
			return append(out, "-1e9999"...)
		case f != f:
			return append(out, "(0/0)"...)
		}
		return formatSpec{prec: -1, verb: 'a'}.float(out, f)
	case KindNil, KindBool:
		return append(out, t.ToString(v)...)
	}
	t.ArgError(arg, "value has no literal form")
	return nil
}

func quoteString(out []byte, s string) []byte {
	out = append(out, '"')
	for i := range len(s) {
		switch c := s[i]; {
		case c == '"' || c == '\\' || c == '\n':
			out = append(out, '\\', c)
		case c < 32 || c == 127:
			if i+1 < len(s) && isDigit(s[i+1]) {
				out = fmt.Appendf(out, "\\%03d", c)
			} else {
				out = fmt.Appendf(out, "\\%d", c)
			}
		default:
			out = append(out, c)
		}
	}
	return append(out, '"')
}
