package target

import (
	"fmt"
	"net/netip"
	"strconv"
	"strings"
)

// expr is a parsed target expression: addresses, or a name yet to be resolved.
type expr struct {
	text    string
	span    span // nil for a name
	name    string
	bits    int // of the network around the name's address; -1 if none was given
	port    uint16
	warning string // prose about something that was put right; usually empty
}

// parse reads an expression of the grammar that a family of addresses has. An
// error is a *SpecError with Invalid set.
func parse(text string, f family) (expr, error) {
	invalid := func(reason string) (expr, error) {
		return expr{}, &SpecError{Spec: text, Reason: reason, Invalid: true}
	}
	e := expr{text: text, bits: -1}
	host, mask, hasMask := cutLast(text, '/')
	if hasMask {
		var ok bool
		if e.bits, ok = parseBits(mask); !ok {
			return invalid("the part behind the slash is not a number of bits")
		}
	}
	host, port, err := cutPort(host)
	switch {
	case err != "":
		return invalid(err)
	case port != 0 && hasMask:
		return invalid("a network cannot have a port")
	}
	e.port = port
	if addr, err := netip.ParseAddr(host); err == nil && addr.Is6() {
		if f == family4 {
			return invalid("it is an IPv6 address; these need -6")
		}
		e.span = block{addr, 1}
		if hasMask {
			e.span = network(addr, e.bits)
		}
		return e, nil
	}
	if strings.HasPrefix(host, "[") {
		return invalid("there is no IPv6 address in the brackets")
	}
	p, isProduct := parseProduct(host)
	isProduct = isProduct && f != family6
	if e.bits > 32 && (isProduct || f == family4) {
		e.warning = fmt.Sprintf("target %q: an IPv4 network has at most 32 bits; one address is taken", text)
	}
	if isProduct {
		e.span = p.span(e.bits)
	} else {
		e.name = host
	}
	return e, nil
}

func cutLast(s string, sep byte) (before, after string, found bool) {
	i := strings.LastIndexByte(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+1:], true
}

// parseBits reads decimal digits. More bits than an address has are many, not wrong.
func parseBits(s string) (int, bool) {
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	n, err := strconv.Atoi(s)
	if err != nil {
		n = 1 << 20
	}
	return n, true
}

// cutPort takes ":port" off an IPv4 address or a name, and brackets with or
// without it off an IPv6 address. The last result is what is wrong, if anything.
func cutPort(host string) (string, uint16, string) {
	name, digits, ok := cutLast(host, ':')
	switch {
	case strings.HasPrefix(host, "["):
		if strings.HasSuffix(host, "]") {
			return unbracket(host), 0, ""
		}
		if !ok || !strings.HasSuffix(name, "]") {
			return host, 0, "the bracket is not closed"
		}
		name = unbracket(name)
	case !ok || strings.Contains(name, ":") || name == "" || digits == "" || strings.Trim(digits, "0123456789") != "":
		return host, 0, ""
	}
	port, err := strconv.ParseUint(digits, 10, 16)
	if err != nil || port == 0 {
		return host, 0, "the part behind the colon is not a port from 1 to 65535"
	}
	return name, uint16(port), ""
}

// unbracket leaves the brackets where there is no IPv6 address in them.
func unbracket(s string) string {
	inner := s[1 : len(s)-1]
	if addr, err := netip.ParseAddr(inner); err != nil || !addr.Is6() {
		return s
	}
	return inner
}

// span is the product under a mask; bits is -1 for none.
func (p *product) span(bits int) span {
	if bits >= 0 {
		p.mask(min(bits, 32))
	}
	if runs, ok := p.runs(1); ok {
		return runs[0]
	}
	return newGrid(p)
}
