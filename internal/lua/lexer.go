package lua

import (
	"fmt"
	"strings"
)

type token uint8

const (
	tokEOF token = iota
	tokName
	tokString
	tokInt
	tokFloat
	tokConcat // ..
	tokDots   // ...
	tokEq
	tokGe
	tokLe
	tokNe
	tokShl
	tokShr
	tokIdiv
	tokDbColon
	tokAnd
	tokBreak
	tokDo
	tokElse
	tokElseif
	tokEnd
	tokFalse
	tokFor
	tokFunction
	tokGoto
	tokIf
	tokIn
	tokLocal
	tokNil
	tokNot
	tokOr
	tokRepeat
	tokReturn
	tokThen
	tokTrue
	tokUntil
	tokWhile
	tokChar = 128 // a single character is its code plus tokChar
)

var tokenNames = [...]string{"<eof>", "<name>", "<string>", "<integer>", "<number>", "..", "...", "==", ">=", "<=", "~=",
	"<<", ">>", "//", "::", "and", "break", "do", "else", "elseif", "end", "false", "for", "function", "goto", "if", "in",
	"local", "nil", "not", "or", "repeat", "return", "then", "true", "until", "while"}

func char(c byte) token { return tokChar + token(c) }

func (k token) String() string {
	if k >= tokChar {
		return string(rune(k - tokChar))
	}
	return tokenNames[k]
}

// reserved is the token of a reserved word.
func reserved(s string) (token, bool) {
	for k := tokAnd; k <= tokWhile; k++ {
		if tokenNames[k] == s {
			return k, true
		}
	}
	return 0, false
}

// A lexer cuts a chunk into tokens. It raises faults by panicking with a
// *Error, which Compile turns into a result.
type lexer struct {
	src     string
	pos     int
	line    int // of the character at pos
	last    int // line of the last token consumed
	chunk   string
	tok     token
	val     Value // of names, strings and numbers
	start   int   // where tok begins
	ahead   token
	hasNext bool
	aheadAt [2]int // start and line of the token ahead
	aheadV  Value
	strings map[string]Value
	buf     []byte
}

func newLexer(src, chunk string) *lexer {
	return &lexer{src: src, line: 1, last: 1, chunk: chunk, strings: map[string]Value{}}
}

// intern makes equal strings of a chunk share their bytes, so that table
// look-ups mostly compare pointers.
func (x *lexer) intern(s string) Value {
	if v, ok := x.strings[s]; ok {
		return v
	}
	v := String(s)
	x.strings[v.str()] = v
	return v
}

func (x *lexer) next() {
	x.last = x.line
	if x.hasNext {
		x.tok, x.val, x.start, x.line = x.ahead, x.aheadV, x.aheadAt[0], x.aheadAt[1]
		x.hasNext = false
		return
	}
	x.tok = x.scan()
}

// peek looks at the token after the current one.
func (x *lexer) peek() token {
	tok, val, start, line := x.tok, x.val, x.start, x.line
	x.ahead = x.scan()
	x.aheadV, x.aheadAt, x.hasNext = x.val, [2]int{x.start, x.line}, true
	x.tok, x.val, x.start, x.line = tok, val, start, line
	return x.ahead
}

func (x *lexer) at(i int) byte {
	if x.pos+i < len(x.src) {
		return x.src[x.pos+i]
	}
	return 0
}

func (x *lexer) fail(msg, near string) {
	s := fmt.Sprintf("%s:%d: %s", chunkID(x.chunk), x.line, msg)
	if near != "" {
		s += " near " + near
	}
	panic(&Error{Value: String(s), Kind: ErrSyntax})
}

// failHere reports a fault at the text scanned so far.
func (x *lexer) failHere(msg string) {
	x.fail(msg, "'"+x.src[x.start:min(x.pos, len(x.src))]+"'")
}

// failToken reports a fault at the current token.
func (x *lexer) failToken(msg string) { x.fail(msg, x.tokenText()) }

func (x *lexer) tokenText() string {
	switch {
	case x.tok == tokEOF:
		return "<eof>"
	case x.tok == tokName || x.tok == tokString:
		end := x.pos
		if x.hasNext {
			end = x.start + x.val.strLen()
		}
		return "'" + x.src[x.start:min(end, len(x.src))] + "'"
	case x.tok == tokInt || x.tok == tokFloat:
		end := x.start
		for end < len(x.src) && (isAlnum(x.src[end]) || x.src[end] == '.') {
			end++
		}
		return "'" + x.src[x.start:end] + "'"
	case x.tok >= tokChar:
		return quoteChar(byte(x.tok - tokChar))
	}
	return "'" + x.tok.String() + "'"
}

