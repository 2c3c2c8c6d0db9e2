package regex

import (
	"bytes"
	"fmt"
	"strings"
	"sync"
	"testing"
)

func mustCompile(t testing.TB, pattern string, flags Flags) *Regexp {
	t.Helper()
	re, err := Compile(pattern, flags)
	if err != nil {
		t.Fatalf("%q: %v", pattern, err)
	}
	return re
}

// TestFacts checks what a pattern tells about all its matches.
func TestFacts(t *testing.T) {
	for _, c := range []struct {
		pattern  string
		flags    Flags
		required string // quoted, separated by spaces
		prefix   string
		fold     bool
		first    int // size of the set of first bytes, 0 if unknown
		minLen   int
		anchored bool
	}{
		{``, 0, ``, ``, false, 0, 0, false},
		{`^`, 0, ``, ``, false, 0, 0, true},
		{`^220 (\w+) ready`, 0, `"220 " " ready"`, `220 `, false, 1, 11, true},
		{`^220 (foo)bar`, 0, `"220 foobar"`, `220 foobar`, false, 1, 10, true},
		{`^(220) (a|b)c`, 0, `"220 " "c"`, `220 `, false, 1, 6, true},
		{`^220 a*b`, 0, `"220 " "b"`, `220 `, false, 1, 5, true},
		{`^220 a+b`, 0, `"220 " "b"`, `220 `, false, 1, 6, true},
		{`^220 a{3}b`, 0, `"220 aaab"`, `220 aaab`, false, 1, 8, true},
		{`^\0{4}x`, 0, `"\x00\x00\x00\x00x"`, "\x00\x00\x00\x00x", false, 1, 5, true},
		{`^a{65}b`, 0, `"b"`, ``, false, 1, 66, true},
		{`^ab{2,3}c`, 0, `"a" "c"`, `a`, false, 1, 4, true},
		{`^(?:ab){2,}c`, 0, `"ab" "c"`, ``, false, 1, 5, true},
		{`^x(?:ab)+c`, 0, `"xab" "c"`, `xab`, false, 1, 4, true},
		{`^(?:ab)?c`, 0, `"c"`, ``, false, 2, 1, true},
		{`^(?:ab|ac)d`, 0, `"d"`, ``, false, 1, 3, true},
		{`^(?:ab|cd)`, 0, ``, ``, false, 2, 2, true},
		{`(?:^ab|cd)`, 0, ``, ``, false, 2, 2, false},
		{`(?:^a|^b)`, 0, ``, ``, false, 2, 1, true},
		{`(?m)^ab`, 0, `"ab"`, ``, false, 1, 2, false},
		{`\Aab`, 0, `"ab"`, `ab`, false, 1, 2, true},
		{`a(?=bc)d`, 0, `"a" "d"`, `a`, false, 1, 2, false},
		{`a(?!\r\n)d`, 0, `"a" "d"`, `a`, false, 1, 2, false},
		{`(?<=ab)c`, 0, `"c"`, ``, false, 1, 1, false},
		{`(?>ab)c`, 0, `"ab" "c"`, ``, false, 1, 3, false},
		{`(a)(?(1)bc|d)e`, 0, `"a" "e"`, `a`, false, 1, 3, false},
		{`AbC1`, FoldCase, `"abc1"`, `abc1`, true, 2, 4, false},
		{`^12`, FoldCase, `"12"`, `12`, false, 1, 2, true},
		{`A(?i)B`, 0, `"ab"`, `ab`, true, 1, 2, false},
		{`A.(?i)B`, 0, `"a" "b"`, `A`, false, 1, 3, false},
		{`[.]x[y]`, 0, `".xy"`, `.xy`, false, 1, 3, false},
		{`[aA]x`, FoldCase, `"ax"`, `ax`, true, 2, 2, false},
		{`\d+x`, 0, `"x"`, ``, false, 10, 2, false},
		{`.x`, 0, `"x"`, ``, false, 255, 2, false},
		{`.x`, DotAll, `"x"`, ``, false, 256, 2, false},
		{`(a*)\1$`, 0, ``, ``, false, 0, 0, false},
		{`\Rx`, 0, `"x"`, ``, false, 5, 2, false},
		{`a\Kb`, 0, `"a" "b"`, `a`, false, 1, 2, false},
		{`(?:(?:a{60000}){60000}){60000}`, 0, ``, ``, false, 1, 1 << 30, false},
	} {
		re := mustCompile(t, c.pattern, c.flags)
		var required []string
		for _, lit := range re.Required() {
			required = append(required, fmt.Sprintf("%q", lit))
		}
		if got := strings.Join(required, " "); got != c.required {
			t.Errorf("%q: Required %s, want %s", c.pattern, got, c.required)
		}
		if prefix, fold := re.Prefix(); string(prefix) != c.prefix || fold != c.fold {
			t.Errorf("%q: Prefix %q, %v, want %q, %v", c.pattern, prefix, fold, c.prefix, c.fold)
		}
		set, ok := re.FirstBytes()
		if size := set.Len(); ok != (c.first > 0) || ok && size != c.first {
			t.Errorf("%q: FirstBytes has %d, %v, want %d", c.pattern, size, ok, c.first)
		}
		if got := re.MinLength(); got != c.minLen {
			t.Errorf("%q: MinLength %d, want %d", c.pattern, got, c.minLen)
		}
		if got := re.MatchesEmpty(); got != (c.minLen == 0) {
			t.Errorf("%q: MatchesEmpty %v", c.pattern, got)
		}
		if got := re.Anchored(); got != c.anchored {
			t.Errorf("%q: Anchored %v, want %v", c.pattern, got, c.anchored)
		}
		if re.String() != c.pattern {
			t.Errorf("%q: String %q", c.pattern, re)
		}
	}
}

