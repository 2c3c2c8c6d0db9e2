package match

import (
	"fmt"
	"slices"
	"strings"

	"sonde/internal/regex"
	"sonde/probefile"
)

// CheckExamples verifies a database of native files: every pattern compiles,
// matches no empty text and is anchored unless a reason says otherwise; every
// example is matched by its own signature and by none before it, within the
// step limit, and gives exactly the fields it names. The faults are
// *probefile.SyntaxError, in the order of probes and signatures.
func CheckExamples(db *DB) []error {
	var c exampleCheck
	for p := range db.all() {
		for i, s := range p.Signatures {
			if !c.pattern(s) {
				continue
			}
			for _, e := range s.Examples {
				before := db.LimitHits()
				c.example(db, p, i, e)
				for other, n := range db.LimitHits() {
					if n > before[other] {
						c.fault(e.Pos, "the pattern in %s runs into the step limit", place(other))
					}
				}
			}
		}
	}
	return c.faults
}

type exampleCheck struct {
	faults []error
	result Result
}

func (c *exampleCheck) fault(pos probefile.Position, format string, args ...any) {
	c.faults = append(c.faults, &probefile.SyntaxError{Pos: pos, Msg: fmt.Sprintf(format, args...)})
}

// pattern checks the pattern of a signature. It returns false if there is no use in examples.
func (c *exampleCheck) pattern(s *probefile.Signature) bool {
	re, err := regex.Compile(s.Pattern, s.Flags)
	if err != nil {
		c.faults = append(c.faults, patternFault(s, err))
		return false
	}
	if re.MatchesEmpty() {
		c.fault(s.Pos, "the pattern matches the empty text")
	}
	if !re.Anchored() && s.Unanchored == "" {
		c.fault(s.Pos, "not every alternative of the pattern begins with ^, and no unanchored line says why")
	}
	return true
}

// example checks that signature i of p recognises e.
func (c *exampleCheck) example(db *DB, p *Probe, i int, e probefile.Example) {
	r := &c.result
	switch {
	case !db.Match(p, e.Reply, r):
		c.fault(e.Pos, "no signature matches the example")
		return
	case r.Signature != p.Signatures[i]:
		c.fault(e.Pos, "the example is taken by the %s signature in %s", r.Signature.Service, place(r.Signature))
		return
	}
	for _, warning := range r.Warnings {
		c.fault(e.Pos, "template fails: %s", warning)
	}
	for f := probefile.Product; f <= probefile.CPE; f++ {
		var got []string
		if f == probefile.CPE {
			for _, name := range r.CPE {
				if name != "" {
					got = append(got, strings.TrimPrefix(name, "cpe:/"))
				}
			}
		} else if v := *r.field(f); v != "" {
			got = []string{v}
		}
		if want := e.Want[f]; !slices.Equal(got, want) {
			c.fault(e.Pos, "%v is %q, the example wants %q", f, got, want)
		}
	}
}