func quoteChar(c byte) string {
	if c < 32 || c == 127 {
		return fmt.Sprintf("'<\\%d>'", c)
	}
	return "'" + string([]byte{c}) + "'"
}

func isAlpha(c byte) bool { return c|0x20 >= 'a' && c|0x20 <= 'z' || c == '_' }
func isAlnum(c byte) bool { return isAlpha(c) || isDigit(c) }

// newline skips a line end: \n, \r, \r\n or \n\r.
func (x *lexer) newline() {
	c := x.src[x.pos]
	x.pos++
	if n := x.at(0); (n == '\n' || n == '\r') && n != c && x.pos < len(x.src) {
		x.pos++
	}
	x.line++
}

func (x *lexer) scan() token {
	for x.pos < len(x.src) {
		c := x.src[x.pos]
		x.start = x.pos
		switch {
		case c == '\n' || c == '\r':
			x.newline()
		case c == ' ' || c == '\t' || c == '\v' || c == '\f':
			x.pos++
		case c == '-' && x.at(1) == '-':
			x.comment()
		case isAlpha(c):
			return x.name()
		case isDigit(c) || c == '.' && isDigit(x.at(1)):
			return x.number()
		default:
			return x.symbol(c)
		}
	}
	x.start = len(x.src)
	return tokEOF
}

func (x *lexer) comment() {
	x.pos += 2
	if x.at(0) == '[' {
		if n := x.longLevel(); n >= 0 {
			x.longBracket(n, "comment")
			return
		}
	}
	for x.pos < len(x.src) && x.src[x.pos] != '\n' && x.src[x.pos] != '\r' {
		x.pos++
	}
}

func (x *lexer) name() token {
	i := x.pos
	for i < len(x.src) && isAlnum(x.src[i]) {
		i++
	}
	s := x.src[x.pos:i]
	x.pos = i
	if k, ok := reserved(s); ok {
		return k
	}
	x.val = x.intern(s)
	return tokName
}

func (x *lexer) number() token {
	i := x.pos
	exp := byte('e')
	if x.src[i] == '0' && x.at(1)|0x20 == 'x' {
		exp, i = 'p', i+2
	}
	for i < len(x.src) {
		c := x.src[i]
		if c|0x20 == exp && i+1 < len(x.src) && (x.src[i+1] == '+' || x.src[i+1] == '-') {
			i += 2
		} else if isAlnum(c) || c == '.' {
			i++
		} else {
			break
		}
	}
	s := x.src[x.pos:i]
	x.pos = i
	x.val = parseNumber(s)
	switch {
	case x.val.isInt():
		return tokInt
	case x.val.isFloat():
		return tokFloat
	}
	x.failHere("malformed number")
	return 0
}

func (x *lexer) symbol(c byte) token {
	n := x.at(1)
	two := func(k token) token { x.pos += 2; return k }
	switch {
	case c == '[':
		if n == '[' || n == '=' {
			if lv := x.longLevel(); lv >= 0 {
				x.val = x.intern(x.longBracket(lv, "string"))
				return tokString
			} else if n == '=' {
				x.pos += -lv
				x.failHere("invalid long string delimiter")
			}
		}
	case c == '"' || c == '\'':
		return x.quoted(c)
	case c == '.' && n == '.':
		if x.at(2) == '.' {
			x.pos += 3
			return tokDots
		}
		return two(tokConcat)
	case c == '=' && n == '=':
		return two(tokEq)
	case c == '>' && n == '=':
		return two(tokGe)
	case c == '<' && n == '=':
		return two(tokLe)
	case c == '~' && n == '=':
		return two(tokNe)
	case c == '<' && n == '<':
		return two(tokShl)
	case c == '>' && n == '>':
		return two(tokShr)
	case c == '/' && n == '/':
		return two(tokIdiv)
	case c == ':' && n == ':':
		return two(tokDbColon)
	}
	x.pos++
	if c >= 128 { // would overflow into the tokens; no such symbol exists
		x.fail("unexpected symbol", fmt.Sprintf("'<\\%d>'", c))
	}
	return char(c)
}

// longLevel is the number of = in a long bracket that opens here, or minus
// the length of what looked like one.
func (x *lexer) longLevel() int {
	n := 0
	for x.at(1+n) == '=' {
		n++
	}
	if x.at(1+n) == '[' {
		return n
	}
	return -n - 1
}

// longBracket reads to the bracket that closes level n.
func (x *lexer) longBracket(n int, what string) string {
	line := x.line
	x.pos += n + 2
	if c := x.at(0); x.pos < len(x.src) && (c == '\n' || c == '\r') {
		x.newline()
	}
	x.buf = x.buf[:0]
	closing := "]" + strings.Repeat("=", n) + "]"
	for x.pos < len(x.src) {
		c := x.src[x.pos]
		switch {
		case c == ']' && strings.HasPrefix(x.src[x.pos:], closing):
			x.pos += len(closing)
			return string(x.buf)
		case c == '\n' || c == '\r':
			x.newline()
			c = '\n'
		default:
			x.pos++
		}
		if what == "string" {
			x.buf = append(x.buf, c)
		}
	}
	x.fail(fmt.Sprintf("unfinished long %s (starting at line %d)", what, line), "<eof>")
	return ""
}

