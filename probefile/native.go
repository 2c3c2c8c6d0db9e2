package probefile

import (
	"cmp"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"sonde/result"
)

// maxNativeLine is larger than MaxLine because an example holds a whole reply.
const maxNativeLine = 65536

// ParseNative reads the *.probe files of the folder fsys, which together are
// one database. Their order has no effect but this: probes stand in the order
// of file names and lines, and so do signatures of one probe that have the
// same specificity. A fault in a file is a *SyntaxError.
func ParseNative(fsys fs.FS) (*File, error) {
	names, err := fs.Glob(fsys, "*.probe")
	if err != nil {
		return nil, fmt.Errorf("list probe files: %w", err)
	}
	slices.Sort(names)
	var m merger
	for _, name := range names {
		src, err := fs.ReadFile(fsys, name)
		if err != nil {
			return nil, fmt.Errorf("read probe file: %w", err)
		}
		p := parser{file: name, maxLine: maxNativeLine, native: &nativeState{}}
		if err := p.run(string(src)); err != nil {
			return nil, err
		}
		if err := m.add(&p); err != nil {
			return nil, err
		}
	}
	return m.finish()
}

// nativeState is what the native dialect remembers between lines.
type nativeState struct {
	extending  bool     // the current probe is a stand-in for one of another file
	extensions []*Probe // the stand-ins
	signature  *Signature
	anchored   bool
	hasSpec    bool
}

// nativeDirective reads a line that Nmap's grammar lacks. Known is false if it is none.
func (p *parser) nativeDirective(word string, at int) (known bool, err error) {
	arg := strings.TrimRight(p.text[at:], " \t\r")
	switch word {
	case "extend":
		return true, p.extend(at)
	case "specificity", "unanchored", "example", "source":
		if p.native.signature == nil {
			return true, p.errorf(at-len(word)-1, "%s belongs under a match line", word)
		}
	default:
		return false, nil
	}
	sig := p.native.signature
	switch word {
	case "specificity":
		n, err := strconv.Atoi(arg)
		if err != nil || n < 0 || n > 100 {
			return true, p.errorf(at, "specificity must be 0 to 100")
		}
		if p.native.hasSpec {
			return true, p.errorf(0, "second specificity of one signature")
		}
		sig.Specificity, p.native.hasSpec = n, true
	case "unanchored":
		if arg == "" {
			return true, p.errorf(at, "a reason must follow")
		}
		if p.native.anchored {
			return true, p.errorf(0, "the pattern begins with ^, so it is anchored")
		}
		sig.Unanchored = arg
	case "example":
		return true, p.example(sig, at)
	case "source":
		if arg == "" {
			return true, p.errorf(at, "the origin of the example must follow")
		}
		if n := len(sig.Examples); n == 0 || sig.Examples[n-1].Source != "" {
			return true, p.errorf(0, "source belongs after an example, once")
		}
		sig.Examples[len(sig.Examples)-1].Source = arg
	}
	return true, nil
}

// extend reads "TCP Name".
func (p *parser) extend(at int) error {
	if err := p.endProbe(); err != nil {
		return err
	}
	stand := &Probe{Pos: Position{p.file, p.line, at + 1}}
	p.native.extending = true
	end, err := p.probeName(stand, at)
	if err != nil {
		return err
	}
	stand.Name = strings.TrimRight(stand.Name, "\t\r")
	if rest := p.skipSpace(end); rest < len(p.text) {
		return p.errorf(rest, "nothing may follow the probe name")
	}
	p.current = stand
	p.native.extensions = append(p.native.extensions, stand)
	return nil
}

// example reads `q|reply| p/product/ …`.
func (p *parser) example(sig *Signature, at int) error {
	f, ok, err := p.field(at)
	switch {
	case err != nil:
		return err
	case !ok || f.mode != "q":
		return p.errorf(at, "reply must begin with q and a delimiter")
	case f.flags != "":
		return p.errorf(f.flagsAt, "white space must follow the reply")
	}
	reply, err := p.unescape(f.textAt, f.text)
	if err != nil {
		return err
	}
	if err := p.templateList(f.end, true); err != nil {
		return err
	}
	want := make(map[Field][]string)
	for _, t := range p.templates {
		want[t.Field] = append(want[t.Field], t.Text)
	}
	sig.Examples = append(sig.Examples, Example{Reply: reply, Want: want, Pos: Position{p.file, p.line, 1}})
	return nil
}

