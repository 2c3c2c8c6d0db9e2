package cli

import (
	"context"
	"fmt"
	"io"
	"strings"
)

// A dbTool is a word after "sonde db": something to do with a probe database.
type dbTool struct {
	name    string
	arg     string // what it reads besides the database; empty if nothing
	help    string
	more    string
	options []string // of dbOptions, besides those that choose the database
	run     func(ctx context.Context, v *invocation, a *dbArgs) error
}

// dbTools lists them in the order of the help.
func dbTools() []dbTool {
	return []dbTool{
		{name: "lint", help: "say what is wrong with a database",
			more: "Each line is tried on replies invented from its pattern. Told are faults, lines that others shadow or overlap, " +
				"fields that are lost, patterns that take too many steps, and those without an anchor. " +
				"The status is 1 if a line is faulty.",
			options: []string{"--export", "--strict"}, run: runLint},
		{name: "test", help: "try the examples of all signatures",
			more: "Each example must be taken by its own line, before all others, and give exactly the fields that stand with it.",
			run:  runTest},
		{name: "match", arg: "[FILE]", help: "say which line matches a reply",
			more:    "The status is 1 if none does.",
			options: []string{"--probe", "--as"}, run: runMatch},
		{name: "explain", arg: "[FILE]", help: "say why lines match a reply or do not",
			more:    "Shown is how far a pattern gets, in itself and in the reply: that of --line, or those that come closest.",
			options: []string{"--line", "--probe", "--as"}, run: runDBExplain},
		{name: "stats", help: "count what a database holds", run: runStats},
		{name: "export", help: "print the database for Nmap",
			more: "What Nmap's readers would refuse stays out and is listed on the standard error output.",
			run:  runExport},
		{name: "draft", arg: "[FILE]", help: "make first signatures of replies",
			more: "They are printed in the native dialect, with the replies as their examples. " +
				"Numbers and names that are likely to differ elsewhere are left open; the rest is for you to correct.",
			options: []string{"--probe", "--as", "--service", "--source"}, run: runDraft},
	}
}

// aboutDB explains what the tools have in common.
var aboutDB = []string{
	"The tools work with the embedded database, or with the one that --versiondb names: a file in Nmap's format, " +
		"a folder of native .probe files, or a single .probe file, which is added to the embedded ones in place of the one of its name. " +
		"--datadir and the variable NMAPDIR serve as in a scan.",
	"A reply is read from FILE or from standard input: the bytes themselves, a fingerprint that begins with SF-Port, " +
		"or a transcript, such as sonde explain prints. --as tells which if it cannot be seen. Packet captures are not read.",
}

func runDB(ctx context.Context, v *invocation, args []string) error {
	if len(args) == 0 {
		if err := writeDBHelp(v.stdout); err != nil {
			return err
		}
		return &fault{kind: faultSyntax} // said all there is to say
	}
	if args[0] == "-h" || args[0] == "--help" {
		return writeDBHelp(v.stdout)
	}
	for _, t := range dbTools() {
		if t.name != args[0] {
			continue
		}
		a, err := parseDBArgs(&t, args[1:])
		switch {
		case err != nil:
			return err
		case a.help:
			return writeDBHelp(v.stdout)
		}
		if a.dataDir == "" {
			a.dataDir = v.env("NMAPDIR")
		}
		return t.run(ctx, v, a)
	}
	f := syntaxFault("sonde db has no tool %s", quoted(args[0]))
	f.hint = "sonde db -h lists the tools; to scan a host called db, write -- before its name"
	return f
}

func (t *dbTool) synopsis() string { return strings.TrimSpace(t.name + " " + t.arg) }

func writeDBHelp(w io.Writer) error {
	var b strings.Builder
	b.WriteString("Usage: sonde db TOOL [options] [FILE]\nTOOLS:\n")
	for _, t := range dbTools() {
		helpLine(&b, t.synopsis(), t.help)
	}
	b.WriteString("OPTIONS:\n")
	for _, o := range dbOptions {
		helpLine(&b, o.synopsis(), o.help)
	}
	b.WriteString("EXAMPLES:\n")
	for _, e := range dbExamples {
		fmt.Fprintf(&b, "  %s\n", e.command)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

var dbExamples = []struct{ command, what string }{
	{"sonde db match --probe GetRequest page.http", "Say what a page tells of its server."},
	{"sonde db explain --line http-servers.probe:120 page.http", "Say where the pattern of a line stops in it."},
	{"sonde db lint --versiondb my.probe", "Examine your own signatures together with the embedded ones."},
	{"sonde db export > nmap-service-probes", "Make the embedded database one for Nmap."},
}

// databases is the section of the manual about the tools.
func (m *manual) databases() {
	m.line(".SH DATABASES")
	for _, p := range aboutDB {
		m.paragraph(p)
	}
	m.line(".SS Tools")
	for _, t := range dbTools() {
		m.line(".TP", strings.TrimSpace(`\fBdb `+roff(t.name)+`\fR `+italic(t.arg)), roff(strings.TrimSpace(sentence(t.help)+" "+t.more)))
	}
	m.line(".SS Options of the tools")
	for _, o := range dbOptions {
		m.line(".TP", strings.TrimSpace(`\fB`+roff(o.name)+`\fR `+italic(o.arg)), roff(sentence(o.help)))
	}
	m.line(".SS Examples of the tools")
	for _, e := range dbExamples {
		m.line(".TP", ".B "+roff(e.command), roff(e.what))
	}
}
