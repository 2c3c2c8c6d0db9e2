package cli

import (
	"slices"
	"strings"
)

// dbArgs is what the command line of a database tool said.
type dbArgs struct {
	versionDB, dataDir string
	probe, line        string
	form               replyForm
	service, source    string
	export, strict     bool
	help               bool
	file               string // the reply; empty or "-" is standard input
}

// replyForm says how a reply is written down.
type replyForm uint8

const (
	formSeen        replyForm = iota // as it looks
	formBytes                        // it is the file
	formFingerprint                  // SF-Port…
	formTranscript                   // lines of match.FormatAnswer
)

var formNames = [...]string{formSeen: "", formBytes: "bytes", formFingerprint: "fingerprint", formTranscript: "transcript"}

// dbOption is an option of a database tool.
type dbOption struct {
	name, arg, help string
	always          bool // every tool takes it
	set             func(a *dbArgs, value string) error
}

func (o *dbOption) synopsis() string { return strings.TrimSpace(o.name + " " + o.arg) }

// dbOptions lists them in the order of the help.
var dbOptions = []dbOption{
	{name: "--versiondb", arg: "PATH", always: true, help: "the database: a file in Nmap's format, a folder of .probe files, or one such file",
		set: func(a *dbArgs, s string) error { a.versionDB = s; return nil }},
	{name: "--datadir", arg: "DIR", always: true, help: "use the database of an installed Nmap in DIR",
		set: func(a *dbArgs, s string) error { a.dataDir = s; return nil }},
	{name: "--probe", arg: "[PROTO/]NAME", help: "the probe that the reply answers; without it, the first probe with a line that matches",
		set: func(a *dbArgs, s string) error { a.probe = s; return nil }},
	{name: "--as", arg: "FORM", help: "what the file holds: bytes, fingerprint or transcript",
		set: func(a *dbArgs, s string) error {
			i := slices.Index(formNames[1:], s)
			if i < 0 {
				return meaningFault("--as takes bytes, fingerprint or transcript, not %s", quoted(s))
			}
			a.form = replyForm(i + 1)
			return nil
		}},
	{name: "--line", arg: "[FILE:]LINE", help: "the line to explain",
		set: func(a *dbArgs, s string) error { a.line = s; return nil }},
	{name: "--service", arg: "NAME", help: "the service of a draft",
		set: func(a *dbArgs, s string) error { a.service = s; return nil }},
	{name: "--source", arg: "TEXT", help: "where the replies of a draft come from",
		set: func(a *dbArgs, s string) error { a.source = s; return nil }},
	{name: "--export", help: "lint also for what export leaves out",
		set: func(a *dbArgs, _ string) error { a.export = true; return nil }},
	{name: "--strict", help: "end lint with status 1 whatever it found",
		set: func(a *dbArgs, _ string) error { a.strict = true; return nil }},
	{name: "--help", always: true, help: "print this help",
		set: func(a *dbArgs, _ string) error { a.help = true; return nil }},
}

// takes tells whether an option belongs to a tool.
func (t *dbTool) takes(o *dbOption) bool { return o.always || slices.Contains(t.options, o.name) }

// parseDBArgs reads what follows the name of a tool.
func parseDBArgs(t *dbTool, args []string) (*dbArgs, error) {
	a := &dbArgs{}
	var files []string
	for i := 0; i < len(args); i++ {
		word := args[i]
		switch {
		case word == "--":
			files = append(files, args[i+1:]...)
			i = len(args)
			continue
		case word == "-h":
			a.help = true
			continue
		case word == "-" || !strings.HasPrefix(word, "-"):
			files = append(files, word)
			continue
		}
		name, value, hasValue := strings.Cut("--"+strings.TrimLeft(word, "-"), "=")
		k := slices.IndexFunc(dbOptions, func(o dbOption) bool { return o.name == name })
		if k < 0 || !t.takes(&dbOptions[k]) {
			return nil, dbFault("sonde db %s has no option %s", t.name, quoted(name))
		}
		o := &dbOptions[k]
		switch {
		case o.arg == "" && hasValue:
			return nil, dbFault("option %s takes no argument", o.name)
		case o.arg != "" && !hasValue:
			if i++; i == len(args) {
				return nil, dbFault("option %s requires an argument", o.name)
			}
			value = args[i]
		}
		if err := o.set(a, value); err != nil {
			return nil, err
		}
	}
	most := 0
	if t.arg != "" {
		most = 1
	}
	if len(files) > most {
		return nil, dbFault("the command is: sonde db %s", t.synopsis())
	}
	if len(files) == 1 {
		a.file = files[0]
	}
	return a, nil
}

func dbFault(format string, args ...any) *fault {
	f := syntaxFault(format, args...)
	f.hint = "sonde db -h lists tools and options"
	return f
}
