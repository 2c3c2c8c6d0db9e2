package portspec

import "sonde/result"

// Ports holds one set per protocol.
type Ports struct{ TCP, UDP, SCTP, IP Set }

// Of returns the set of one protocol.
func (p Ports) Of(proto result.Protocol) Set {
	switch proto {
	case result.TCP:
		return p.TCP
	case result.UDP:
		return p.UDP
	case result.SCTP:
		return p.SCTP
	case result.IP:
		return p.IP
	}
	return Set{}
}

// With returns p with the set of one protocol replaced.
func (p Ports) With(proto result.Protocol, s Set) Ports {
	switch proto {
	case result.TCP:
		p.TCP = s
	case result.UDP:
		p.UDP = s
	case result.SCTP:
		p.SCTP = s
	case result.IP:
		p.IP = s
	}
	return p
}

// Minus takes the ports of o away, protocol by protocol.
func (p Ports) Minus(o Ports) Ports {
	return Ports{TCP: p.TCP.Minus(o.TCP), UDP: p.UDP.Minus(o.UDP), SCTP: p.SCTP.Minus(o.SCTP), IP: p.IP.Minus(o.IP)}
}

// Len is the number of ports of all protocols.
func (p Ports) Len() int { return p.TCP.Len() + p.UDP.Len() + p.SCTP.Len() + p.IP.Len() }

// Without returns those of the scanned protocols that no port was chosen for:
// their scans are skipped, and the user wants to hear of it.
func (p Ports) Without(scanned []result.Protocol) []result.Protocol {
	var none []result.Protocol
	for _, proto := range scanned {
		if p.Of(proto).Len() == 0 {
			none = append(none, proto)
		}
	}
	return none
}

// The sizes of the sets that are scanned when the user names no ports.
const (
	DefaultCount = 1000 // with no option
	FastCount    = 100  // with -F
)

// Default returns the ports of a scan for which the user chose none: the
// DefaultCount most frequent of the table. A table without frequencies gives
// 1 to 1024 and what it lists above. IP protocols are all scanned. The excluded
// ports are left out first, so they are made up for.
func Default(p result.Protocol, t *Table, exclude Set) Set {
	within := All(p).Minus(exclude)
	switch {
	case p == result.IP:
		return within
	case t.HasRatios():
		return t.Top(p, DefaultCount, within)
	}
	return NewSet(Range{1, 1024}).Union(t.Listed(p)).Intersect(within)
}

// Fast returns the ports of a scan with -F: the FastCount most frequent of the
// table, or all it lists if it has no frequencies, or for IP protocols.
func Fast(p result.Protocol, t *Table, exclude Set) Set {
	within := All(p).Minus(exclude)
	if p == result.IP || !t.HasRatios() {
		return t.Listed(p).Intersect(within)
	}
	return t.Top(p, FastCount, within)
}

// ExtensionHeaders returns the IP protocol numbers that are IPv6 extension
// headers (RFC 8200, RFC 7045): a probe for one of these would not be parsed
// as a payload, so an IP protocol scan of IPv6 leaves them out.
func ExtensionHeaders() Set { return Of(0, 43, 44, 50, 51, 60, 135, 139, 140, 253, 254) }
