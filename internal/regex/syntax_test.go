package regex

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"
)

// refused lists patterns that are wrong, in PCRE2 as here.
var refused = []struct {
	pattern string
	offset  int
	msg     string
}{
	{`a**`, 2, "quantifier does not follow a repeatable item"},
	{`a{2}{3}`, 4, "quantifier does not follow a repeatable item"},
	{`^*`, 1, "quantifier does not follow a repeatable item"},
	{`$+`, 1, "quantifier does not follow a repeatable item"},
	{`\b?`, 2, "quantifier does not follow a repeatable item"},
	{`\K*`, 2, "quantifier does not follow a repeatable item"},
	{`a|*`, 2, "quantifier does not follow a repeatable item"},
	{`(*)`, 0, "backtracking verbs are not supported"},
	{`(?i)+a`, 4, "quantifier does not follow a repeatable item"},
	{`(?#x)*`, 5, "quantifier does not follow a repeatable item"},
	{`\Q\E+`, 4, "quantifier does not follow a repeatable item"},
	{`{3}`, 0, "quantifier does not follow a repeatable item"},
	{`a{65536}`, 1, "number too big"},
	{`a{99999999999999999999}`, 1, "number too big"},
	{`a{1,65536}`, 1, "number too big"},
	{`a{3,2}`, 1, "numbers out of order"},
	{`[`, 1, "missing ]"},
	{`[]`, 2, "missing ]"},
	{`[a`, 2, "missing ]"},
	{`[\E]`, 4, "missing ]"},
	{`[[:alpha:]`, 10, "missing ]"},
	{`[z-a]`, 4, "range out of order"},
	{`[a-\d]`, 5, "invalid range"},
	{`[a-[:digit:]]`, 12, "invalid range"},
	{`[[:foo:]]`, 1, "unknown POSIX class"},
	{`[a[:<:]]`, 2, "unknown POSIX class"},
	{`[[:a\]b:]]`, 1, "unknown POSIX class"},
	{`[[.a.]]`, 1, "collating"},
	{`[[=a=]]`, 1, "collating"},
	{`[:alpha:]`, 0, "only within a class"},
	{`[\B]`, 1, "invalid in a class"},
	{`[\R]`, 1, "invalid in a class"},
	{`[\N]`, 1, "invalid in a class"},
	{`[\`, 2, `\ at end`},
	{`a\`, 2, `\ at end`},
	{`\8`, 0, "does not exist"},
	{`\81`, 0, "does not exist"},
	{`(a)\2`, 3, "does not exist"},
	{`\2{0}(a)`, 0, "does not exist"},
	{`\g1`, 0, "does not exist"},
	{`\g0`, 0, "does not exist"},
	{`\g{-1}`, 0, "does not exist"},
	{`(a)\g+1`, 3, "does not exist"},
	{`\k<n>`, 0, "does not exist"},
	{`(?P=n)`, 0, "does not exist"},
	{`(?(1)a)`, 0, "does not exist"},
	{`(?(<n>)a)`, 0, "does not exist"},
	{`(?n)(a)\1`, 7, "does not exist"},
	{`\g70000`, 0, "too big"},
	{`\ga`, 2, "number of a group expected"},
	{`\g{}`, 3, "name of a group expected"},
	{`\g{1`, 4, "missing }"},
	{`\k`, 0, "not followed by a name"},
	{`\kn`, 0, "not followed by a name"},
	{`\k<>`, 3, "name of a group expected"},
	{`\k<n`, 4, "missing delimiter"},
	{`\400`, 0, "octal value"},
	{`\x{}`, 0, "digits missing"},
	{`\x{100}`, 0, "too large"},
	{`\x{fg}`, 4, "not a digit"},
	{`\x{f`, 4, "missing }"},
	{`\o`, 0, `missing {`},
	{`\o{}`, 0, "digits missing"},
	{`\o{8}`, 3, "not a digit"},
	{`\o{400}`, 0, "too large"},
	{`\c`, 0, `\c must be followed`},
	{"\\c\x80", 0, `\c must be followed`},
	{`\i`, 0, `escape \i`},
	{`\U`, 0, `escape \U`},
	{`[\y]`, 1, `escape \y`},
	{`\N{U+41}`, 0, `\N{name}`},
	{`\N{,3}`, 0, `\N{name}`},
	{`\p`, 0, `escape \p`},
	{`(`, 1, "missing closing parenthesis"},
	{`(?`, 2, "missing closing parenthesis"},
	{`(?i`, 3, "missing closing parenthesis"},
	{`(?i:a`, 5, "missing closing parenthesis"},
	{`(?P`, 3, "missing closing parenthesis"},
	{`(?=a`, 4, "missing closing parenthesis"},
	{`(?(1`, 4, "missing ) after a condition"},
	{`)`, 0, "unmatched closing parenthesis"},
	{`a)b`, 1, "unmatched closing parenthesis"},
	{`(?#a`, 4, "missing ) after a comment"},
	{`(?Px)`, 3, "after (?P"},
	{`(?z)`, 2, "after (?"},
	{`(?i-^)a`, 4, "after (?"},
	{`(?i-s-m)`, 5, "invalid hyphen"},
	{`(?^s-i)`, 4, "invalid hyphen"},
	{`(?<`, 3, "name of a group expected"},
	{`(?<>a)`, 3, "name of a group expected"},
	{`(?<1>a)`, 3, "must not begin with a digit"},
	{`(?<n`, 4, "missing delimiter"},
	{`(?<nnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnnn>a)`, 3, "too long"},
	{`(?<n>a)(?<n>b)`, 10, "same name"},
	{`(?|(?<n>a)|(?<m>b))`, 14, "different names"},
	{`(a)(?(1)b|c|d)`, 3, "more than two branches"},
	{`(?(0)a)`, 0, "does not exist"},
	{`(?(?:a)b)`, 2, "look-around expected"},
	{`(?(?<a>b)c)`, 2, "look-around expected"},
	{`(?(-1)a)`, 0, "does not exist"},
	{`(?<=a+)d`, 0, "fixed length"},
	{`(?<=a?)`, 0, "fixed length"},
	{`(?<=(?:a|bc))d`, 0, "fixed length"},
	{`(?<=\R)`, 0, "fixed length"},
	{`b(?<=(a\1))`, 1, "fixed length"},
	{`(?<=a{65535}b)`, 0, "too long"},
	{`(?=\Ka)`, 3, `\K is not allowed`},
	{`(?x)( ?:a)`, 6, "quantifier does not follow a repeatable item"},
	{`(?x) (?# )) `, 10, "unmatched closing parenthesis"},
	{strings.Repeat("(", 251) + strings.Repeat(")", 251), 250, "too deeply nested"},
}

// unsupported lists patterns that are refused here only.
var unsupported = []struct {
	pattern string
	offset  int
	msg     string
}{
	{`(?R)`, 0, "recursion"},
	{`(a)(?1)`, 3, "recursion"},
	{`(?+1)(a)`, 0, "recursion"},
	{`(a)(?-1)`, 6, "after (?"},
	{`(?<n>a)(?&n)`, 7, "recursion"},
	{`(?P<n>a)(?P>n)`, 8, "recursion"},
	{`\g<1>(a)`, 0, "recursion"},
	{`(?(R)a)`, 0, "condition is not supported"},
	{`(?(DEFINE)a)`, 0, "condition is not supported"},
	{`(?(VERSION>=10)a)`, 10, "missing delimiter"},
	{`(?C)`, 0, "callouts"},
	{`(?C1)a`, 0, "callouts"},
	{`(*ACCEPT)`, 0, "verbs"},
	{`(*UTF)a`, 0, "verbs"},
	{`(?J)a`, 2, "after (?"},
	{`\C`, 0, `escape \C`},
	{`\X`, 0, `escape \X`},
	{`\pL`, 0, `escape \p`},
	{`\P{Lu}`, 0, `escape \P`},
}

func TestCompileRefuses(t *testing.T) {
	for _, c := range append(refused[:len(refused):len(refused)], unsupported...) {
		_, err := Compile(c.pattern, 0)
		var fault *SyntaxError
		if !errors.As(err, &fault) {
			t.Errorf("%q: got %v, want a SyntaxError", c.pattern, err)
			continue
		}
		if fault.Offset != c.offset || !strings.Contains(fault.Msg, c.msg) {
			t.Errorf("%q: got %q, want %q at offset %d", c.pattern, fault, c.msg, c.offset)
		}
	}
}

// TestHyphenAfterClass covers the one thing that PCRE2 refuses and we accept.
func TestHyphenAfterClass(t *testing.T) {
	for _, pattern := range []string{`^[\w-.]+$`, `^[.[:alnum:]-_]+$`, `^[\d-a-z.]+$`} {
		re, err := Compile(pattern, 0)
		if err != nil {
			t.Error(err)
			continue
		}
		var m Matcher
		if out := m.Match(re, []byte("a-1.b")); out != Matched {
			t.Errorf("%q: %v", pattern, out)
		}
		if out := m.Match(re, []byte("a+")); out != NoMatch {
			t.Errorf("%q: %v", pattern, out)
		}
	}
}

// TestCompileIsBounded compiles patterns that would take long if some step
// were careless.
func TestCompileIsBounded(t *testing.T) {
	const many = 2000
	doubling := "(a)"
	for i := 1; i < 60; i++ {
		doubling += fmt.Sprintf(`(\g{%d}\g{%d})`, i, i)
	}
	classes := ""
	for i := range many {
		classes += fmt.Sprintf(`[\x%02x!?]`, i%256)
	}
	for name, pattern := range map[string]string{
		"nested repeats":  strings.Repeat("(?:", 200) + "a" + strings.Repeat(")+", 200),
		"counted repeats": strings.Repeat("(?:", 200) + "ab" + strings.Repeat("){65535}", 200),
		"doubling":        doubling + `(?<=\g{60})`,
		"classes":         classes,
		"alternatives":    "(?:" + strings.Repeat("a|", 50*many) + "b)",
		"options":         strings.Repeat("a?", 50*many),
		"look-behinds":    strings.Repeat("(?<=a)", 10*many),
		"references":      "(?<n>a)" + strings.Repeat(`\k<n>+a+`, 5*many),
		"literals":        strings.Repeat("a{64}", 10*many),
	} {
		start := time.Now()
		_, err := Compile(pattern, FoldCase)
		took := time.Since(start)
		t.Logf("%s: %v, %v", name, took, err)
		if took > 5*time.Second {
			t.Errorf("%s took %v", name, took)
		}
	}
}

// FuzzParse compiles any pattern, and matches it: nothing may panic, run away
// or claim nonsense.
func FuzzParse(f *testing.F) {
	for _, c := range matchCases(f) {
		f.Add(c.pattern, uint8(c.flags), []byte(c.subject))
	}
	for _, c := range append(refused[:len(refused):len(refused)], unsupported...) {
		f.Add(c.pattern, uint8(0), []byte("a"))
	}
	f.Fuzz(func(t *testing.T, pattern string, flags uint8, subject []byte) {
		re, err := Compile(pattern, Flags(flags)&(FoldCase|DotAll))
		if err != nil {
			var fault *SyntaxError
			if !errors.As(err, &fault) || fault.Offset < 0 || fault.Offset > len(pattern) || fault.Msg == "" {
				t.Fatalf("%q: bad error %v", pattern, err)
			}
			return
		}
		var m Matcher
		if m.Match(re, subject) != Matched {
			return
		}
		for i := range re.NumGroups() + 1 {
			if lo, hi, ok := m.Group(i); lo > hi || hi > len(subject) || !ok && i == 0 {
				t.Fatalf("%q on %q: group %d is %d-%d", pattern, subject, i, lo, hi)
			}
		}
	})
}
