package match

import (
	"bytes"
	"cmp"
	"context"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"

	"sonde/internal/regex"
	"sonde/probefile"
)

// Concern says what a [Finding] is about.
type Concern uint8

// The concerns, the gravest first.
const (
	Faulty     Concern = iota // something cannot work at all
	Shadowed                  // no reply seems to get past the lines before
	Template                  // a field is lost, always or on some replies
	Costly                    // a reply may keep the pattern busy for long
	Unanchored                // the pattern is looked for at every place of a reply
	Overlap                   // a line before takes some of the replies
)

var concernNames = [...]string{Faulty: "faulty", Shadowed: "shadowed", Template: "template", Costly: "costly",
	Unanchored: "unanchored", Overlap: "overlap"}

// String is the concern in a word.
func (c Concern) String() string {
	if int(c) < len(concernNames) {
		return concernNames[c]
	}
	return "invalid"
}

// Finding is something that the writer of a database should look at.
type Finding struct {
	Pos     probefile.Position
	Concern Concern
	Msg     string // one line
}

// String is "file:line:col: concern: message".
func (f Finding) String() string { return fmt.Sprintf("%v: %v: %s", f.Pos, f.Concern, f.Msg) }

const (
	lintSamples = 8                  // replies invented for each line
	lintSteps   = regex.MaxSteps / 5 // the budget of a pattern on one reply; about 2 ms
	lintReply   = 4096               // bytes of a reply that is meant to keep a pattern busy
)

// Lint examines every line of a database with replies that are invented from
// its pattern, the same in every run, and with its examples. What it says of
// shadows and overlaps holds for these replies only. The findings are in the
// order of the database; when ctx ends, Lint returns its error.
func Lint(ctx context.Context, db *DB) ([]Finding, error) {
	l := linter{db: db}
	l.probes()
	for p := range db.all() {
		same := make(map[patternKey]*probefile.Signature)
		for i, s := range p.Signatures {
			if err := ctx.Err(); err != nil {
				return nil, err
			}
			l.signature(p, i, same)
			if key := (patternKey{s.Pattern, s.Flags}); same[key] == nil {
				same[key] = s
			}
		}
	}
	return l.findings, nil
}

type patternKey struct {
	pattern string
	flags   regex.Flags
}

// linter gathers findings.
type linter struct {
	db       *DB
	findings []Finding
	result   Result
	matcher  regex.Matcher
}

func (l *linter) found(pos probefile.Position, c Concern, format string, args ...any) {
	l.findings = append(l.findings, Finding{pos, c, fmt.Sprintf(format, args...)})
}

// probes looks for probes that stand in each other's way.
func (l *linter) probes() {
	var seen []*Probe
	for p := range l.db.all() {
		for _, other := range seen {
			if other.Protocol != p.Protocol {
				continue
			}
			if other.Name == p.Name {
				l.found(p.Pos, Shadowed, "probe %s has the name of the probe in %v, which fallbacks mean", p.Name, other.Pos)
			}
			if !p.IsNull() && bytes.Equal(other.Payload, p.Payload) {
				l.found(p.Pos, Overlap, "probe %s sends the same as probe %s in %v", p.Name, other.Name, other.Pos)
			}
		}
		seen = append(seen, p)
	}
}

// signature examines line i of a probe.
func (l *linter) signature(p *Probe, i int, same map[patternKey]*probefile.Signature) {
	s := p.Signatures[i]
	// 1. What needs no reply.
	re, err := regex.Compile(s.Pattern, s.Flags)
	if err != nil {
		fault := patternFault(s, err)
		l.found(fault.Pos, Faulty, "%s", fault.Msg)
		return
	}
	if re.MatchesEmpty() {
		l.found(s.Pos, Faulty, "the pattern matches the empty text, so every reply")
	}
	if !re.Anchored() && s.Unanchored == "" {
		l.found(s.Pos, Unanchored, "not every alternative of the pattern begins with ^")
	}
	templates := l.templates(s, re)
	if first := same[patternKey{s.Pattern, s.Flags}]; first != nil {
		l.found(s.Pos, Shadowed, "the line in %s has the same pattern, so this one is never reached", place(first))
		return
	}
	// 2. Replies that the line should know.
	rng := rand.New(rand.NewPCG(uint64(i), uint64(len(s.Pattern))))
	replies := l.replies(s, re, rng)
	warned := l.reach(p, i, replies)
	if !templates {
		for _, text := range slices.Sorted(maps.Keys(warned)) {
			l.found(s.Pos, Template, "%s", text)
		}
	}
	// 3. Replies that are meant to wear it out.
	l.wearOut(s, re, replies, rng)
}

