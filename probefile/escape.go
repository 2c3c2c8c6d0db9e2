package probefile

import (
	"fmt"
	"strings"
)

// EscapeError tells of a backslash that begins no known escape.
type EscapeError struct {
	Offset int // of the backslash, in bytes
	Msg    string
}

func (e *EscapeError) Error() string { return fmt.Sprintf("byte %d: %s", e.Offset+1, e.Msg) }

// Unescape decodes a payload or a quoted text: \xHH with exactly two digits,
// \0 (always one byte: \00 is a NUL and the digit 0), the letters \a \b \f \n
// \r \t \v as in C, and a backslash before punctuation, which then stands for
// itself. Every other escape is an *EscapeError.
func Unescape(text string) ([]byte, error) {
	out := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c != '\\' {
			out = append(out, c)
			continue
		}
		if i+1 == len(text) {
			return nil, &EscapeError{i, "nothing follows the backslash"}
		}
		next := text[i+1]
		switch {
		case next == 'x':
			if i+3 >= len(text) || !isHex(text[i+2]) || !isHex(text[i+3]) {
				return nil, &EscapeError{i, `\x needs two hexadecimal digits`}
			}
			out = append(out, unhex(text[i+2])<<4|unhex(text[i+3]))
			i += 3
			continue
		case simpleEscapes[next] != 0 || next == '0':
			out = append(out, simpleEscapes[next])
		case isAlpha(next) || '1' <= next && next <= '9':
			return nil, &EscapeError{i, fmt.Sprintf(`unknown escape \%c`, next)}
		default:
			out = append(out, next)
		}
		i++
	}
	return out, nil
}

var simpleEscapes = [256]byte{'a': '\a', 'b': '\b', 'f': '\f', 'n': '\n', 'r': '\r', 't': '\t', 'v': '\v'}

// Escape is the inverse of [Unescape]. Its result is printable ASCII and has
// neither '|' nor '"' in it, so it may stand between either.
func Escape(b []byte) string {
	var s strings.Builder
	for _, c := range b {
		switch {
		case c == '\\':
			s.WriteString(`\\`)
		case c == 0:
			s.WriteString(`\0`)
		case c == '\r':
			s.WriteString(`\r`)
		case c == '\n':
			s.WriteString(`\n`)
		case c == '\t':
			s.WriteString(`\t`)
		case c < 0x20 || c > 0x7e || c == '|' || c == '"':
			fmt.Fprintf(&s, `\x%02x`, c)
		default:
			s.WriteByte(c)
		}
	}
	return s.String()
}

func isHex(c byte) bool   { return isDigit(c) || 'a' <= c|0x20 && c|0x20 <= 'f' }
func isDigit(c byte) bool { return '0' <= c && c <= '9' }
func isAlpha(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }
func isAlnum(c byte) bool { return isAlpha(c) || isDigit(c) }

// isSpace is C's isspace in the "C" locale, which the format was made for.
func isSpace(c byte) bool { return c == ' ' || '\t' <= c && c <= '\r' }

// unhex is the value of a hexadecimal digit.
func unhex(c byte) byte {
	if isDigit(c) {
		return c - '0'
	}
	return c | 0x20 - 'a' + 10
}
