package portspec

import (
	"fmt"
	"math/bits"
	"strings"

	"sonde/result"
)

// SyntaxError tells what is wrong with a list of ports.
type SyntaxError struct {
	Element string // the offending part as the user wrote it
	Reason  string
}

func (e *SyntaxError) Error() string { return fmt.Sprintf("port list: %q: %s", e.Element, e.Reason) }

// Parse reads the argument of -p: ports, ranges, name masks, lists in brackets
// that mean listed ports only, and the prefixes T: U: S: P: which hold until
// the next one. Elements before the first prefix apply to every protocol in
// scanned. An error is a *SyntaxError.
//
// The warnings are lines of prose: at most one about duplicates, and one per
// prefix whose protocol is not in scanned. What such a prefix chooses is
// returned all the same, because reports that list the chosen ports show it;
// only the sets of scanned protocols are to be scanned, see [Ports.Without].
func Parse(spec string, scanned []result.Protocol, t *Table) (Ports, []string, error) {
	p := parser{rest: spec, table: t}
	for _, proto := range scanned {
		p.scanned |= 1 << proto
	}
	if err := p.list(p.scanned, false); err != nil {
		return Ports{}, nil, err
	}
	var ports Ports
	for _, proto := range protocols {
		ports = ports.With(proto, p.chosen[proto].set())
	}
	if ports.Len() == 0 {
		return Ports{}, nil, &SyntaxError{spec, "no ports in it"}
	}
	if p.duplicates {
		p.warnings = append(p.warnings, "the port list names some ports more than once")
	}
	return ports, p.warnings, nil
}

var protocols = [...]result.Protocol{result.TCP, result.UDP, result.SCTP, result.IP}

// force is the set of protocols an element applies to: bit 1<<Protocol.
type force uint8

func (f force) has(p result.Protocol) bool { return f&(1<<p) != 0 }

type parser struct {
	rest       string // what is not read yet
	table      *Table
	scanned    force
	warned     force // protocols whose prefix was warned about
	chosen     [len(protocols)]bitmap
	duplicates bool
	warnings   []string
}

// list reads elements up to the end, or in brackets up to the "]".
func (p *parser) list(in force, bracket bool) error {
	for first := true; ; first = false {
		p.spaces()
		in = p.prefixes(in)
		at := p.rest
		switch c := p.peek(); {
		case c == end && first && !bracket, c == ',':
			return p.fail(at, "a port, a range or a name is missing here")
		case c == end: // nmap, too, takes a bracket that is not closed
			return nil
		case c == ']' && bracket:
			p.rest = p.rest[1:]
			return nil
		case c == ']':
			return p.fail(at, `"]" without "["`)
		case c == '[' && bracket:
			return p.fail(at, "brackets inside brackets")
		case c == '[':
			p.rest = p.rest[1:]
			if err := p.list(in, true); err != nil {
				return err
			}
		case 'a' <= c && c <= 'z', c == '*', c == '?':
			if err := p.mask(in); err != nil {
				return err
			}
		default:
			if err := p.ports(in, bracket); err != nil {
				return err
			}
		}
		p.spaces()
		switch c := p.peek(); {
		case c == ',':
			p.rest = p.rest[1:]
		case c != ']' && c != end:
			return p.fail(at, "not a port, a range or a name")
		}
	}
}

// prefixes reads "T:" and its like and returns the protocols then in force.
// What is no prefix is left for the caller to complain about.
func (p *parser) prefixes(in force) force {
	for len(p.rest) >= 2 && p.rest[1] == ':' {
		i := strings.IndexByte("TUSP", p.rest[0])
		if i < 0 {
			return in
		}
		proto := protocols[i]
		in = 1 << proto
		if !p.scanned.has(proto) && !p.warned.has(proto) {
			p.warned |= in
			p.warnings = append(p.warnings, fmt.Sprintf("the port list names %s ports with %q, but no %[1]s scan was asked for",
				strings.ToUpper(proto.String()), p.rest[:2]))
		}
		p.rest = p.rest[2:]
		p.spaces()
	}
	return in
}

