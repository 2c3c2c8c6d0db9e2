package lua

import (
	"math"
	"strconv"
	"strings"
)

// floatToInt converts a float with an exact integer value.
func floatToInt(f float64) (int64, bool) {
	if f >= -9223372036854775808.0 && f < 9223372036854775808.0 {
		i := int64(f)
		return i, float64(i) == f
	}
	return 0, false
}

// toInteger converts a number, or a string that is one, to an integer.
func toInteger(v Value) (int64, bool) {
	if v.isInt() {
		return v.int(), true
	}
	if v.isFloat() {
		return floatToInt(v.float())
	}
	if v.isString() {
		if n := parseNumber(v.str()); !n.IsNil() {
			return toInteger(n)
		}
	}
	return 0, false
}

// toFloat converts a number, or a string that is one, to a float.
func toFloat(v Value) (float64, bool) {
	if v.isFloat() {
		return v.float(), true
	}
	if v.isInt() {
		return float64(v.int()), true
	}
	if v.isString() {
		if n := parseNumber(v.str()); !n.IsNil() {
			return toFloat(n)
		}
	}
	return 0, false
}

// toNumber converts a string to a number and leaves numbers as they are; nil
// if it is neither.
func toNumber(v Value) Value {
	if v.isNumber() {
		return v
	}
	if v.isString() {
		return parseNumber(v.str())
	}
	return Nil
}

const space = " \t\n\v\f\r"

// parseNumber reads a numeral as Lua's lexer and tonumber do, with white
// space around it; nil if it is not one.
func parseNumber(s string) Value {
	s = strings.Trim(s, space)
	if s == "" {
		return Nil
	}
	body, neg := s, false
	switch s[0] {
	case '-':
		neg, body = true, s[1:]
	case '+':
		body = s[1:]
	}
	if len(body) > 1 && body[0] == '0' && body[1]|0x20 == 'x' {
		return parseHex(body[2:], neg)
	}
	if body == "" || body[0] != '.' && !isDigit(body[0]) {
		return Nil // no inf, nan or second sign
	}
	if v, ok := parseDecimal(body, neg); ok {
		return v
	}
	if strings.ContainsAny(body, "_xXpPiInN") {
		return Nil
	}
	f, err := strconv.ParseFloat(body, 64)
	if err != nil && !math.IsInf(f, 0) {
		return Nil
	}
	if neg {
		f = -f
	}
	return Float(f)
}

// parseDecimal reads digits that make an integer in range.
func parseDecimal(s string, neg bool) (Value, bool) {
	var n uint64
	for i := 0; i < len(s); i++ {
		if !isDigit(s[i]) {
			return Nil, false
		}
		d := uint64(s[i] - '0')
		if n > (math.MaxUint64-d)/10 {
			return Nil, false
		}
		n = n*10 + d
	}
	if neg {
		return Int(-int64(n)), n <= 1<<63
	}
	return Int(int64(n)), n <= math.MaxInt64
}

// parseHex reads what follows 0x: an integer that wraps around, or a float
// with a binary exponent.
func parseHex(s string, neg bool) Value {
	var n uint64
	var mant float64
	exp, digits, dot, sig := 0, 0, false, 0
	i := 0
	for ; i < len(s); i++ {
		c := s[i]
		if c == '.' && !dot {
			dot = true
			continue
		}
		d, ok := hexDigit(c)
		if !ok {
			break
		}
		digits++
		n = n<<4 | uint64(d)
		if sig > 0 || d > 0 {
			sig++
		}
		// More digits than a float holds only move the exponent.
		if sig <= 30 {
			mant = mant*16 + float64(d)
		} else {
			exp += 4
		}
		if dot {
			exp -= 4
		}
	}
	if digits == 0 {
		return Nil
	}
	if i == len(s) && !dot {
		if neg {
			n = -n
		}
		return Int(int64(n))
	}
	if i < len(s) {
		if s[i]|0x20 != 'p' {
			return Nil
		}
		e, ok := parseExponent(s[i+1:])
		if !ok {
			return Nil
		}
		exp += e
	}
	f := math.Ldexp(mant, exp)
	if neg {
		f = -f
	}
	return Float(f)
}

func parseExponent(s string) (int, bool) {
	neg := false
	if s != "" && (s[0] == '-' || s[0] == '+') {
		neg, s = s[0] == '-', s[1:]
	}
	if s == "" {
		return 0, false
	}
	e := 0
	for i := 0; i < len(s); i++ {
		if !isDigit(s[i]) {
			return 0, false
		}
		e = min(e*10+int(s[i]-'0'), 1<<20)
	}
	if neg {
		e = -e
	}
	return e, true
}

