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
