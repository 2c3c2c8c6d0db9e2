package cli

import (
	"strconv"
	"strings"
	"unicode"
)

// printable replaces what could steer a terminal. Texts of users and of
// servers pass through it on their way to stderr.
func printable(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsPrint(r) {
			return r
		}
		return '.'
	}, s)
}

func quoted(s string) string { return strconv.Quote(s) }

func quotedByte(c byte) string {
	q := strconv.QuoteToASCII(string(rune(c)))
	return q[1 : len(q)-1]
}

// splitWords splits the words of NMAP_ARGS: blanks separate them unless they
// stand in quotes or behind a backslash.
func splitWords(s string) (words []string) {
	var word strings.Builder
	inWord, quote := false, byte(0)
	for i := 0; i < len(s); i++ {
		c := s[i]
		switch {
		case c == '\\' && i+1 < len(s):
			i++
			word.WriteByte(s[i])
			inWord = true
		case quote != 0 && c == quote:
			quote = 0
		case quote == 0 && (c == '"' || c == '\''):
			quote, inWord = c, true
		case quote == 0 && (c == ' ' || c == '\t' || c == '\n' || c == '\r'):
			if inWord {
				words = append(words, word.String())
				word.Reset()
			}
			inWord = false
		default:
			word.WriteByte(c)
			inWord = true
		}
	}
	if inWord {
		words = append(words, word.String())
	}
	return words
}