func hexDigit(c byte) (int, bool) {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0'), true
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10, true
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10, true
	}
	return 0, false
}

func isDigit(c byte) bool { return c >= '0' && c <= '9' }

// appendNumber writes a number as tostring does: %d or %.14g, floats with a
// mark that they are.
func appendNumber(b []byte, v Value) []byte {
	if v.isInt() {
		return strconv.AppendInt(b, v.int(), 10)
	}
	start := len(b)
	b = appendG(b, v.float())
	for _, c := range b[start:] {
		if c != '-' && !isDigit(c) {
			return b
		}
	}
	return append(b, ".0"...)
}

// appendG writes a float as C's %.14g does.
func appendG(b []byte, f float64) []byte {
	switch {
	case f != f:
		if math.Signbit(f) {
			return append(b, "-nan"...)
		}
		return append(b, "nan"...)
	case math.IsInf(f, 1):
		return append(b, "inf"...)
	case math.IsInf(f, -1):
		return append(b, "-inf"...)
	}
	return strconv.AppendFloat(b, f, 'g', 14, 64)
}

func numberString(v Value) string {
	var buf [32]byte
	return string(appendNumber(buf[:0], v))
}

// intFloorDiv and intMod round toward minus infinity; the divisor is not 0.
func intFloorDiv(a, b int64) int64 {
	if b == -1 {
		return -a
	}
	q := a / b
	if a%b != 0 && (a^b) < 0 {
		q--
	}
	return q
}

func intMod(a, b int64) int64 {
	if b == -1 {
		return 0
	}
	r := a % b
	if r != 0 && (r^b) < 0 {
		r += b
	}
	return r
}

func floatMod(a, b float64) float64 {
	if math.IsInf(b, 0) && !math.IsInf(a, 0) && a == a {
		if a == 0 || (a > 0) == (b > 0) {
			return a
		}
		return b
	}
	r := fmod(a, b)
	if r != 0 && (r < 0) != (b < 0) {
		r += b
	}
	return r
}

// fmod is C's fmod; an invalid operation gives the NaN that processors give.
func fmod(a, b float64) float64 {
	r := math.Mod(a, b)
	if r != r && a == a && b == b {
		return math.Copysign(r, -1)
	}
	return r
}

func pow(a, b float64) float64 {
	if b == 2 {
		return a * a
	}
	r := math.Pow(a, b)
	if r != r && a == a && b == b {
		return math.Copysign(r, -1)
	}
	return r
}

// shiftLeft shifts logically; a negative count shifts right.
func shiftLeft(a, n int64) int64 {
	switch {
	case n <= -64 || n >= 64:
		return 0
	case n >= 0:
		return int64(uint64(a) << uint(n))
	}
	return int64(uint64(a) >> uint(-n))
}

// Comparisons between integers and floats are exact, also where a float
// can't hold the integer.
func intLessFloat(i int64, f float64) bool {
	if -(1<<53) <= i && i <= 1<<53 {
		return float64(i) < f
	}
	switch {
	case f != f:
		return false
	case f >= 9223372036854775808.0:
		return true
	case f <= -9223372036854775808.0:
		return false
	}
	return i < int64(math.Ceil(f))
}

func intLessEqualFloat(i int64, f float64) bool {
	if -(1<<53) <= i && i <= 1<<53 {
		return float64(i) <= f
	}
	switch {
	case f != f:
		return false
	case f >= 9223372036854775808.0:
		return true
	case f < -9223372036854775808.0:
		return false
	}
	return i <= int64(math.Floor(f))
}

func floatLessInt(f float64, i int64) bool      { return f == f && !intLessEqualFloat(i, f) }
func floatLessEqualInt(f float64, i int64) bool { return f == f && !intLessFloat(i, f) }

func numLess(a, b Value) bool {
	switch {
	case a.isInt() && b.isInt():
		return a.int() < b.int()
	case a.isFloat() && b.isFloat():
		return a.float() < b.float()
	case a.isInt():
		return intLessFloat(a.int(), b.float())
	}
	return floatLessInt(a.float(), b.int())
}

func numLessEqual(a, b Value) bool {
	switch {
	case a.isInt() && b.isInt():
		return a.int() <= b.int()
	case a.isFloat() && b.isFloat():
		return a.float() <= b.float()
	case a.isInt():
		return intLessEqualFloat(a.int(), b.float())
	}
	return floatLessEqualInt(a.float(), b.int())
}
