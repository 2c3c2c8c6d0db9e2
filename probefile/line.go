package probefile

import (
	"strings"

	"sonde/internal/regex"
)

// signature reads "service m|pattern|flags p/text/ …".
func (p *parser) signature(at int, soft bool) error {
	if p.native != nil {
		if err := p.endSignature(); err != nil {
			return err
		}
	}
	service, _, ok := strings.Cut(p.text[at:], " ")
	if !ok {
		return p.errorf(at, "no space follows the service name")
	}
	sig := p.newSignature()
	sig.Service, sig.Soft = service, soft
	pattern, ok, err := p.field(at + len(service) + 1)
	switch {
	case err != nil:
		return err
	case !ok:
		return p.errorf(len(p.text), "pattern is missing")
	case pattern.mode != "m":
		return p.errorf(pattern.at, "pattern must begin with m and a delimiter")
	}
	sig.Pattern, sig.PatternCol = pattern.text, pattern.textAt+1
	for i := range len(pattern.flags) {
		switch pattern.flags[i] {
		case 'i':
			sig.Flags |= regex.FoldCase
		case 's':
			sig.Flags |= regex.DotAll
		default:
			return p.errorf(pattern.flagsAt+i, "unknown pattern option %q, must be i or s", pattern.flags[i])
		}
	}
	if err := p.templateList(pattern.end, false); err != nil {
		return err
	}
	sig.Templates = p.keepTemplates()
	p.current.Signatures = append(p.current.Signatures, sig)
	if p.native != nil {
		return p.beginSignature(sig, pattern)
	}
	return nil
}

// templateList reads the templates from at to the end of the line into
// p.templates. In an example nothing of it may be repeated or flagged.
func (p *parser) templateList(at int, example bool) error {
	p.templates = p.templates[:0]
	for {
		f, ok, err := p.field(at)
		if err != nil || !ok {
			return err
		}
		at = f.end
		t := Template{Text: f.text}
		switch f.mode {
		case "p":
			t.Field = Product
		case "v":
			t.Field = Version
		case "i":
			t.Field = Info
		case "h":
			t.Field = Hostname
		case "o":
			t.Field = OS
		case "d":
			t.Field = Device
		case "cpe:":
			t.Field = CPE
		default:
			return p.errorf(f.at, "unknown template %.20q", f.mode)
		}
		if p.native != nil {
			if err := p.checkTemplate(t, f, example); err != nil {
				return err
			}
		}
		if i := p.templateOf(t.Field); i >= 0 && t.Field != CPE {
			p.templates[i] = t // the last one wins
		} else {
			p.templates = append(p.templates, t)
		}
	}
}

func (p *parser) templateOf(f Field) int {
	for i, t := range p.templates {
		if t.Field == f {
			return i
		}
	}
	return -1
}

// field is a delimited text with letters before and after it: m|text|si or cpe:/text/a.
type field struct {
	mode        string // "cpe" comes with its colon
	text, flags string
	// Offsets in the line: of mode, text and flags, and of what follows.
	at, textAt, flagsAt, end int
}

// field reads the next field from at on; ok is false at the end of the line.
func (p *parser) field(at int) (f field, ok bool, err error) {
	at = p.skipSpace(at)
	if at == len(p.text) {
		return field{}, false, nil
	}
	f.at = at
	for at < len(p.text) && isAlpha(p.text[at]) {
		at++
	}
	if p.text[f.at:at] == "cpe" && at < len(p.text) && p.text[at] == ':' {
		at++
	}
	f.mode = p.text[f.at:at]
	if at == len(p.text) || isSpace(p.text[at]) {
		return f, false, p.errorf(f.at, "a delimiter must follow %.20q", f.mode)
	}
	f.textAt = at + 1
	if f.text, f.end = p.delimited(at); f.end < 0 {
		return f, false, p.errorf(at, "closing delimiter %q is missing", p.text[at])
	}
	f.flagsAt = f.end
	for f.end < len(p.text) && isAlpha(p.text[f.end]) {
		f.end++
	}
	f.flags = p.text[f.flagsAt:f.end]
	if f.end < len(p.text) && !isSpace(p.text[f.end]) {
		return f, false, p.errorf(f.end, "white space is missing before the next template")
	}
	return f, true, nil
}

// delimited returns the text between the delimiter at offset at and its next
// occurrence, and the offset behind that; -1 if there is none.
func (p *parser) delimited(at int) (text string, end int) {
	if at >= len(p.text) {
		return "", -1
	}
	n := strings.IndexByte(p.text[at+1:], p.text[at])
	if n < 0 {
		return "", -1
	}
	return p.text[at+1 : at+1+n], at + n + 2
}

func (p *parser) skipSpace(at int) int {
	for at < len(p.text) && isSpace(p.text[at]) {
		at++
	}
	return at
}

func (p *parser) newSignature() *Signature {
	if len(p.signatures) == cap(p.signatures) {
		p.signatures = make([]Signature, 0, 256)
	}
	p.signatures = append(p.signatures, Signature{Pos: Position{p.file, p.line, 1}})
	return &p.signatures[len(p.signatures)-1]
}

func (p *parser) keepTemplates() []Template {
	if len(p.templates) == 0 {
		return nil
	}
	if cap(p.templateAt)-len(p.templateAt) < len(p.templates) {
		p.templateAt = make([]Template, 0, max(512, len(p.templates)))
	}
	n := len(p.templateAt)
	p.templateAt = append(p.templateAt, p.templates...)
	return p.templateAt[n:len(p.templateAt):len(p.templateAt)]
}