// mask reads a name and chooses the ports called so. That several masks mean
// the same port is their nature, so it is no duplicate to warn about.
func (p *parser) mask(in force) error {
	at := p.rest
	mask := at
	if i := strings.IndexAny(at, ",] \t"); i >= 0 {
		mask = at[:i]
	}
	p.rest = at[len(mask):]
	found := false
	for _, proto := range protocols {
		if in.has(proto) {
			for port := range p.table.Matching(proto, mask).All() {
				found = true
				p.chosen[proto].add(port)
			}
		}
	}
	if !found {
		return p.fail(at, "no port of the scanned protocols is called so")
	}
	return nil
}

// ports reads a port or a range and chooses it, or what is listed of it.
func (p *parser) ports(in force, listedOnly bool) error {
	at := p.rest
	lo, hasLo := p.number()
	p.spaces()
	dash := p.peek() == '-'
	hi, hasHi := lo, hasLo
	if dash {
		p.rest = p.rest[1:]
		p.spaces()
		hi, hasHi = p.number()
	}
	limit := 65535
	if in == 1<<result.IP {
		limit = 255
	}
	switch {
	case !dash && !hasLo && len(at) > 1 && at[1] == ':':
		return p.fail(at, "unknown prefix; there are T: U: S: and P:")
	case !dash && !hasLo:
		return p.fail(at, "not a port, a range or a name")
	case lo > limit || hi > limit:
		return p.fail(at, fmt.Sprintf("beyond %d", limit))
	}
	for _, proto := range protocols {
		if !in.has(proto) {
			continue
		}
		first, last := 1, 65535
		if proto == result.IP {
			first, last = 0, 255
		}
		if hasLo {
			first = lo
		}
		if hasHi {
			last = hi
		}
		if first > last && (hasHi || proto != result.IP) {
			return p.fail(at, "the range runs backwards")
		}
		p.choose(proto, Range{uint16(first), uint16(last)}, listedOnly)
	}
	return nil
}

func (p *parser) choose(proto result.Protocol, r Range, listedOnly bool) {
	set := NewSet(r)
	if proto == result.IP { // a range meant for other protocols, too, may go beyond
		set = set.Intersect(All(proto))
	}
	if listedOnly {
		set = set.Intersect(p.table.Listed(proto))
	}
	for port := range set.All() {
		if !p.chosen[proto].add(port) {
			p.duplicates = true
		}
	}
}

// number reads decimal digits. Beyond 65536 it stops counting, not reading.
func (p *parser) number() (n int, ok bool) {
	for '0' <= p.peek() && p.peek() <= '9' {
		n = min(n*10+int(p.peek()-'0'), 65536)
		p.rest = p.rest[1:]
		ok = true
	}
	return n, ok
}

// end is what peek returns behind the last byte.
const end = -1

func (p *parser) peek() rune {
	if p.rest == "" {
		return end
	}
	return rune(p.rest[0])
}

func (p *parser) spaces() { p.rest = strings.TrimLeft(p.rest, " \t") }

// fail names the element that begins at.
func (p *parser) fail(at, reason string) error {
	if i := strings.IndexByte(at[min(1, len(at)):], ','); i >= 0 {
		at = at[:i+1]
	}
	return &SyntaxError{strings.TrimSpace(at), reason}
}

// bitmap collects ports one by one.
type bitmap [65536 / 64]uint64

// add tells whether the port is new.
func (b *bitmap) add(port uint16) bool {
	word, bit := &b[port/64], uint64(1)<<(port%64)
	fresh := *word&bit == 0
	*word |= bit
	return fresh
}

func (b *bitmap) set() Set {
	var ranges []Range
	for i, word := range b {
		for word != 0 {
			lo := bits.TrailingZeros64(word)
			run := bits.TrailingZeros64(^(word >> lo))
			first := uint16(i*64 + lo)
			ranges = append(ranges, Range{first, first + uint16(run-1)})
			if lo+run >= 64 {
				break
			}
			word &^= 1<<(lo+run) - 1
		}
	}
	return NewSet(ranges...)
}
