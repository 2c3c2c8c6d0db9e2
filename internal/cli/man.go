package cli

import (
	"io"
	"strings"
)

// writeManual prints the manual page sonde(1) in the macros of man(7).
func writeManual(w io.Writer) error {
	m := &manual{}
	m.line(`.\" Made from the table of options by "sonde man". Do not edit.`)
	m.line(".TH SONDE 1 \"\" \"sonde " + version + "\" \"User Commands\"")
	m.section("Name", `sonde \- find hosts, open ports and what runs behind them`)
	m.section("Synopsis", ".B sonde", "[options] target ...")
	m.line(".br")
	for _, c := range commands() {
		m.line(".B sonde " + roff(c.name))
		if c.arg != "" {
			m.line(".I " + roff(c.arg))
		}
		m.line(".br")
	}
	m.line(".SH DESCRIPTION")
	for _, p := range description {
		m.paragraph(p)
	}
	m.line(".SH OPTIONS")
	for _, p := range onOptions {
		m.paragraph(p)
	}
	for g := range group(len(groupTitles)) {
		m.group(g)
	}
	m.commands()
	m.databases()
	m.line(".SH EXAMPLES")
	for _, e := range examples {
		m.line(".TP", ".B sonde "+roff(e.args), roff(e.what))
	}
	m.line(".SH EXIT STATUS")
	for _, s := range exitStatuses {
		m.line(".TP", ".B "+s.status, roff(s.what))
	}
	m.line(".SH ENVIRONMENT")
	for _, v := range environment {
		m.line(".TP", ".B "+v.name, roff(v.what))
	}
	m.section("See also", ".BR nmap (1)")
	_, err := io.WriteString(w, m.String())
	return err
}

var description = []string{
	"sonde looks for hosts, finds their open ports, and finds out by talking to them which service, product and version is behind each. " +
		"It reads the command lines that users of Nmap know and writes the reports that tools for Nmap read, and JSON besides.",
	"A target is an IPv4 or IPv6 address, a network such as 10.0.0.0/24, octet ranges such as 10.0.0-3.1,7, a host name, or one of these with a port, as in 192.0.2.1:8080. " +
		"Only scan what you are allowed to scan.",
	"Where options that choose ports are missing, the 1,000 most common ports are scanned.",
	"Installed under the name nmap, or called by a link of that name, it answers with Nmap's exit statuses, error lines and version line, for programs that start Nmap and look for them.",
}

var onOptions = []string{
	"Options and targets may be mixed. Long options take one dash or two, may be shortened while they stay unique, and take their argument after a space or an equals sign. " +
		"Single letters cluster, as do the scans after -s: -nsTUV means -n -sT -sU -sV. What follows -- is a target even if it begins with a dash.",
	"TIME is a number of seconds, or a number with one of the units ms, s, m, h.",
	"An option that is named here as not built yet, or as left out on purpose, ends the program with an error. Nothing is silently ignored.",
}

var exitStatuses = []struct{ status, what string }{
	{"0", "The scan is done, also if nothing was found, or if some of several targets could not be used; or the reader of standard output went away."},
	{"1", "No target could be used, a file could not be read, or an output could not be written."},
	{"2", "The command line is wrong or asks for what there is not."},
	{"130, 143", "An interrupt or termination signal ended the scan. The reports are complete as far as it got."},
}

var environment = []struct{ name, what string }{
	{"NMAP_ARGS", "Words that are put in front of the arguments, separated by blanks; quotes and backslashes keep blanks."},
	{"NMAPDIR", "A directory of Nmap's data files, as --datadir, which overrides it."},
	{"NMAP_PRIVILEGED, NMAP_UNPRIVILEGED", "As the options --privileged and --unprivileged."},
}

// manual collects lines of roff.
type manual struct{ strings.Builder }

func (m *manual) line(lines ...string) {
	for _, l := range lines {
		m.WriteString(l + "\n")
	}
}

func (m *manual) section(title string, lines ...string) {
	m.line(".SH " + strings.ToUpper(title))
	m.line(lines...)
}

func (m *manual) paragraph(text string) { m.line(".PP", roff(text)) }

func (m *manual) group(g group) {
	m.line(".SS " + g.String())
	for i := range options {
		if o := &options[i]; o.group == g {
			m.option(o)
		}
	}
}

func (m *manual) option(o *option) {
	m.line(".TP")
	var tag string
	for i, n := range o.names {
		if i > 0 {
			tag += ", "
		}
		tag += `\fB` + roff(n) + `\fR`
		if arg := strings.TrimSuffix(o.arg, "[]"); i == 0 && arg != "" && o.arity() == argOptional {
			tag += italic(arg)
		}
	}
	if o.arity() == argRequired {
		tag += " " + italic(o.arg)
	}
	m.line(tag)
	text := sentence(o.help)
	switch {
	case o.more != "":
		text += " " + o.more
	case o.missing != "":
		text += " Not built yet: " + o.missing + "."
	case o.omitted != "":
		text += " Left out on purpose: " + o.omitted + "."
	case o.inert != "":
		text += " Accepted without effect: " + o.inert + "."
	}
	m.line(roff(text))
}

func (m *manual) commands() {
	m.line(".SH COMMANDS")
	m.paragraph("One of these words as the first argument stands for a command. A host of that name is scanned by writing -- before it.")
	for _, c := range commands() {
		m.line(".TP", strings.TrimSpace(`\fB`+roff(c.name)+`\fR `+italic(c.arg)), roff(strings.TrimSpace(sentence(c.help)+" "+c.more)))
	}
}

func italic(text string) string {
	if text == "" {
		return ""
	}
	return `\fI` + roff(text) + `\fR`
}

// sentence makes a help line a sentence, unless it begins with a name.
func sentence(help string) string {
	if help[0] >= 'a' && help[0] <= 'z' {
		help = string(help[0]-'a'+'A') + help[1:]
	}
	return help + "."
}

// roff protects text from being read as markup. Dashes become the ASCII one,
// which is what options are typed with.
func roff(text string) string {
	text = strings.NewReplacer(`\`, `\e`, "-", `\-`, "…", "...").Replace(text)
	if strings.HasPrefix(text, ".") || strings.HasPrefix(text, "'") {
		text = `\&` + text
	}
	return text
}
