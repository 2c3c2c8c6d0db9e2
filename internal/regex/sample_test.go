package regex

import (
	"math/rand/v2"
	"testing"
)

// Samples of patterns without look-arounds match, whatever the way that was taken.
func TestSamplesMatch(t *testing.T) {
	for _, pattern := range []string{
		`^SSH-([\d.]+)-OpenSSH_([\w._-]+)[ -]{1,2}Debian`, `^(a|b(c|d))*\1?x{3,5}$`, `^220[ -].*\r\n(?:\d+ )+$`, `(?i)server: \w+\R\x00`,
	} {
		s, err := NewSampler(pattern, 0, rand.New(rand.NewPCG(1, 2)))
		if err != nil {
			t.Fatal(err)
		}
		re, err := Compile(pattern, 0)
		if err != nil {
			t.Fatal(err)
		}
		var m Matcher
		hits := 0
		for range 200 {
			if m.Match(re, s.Sample()) == Matched {
				hits++
			}
		}
		if hits < 150 {
			t.Errorf("%s: %d of 200 samples match", pattern, hits)
		}
		if m.Steps() > MaxSteps {
			t.Errorf("%s: %d steps", pattern, m.Steps())
		}
	}
	s, err := NewSampler(`(?:(?:){65535}){65535}`, 0, rand.New(rand.NewPCG(1, 2)))
	if err != nil {
		t.Fatal(err)
	}
	if got := s.Sample(); len(got) != 0 {
		t.Errorf("sample of nothing: %q", got)
	}
	if _, err := NewSampler("(", 0, rand.New(rand.NewPCG(1, 2))); err == nil {
		t.Error("a pattern that does not end was taken")
	}
}
