package regex

import (
	"fmt"
	"math/rand/v2"
	"strings"
)

// An inventor writes random patterns over few letters, in which constructs
// meet that nobody would combine by hand.
type inventor struct {
	rng    *rand.Rand
	b      strings.Builder
	groups int
}

func invent(rng *rand.Rand) (pattern string, flags Flags) {
	v := inventor{rng: rng}
	if rng.IntN(4) == 0 {
		v.b.WriteByte('^')
	}
	v.alternatives(3)
	if rng.IntN(4) == 0 {
		v.pick("$", `\Z`, `\z`)
	}
	return v.b.String(), Flags(rng.IntN(4))
}

func (v *inventor) pick(s ...string) { v.b.WriteString(s[v.rng.IntN(len(s))]) }

func (v *inventor) alternatives(depth int) {
	v.sequence(depth)
	for v.rng.IntN(4) == 0 {
		v.b.WriteByte('|')
		v.sequence(depth)
	}
}

func (v *inventor) sequence(depth int) {
	for n := v.rng.IntN(4); n > 0; n-- {
		v.item(depth)
	}
}

func (v *inventor) item(depth int) {
	kind := v.rng.IntN(24)
	if depth == 0 {
		kind = v.rng.IntN(9)
	}
	switch kind {
	case 0, 1, 2, 3:
		v.pick("a", "b", "c", "ab", "ba", "aab", "A", `\n`)
	case 4:
		v.pick(".", "[ab]", "[^a]", `\w`, `\W`, `\s`, `[^\n]`, `[[:alpha:]]`, `\N`, `[a-c]`, `\D`, `\R`)
	case 5:
		v.pick(`\b`, `\B`, "^", "$", `\A`, `\z`, `\Z`, "(?m:^)", "(?m:$)", "(?i)", "(?-i)", "(?s)", `\K`)
		return
	case 6:
		if v.groups == 0 {
			return
		}
		fmt.Fprintf(&v.b, `\%d`, 1+v.rng.IntN(v.groups))
	case 7, 8:
		v.pick("a", "b")
	case 9, 10, 11, 12:
		v.groups++
		v.wrap("(", depth)
	case 13, 14, 15:
		v.wrap("(?:", depth)
	case 16:
		v.wrap("(?>", depth)
	case 17:
		v.wrap("(?=", depth)
	case 18:
		v.wrap("(?!", depth)
	case 19:
		v.pick("(?<=a)", "(?<!b)", "(?<=ab|a)", "(?<![ab]c)", "(?<=(a))", `(?<=\n)`, "(?<!a(?!b))")
		v.recount()
	case 20:
		v.condition(depth)
	default:
		v.wrap("(?i:", depth)
	}
	v.quantifier()
}

// recount counts the capturing groups that were opened.
func (v *inventor) recount() {
	s := v.b.String()
	v.groups = strings.Count(s, "(") - strings.Count(s, "(?")
}

func (v *inventor) wrap(open string, depth int) {
	v.b.WriteString(open)
	v.alternatives(depth - 1)
	v.b.WriteByte(')')
}

func (v *inventor) condition(depth int) {
	switch {
	case v.groups > 0 && v.rng.IntN(2) == 0:
		fmt.Fprintf(&v.b, "(?(%d)", 1+v.rng.IntN(v.groups))
	default:
		v.pick("(?(?=a)", "(?(?!b)", "(?(?<=a)", "(?(?=(?:a|b)c)")
	}
	v.sequence(depth - 1)
	if v.rng.IntN(2) == 0 {
		v.b.WriteByte('|')
		v.sequence(depth - 1)
	}
	v.b.WriteByte(')')
}

func (v *inventor) quantifier() {
	if v.rng.IntN(3) > 0 {
		return
	}
	v.pick("*", "+", "?", "{2}", "{0,2}", "{1,3}", "{2,}", "{0}", "{1}", "{0,1}")
	v.pick("", "", "?", "+")
}

// scribble writes a subject of the letters that invented patterns use.
func scribble(rng *rand.Rand) []byte {
	s := make([]byte, rng.IntN(12))
	for i := range s {
		s[i] = "aaaabbbccAB\n\n \r_"[rng.IntN(16)]
	}
	return s
}
