package match

import (
	"bytes"
	"fmt"
	"strings"
	"testing"

	"sonde/internal/regex"
	"sonde/probefile"
)

// look describes what the scanner finds in a pattern: "^" if anchored, the
// least length, then the literals with their offsets, for each branch.
func look(pattern string, flags regex.Flags) string {
	var literals string
	s := scanner{found: func(literal []byte, offset int) { literals += fmt.Sprintf(" %q@%d", literal, offset) }}
	var branches []string
	for s.start(pattern, flags); !s.done; {
		literals = ""
		if !s.branch() {
			return "unknown"
		}
		anchor := ""
		if s.anchored {
			anchor = "^"
		}
		branches = append(branches, fmt.Sprint(anchor, s.minLen, literals))
	}
	return strings.Join(branches, " | ")
}

func TestScanner(t *testing.T) {
	for _, c := range []struct{ pattern, want string }{
		{``, `0`},
		{`abc`, `3 "abc"@-1`},
		{`^`, `^0`},
		{`^ABC`, `^3 "abc"@0`},
		{`^ab?c`, `^2 "a"@0 "c"@-1`},
		{`^ab+c`, `^3 "ab"@0 "c"@-1`},
		{`^ab{3}c`, `^5 "ab"@0 "c"@4`},
		{`^ab{2,}c`, `^4 "ab"@0 "c"@-1`},
		{`^ab{0}c`, `^2 "a"@0 "c"@-1`},
		{`^a.c`, `^3 "a"@0 "c"@2`},
		{`^a[xyz]*c`, `^2 "a"@0 "c"@-1`},
		{`^a[.]c`, `^3 "a.c"@0`},
		{`^a[]x]c[^]]`, `^4 "a"@0 "c"@2`},
		{`^a[\]x]c`, `^3 "a"@0 "c"@2`},
		{`^\r\n\x41\0\012\.\\\xg`, "^9 \"\\r\\na\\x00\\n.\\\\\\x00g\"@0"},
		{`^\d\W\s`, `^3`},
		{`^(ab)c(?:de)`, `^5 "abcde"@0`},
		{`^(ab)+c`, `^3 "ab"@0 "c"@-1`},
		{`^(ab)?c`, `^1 "c"@-1`},
		{`^(a(b|c)d)e`, `^3 "a"@0 "de"@-1`},
		{`^a(?!xy)b(?=c)c$`, `^3 "a"@0 "b"@1 "c"@2`},
		{`^a(?<=a)b(?>cd)`, `^4 "a"@0 "bcd"@1`},
		{`^(a)\1b`, `^2 "a"@0 "b"@-1`},
		{`a\bb`, `2 "a"@-1 "b"@-1`},
		{`^a*?b++c`, `^2 "b"@-1 "c"@-1`},
		{`(a|b)[(]`, `1 "("@-1`},
		{`(a[)]|b)c`, `1 "c"@-1`},
		{`(\)|b)c`, `1 "c"@-1`},

		{`^ab|c|`, `^2 "ab"@0 | 1 "c"@-1 | 0`},
		{`|^(a|b)\|c`, `0 | ^2 "|c"@-1`},

		// What is left to the compiler.
		{`(?i)a`, `unknown`}, {`(?<n>a)`, `unknown`}, {`(?#x)a`, `unknown`}, {`(*ACCEPT)a`, `unknown`},
		{`[[:alpha:]]`, `unknown`}, {`\Qa\E`, `unknown`}, {`\x{41}`, `unknown`}, {`\12`, `unknown`}, {`\cA`, `unknown`},
		{`\K`, `unknown`}, {`a{`, `unknown`}, {`a{,3}`, `unknown`}, {`a{2}{3}`, `unknown`}, {`a**`, `unknown`},
		{`^*a`, `unknown`}, {`(a`, `unknown`}, {`a)`, `unknown`}, {`[a`, `unknown`}, {`a\`, `unknown`}, {`*a`, `unknown`},
		{`(a|(?i)b)`, `unknown`}, {`(a|\Qb|\E)`, `unknown`}, {`a{3,2}`, `unknown`},
	} {
		if got := look(c.pattern, 0); got != c.want {
			t.Errorf("%s: got %s, want %s", c.pattern, got, c.want)
		}
	}
}

func TestHeads(t *testing.T) {
	for _, c := range []struct {
		pattern   string
		flags     regex.Flags
		yes, no   string // lower-case texts divided by "|"
		positions int
	}{
		{`^ab`, 0, "ab", "ba", 2},
		{`^[0-9A-F]\d`, 0, "a1|01", "g1|aa", 2},
		{`^[^\r\n]\S`, 0, "ax", "\rx|a\t", 2},
		{`^[^a]`, regex.FoldCase, "b|a", "", 1}, // "a" stands for "A", too
		{`^.\0`, 0, "x\x00", "\n\x00|xx", 2},
		{`^.\0`, regex.DotAll, "x\x00|\n\x00", "xx", 2},
		{`^a?b`, 0, "a|b|c", "", 0},
		{`^(?:ab|cd)e`, 0, "ab|x", "", 0},
		{`^[\w-]a`, 0, "-a|xa", "-b", 2},
		{`^\D{2}x`, 0, "ab|a1", "1a", 1}, // what follows the second \D is not looked at
		{`^abcdef`, 0, "abcd", "abce", 4},
		{`ab`, 0, "xx", "", 0},
	} {
		h := headsOf(&probefile.Signature{Pattern: c.pattern, Flags: c.flags}, 0)
		if h.n != c.positions {
			t.Errorf("%s: %d positions, want %d", c.pattern, h.n, c.positions)
		}
		allowed := func(text string) bool {
			for i := range h.n {
				if !h.set[i][text[i]] {
					return false
				}
			}
			return true
		}
		for _, text := range strings.Split(c.yes, "|") {
			if !allowed(text) {
				t.Errorf("%s excludes %q", c.pattern, text)
			}
		}
		for _, text := range strings.Split(c.no, "|") {
			if text != "" && allowed(text) {
				t.Errorf("%s allows %q", c.pattern, text)
			}
		}
	}
}

func TestAppendLower(t *testing.T) {
	var all []byte
	for c := range 256 {
		all = append(all, byte(c))
	}
	for start := range 9 {
		got := appendLower([]byte("X"), all[start:])
		want := []byte("X")
		for _, c := range all[start:] {
			want = append(want, lower(c))
		}
		if !bytes.Equal(got, want) {
			t.Errorf("from %d on: got %q", start, got)
		}
	}
}

// FuzzIndex checks that a reply which a pattern matches is never kept from it.
func FuzzIndex(f *testing.F) {
	f.Add(`^HTTP/1\.[01] \d\d\d .*\r\nServer: (\S+)`, uint8(0), []byte("HTTP/1.1 200 OK\r\nServer: x"))
	f.Add(`a(bc|d)+[^x-z]{2,3}?|^Q(?!r)\0`, uint8(3), []byte("ABCdef"))
	f.Add(`(?i)x[[:digit:]]\12\x{41}`, uint8(1), []byte("X1\nA"))
	f.Add(`^[]a]\Q*\E$`, uint8(2), []byte("]*\n"))
	f.Fuzz(func(t *testing.T, pattern string, flags uint8, reply []byte) {
		s := &probefile.Signature{Service: "s", Pattern: pattern, Flags: regex.Flags(flags & 3)}
		re, err := regex.Compile(s.Pattern, s.Flags)
		if err != nil {
			return
		}
		var m regex.Matcher
		if m.Match(re, reply) != regex.Matched {
			return
		}
		db, err := New(&probefile.File{Probes: []*probefile.Probe{{Signatures: []*probefile.Signature{s}}}})
		if err != nil {
			t.Fatal(err)
		}
		var r Result
		if !db.Match(db.Null(), reply, &r) {
			t.Errorf("%q with flags %d matches %q, but the index says no: %s", pattern, s.Flags, reply, look(pattern, s.Flags))
		}
	})
}
