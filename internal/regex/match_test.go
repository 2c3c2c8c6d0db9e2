package regex

import (
	"fmt"
	"os"
	"strconv"
	"strings"
	"testing"
)

// A matchCase is a line of testdata/match.txt.
type matchCase struct {
	construct, pattern, subject, want string
	flags                             Flags
}

func matchCases(t testing.TB) []matchCase {
	t.Helper()
	file, err := os.ReadFile("testdata/match.txt")
	if err != nil {
		t.Fatal(err)
	}
	var out []matchCase
	var c matchCase
	for i, line := range strings.Split(string(file), "\n") {
		if name, ok := strings.CutPrefix(line, "# "); ok {
			c.construct = name
			continue
		}
		f := strings.Split(line, "\t")
		if len(f) != 4 {
			if line != "" {
				t.Fatalf("line %d has %d fields", i+1, len(f))
			}
			continue
		}
		c.pattern, err = strconv.Unquote(f[0])
		if err != nil {
			t.Fatalf("line %d: %v", i+1, err)
		}
		c.flags = flagsOf(f[1])
		c.subject, err = strconv.Unquote(f[2])
		if err != nil {
			t.Fatalf("line %d: %v", i+1, err)
		}
		c.want = f[3]
		out = append(out, c)
	}
	return out
}

func flagsOf(s string) (f Flags) {
	if strings.Contains(s, "i") {
		f |= FoldCase
	}
	if strings.Contains(s, "s") {
		f |= DotAll
	}
	return f
}

// describe gives the outcome of a match as testdata/match.txt has it.
func describe(m *Matcher, re *Regexp, out Outcome) string {
	if out != Matched {
		return out.String()
	}
	var b strings.Builder
	for i := 0; i <= re.NumGroups(); i++ {
		if i > 0 {
			b.WriteByte(' ')
		}
		if lo, hi, ok := m.Group(i); ok {
			fmt.Fprintf(&b, "%d-%d", lo, hi)
		} else {
			b.WriteByte('-')
		}
	}
	return b.String()
}

func TestMatch(t *testing.T) {
	var m Matcher // one for all: nothing may be left of the match before
	for _, c := range matchCases(t) {
		re, err := Compile(c.pattern, c.flags)
		if err != nil {
			t.Errorf("%s: %q: %v", c.construct, c.pattern, err)
			continue
		}
		if got := describe(&m, re, m.Match(re, []byte(c.subject))); got != c.want {
			t.Errorf("%s: %q on %q: got %s, want %s", c.construct, c.pattern, c.subject, got, c.want)
		}
	}
}
