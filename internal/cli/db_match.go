package cli

import (
	"context"
	"fmt"
	"io"
	"strconv"
	"strings"

	"sonde/match"
	"sonde/probefile"
)

// silent ends a run with a status of 1 after all was said.
func silent() error { return &fault{kind: faultWorld} }

// runMatch says which line matches each reply.
func runMatch(_ context.Context, v *invocation, a *dbArgs) error {
	db, err := openDB(a)
	if err != nil {
		return err
	}
	answers, err := v.readAnswers(a)
	if err != nil {
		return err
	}
	var b strings.Builder
	hits := 0
	for _, answer := range answers {
		var r match.Result
		p, ok, err := db.match(a, answer, &r)
		if err != nil {
			return err
		}
		if p == nil {
			fmt.Fprintf(&b, "reply of %d bytes\n  no line of any probe matches\n", len(answer.Reply))
			continue
		}
		fmt.Fprintf(&b, "reply of %d bytes to %s\n", len(answer.Reply), probeName(p))
		if !ok {
			b.WriteString("  no line matches\n")
			continue
		}
		hits++
		writeVerdict(&b, &r)
	}
	if _, err := io.WriteString(v.stdout, b.String()); err != nil {
		return err
	}
	if hits == 0 {
		return silent()
	}
	return nil
}

// match reads a reply as one to the probe that is known, or to each until a
// line matches. The probe is nil if none was named and nothing matched.
func (d *database) match(a *dbArgs, answer match.Answer, r *match.Result) (p *match.Probe, ok bool, err error) {
	if p, err = d.probeOf(a, answer); err != nil || p != nil {
		return p, err == nil && d.Match(p, answer.Reply, r), err
	}
	if p = d.Null(); p != nil && d.Match(p, answer.Reply, r) {
		return p, true, nil
	}
	for _, p = range d.Probes() {
		if d.Match(p, answer.Reply, r) {
			return p, true, nil
		}
	}
	return nil, false, nil
}

// probeOf is the probe that a reply answers as far as that was said, or nil.
func (d *database) probeOf(a *dbArgs, answer match.Answer) (*match.Probe, error) {
	if a.probe != "" {
		return d.probe(a.probe)
	}
	if answer.Probe != "" {
		return d.probe(answer.Protocol.String() + "/" + answer.Probe)
	}
	return nil, nil
}

func probeName(p *match.Probe) string {
	return strings.ToUpper(p.Protocol.String()) + " " + p.Name
}

// lineName says where a signature stands and what kind it is.
func lineName(s *probefile.Signature) string {
	kind := "match"
	if s.Soft {
		kind = "softmatch"
	}
	return fmt.Sprintf("%s:%d (%s %s)", s.Pos.File, s.Pos.Line, kind, s.Service)
}

// writeVerdict prints what a match tells.
func writeVerdict(b *strings.Builder, r *match.Result) {
	s := r.Service()
	field := func(name, value string) {
		if value != "" {
			fmt.Fprintf(b, "  %-8s  %s\n", name, value)
		}
	}
	line := lineName(r.Signature)
	if r.Table != r.Probe {
		line += ", a line of the fallback " + probeName(r.Table)
	}
	field("line", line)
	field("service", s.Name)
	field("product", s.Product)
	field("version", s.Version)
	field("info", s.Info)
	field("hostname", s.Hostname)
	field("os", s.OSType)
	field("device", s.DeviceType)
	for _, name := range s.CPE {
		field("cpe", name)
	}
	for _, warning := range r.Warnings {
		field("warning", printable(warning))
	}
}

// near is how many lines that almost match are explained.
const near = 5

