//go:build (linux && (386 || amd64 || arm || arm64 || riscv64)) || (darwin && (amd64 || arm64))

package regex

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"sonde/internal/needtest"

	"go.elara.ws/pcre/lib"
)

// groupsOf gives the groups of a match in PCRE2's form.
func groupsOf(m *Matcher, re *Regexp) []int {
	var out []int
	for i := 0; i <= re.NumGroups(); i++ {
		lo, hi, ok := m.Group(i)
		if !ok {
			lo, hi = -1, -1
		}
		out = append(out, lo, hi)
	}
	return out
}

// A tally counts comparisons.
type tally struct{ inputs, matched, limits int }

// compare matches one subject with both engines.
func (c *tally) compare(t *testing.T, m *Matcher, re *Regexp, o *oraclePattern, subject []byte) {
	t.Helper()
	c.inputs++
	want, got := o.match(subject), m.Match(re, subject)
	if want == LimitExceeded || got == LimitExceeded {
		c.limits++
		return
	}
	if got != want {
		t.Errorf("%q on %q: %v, PCRE2: %v", re, subject, got, want)
		return
	}
	if got == Matched {
		c.matched++
		if g := groupsOf(m, re); fmt.Sprint(g) != fmt.Sprint(o.caps) {
			t.Errorf("%q on %q: groups %v, PCRE2: %v", re, subject, g, o.caps)
		}
		checkClaims(t, m, re, subject)
	}
}

// checkClaims checks what a pattern says of all its matches against one match.
func checkClaims(t *testing.T, m *Matcher, re *Regexp, subject []byte) {
	t.Helper()
	lo, hi, _ := m.Group(0)
	if re.Anchored() && lo != 0 && !strings.Contains(re.String(), `\K`) {
		t.Errorf("%q is anchored, but matched at %d of %q", re, lo, subject)
	}
	if strings.Contains(re.String(), `\K`) {
		lo = 0 // where the match began is not known
	} else if first, ok := re.FirstBytes(); ok && (lo == len(subject) || !first.Has(subject[lo])) {
		t.Errorf("%q on %q: first byte is not in %v", re, subject, first)
	}
	if hi-lo < re.MinLength() {
		t.Errorf("%q on %q: match of %d bytes, MinLength is %d", re, subject, hi-lo, re.MinLength())
	}
	text := subject[lo:]
	prefix, fold := re.Prefix()
	if fold {
		text = lowered(text)
	}
	if !bytes.HasPrefix(text, prefix) && !strings.Contains(re.String(), `\K`) {
		t.Errorf("%q on %q: prefix %q", re, subject, prefix)
	}
	if re.Folded() {
		text = lowered(text)
	}
	for _, lit := range re.Required() {
		i := bytes.Index(text, lit)
		if i < 0 {
			t.Errorf("%q on %q: no required %q", re, subject, lit)
			return
		}
		text = text[i+len(lit):]
	}
}

// comparePattern compares subjects made from the pattern: as many generated
// ones as asked for, and a spoilt one of each.
func (c *tally) comparePattern(t *testing.T, o *oracle, pattern string, flags Flags, subjects int, rng *rand.Rand) {
	t.Helper()
	re, err := Compile(pattern, flags)
	if err != nil {
		t.Errorf("%q: %v", pattern, err)
		return
	}
	want, code := o.compile(pattern, flags, 0)
	if want == nil {
		t.Errorf("%q: PCRE2 refuses it: error %d", pattern, code)
		return
	}
	defer want.free()
	g, err := NewSampler(pattern, flags, rng)
	if err != nil {
		t.Error(err)
		return
	}
	var m Matcher
	for range subjects {
		s := g.Sample()
		c.compare(t, &m, re, want, s)
		c.compare(t, &m, re, want, mutate(s, rng))
		if t.Failed() {
			break
		}
	}
}

func (c *tally) report(t *testing.T) {
	t.Logf("%d inputs, %d matched, %d met a limit", c.inputs, c.matched, c.limits)
	if c.matched < c.inputs/4 || c.limits > c.inputs/100 {
		t.Errorf("too few matches or too many limits to mean something")
	}
}

// TestNmapAgainstPCRE2 compares over the database that Debian's Nmap brings.
func TestNmapAgainstPCRE2(t *testing.T) {
	patterns := nmapPatterns(needtest.File(t, "/usr/share/nmap/nmap-service-probes", "nmap-common"))
	subjects := 4
	if testing.Short() || underRace {
		subjects = 1
	}
	o := newOracle(t)
	rng := rand.New(rand.NewPCG(1, 2))
	var c tally
	for _, p := range patterns {
		c.comparePattern(t, o, p.pattern, p.flags, subjects, rng)
		if t.Failed() {
			return
		}
	}
	c.report(t)
}

