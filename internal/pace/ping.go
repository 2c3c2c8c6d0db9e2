package pace

import "time"

// Rank says how well a kind of probe serves as timing ping: a probe that is
// known to elicit an answer, repeated when all else is silent, so that loss
// can be told from silence. A host keeps the best it has met.
type Rank uint8

// The ranks.
const (
	RankNone    Rank = 0
	RankConnect Rank = 10 // connect()
	RankOther   Rank = 20 // filtered TCP or SCTP, other ICMP, IP protocol, UDP (less its number of payloads beyond one)
	RankSYN     Rank = 30 // raw SYN or INIT that found an open port
	RankLink    Rank = 40 // ARP, neighbour discovery
	RankEcho    Rank = 50 // ICMP queries; raw TCP to ports that firewalls often answer for
	RankTCP     Rank = 60 // raw TCP and SCTP otherwise
)

// RankUDP is the rank of a UDP port that is probed with so many payloads.
func RankUDP(payloads int) Rank {
	if payloads <= 1 {
		return RankOther
	}
	return RankOther - Rank(min(payloads, int(RankOther-1)))
}

const (
	pingQuiet     = 1250 * time.Millisecond // silence after which a ping is worth its while
	hostPingEvery = 10                      // probes to a host between two pings
	allPingEvery  = 20                      // probes to a group between two pings
)

// pinger decides when the next timing ping is due.
type pinger struct {
	every     int // probes between two pings
	sentSince int
	lastSent  time.Time
	lastHeard time.Time
}

// sent counts a probe.
func (g *pinger) sent(now time.Time, ping bool) {
	if ping {
		g.sentSince, g.lastSent = 0, now
	} else {
		g.sentSince++
	}
}

// due is when a ping may be sent, and whether enough was sent to want one.
func (g *pinger) due() (time.Time, bool) {
	last := g.lastHeard
	if g.lastSent.After(last) {
		last = g.lastSent
	}
	return last.Add(pingQuiet), g.sentSince >= g.every
}
