package probefile

import (
	"errors"
	"fmt"
	"strings"
	"time"

	"sonde/portspec"
	"sonde/result"
)

// Parse reads a database in Nmap's format. Name is the file's name in
// positions and errors. The first fault ends the reading: the error is a
// *SyntaxError. Patterns and the inside of templates are not looked at.
//
// Ports in an Exclude line must be numbers; [ParseNamed] also takes names.
func Parse(name string, src []byte) (*File, error) { return ParseNamed(name, src, nil) }

// ParseNamed is [Parse] for a file whose Exclude line may name services, which
// services translates.
func ParseNamed(name string, src []byte, services *portspec.Table) (*File, error) {
	p := parser{file: name, services: services, maxLine: MaxLine}
	if err := p.run(string(src)); err != nil {
		return nil, err
	}
	f := &File{Exclude: p.exclude, HasExclude: p.hasExclude, Probes: p.probes}
	if err := resolve(f, p.fallbacks); err != nil {
		return nil, err
	}
	return f, nil
}

// parser reads one file. Every text it gives out is a part of the one string
// that holds the file, and signatures and templates are cut from larger
// blocks: a database has ten thousand lines, and start-up waits for them.
type parser struct {
	file     string
	services *portspec.Table
	maxLine  int
	native   *nativeState // nil for Nmap's grammar

	line int
	text string // the line that is read, without its line feed

	exclude    portspec.Ports
	hasExclude bool
	probes     []*Probe
	current    *Probe // to which the following lines belong; nil before the first
	ports      []portspec.Range
	sslPorts   []portspec.Range
	null       *Probe
	fallbacks  []fallback

	templates  []Template // of the line that is read
	templateAt []Template // the block that templates are cut from
	signatures []Signature
}

// fallback is a fallback line whose names are looked up when all probes are known.
type fallback struct {
	probe   *Probe
	pos     Position // of the line
	offsets []int    // of the names
}

func (p *parser) run(src string) error {
	hasNUL := strings.IndexByte(src, 0) >= 0
	for src != "" {
		p.text, src, _ = strings.Cut(src, "\n")
		p.line++
		if len(p.text)+1 > p.maxLine {
			return p.errorf(p.maxLine-1, "line of more than %d bytes", p.maxLine)
		}
		if p.text == "" || p.text[0] == '#' {
			continue
		}
		if hasNUL {
			// Nmap drops the rest of such a line without a word.
			if i := strings.IndexByte(p.text, 0); i >= 0 {
				return p.errorf(i, "NUL byte; write \\0 instead")
			}
		}
		if err := p.directive(); err != nil {
			return err
		}
	}
	return p.endProbe()
}

func (p *parser) directive() error {
	at := 0
	if p.native != nil {
		at = p.skipSpace(0)
		if at == len(p.text) || p.text[at] == '#' {
			return nil
		}
	}
	word, arg, ok := strings.Cut(p.text[at:], " ")
	if !ok || word == "" {
		return p.unknown(at, word)
	}
	at += len(word) + 1
	switch word {
	case "match":
		if p.current != nil {
			return p.signature(at, false)
		}
	case "softmatch":
		if p.current != nil {
			return p.signature(at, true)
		}
	case "Probe":
		return p.probe(at)
	case "Exclude":
		return p.excludeLine(at, arg)
	}
	if p.native != nil {
		if known, err := p.nativeDirective(word, at); known {
			return err
		}
	}
	if p.current == nil {
		return p.errorf(at-len(word)-1, "%q before the first Probe", word)
	}
	if p.native != nil && p.native.extending {
		return p.errorf(at-len(word)-1, "%q stands under extend; only match lines may", word)
	}
	return p.setting(word, arg, at)
}

func (p *parser) setting(word, arg string, at int) (err error) {
	switch word {
	case "ports":
		p.ports, err = p.portList(p.ports, at)
	case "sslports":
		p.sslPorts, err = p.portList(p.sslPorts, at)
	case "totalwaitms":
		p.current.TotalWait, err = p.milliseconds(at, arg)
	case "tcpwrappedms":
		p.current.TCPWrapped, err = p.milliseconds(at, arg)
	case "rarity":
		p.current.Rarity = leadingInt(arg)
		if p.current.Rarity < 1 || p.current.Rarity > 9 {
			return p.errorf(at, "rarity must be 1 to 9")
		}
	case "fallback":
		p.fallback(at)
	default:
		return p.unknown(at-len(word)-1, word)
	}
	return err
}

