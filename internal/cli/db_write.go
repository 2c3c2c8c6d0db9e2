package cli

import (
	"context"
	"fmt"
	"io"
	"strings"

	"sonde/match"
	"sonde/probefile"
)

// runExport prints a database for Nmap.
func runExport(_ context.Context, v *invocation, a *dbArgs) error {
	db, err := openDB(a)
	if err != nil {
		return err
	}
	text, left := probefile.Export(db.file)
	if _, err := fmt.Fprintf(v.stdout, "# Exported by sonde %s from %s.\n%s", version, printable(db.name), text); err != nil {
		return err
	}
	for _, o := range left {
		fmt.Fprintf(v.stderr, "sonde: %s\n", printable(o.String()))
	}
	lines := strings.Count(string(text), "\nmatch ") + strings.Count(string(text), "\nsoftmatch ")
	fmt.Fprintf(v.stderr, "sonde: exported %d of %s; %s above\n", lines, plural(db.lines(), "match line"), plural(len(left), "omission"))
	return nil
}

// defaultSource stands where a draft does not know where its reply comes from.
const defaultSource = "not known; say which package and version, or which document"

// runDraft makes signatures of replies.
func runDraft(_ context.Context, v *invocation, a *dbArgs) error {
	db, err := openDB(a)
	if err != nil {
		return err
	}
	answers, err := v.readAnswers(a)
	if err != nil {
		return err
	}
	source := a.source
	if source == "" {
		source = defaultSource
	}
	var b strings.Builder
	for _, answer := range answers {
		p, err := db.probeOf(a, answer)
		switch {
		case err != nil:
			return err
		case p != nil:
			answer.Protocol, answer.Probe = p.Protocol, p.Name
		case answer.Probe == "":
			answer.Probe = "NULL"
			v.say("the reply is taken for a greeting; --probe tells which probe it answers")
		}
		s, err := match.Draft(answer, a.service, source)
		if err != nil {
			return err
		}
		var r match.Result
		if p != nil && db.Match(p, answer.Reply, &r) {
			v.say(fmt.Sprintf("the reply to %s is known already: %s", answer.Probe, lineName(r.Signature)))
		}
		if b.Len() > 0 {
			b.WriteByte('\n')
		}
		fmt.Fprintf(&b, "extend %s %s\n\n%s", strings.ToUpper(answer.Protocol.String()), answer.Probe, probefile.FormatNative(s))
	}
	_, err = io.WriteString(v.stdout, b.String())
	return err
}

// say prints a remark that is no error.
func (v *invocation) say(text string) { fmt.Fprintf(v.stderr, "sonde: %s\n", printable(text)) }