// runDBExplain says why lines match or don't.
func runDBExplain(_ context.Context, v *invocation, a *dbArgs) error {
	db, err := openDB(a)
	if err != nil {
		return err
	}
	var table *match.Probe
	var line *probefile.Signature
	if a.line != "" {
		if table, line, err = db.line(a.line); err != nil {
			return err
		}
	}
	answers, err := v.readAnswers(a)
	if err != nil {
		return err
	}
	var b strings.Builder
	for _, answer := range answers {
		if a.probe == "" && answer.Probe == "" && line != nil {
			answer.Protocol, answer.Probe = table.Protocol, table.Name
		}
		var r match.Result
		p, ok, err := db.match(a, answer, &r)
		if err != nil {
			return err
		}
		if p == nil {
			if p = db.Null(); p == nil {
				return meaningFault("which probe does the reply answer? --probe tells")
			}
		}
		fmt.Fprintf(&b, "reply of %d bytes to %s\n", len(answer.Reply), probeName(p))
		if ok {
			fmt.Fprintf(&b, "  first that matches: %s\n", lineName(r.Signature))
		} else {
			b.WriteString("  no line matches\n")
		}
		attempts := db.attempts(p, table, line, answer.Reply)
		if line != nil && !isTable(p, table) {
			fmt.Fprintf(&b, "  %s is not tried: it belongs to %s, which is no fallback\n", lineName(line), probeName(table))
		} else if line != nil && ok && r.Signature != line && attempts[0].Matched {
			fmt.Fprintf(&b, "  %s comes too late\n", lineName(line))
		}
		for _, attempt := range attempts {
			writeAttempt(&b, attempt, answer.Reply)
		}
	}
	_, err = io.WriteString(v.stdout, b.String())
	return err
}

// attempts are those of a line, or of the lines that come closest.
func (d *database) attempts(p, table *match.Probe, line *probefile.Signature, reply []byte) []match.Attempt {
	if line == nil {
		return d.Nearest(p, reply, near)
	}
	return []match.Attempt{d.Explain(table, line, reply)}
}

func isTable(p, table *match.Probe) bool {
	for _, t := range p.Tables() {
		if t == table {
			return true
		}
	}
	return false
}

// line finds a signature by "FILE:LINE" or "LINE".
func (d *database) line(text string) (*match.Probe, *probefile.Signature, error) {
	file, number, ok := "", text, false
	if i := strings.LastIndexByte(text, ':'); i >= 0 {
		file, number, ok = text[:i], text[i+1:], true
	}
	n, err := strconv.Atoi(number)
	if err != nil || n < 1 || ok && file == "" {
		return nil, nil, meaningFault("--line takes a line number, or a file, a colon and a line number, not %s", quoted(text))
	}
	table, s := d.At(file, n)
	if s == nil {
		return nil, nil, meaningFault("there is no match line at %s in %s", quoted(text), d.name)
	}
	return table, s, nil
}

// surroundings is how many bytes of a reply are shown on either side of a place.
const surroundings = 40

// writeAttempt prints how far a pattern got.
func writeAttempt(b *strings.Builder, a match.Attempt, reply []byte) {
	pattern := a.Signature.Pattern
	field := func(name, value string) { fmt.Fprintf(b, "    %-8s  %s\n", name, value) }
	switch {
	case a.Matched:
		fmt.Fprintf(b, "  %s matches\n", lineName(a.Signature))
	case a.GaveUp:
		fmt.Fprintf(b, "  %s gave up: too many steps\n", lineName(a.Signature))
	default:
		fmt.Fprintf(b, "  %s does not match\n", lineName(a.Signature))
	}
	if a.Matched {
		field("pattern", printable(pattern))
		return
	}
	field("matches", printable(pattern[a.From:a.To]))
	field("stops at", printable(pattern[a.To:]))
	before := reply[max(0, a.Reached-surroundings):a.Reached]
	after := reply[a.Reached:min(len(reply), a.Reached+surroundings)]
	field("reply", fmt.Sprintf("%s | %s", elided(before, a.Reached > surroundings, false), elided(after, false, len(reply)-a.Reached > surroundings)))
}

// elided quotes bytes as a probe file does, with dots where more stands.
func elided(b []byte, more, evenMore bool) string {
	text := `"` + probefile.Escape(b) + `"`
	if more {
		text = "…" + text
	}
	if evenMore {
		text += "…"
	}
	return text
}