func (p *parser) unknown(at int, word string) error {
	if i := strings.IndexByte(word, '\t'); i > 0 {
		return p.errorf(at+i, "unknown directive: one space must follow the keyword, not a tab")
	}
	if isSpace(p.text[0]) && p.native == nil {
		return p.errorf(at, "unknown directive: a line must not begin with white space")
	}
	return p.errorf(at, "unknown directive %.40q", word)
}

func (p *parser) excludeLine(at int, arg string) error {
	if p.current != nil {
		return p.errorf(0, "Exclude must stand before the first Probe")
	}
	if p.hasExclude {
		return p.errorf(0, "second Exclude line")
	}
	scanned := []result.Protocol{result.TCP, result.UDP, result.SCTP}
	ports, _, err := portspec.Parse(strings.TrimRight(arg, " \t\r\n\v\f"), scanned, p.services)
	if err != nil {
		return p.errorf(at, "Exclude: %v", err)
	}
	p.exclude, p.hasExclude = ports, true
	return nil
}

// probe reads "TCP Name q|payload| flags".
func (p *parser) probe(at int) error {
	if err := p.endProbe(); err != nil {
		return err
	}
	probe := &Probe{
		TotalWait: DefaultTotalWait, TCPWrapped: DefaultTCPWrapped, Rarity: DefaultRarity,
		Pos: Position{p.file, p.line, 1},
	}
	if p.native != nil {
		p.native.extending = false
	}
	at, err := p.probeName(probe, at)
	if err != nil {
		return err
	}
	if at >= len(p.text) || p.text[at] != 'q' {
		return p.errorf(at, "payload must begin with q")
	}
	text, end := p.delimited(at + 1)
	if end < 0 {
		return p.errorf(at+1, "payload has no closing delimiter")
	}
	if probe.Payload, err = p.unescape(at+2, text); err != nil {
		return err
	}
	for _, word := range strings.Fields(p.text[end:]) {
		if strings.HasPrefix(word, "no-payload") {
			probe.NoPayload = true
			break
		}
	}
	if probe.IsNull() && p.native == nil {
		if p.null != nil {
			return p.errorf(at, "second probe with an empty payload, after %s in line %d", p.null.Name, p.null.Pos.Line)
		}
		p.null = probe
	}
	p.current = probe
	p.probes = append(p.probes, probe)
	return nil
}

// probeName reads "TCP Name " and returns where it ends.
func (p *parser) probeName(probe *Probe, at int) (int, error) {
	switch {
	case strings.HasPrefix(p.text[at:], "TCP "):
		probe.Protocol = result.TCP
	case strings.HasPrefix(p.text[at:], "UDP "):
		probe.Protocol = result.UDP
	default:
		return 0, p.errorf(at, "protocol must be TCP or UDP, and one space must follow")
	}
	at += len("TCP ")
	if at == len(p.text) || !isAlnum(p.text[at]) {
		return 0, p.errorf(at, "probe name must begin with a letter or a digit")
	}
	name, _, ok := strings.Cut(p.text[at:], " ")
	if !ok && !(p.native != nil && p.native.extending) {
		return 0, p.errorf(len(p.text), "nothing follows the probe name")
	}
	probe.Name = name
	return min(at+len(name)+1, len(p.text)), nil
}

// endProbe completes what was gathered for the current probe.
func (p *parser) endProbe() error {
	if p.current == nil {
		return nil
	}
	if len(p.ports) > 0 {
		p.current.Ports = portspec.NewSet(p.ports...)
	}
	if len(p.sslPorts) > 0 {
		p.current.SSLPorts = portspec.NewSet(p.sslPorts...)
	}
	p.ports, p.sslPorts = p.ports[:0], p.sslPorts[:0]
	if p.native != nil {
		return p.endSignature()
	}
	return nil
}

