package match

import (
	"fmt"
	"math/bits"
	"slices"

	"sonde/internal/regex"
	"sonde/probefile"
	"sonde/result"
)

// Result is the outcome of [DB.Match]. A Result may be used for one match
// after the other, which saves allocations, but by one goroutine at a time.
type Result struct {
	Probe     *Probe               // whose reply was read
	Table     *Probe               // among whose signatures the match was found; nil without a match
	Signature *probefile.Signature // nil without a match

	// The fields as the reply gives them: bytes that are not printable stay
	// in. Empty if the signature does not tell, or its template failed.
	Product, Version, Info, Hostname, OS, Device string
	// CPE is at most one CPE 2.2 URI each of an application, hardware and an operating system.
	CPE [3]string
	// Warnings says which templates failed and why, a line each.
	Warnings []string
	// GaveUp is the signatures that ran into the step limit on this reply,
	// which counts as no match.
	GaveUp []*probefile.Signature

	lost       []loss // what Warnings is about
	matcher    regex.Matcher
	groups     int      // of the signature that matched
	value      []byte   // the field that is made
	lower      []byte   // the reply in lower case
	candidates []uint64 // the branches that the index allows
}

// loss is a field that was lost, and why.
type loss struct {
	field probefile.Field
	err   error
}

// clear forgets the last match but keeps the room for the next.
func (r *Result) clear(p *Probe) {
	*r = Result{Probe: p, matcher: r.matcher, value: r.value, lower: r.lower, candidates: r.candidates}
}

// Match searches the signatures of the probe's fallback list, table by table
// and line by line, for the first that matches the reply, and fills r from it.
// A soft line counts as much as a hard one. Without a match it returns false
// and r has no Signature. It is safe for concurrent use with separate Results.
func (db *DB) Match(p *Probe, reply []byte, r *Result) bool {
	r.clear(p)
	r.lower = appendLower(r.lower[:0], reply)
	for _, table := range p.tables {
		if i := db.first(table, reply, r); i >= 0 {
			r.Table, r.Signature = table, table.Signatures[i]
			r.groups = table.program(i, db.never).NumGroups()
			r.fill(reply)
			return true
		}
	}
	return false
}

// first returns the first signature of table that matches, or -1.
func (db *DB) first(table *Probe, reply []byte, r *Result) int {
	if len(table.Signatures) == 0 {
		return -1
	}
	x := table.index()
	words := (len(x.branches) + 63) / 64
	r.candidates = slices.Grow(r.candidates[:0], words)[:words]
	x.candidates(r.lower, r.candidates)
	for w, left := range r.candidates {
		for ; left != 0; left &= left - 1 {
			b := &x.branches[w*64+bits.TrailingZeros64(left)]
			if x.plausible(b, r.lower) && db.try(table, int(b.signature), reply, r) {
				return int(b.signature)
			}
		}
	}
	return -1
}

func (db *DB) try(table *Probe, i int, reply []byte, r *Result) bool {
	switch r.matcher.Match(table.program(i, db.never), reply) {
	case regex.Matched:
		return true
	case regex.LimitExceeded:
		db.limits.add(table.Signatures[i])
		r.GaveUp = append(r.GaveUp, table.Signatures[i])
	}
	return false
}

// Service is the match as reports print it: every byte outside 0x20 to 0x7e is
// a dot. The name is the signature's, with a prefix "ssl/" if it has one. It
// must not be called without a match.
func (r *Result) Service() result.Service {
	s := result.Service{
		Name:       r.Signature.Service,
		Product:    printable(r.Product),
		Version:    printable(r.Version),
		Info:       printable(r.Info),
		Hostname:   printable(r.Hostname),
		OSType:     printable(r.OS),
		DeviceType: printable(r.Device),
		Method:     result.MethodProbed,
		Confidence: result.ConfidenceMatched,
		Soft:       r.Signature.Soft,
		Evidence: &result.Evidence{
			Probe:     r.Probe.Name,
			Table:     r.Table.Name,
			Signature: place(r.Signature),
		},
	}
	for _, name := range r.CPE {
		if name != "" {
			s.CPE = append(s.CPE, printable(name))
		}
	}
	return s
}

// place is "file:line": a line holds one signature, so a column would say nothing.
func place(s *probefile.Signature) string { return fmt.Sprintf("%s:%d", s.Pos.File, s.Pos.Line) }

// printable replaces what must not reach a terminal or a report.
func printable(s string) string {
	for i := range len(s) {
		if !isPrint(s[i]) {
			b := []byte(s)
			for ; i < len(b); i++ {
				if !isPrint(b[i]) {
					b[i] = '.'
				}
			}
			return string(b)
		}
	}
	return s
}

func isPrint(c byte) bool { return 0x20 <= c && c <= 0x7e }
