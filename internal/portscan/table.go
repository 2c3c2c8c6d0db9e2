// Package portscan finds out the state of ports: it turns what a connection or a datagram brings back into verdicts, for many hosts at once.
package portscan

import (
	"context"
	"time"

	"sonde/internal/pace"
	"sonde/internal/wire"
	"sonde/result"
)

// Technique is one way to scan ports.
type Technique struct {
	Option   string // of the command line, such as "-sT"
	Name     string // of the task, such as "Connect Scan"
	Type     string // in nmap.dtd, such as "connect"
	Protocol result.Protocol
	Default  result.PortState // of a port that does not answer

	// silenceOpen tells that open ports of this technique may be silent. Then
	// later answers outweigh earlier ones, and an ICMP error is as good as any answer.
	silenceOpen bool
	rateLimited bool // an ICMP error makes all the difference, and those come at a limited rate
	keepLate    bool // answers are understood after their probe timed out
	maxDelay    func(*pace.Timing) time.Duration
	carrier     func(context.Context, *Scan) (carrier, error)

	// Of raw TCP techniques: the flags of a probe, and how a segment that comes
	// back is understood. Read is nil for techniques of other kinds.
	flags wire.Flags
	read  func(sent, got wire.Flags, window uint16) (result.PortState, result.Reason, bool)
}

// Raw tells whether the technique needs Config.Link.
func (t *Technique) Raw() bool { return t.read != nil }

// carrier is what a technique provides.
type carrier interface {
	pace.Carrier
	Close() error
}

// UDP sends datagrams with the payloads that version detection knows for each
// port, and listens for answers and for ICMP errors.
var UDP = Technique{Option: "-sU", Name: "UDP Scan", Type: "udp", Protocol: result.UDP, Default: result.OpenFiltered,
	silenceOpen: true, rateLimited: true, keepLate: true,
	maxDelay: func(t *pace.Timing) time.Duration { return t.MaxScanDelayUDP }, carrier: newUDP}

// Connect lets the operating system make connections.
var Connect = Technique{Option: "-sT", Name: "Connect Scan", Type: "connect", Protocol: result.TCP, Default: result.Filtered,
	maxDelay: maxDelayTCP, carrier: newConnect}

func maxDelayTCP(t *pace.Timing) time.Duration { return t.MaxScanDelayTCP }

// Techniques are all techniques in the order in which the phases of a scan run.
var Techniques = []Technique{SYN, ACK, Window, FIN, Xmas, NULL, Maimon, UDP, Connect}

// TechniqueOf finds a technique by its type in nmap.dtd.
func TechniqueOf(typ string) (Technique, bool) {
	for _, t := range Techniques {
		if t.Type == typ {
			return t, true
		}
	}
	return Technique{}, false
}
