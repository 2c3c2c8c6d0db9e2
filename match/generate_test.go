package match

import (
	"math/rand/v2"
	"regexp/syntax"
	"strings"

	"sonde/internal/regex"
	"sonde/probefile"
)

// A generator makes texts that a pattern matches, or nearly. It reads patterns
// with the parser of the standard library, so that it shares no fault with the
// code under test. What that parser refuses, mostly look-ahead, is taken out.
type generator struct{ rand *rand.Rand }

// text returns a text for the pattern, or false if its notation is unknown here.
func (g *generator) text(s *probefile.Signature) ([]byte, bool) {
	pattern := strings.NewReplacer(`(?!\r\n)`, "", `(?!\n)`, "").Replace(latin1(s.Pattern))
	flags := syntax.Perl
	if s.Flags&regex.FoldCase != 0 {
		flags |= syntax.FoldCase
	}
	if s.Flags&regex.DotAll != 0 {
		flags |= syntax.DotNL
	}
	re, err := syntax.Parse(octal(pattern), flags)
	if err != nil {
		return nil, false
	}
	return g.walk(nil, re), true
}

// latin1 makes a rune of every byte.
func latin1(s string) string {
	var b strings.Builder
	for i := range len(s) {
		b.WriteRune(rune(s[i]))
	}
	return b.String()
}

// octal gives \0 two more digits, which the standard library wants.
func octal(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '\\' && i+1 < len(s) {
			b.WriteString(s[i : i+2])
			if i++; s[i] == '0' {
				digits := 0
				for digits < 2 && i+1+digits < len(s) && '0' <= s[i+1+digits] && s[i+1+digits] <= '7' {
					digits++
				}
				b.WriteString(strings.Repeat("0", 2-digits))
			}
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func (g *generator) walk(out []byte, re *syntax.Regexp) []byte {
	switch re.Op {
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			if re.Flags&syntax.FoldCase != 0 && g.rand.IntN(2) == 0 && 'a' <= r|0x20 && r|0x20 <= 'z' {
				r ^= 0x20
			}
			out = append(out, byte(r))
		}
	case syntax.OpCharClass:
		out = append(out, g.member(re.Rune))
	case syntax.OpAnyChar:
		out = append(out, g.any())
	case syntax.OpAnyCharNotNL:
		c := g.any()
		if c == '\n' {
			c = 'n'
		}
		out = append(out, c)
	case syntax.OpStar:
		out = g.repeat(out, re, 0, 6)
	case syntax.OpPlus:
		out = g.repeat(out, re, 1, 6)
	case syntax.OpQuest:
		out = g.repeat(out, re, 0, 1)
	case syntax.OpRepeat:
		most := re.Max
		if most < 0 || most > re.Min+6 {
			most = re.Min + 6
		}
		out = g.repeat(out, re, re.Min, most)
	case syntax.OpCapture, syntax.OpConcat:
		for _, sub := range re.Sub {
			out = g.walk(out, sub)
		}
	case syntax.OpAlternate:
		out = g.walk(out, re.Sub[g.rand.IntN(len(re.Sub))])
	}
	return out
}

func (g *generator) repeat(out []byte, re *syntax.Regexp, least, most int) []byte {
	for range least + g.rand.IntN(most-least+1) {
		out = g.walk(out, re.Sub[0])
	}
	return out
}

// any is mostly a letter or digit: fields of replies look so.
func (g *generator) any() byte {
	if g.rand.IntN(8) == 0 {
		return byte(g.rand.IntN(256))
	}
	return "abcXYZ0123456789.-_/ ()"[g.rand.IntN(23)]
}

func (g *generator) member(ranges []rune) byte {
	in := func(r rune) bool {
		for i := 0; i+1 < len(ranges); i += 2 {
			if ranges[i] <= r && r <= ranges[i+1] {
				return true
			}
		}
		return false
	}
	for range 20 {
		if c := g.any(); in(rune(c)) {
			return c
		}
	}
	i := 2 * g.rand.IntN(len(ranges)/2)
	hi := min(ranges[i+1], 255)
	if hi < ranges[i] {
		return g.any()
	}
	return byte(ranges[i] + g.rand.Int32N(hi-ranges[i]+1))
}

// mutate changes a text in one of the ways in which replies differ from what patterns expect.
func (g *generator) mutate(text []byte) []byte {
	b := append([]byte(nil), text...)
	at := func() int { return g.rand.IntN(len(b) + 1) }
	switch g.rand.IntN(8) {
	case 0:
		return b[:at()]
	case 1:
		return append(b, '\n')
	case 2:
		return append(b, "\r\nServer: more\r\n\r\n"...)
	case 3:
		for range 1 + g.rand.IntN(3) {
			if len(b) > 0 {
				b[g.rand.IntN(len(b))] ^= 1 << g.rand.IntN(8)
			}
		}
	case 4:
		for i, c := range b {
			if 'a' <= c|0x20 && c|0x20 <= 'z' && g.rand.IntN(4) == 0 {
				b[i] ^= 0x20
			}
		}
	case 5:
		i := at()
		return append(append(append([]byte(nil), b[:i]...), "\x00\x0b\x0c\xa0\x85\xe9\xb5\xff"[g.rand.IntN(8)]), b[i:]...)
	case 6:
		i, j := at(), at()
		return append(append([]byte(nil), b[:min(i, j)]...), b[max(i, j):]...)
	case 7:
		return append([]byte("prefix "), b...)
	}
	return b
}