// templates checks what holds for any reply. It tells whether it found something.
func (l *linter) templates(s *probefile.Signature, re *regex.Regexp) (faulty bool) {
	before := len(l.findings)
	for _, t := range s.Templates {
		for part, err := range t.Parts() {
			switch {
			case err != nil:
				l.found(s.Pos, Template, "%v is always lost: %v", t.Field, err)
			case part.Kind != probefile.Literal && part.Group > re.NumGroups():
				l.found(s.Pos, Template, "%v is always lost: the pattern has no group %d", t.Field, part.Group)
			}
		}
		if t.Field == probefile.CPE && (t.Text == "" || !slices.Contains([]byte("aho"), t.Text[0])) {
			l.found(s.Pos, Template, "cpe is always lost: its part is not one of a, h and o")
		}
	}
	return len(l.findings) > before
}

// replies are the examples of a line and what is invented from its pattern, as
// far as the pattern matches it.
func (l *linter) replies(s *probefile.Signature, re *regex.Regexp, rng *rand.Rand) (replies [][]byte) {
	for _, e := range s.Examples {
		replies = append(replies, e.Reply)
	}
	sampler, err := regex.NewSampler(s.Pattern, s.Flags, rng)
	if err != nil {
		return replies
	}
	for range lintSamples {
		if sample := sampler.Sample(); l.matcher.Match(re, sample) == regex.Matched {
			replies = append(replies, sample)
		}
	}
	return replies
}

// reach finds out which line takes each reply, and which warnings the own line
// gives when it does.
func (l *linter) reach(p *Probe, i int, replies [][]byte) (warnings map[string]bool) {
	s, r := p.Signatures[i], &l.result
	takers := make(map[int]int)
	warnings = make(map[string]bool)
	for _, reply := range replies {
		r.clear(p)
		r.lower = appendLower(r.lower[:0], reply)
		first := l.db.first(p, reply, r)
		takers[first]++
		if first != i {
			continue
		}
		r.Table, r.Signature, r.groups = p, s, p.program(i, l.db.never).NumGroups()
		r.fill(reply)
		for _, lost := range r.lost {
			warnings[fmt.Sprintf("%v is lost on some replies: %v", lost.field, lost.err)] = true
		}
	}
	own := takers[i]
	delete(takers, i)
	for _, first := range slices.SortedFunc(maps.Keys(takers), func(a, b int) int { return cmp.Or(takers[b]-takers[a], a-b) }) {
		other := p.Signatures[max(first, 0)]
		switch {
		case first < 0: // over the step limit, of which wearOut tells
		case own == 0 && len(takers) == 1 && len(replies) > 1:
			l.found(s.Pos, Shadowed, "the %s line in %s takes all of %d replies first", other.Service, place(other), len(replies))
		default:
			l.found(s.Pos, Overlap, "the %s line in %s takes %d of %d replies first", other.Service, place(other), takers[first], len(replies))
		}
	}
	return warnings
}

// wearOut looks for a reply on which the pattern takes more steps than it should.
func (l *linter) wearOut(s *probefile.Signature, re *regex.Regexp, replies [][]byte, rng *rand.Rand) {
	worst, length := 0, 0
	try := func(reply []byte) {
		l.matcher.Match(re, reply)
		if steps := l.matcher.Steps(); steps > worst {
			worst, length = steps, len(reply)
		}
	}
	for k, reply := range replies {
		try(reply)
		if k > 2 || len(reply) == 0 || worst > lintSteps {
			continue
		}
		for range 3 { // a stretch of one byte in place of the end
			at := rng.IntN(len(reply))
			try(append(bytes.Clone(reply[:at]), bytes.Repeat(reply[at:at+1], lintReply-at%lintReply)...))
		}
		try(bytes.Repeat(reply, 1+lintReply/len(reply)))
		try(append(bytes.Repeat(reply[:len(reply)-1], 1+lintReply/len(reply)), '\n'))
	}
	switch {
	case worst >= regex.MaxSteps:
		l.found(s.Pos, Costly, "the pattern gives up on a reply of %d bytes, after %d steps", length, regex.MaxSteps)
	case worst > lintSteps:
		l.found(s.Pos, Costly, "the pattern takes %d steps on a reply of %d bytes, of %d that it may", worst, length, lintSteps)
	}
}
