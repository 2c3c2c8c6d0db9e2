package report

import (
	"cmp"
	"slices"

	"sonde/result"
)

// Reports list ports one by one only while there are few of a kind: a state
// that more than collapseAbove ports share is summed up, unless the user
// wants to see more.
const collapseAbove = 25

const portStates = int(result.ClosedFiltered) + 1

// notShown is the part of a host's ports that is summed up.
type notShown struct {
	ports     int // of the host, collapsed or not
	count     [portStates]int
	collapsed [portStates]bool
	states    []result.PortState // the collapsed ones, by count descending
	items     []notShownItem     // in the order of states, then by count descending
}

// notShownItem counts the ports of a collapsed state that share a reason.
type notShownItem struct {
	state    result.PortState
	reason   result.Reason
	protocol result.Protocol
	count    int
}

// hides tells whether a port is summed up rather than listed.
func (n *notShown) hides(p *result.Port) bool { return n.collapsed[p.State] }

// hidden is the number of ports that are summed up.
func (n *notShown) hidden() (sum int) {
	for _, s := range n.states {
		sum += n.count[s]
	}
	return sum
}

// of fills n from a host's ports. It reuses n's memory.
func (n *notShown) of(ports []result.Port, o *Options) {
	*n = notShown{ports: len(ports), states: n.states[:0], items: n.items[:0]}
	for i := range ports {
		n.count[ports[i].State]++
	}
	limit := o.collapseLimit(len(ports) > 0 && ports[0].Protocol == result.IP)
	for i, count := range n.count {
		s := result.PortState(i)
		if o.OpenOnly {
			n.collapsed[s] = count > 0 && !ofInterest(s)
		} else {
			n.collapsed[s] = count > limit && o.mayCollapse(s)
		}
		if n.collapsed[s] {
			n.states = append(n.states, s)
		}
	}
	slices.SortStableFunc(n.states, func(a, b result.PortState) int { return cmp.Compare(n.count[b], n.count[a]) })
	if len(n.states) > 0 {
		n.itemize(ports)
	}
}

// itemize counts the collapsed ports by reason and protocol. Among equal
// counts Nmap lists last what it met first.
func (n *notShown) itemize(ports []result.Port) {
	for i := range ports {
		if p := &ports[i]; n.hides(p) {
			n.add(p)
		}
	}
	slices.Reverse(n.items)
	slices.SortStableFunc(n.items, func(a, b notShownItem) int {
		return cmp.Or(cmp.Compare(slices.Index(n.states, a.state), slices.Index(n.states, b.state)), cmp.Compare(b.count, a.count))
	})
}

func (n *notShown) add(p *result.Port) {
	for i := range n.items {
		if it := &n.items[i]; it.holds(p) {
			it.count++
			return
		}
	}
	n.items = append(n.items, notShownItem{p.State, p.Reason, p.Protocol, 1})
}

// holds tells whether the item counts this port.
func (it *notShownItem) holds(p *result.Port) bool {
	return it.state == p.State && it.reason == p.Reason && it.protocol == p.Protocol
}

// append adds the items in prose: "30 closed tcp ports (reset), …". Whether
// "port" is singular depends on all ports of the state, as in Nmap.
func (n *notShown) append(b []byte) []byte {
	for i, it := range n.items {
		if i > 0 {
			b = append(b, ", "...)
		}
		b = append(appendInt(b, int64(it.count)), ' ')
		b = append(append(b, it.state.String()...), ' ')
		if it.protocol == result.IP {
			// Nmap 7.93 knows no name for the protocol of protocols.
			b = append(b, plural(n.count[it.state], "n/a protocol (", "n/a protocols (")...)
		} else {
			b = append(b, it.protocol.String()...)
			b = append(b, plural(n.count[it.state], " port (", " ports (")...)
		}
		b = append(append(b, it.reason.String()...), ')')
	}
	return b
}

// appendPorts adds the numbers of an item's ports as ranges: "22,80,3000-3029".
func (it *notShownItem) appendPorts(b []byte, ports []result.Port) []byte {
	const none = -2
	first, last := none, none
	for i := range ports {
		number := int(ports[i].Number)
		switch {
		case !it.holds(&ports[i]):
		case number == last+1:
			last = number
		default:
			if first != none {
				b = append(appendRange(b, first, last), ',')
			}
			first, last = number, number
		}
	}
	return appendRange(b, first, last)
}

func appendRange(b []byte, first, last int) []byte {
	b = appendInt(b, int64(first))
	if last > first {
		b = appendInt(append(b, '-'), int64(last))
	}
	return b
}

// collapseLimit is how many ports of a state are still listed one by one.
func (o *Options) collapseLimit(protocols bool) int {
	if protocols {
		return collapseAbove * (o.Verbose + 1 + 3*o.Debug)
	}
	return collapseAbove * (o.Verbose + 1 + 20*o.Debug)
}

// mayCollapse tells whether the user bears to see a state summed up at all.
func (o *Options) mayCollapse(s result.PortState) bool {
	return s != result.Open && (s != result.OpenFiltered || o.Verbose < 3) && o.Debug < 3
}

// ofInterest tells whether --open shows ports of a state.
func ofInterest(s result.PortState) bool {
	return s == result.Open || s == result.OpenFiltered || s == result.Unfiltered
}

func anyOfInterest(ports []result.Port) bool {
	return slices.ContainsFunc(ports, func(p result.Port) bool { return ofInterest(p.State) })
}