// TestLimit checks that a match that would take ages is given up, and that a
// matcher is as good as new after that.
func TestLimit(t *testing.T) {
	var m Matcher
	long := bytes.Repeat([]byte("a"), 1<<16)
	for _, pattern := range []string{
		`(a+)+$`, `(?:a|a)*\d$`, `(?:a?){60}a{60}$`, `^(?:(?:){65535}){65535}b`, `(.*)(.*)(.*)(.*)\d`, `(?:(a)|(a))*b|(?:a*)*c`,
		`^(?:(?:a(?!b))*)*b`, `(.*)\1\d`,
	} {
		re := mustCompile(t, pattern, 0)
		if out := m.Match(re, append(long[:len(long):len(long)], '!')); out != LimitExceeded {
			t.Errorf("%q: %v", pattern, out)
		}
		if _, _, ok := m.Group(0); ok {
			t.Errorf("%q: a group after %v", pattern, LimitExceeded)
		}
		if out := m.Match(mustCompile(t, `(a)b`, 0), []byte("xab")); out != Matched {
			t.Errorf("after %q: %v", pattern, out)
		}
	}
}

// TestStackLimit checks that the choices that wait are bounded, too.
func TestStackLimit(t *testing.T) {
	var m Matcher
	for _, pattern := range []string{`^(?:a|ab)*\d`, `^(?:[ab]{1,2}?)*\d`, `^(?:a|b?){2,}\d`, `^(?:(a)|ab)*\d`} {
		re := mustCompile(t, pattern, 0)
		if out := m.Match(re, bytes.Repeat([]byte("a"), maxStack+100)); out != LimitExceeded {
			t.Errorf("%q: %v", pattern, out)
		}
		if most := maxStack + len(re.prog); cap(m.stack) > 2*most {
			t.Errorf("%q: %d frames", pattern, cap(m.stack))
		}
	}
}

// TestLongSubject checks that length alone exceeds no limit.
func TestLongSubject(t *testing.T) {
	var m Matcher
	line := "Header: some value of a common length, as servers send\r\n"
	long := []byte("HTTP/1.1 200 OK\r\n" + strings.Repeat(line, 2000) + "Server: foo/1.2\r\n\r\n")
	for _, pattern := range []string{
		`^HTTP/1\.1 (?:[^\r\n]*\r\n(?!\r\n))*?Server: (\w+)/`,
		`^HTTP/1\.1 (?s:.*)\nServer: (\w+)/`,
		`^HTTP/1\.1 (?s:.*?)\nServer: (\w+)/`,
		`^HTTP/1\.1 (?:[^\r\n]+\r\n)*Server: (\w+)/`,
		`(?i)\nserver: (\w+)/`,
		`\nServer: (\w+)/`,
		`^(?:(?:[^\r\n]+)\r\n){2001}Server: (\w+)`,
	} {
		if out := m.Match(mustCompile(t, pattern, 0), long); out != Matched {
			t.Errorf("%q: %v", pattern, out)
			continue
		}
		if lo, hi, ok := m.Group(1); !ok || string(long[lo:hi]) != "foo" {
			t.Errorf("%q: group 1 is %d-%d", pattern, lo, hi)
		}
	}
}

func TestGroupOutOfRange(t *testing.T) {
	var m Matcher
	if _, _, ok := m.Group(0); ok {
		t.Error("a group before any match")
	}
	m.Match(mustCompile(t, `(a)|b`, 0), []byte("b"))
	for _, i := range []int{-1, 1, 2, 1 << 30} {
		if _, _, ok := m.Group(i); ok {
			t.Errorf("group %d took part", i)
		}
	}
}

func TestOutcomeString(t *testing.T) {
	for o, want := range map[Outcome]string{NoMatch: "no match", Matched: "matched", LimitExceeded: "limit exceeded", 9: "unknown"} {
		if o.String() != want {
			t.Errorf("%d: %q", o, o)
		}
	}
}

// TestNoAllocation checks that a warm matcher allocates nothing.
func TestNoAllocation(t *testing.T) {
	var m Matcher
	var compiled []*Regexp
	for _, c := range matchCases(t) {
		compiled = append(compiled, mustCompile(t, c.pattern, c.flags))
	}
	subject := []byte("aababb c\r\n")
	if n := testing.AllocsPerRun(3, func() {
		for _, re := range compiled {
			m.Match(re, subject)
		}
	}); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// TestSharedRegexp matches one pattern from several goroutines.
func TestSharedRegexp(t *testing.T) {
	re := mustCompile(t, `^(?:(a+)|(b))*(?=c)(\w)\3$`, 0)
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			var m Matcher
			for range 1000 {
				if got := describe(&m, re, m.Match(re, []byte("aabcc"))); got != "0-5 0-2 2-3 3-4" {
					t.Errorf("got %s", got)
					return
				}
			}
		})
	}
	wg.Wait()
}