func (x *lexer) quoted(q byte) token {
	x.pos++
	x.buf = x.buf[:0]
	for {
		if x.pos >= len(x.src) {
			x.fail("unfinished string", "<eof>")
		}
		c := x.src[x.pos]
		switch {
		case c == q:
			x.pos++
			x.val = x.intern(string(x.buf))
			return tokString
		case c == '\n' || c == '\r':
			x.failHere("unfinished string")
		case c == '\\':
			x.pos++
			x.escape()
		default:
			x.buf = append(x.buf, c)
			x.pos++
		}
	}
}

const escapeNames, escapeBytes = "abfnrtv\\\"'", "\a\b\f\n\r\t\v\\\"'"

// escape reads what follows a backslash.
func (x *lexer) escape() {
	if x.pos >= len(x.src) {
		x.fail("unfinished string", "<eof>")
	}
	c := x.src[x.pos]
	switch {
	case c == '\n' || c == '\r':
		x.newline()
		x.buf = append(x.buf, '\n')
	case c == 'x':
		x.pos++
		n := 0
		for range 2 {
			n = n<<4 | x.hexOrFail()
		}
		x.buf = append(x.buf, byte(n))
	case c == 'z':
		x.pos++
		for x.pos < len(x.src) && strings.IndexByte(space, x.src[x.pos]) >= 0 {
			if x.src[x.pos] == '\n' || x.src[x.pos] == '\r' {
				x.newline()
			} else {
				x.pos++
			}
		}
	case c == 'u':
		x.unicode()
	case isDigit(c):
		n := 0
		for i := 0; i < 3 && isDigit(x.at(0)); i++ {
			n = n*10 + int(x.at(0)-'0')
			x.pos++
		}
		if n > 255 {
			x.pos = min(x.pos+1, len(x.src))
			x.failHere("decimal escape too large")
		}
		x.buf = append(x.buf, byte(n))
	default:
		i := strings.IndexByte(escapeNames, c)
		x.pos++
		if i < 0 {
			x.failHere("invalid escape sequence")
		}
		x.buf = append(x.buf, escapeBytes[i])
	}
}

func (x *lexer) hexOrFail() int {
	d, ok := hexDigit(x.at(0))
	x.pos = min(x.pos+1, len(x.src))
	if !ok {
		x.failHere("hexadecimal digit expected")
	}
	return d
}

func (x *lexer) unicode() {
	x.pos++
	if x.at(0) != '{' {
		x.pos = min(x.pos+1, len(x.src))
		x.failHere("missing '{' in \\u{xxxx}")
	}
	x.pos++
	n := x.hexOrFail()
	for {
		d, ok := hexDigit(x.at(0))
		if !ok {
			break
		}
		x.pos++
		n = n<<4 | d
		if n >= 1<<31 {
			x.failHere("UTF-8 value too large")
		}
	}
	if x.at(0) != '}' {
		x.pos = min(x.pos+1, len(x.src))
		x.failHere("missing '}' in \\u{xxxx}")
	}
	x.pos++
	x.buf = appendUTF8(x.buf, uint32(n))
}

// appendUTF8 encodes up to 31 bits in the original UTF-8 of six bytes.
func appendUTF8(b []byte, n uint32) []byte {
	if n < 0x80 {
		return append(b, byte(n))
	}
	var tmp [6]byte
	i, first := len(tmp), uint32(0x3f)
	for {
		i--
		tmp[i] = byte(0x80 | n&0x3f)
		n >>= 6
		first >>= 1
		if n <= first {
			break
		}
	}
	i--
	tmp[i] = byte(^first<<1 | n)
	return append(b, tmp[i:]...)
}

// chunkID is how messages show a chunk's name: "=name" and "@file" without
// the mark, others as [string "first line"].
func chunkID(name string) string {
	const size = 59
	switch {
	case name == "":
		return `[string ""]`
	case name[0] == '=':
		return name[1:min(len(name), size+1)]
	case name[0] == '@':
		if len(name)-1 <= size {
			return name[1:]
		}
		return "..." + name[len(name)-(size-3):]
	}
	line, _, cut := strings.Cut(name, "\n")
	const room = size - len(`[string "..."]`)
	if cut || len(line) > room {
		line = line[:min(len(line), room)] + "..."
	}
	return `[string "` + line + `"]`
}
