// Package result is the plain data of a scan: hosts, ports, services, and the events in which a scan reports them.
package result

import (
	"net/netip"
	"time"
)

// Protocol is the protocol a port number belongs to.
type Protocol uint8

// The protocols in the order in which reports list their ports.
const (
	TCP  Protocol = iota // RFC 9293
	UDP                  // RFC 768
	SCTP                 // RFC 9260
	IP                   // IP protocol numbers of an IP protocol scan
)

var protocolNames = [...]string{TCP: "tcp", UDP: "udp", SCTP: "sctp", IP: "ip"}

// String is the name that reports use: "tcp", "udp", "sctp" or "ip".
func (p Protocol) String() string { return enumName(protocolNames[:], int(p)) }

// PortState is the verdict on one port. The order of the constants breaks ties
// when reports collapse states.
type PortState uint8

// The port states of nmap.dtd, in the order in which ties are broken.
const (
	Closed PortState = iota
	Open
	Filtered
	Unfiltered
	OpenFiltered
	ClosedFiltered
)

var portStateNames = [...]string{Closed: "closed", Open: "open", Filtered: "filtered", Unfiltered: "unfiltered",
	OpenFiltered: "open|filtered", ClosedFiltered: "closed|filtered"}

// String is the state as reports spell it, such as "open|filtered".
func (s PortState) String() string { return enumName(portStateNames[:], int(s)) }

// HostState is the verdict of host discovery.
type HostState uint8

// The host states of nmap.dtd.
const (
	HostUnknown HostState = iota // not probed, as in a list scan
	HostUp
	HostDown
	HostSkipped
)

var hostStateNames = [...]string{HostUnknown: "unknown", HostUp: "up", HostDown: "down", HostSkipped: "skipped"}

// String is the state as reports spell it.
func (s HostState) String() string { return enumName(hostStateNames[:], int(s)) }

// Port is one scanned port of a host.
type Port struct {
	Protocol  Protocol
	Number    uint16
	State     PortState
	Reason    Reason
	ReasonTTL uint8 // TTL or hop limit of the packet behind Reason; 0 if unknown
	// ReasonFrom is the sender of the ICMP error behind Reason where that was not the target itself.
	ReasonFrom netip.Addr
	// Service is what is known of the service: from the table of names, or
	// from version detection. It is nil when not even a name is known.
	Service *Service
	Scripts []ScriptOutput // sorted by ID
}

// Host is one target with everything that was learned of it.
type Host struct {
	Addr netip.Addr
	// Name is the host name that the user gave, if the target was a name.
	Name string
	// PTR is the name that reverse DNS gives.
	PTR string
	// Other are the further addresses of Name, which were not scanned.
	Other []netip.Addr

	State     HostState
	Reason    Reason
	ReasonTTL uint8
	MAC       string // upper-case hex with colons; empty if unknown
	Vendor    string // registrant of the MAC prefix; empty if unknown

	// Start and End bound the time spent on port scan and later stages.
	// Both are zero for a host that was only looked for.
	Start, End time.Time
	// TimedOut tells that the host timeout ended the scan; Ports is then empty.
	TimedOut bool
	// Scanned tells that ports were scanned, even if none is in Ports.
	Scanned bool
	// Ports holds every scanned port, sorted by protocol, then number.
	Ports []Port
	// Times is nil when the host never answered a timed probe.
	Times *Times

	Scripts []ScriptOutput // host scripts, sorted by ID
}

// Times are the round-trip estimates of a host (RFC 6298 terms).
type Times struct {
	SRTT    time.Duration // smoothed round-trip time
	RTTVar  time.Duration // its mean deviation
	Timeout time.Duration // how long a probe was waited for at the end
}

func enumName(names []string, i int) string {
	if i < len(names) {
		return names[i]
	}
	return "invalid"
}
