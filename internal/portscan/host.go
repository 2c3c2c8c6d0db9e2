package portscan

import (
	"net/netip"
	"slices"

	"sonde/internal/link"
	"sonde/internal/pace"
	"sonde/portspec"
	"sonde/result"
)

// Host is a target and what is known of its ports. It passes through the
// scans of several techniques, one after the other.
type Host struct {
	Addr  netip.Addr
	Ports portspec.Ports // what to scan; hosts may share it
	// Timing lasts from host discovery to the last phase.
	Timing *pace.Host
	// PingPort is a TCP port that answered connect() during host discovery, 0
	// if none did. It measures the network when the scanned ports are silent.
	PingPort uint16

	scans  []*verdicts // one for each technique that was begun
	path   link.Path   // of raw packets to the host
	routed bool        // path was looked for
}

// reachable tells whether raw packets can be sent to the host.
func (h *Host) reachable() bool { return h.path.Interface != nil && h.path.Ready() }

// TimedOut tells that the host timeout ended the scan: its ports are not to be reported.
func (h *Host) TimedOut() bool { return h.Timing.TimedOut }

// Results are the verdicts on all ports scanned so far, sorted by protocol and
// number. They are made anew by each call: a group of hosts needs much less
// room until then.
func (h *Host) Results() []result.Port {
	n := 0
	for _, v := range h.scans {
		n += len(v.found)
	}
	ports := make([]result.Port, 0, n)
	byProtocol := slices.Clone(h.scans)
	slices.SortStableFunc(byProtocol, func(a, b *verdicts) int { return int(a.technique.Protocol) - int(b.technique.Protocol) })
	for _, v := range byProtocol {
		for rank := range v.found {
			ports = append(ports, v.port(rank))
		}
	}
	return ports
}

// Reply is the first datagram that a UDP port sent back, nil if none did. The
// caller must not change it.
func (h *Host) Reply(port uint16) []byte {
	for _, v := range h.scans {
		if v.technique.Protocol == result.UDP {
			return v.replies[port]
		}
	}
	return nil
}

// Times are the round-trip estimates, nil if the host never answered.
func (h *Host) Times() *result.Times {
	if h.Timing == nil || !h.Timing.RTT.Sampled() {
		return nil
	}
	r := &h.Timing.RTT
	return &result.Times{SRTT: r.SRTT(), RTTVar: r.RTTVar(), Timeout: r.Timeout()}
}

// verdicts are what one technique found at one host.
type verdicts struct {
	technique *Technique
	plan      *plan
	found     []verdict             // by rank in the plan
	senders   map[uint16]netip.Addr // of ICMP errors that the target did not send itself, by port
	replies   map[uint16][]byte     // first datagrams, by port
}

// verdict is what is known of one port. The zero value is nothing yet.
type verdict struct {
	known  bool
	state  result.PortState
	reason result.Reason
	ttl    uint8
}

// port is the verdict on the port of a rank as reports have it.
func (v *verdicts) port(rank int) result.Port {
	p := result.Port{Protocol: v.technique.Protocol, Number: v.plan.ports[rank], State: v.technique.Default, Reason: result.ReasonNoResponse}
	if f := v.found[rank]; f.known {
		p.State, p.Reason, p.ReasonTTL = f.state, f.reason, f.ttl
		p.ReasonFrom = v.senders[p.Number]
	}
	return p
}

// record takes a verdict on the port of a rank; from is the sender of the ICMP
// error behind it, if that was not the target. It tells whether this is the
// first verdict on the port.
func (v *verdicts) record(rank int, new verdict, from netip.Addr) (first bool) {
	old := v.found[rank]
	if old.known && !v.technique.outweighs(new.state, old.state) {
		return false
	}
	new.known = true
	v.found[rank] = new
	port := v.plan.ports[rank]
	if from.IsValid() {
		if v.senders == nil {
			v.senders = map[uint16]netip.Addr{}
		}
		v.senders[port] = from
	} else {
		delete(v.senders, port)
	}
	return !old.known
}

// keepReply keeps the first datagram of a port for version detection.
func (v *verdicts) keepReply(port uint16, data []byte) {
	if _, ok := v.replies[port]; ok {
		return
	}
	if v.replies == nil {
		v.replies = map[uint16][]byte{}
	}
	v.replies[port] = slices.Clone(data)
}

// outweighs tells whether a new answer for a port replaces the state that an
// earlier answer gave it.
func (t *Technique) outweighs(new, old result.PortState) bool {
	switch old {
	case result.Open:
		return t.silenceOpen
	case result.Closed:
		return !t.silenceOpen && new != result.Filtered
	case result.Filtered:
		return new != result.Open || !t.silenceOpen
	case result.Unfiltered:
		return new == result.Open || new == result.Closed
	}
	return true
}