// beginSignature notes a new match line; what belongs to it follows.
func (p *parser) beginSignature(sig *Signature, pattern field) error {
	if sig.Service == "" {
		return p.errorf(0, "service name is missing")
	}
	sig.Specificity = DefaultSpecificity
	p.native.signature, p.native.hasSpec = sig, false
	p.native.anchored = strings.HasPrefix(pattern.text, "^")
	return nil
}

// endSignature checks that the last match line has all that must stand under it.
func (p *parser) endSignature() error {
	sig := p.native.signature
	p.native.signature = nil
	switch {
	case sig == nil:
		return nil
	case len(sig.Examples) == 0:
		return &SyntaxError{sig.Pos, "match line without an example"}
	case !p.native.anchored && sig.Unanchored == "":
		return &SyntaxError{sig.Pos, "pattern does not begin with ^, and no unanchored line says why"}
	}
	for _, e := range sig.Examples {
		if e.Source == "" {
			return &SyntaxError{e.Pos, "example without a source"}
		}
	}
	return nil
}

// checkTemplate refuses what a user's file may hold but ours should not.
func (p *parser) checkTemplate(t Template, f field, example bool) error {
	if example && f.flags != "" {
		return p.errorf(f.flagsAt, "an expected value takes no flags")
	}
	if t.Text == "" {
		return p.errorf(f.at, "empty %s", t.Field)
	}
	if t.Field != CPE && p.templateOf(t.Field) >= 0 {
		return p.errorf(f.at, "second %s", t.Field)
	}
	if t.Field == CPE {
		if strings.IndexByte("aho", t.Text[0]) < 0 || len(t.Text) > 1 && t.Text[1] != ':' {
			return p.errorf(f.textAt, "CPE must begin with a:, h: or o:")
		}
		for _, other := range p.templates {
			if other.Field == CPE && other.Text[0] == t.Text[0] {
				return p.errorf(f.textAt, "second CPE of part %c", t.Text[0])
			}
		}
	}
	if example {
		return nil
	}
	for _, err := range t.Parts() {
		if err != nil {
			return p.errorf(f.textAt, "%s: %v", t.Field, err)
		}
	}
	return nil
}

// merger makes one database of several files.
type merger struct {
	file       File
	probes     map[probeKey]*Probe
	null       *Probe
	extensions []*Probe
	fallbacks  []fallback
}

type probeKey struct {
	protocol result.Protocol
	name     string
}

func (m *merger) add(p *parser) error {
	if p.hasExclude {
		if m.file.HasExclude {
			return &SyntaxError{Position{p.file, 1, 1}, "second file with an Exclude line"}
		}
		m.file.Exclude, m.file.HasExclude = p.exclude, true
	}
	if m.probes == nil {
		m.probes = make(map[probeKey]*Probe)
	}
	for _, probe := range p.probes {
		key := probeKey{probe.Protocol, probe.Name}
		if other := m.probes[key]; other != nil {
			return &SyntaxError{probe.Pos, fmt.Sprintf("probe %s is already declared in %v", probe.Name, other.Pos)}
		}
		if probe.IsNull() {
			if m.null != nil {
				return &SyntaxError{probe.Pos, fmt.Sprintf("second probe with an empty payload, after %v", m.null.Pos)}
			}
			m.null = probe
		}
		m.probes[key] = probe
		m.file.Probes = append(m.file.Probes, probe)
	}
	m.extensions = append(m.extensions, p.native.extensions...)
	m.fallbacks = append(m.fallbacks, p.fallbacks...)
	return nil
}

func (m *merger) finish() (*File, error) {
	for _, stand := range m.extensions {
		probe := m.probes[probeKey{stand.Protocol, stand.Name}]
		if probe == nil {
			return nil, &SyntaxError{stand.Pos, fmt.Sprintf("extend of unknown probe %q", stand.Name)}
		}
		probe.Signatures = append(probe.Signatures, stand.Signatures...)
	}
	for _, probe := range m.file.Probes {
		slices.SortStableFunc(probe.Signatures, func(a, b *Signature) int {
			return cmp.Or(
				cmp.Compare(b.Specificity, a.Specificity),
				cmp.Compare(a.Pos.File, b.Pos.File),
				cmp.Compare(a.Pos.Line, b.Pos.Line))
		})
	}
	if err := resolve(&m.file, m.fallbacks); err != nil {
		return nil, err
	}
	return &m.file, nil
}