// portList reads "1,2-3, 4": white space is fine around an item, but not within.
func (p *parser) portList(ranges []portspec.Range, at int) ([]portspec.Range, error) {
	for {
		first := p.skipSpace(at)
		start := first // of the number that is read
		lo, end := p.portNumber(start)
		hi := lo
		if end > start {
			if q := p.skipSpace(end); q < len(p.text) && p.text[q] == '-' {
				start = q + 1
				hi, end = p.portNumber(start)
			}
		}
		switch {
		case end == start:
			return nil, p.errorf(start, "a port number is missing")
		case lo > 65535 || hi > 65535:
			return nil, p.errorf(start, "port above 65535")
		case lo > hi:
			return nil, p.errorf(first, "port range %d-%d runs backwards", lo, hi)
		}
		ranges = append(ranges, portspec.Range{Lo: uint16(lo), Hi: uint16(hi)})
		at = p.skipSpace(end)
		if at == len(p.text) {
			return ranges, nil
		}
		if p.text[at] != ',' {
			return nil, p.errorf(at, "a comma must stand between ports")
		}
		at++
	}
}

// portNumber reads digits; end == at if there are none.
func (p *parser) portNumber(at int) (n, end int) {
	for end = at; end < len(p.text) && isDigit(p.text[end]); end++ {
		n = min(n*10+int(p.text[end]-'0'), 1<<20)
	}
	return n, end
}

func (p *parser) milliseconds(at int, arg string) (time.Duration, error) {
	d := time.Duration(leadingInt(arg)) * time.Millisecond
	if d < MinWait || d > MaxWait {
		return 0, p.errorf(at, "must be %d to %d milliseconds", MinWait.Milliseconds(), MaxWait.Milliseconds())
	}
	return d, nil
}

// leadingInt is C's atoi: what follows the digits does not count, no digits
// are 0. The value stays below 2^20.
func leadingInt(s string) int {
	s = strings.TrimLeft(s, " \t\r\n\v\f")
	negative := strings.HasPrefix(s, "-")
	if negative || strings.HasPrefix(s, "+") {
		s = s[1:]
	}
	n := 0
	for ; s != "" && isDigit(s[0]); s = s[1:] {
		n = min(n*10+int(s[0]-'0'), 1<<20-1)
	}
	if negative {
		return -n
	}
	return n
}

// fallback notes the names of a line; a later line replaces an earlier one.
func (p *parser) fallback(at int) {
	line := fallback{probe: p.current, pos: Position{p.file, p.line, 1}}
	p.current.Fallback = nil
	for at < len(p.text) {
		if c := p.text[at]; c == ',' || isSpace(c) {
			at++
			continue
		}
		end := at
		for end < len(p.text) && p.text[end] != ',' && !isSpace(p.text[end]) {
			end++
		}
		p.current.Fallback = append(p.current.Fallback, p.text[at:end])
		line.offsets = append(line.offsets, at)
		at = end
	}
	if last := len(p.fallbacks) - 1; last >= 0 && p.fallbacks[last].probe == p.current {
		p.fallbacks = p.fallbacks[:last]
	}
	p.fallbacks = append(p.fallbacks, line)
}

// resolve looks up the names of all fallback lines.
func resolve(f *File, lines []fallback) error {
	known := make(map[string]bool, len(f.Probes))
	for _, p := range f.Probes {
		known[p.Name] = true
	}
	for _, line := range lines {
		if line.probe.IsNull() {
			continue // a fallback of the NULL probe has no effect, and Nmap does not look at it
		}
		for i, name := range line.probe.Fallback {
			line.pos.Col = line.offsets[i] + 1
			if i >= MaxFallbacks {
				return &SyntaxError{line.pos, fmt.Sprintf("more than %d fallbacks", MaxFallbacks)}
			}
			if !known[name] {
				return &SyntaxError{line.pos, fmt.Sprintf("fallback to unknown probe %q", name)}
			}
		}
	}
	return nil
}

// unescape decodes text, which begins at offset at of the line.
func (p *parser) unescape(at int, text string) ([]byte, error) {
	b, err := Unescape(text)
	var bad *EscapeError
	if errors.As(err, &bad) {
		return nil, p.errorf(at+bad.Offset, "%s", bad.Msg)
	}
	return b, err
}

// errorf makes an error at a byte offset of the current line.
func (p *parser) errorf(offset int, format string, args ...any) error {
	return &SyntaxError{Position{p.file, p.line, offset + 1}, fmt.Sprintf(format, args...)}
}