// bannerPatterns reads testdata/banners.txt.
func bannerPatterns(t *testing.T) (out []flagged) {
	t.Helper()
	file, err := os.ReadFile("testdata/banners.txt")
	if err != nil {
		t.Fatal(err)
	}
	for _, line := range strings.Split(strings.TrimSpace(string(file)), "\n")[1:] {
		flags, pattern, _ := strings.Cut(line, " ")
		out = append(out, flagged{pattern: pattern, flags: flagsOf(flags)})
	}
	return out
}

// TestBannersAgainstPCRE2 compares over patterns written for this.
func TestBannersAgainstPCRE2(t *testing.T) {
	subjects := 100
	if testing.Short() || underRace {
		subjects = 10
	}
	o := newOracle(t)
	rng := rand.New(rand.NewPCG(5, 6))
	var c tally
	for _, p := range bannerPatterns(t) {
		c.comparePattern(t, o, p.pattern, p.flags, subjects, rng)
	}
	c.report(t)
}

// TestCasesAgainstPCRE2 checks that testdata/match.txt is right.
func TestCasesAgainstPCRE2(t *testing.T) {
	o := newOracle(t)
	var c tally
	var m Matcher
	for _, k := range matchCases(t) {
		re, err := Compile(k.pattern, k.flags)
		want, code := o.compile(k.pattern, k.flags, 0)
		if err != nil || want == nil {
			t.Errorf("%q: %v; PCRE2: error %d", k.pattern, err, code)
			continue
		}
		c.compare(t, &m, re, want, []byte(k.subject))
		want.free()
	}
}

// TestInventedAgainstPCRE2 compares random patterns on random subjects.
// Two things of PCRE2 that should only save time are switched off, for they
// are wrong now and then: it finds (a|(?=c)c){0} in "c" only, and c+(?:a)?+\B
// not in "cc". Left out is a group that is repeated {0} times, but that makes
// PCRE2 take the whole pattern for anchored: (?:|^){0}b.
func TestInventedAgainstPCRE2(t *testing.T) {
	patterns := 20_000
	if testing.Short() || underRace {
		patterns = 2_000
	}
	o := newOracle(t)
	rng := rand.New(rand.NewPCG(3, 4))
	var c tally
	refused := 0
	for range patterns {
		pattern, flags := invent(rng)
		if strings.Contains(pattern, "{0}") && strings.ContainsAny(pattern, "^A") {
			continue
		}
		want, code := o.compile(pattern, flags, lib.DPCRE2_NO_START_OPTIMIZE|lib.DPCRE2_NO_AUTO_POSSESS)
		re, err := Compile(pattern, flags)
		if (err == nil) != (want != nil) {
			t.Errorf("%q: %v; PCRE2: error %d", pattern, err, code)
			continue
		}
		if err != nil {
			refused++
			continue
		}
		g, err := NewSampler(pattern, flags, rng)
		if err != nil {
			t.Fatal(err)
		}
		var m Matcher
		for range 4 {
			c.compare(t, &m, re, want, scribble(rng))
			c.compare(t, &m, re, want, mutate(g.Sample(), rng))
		}
		want.free()
	}
	t.Logf("%d patterns refused by both", refused)
	c.report(t)
}

// FuzzMatch compares any pattern on any subject.
func FuzzMatch(f *testing.F) {
	for _, c := range matchCases(f) {
		f.Add(c.pattern, uint8(c.flags), []byte(c.subject))
	}
	o := newOracle(f)
	f.Fuzz(func(t *testing.T, pattern string, flags uint8, subject []byte) {
		const invalidRange = 150 // the hyphen in [\w-.], which we accept
		if len(subject) > 1000 || strings.Contains(pattern, "(*") || strings.Contains(pattern, "{0}") {
			t.Skip("slow, or known to differ")
		}
		how := Flags(flags) & (FoldCase | DotAll)
		re, err := Compile(pattern, how)
		if err != nil {
			t.Skip("refused")
		}
		want, code := o.compile(pattern, how, lib.DPCRE2_NO_START_OPTIMIZE|lib.DPCRE2_NO_AUTO_POSSESS)
		if code == invalidRange {
			t.Skip("hyphen")
		}
		if want == nil {
			t.Fatalf("%q: PCRE2 refuses it: error %d", pattern, code)
		}
		defer want.free()
		var c tally
		var m Matcher
		c.compare(t, &m, re, want, subject)
	})
}
