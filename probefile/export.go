package probefile

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"sonde/internal/regex"
	"sonde/portspec"
)

// exportLine is how long a line may be, its line feed included: releases of
// Nmap up to 7.93 stop reading there.
const exportLine = 2047

// Omission is something that an exported database lacks.
type Omission struct {
	Pos Position
	Msg string // what is missing and why, on one line
}

// String is "file:line:col: message".
func (o Omission) String() string { return o.Pos.String() + ": " + o.Msg }

// Export prints a database for Nmap, whose limits are narrower than ours, and
// lists what had to stay out: what its readers would refuse, so that not one
// line of the file would be used. Examples and what else only native files
// hold stay out without mention.
func Export(f *File) ([]byte, []Omission) {
	e := exporter{skipped: make(map[*Probe]bool)}
	if f.HasExclude {
		e.line("Exclude " + formatPorts(f.Exclude))
	}
	e.chooseProbes(f)
	for _, p := range f.Probes {
		if !e.skipped[p] {
			e.probe(p)
		}
	}
	return e.out.Bytes(), e.omissions
}

// exporter prints a file and collects what it leaves out.
type exporter struct {
	out       bytes.Buffer
	omissions []Omission
	skipped   map[*Probe]bool
	kept      map[string]bool // names of the probes that are not skipped
}

func (e *exporter) omit(pos Position, format string, args ...any) {
	e.omissions = append(e.omissions, Omission{pos, fmt.Sprintf(format, args...)})
}

func (e *exporter) line(text string) { e.out.WriteString(text + "\n") }

// chooseProbes finds the probes that cannot be told to Nmap. Their match lines
// are lost with them.
func (e *exporter) chooseProbes(f *File) {
	e.kept = make(map[string]bool)
	null := false
	for _, p := range f.Probes {
		lost := fmt.Sprintf("probe %s and its %d match lines are left out", p.Name, len(p.Signatures))
		switch n := len(exportPayload(p)) + 1; {
		case p.IsNull() && null:
			e.omit(p.Pos, "%s: there may be one probe with an empty payload", lost)
		case n > exportLine:
			e.omit(p.Pos, "%s: its payload makes a line of %d bytes, and %d are read", lost, n, exportLine)
		default:
			null = null || p.IsNull()
			e.kept[p.Name] = true
			continue
		}
		e.skipped[p] = true
	}
}

func (e *exporter) probe(p *Probe) {
	e.line(exportPayload(p))
	if p.Rarity != DefaultRarity {
		e.line("rarity " + strconv.Itoa(p.Rarity))
	}
	e.ports("ports ", p.Ports)
	e.ports("sslports ", p.SSLPorts)
	if p.TotalWait != DefaultTotalWait {
		e.line(fmt.Sprintf("totalwaitms %d", p.TotalWait.Milliseconds()))
	}
	if p.TCPWrapped != DefaultTCPWrapped {
		e.line(fmt.Sprintf("tcpwrappedms %d", p.TCPWrapped.Milliseconds()))
	}
	e.fallback(p)
	for _, s := range p.Signatures {
		e.signature(s)
	}
}

// exportPayload is the line that declares a probe. Bytes that can be printed
// stand for themselves.
func exportPayload(p *Probe) string {
	d := delimiter(string(p.Payload))
	text := Escape(p.Payload)
	if strings.ContainsAny(string(p.Payload), `|"`) {
		text = strings.NewReplacer(`\\`, `\\`, `\x7c`, "|", `\x22`, `"`).Replace(text)
	}
	line := "Probe " + strings.ToUpper(p.Protocol.String()) + " " + p.Name + " q" + d + text + d
	if p.NoPayload {
		line += " no-payload"
	}
	return line
}

// ports prints a list on as many lines as it takes.
func (e *exporter) ports(keyword string, ports portspec.Set) {
	if ports.Len() == 0 {
		return
	}
	const perLine = 150 // ranges, of 12 bytes at most
	for list := range slices.Chunk(strings.Split(ports.String(), ","), perLine) {
		e.line(keyword + strings.Join(list, ","))
	}
}

func (e *exporter) fallback(p *Probe) {
	if p.IsNull() {
		return
	}
	var names []string
	for _, name := range p.Fallback {
		switch {
		case !e.kept[name]:
			e.omit(p.Pos, "fallback of %s to %s is left out, as that probe is", p.Name, name)
		case len(names) == MaxFallbacks:
			e.omit(p.Pos, "fallback of %s to %s is left out: there may be %d", p.Name, name, MaxFallbacks)
		default:
			names = append(names, name)
		}
	}
	if len(names) > 0 {
		e.line("fallback " + strings.Join(names, ","))
	}
}

func (e *exporter) signature(s *Signature) {
	re, err := regex.Compile(s.Pattern, s.Flags)
	switch {
	case err != nil:
		e.omit(s.Pos, "match line is left out: its pattern is faulty")
		return
	case re.MatchesEmpty():
		e.omit(s.Pos, "match line is left out: releases after 7.93 refuse a pattern that matches the empty text")
		return
	case s.Service == "":
		e.omit(s.Pos, "match line is left out: the name of its service is empty")
		return
	}
	text := FormatSignature(e.withoutSlashes(s))
	if n := len(text) + 1; n > exportLine {
		e.omit(s.Pos, "match line is left out: it has %d bytes, and %d are read", n, exportLine)
		return
	}
	e.line(text)
}

// withoutSlashes drops CPE names with a slash inside: it would end them.
func (e *exporter) withoutSlashes(s *Signature) *Signature {
	slash := func(t Template) bool { return t.Field == CPE && strings.Contains(t.Text, "/") }
	if !slices.ContainsFunc(s.Templates, slash) {
		return s
	}
	e.omit(s.Pos, "CPE with a slash in it is left out: releases after 7.93 take no other delimiter")
	short := *s
	short.Templates = slices.DeleteFunc(slices.Clone(s.Templates), slash)
	return &short
}
