// Package service finds out what runs behind a port: it sends the probes of a database one by one, matches the answers, looks inside TLS, and knows when to stop.
//
// The parts: order.go says which probe is next, exchange.go holds one
// conversation, judge.go weighs what was heard, verdict.go words the result,
// and pool.go runs many detections at a time. Two strategies join them into the
// detection of one service: sequential.go asks as Nmap does; race.go asks as
// fast as the service answers. A race has lanes, each a connection (lane.go),
// opened in lanes.go for the steps of a plan (plan.go); it learns from what they
// hear (answers.go, whole.go, claim.go, shake.go) and how they end (hangup.go,
// ends.go), and waits by what it measured (grace.go); a window bounds the
// connections to a host (window.go). All waits are in waits.go.
package service

import (
	"context"
	"net"
	"net/netip"
	"time"

	"sonde/internal/pace"
	"sonde/match"
	"sonde/result"
)

// DefaultIntensity is the intensity where the user asks for none.
const DefaultIntensity = 7

// Target is a port whose service is to be found.
type Target struct {
	Index    int // for the caller: which of its ports this is
	Addr     netip.Addr
	Name     string // host name as the user gave it, for SNI; empty if none
	Protocol result.Protocol
	Port     uint16
	State    result.PortState // open or open|filtered
	Reason   result.Reason
	// TableName is the usual name of the port; empty if it has none.
	TableName string
	// EarlyReplies are datagrams that the port scan drew from a UDP port.
	EarlyReplies [][]byte
}

// Outcome is the end of the detection of one target. State and Reason are
// updated: an answer proves that a port is open.
type Outcome struct {
	Target
	Service result.Service
	// TimedOut tells that the time of the host was over.
	TimedOut bool
}

// Dialer makes the connections; *dial.Dialer is one.
type Dialer interface {
	// TCP connects within timeout.
	TCP(ctx context.Context, to netip.AddrPort, timeout time.Duration) (net.Conn, error)
	// UDP makes a connected socket without sending anything.
	UDP(ctx context.Context, to netip.AddrPort) (net.Conn, error)
}

// Config says how services are detected.
type Config struct {
	DB        *match.DB
	Intensity int  // 0 to 9: rarer probes are sent only where they are registered
	AllPorts  bool // also the ports that the database excludes
	// EarlyReplies tells to try the replies to the port scan first. Nmap 7.93
	// does not.
	EarlyReplies bool
	// Race is how many questions may await their answers at a time at one TCP
	// or UDP port; 0 leaves it to the timing level.
	Race int
	// Conform is for Nmap's way, with its answers and quirks: one question
	// after the other, each with all the time that the database gives it.
	Conform bool
	// Programs are the ONC RPC programs to look for behind a port that
	// answers RPC calls, and then those in the ranges; none leaves it at that.
	Programs      []Program
	ProgramRanges []ProgramRange
	Timing        pace.Timing
	Dialer        Dialer
	// HostBudget is the time left for a host before its timeout, asked once
	// when the first of its services starts; nil leaves all the time.
	// Zero or less means that none is left.
	HostBudget func(netip.Addr) time.Duration

	Version  string // of the program, for fingerprints
	Platform string // such as "x86_64-pc-linux-gnu", for fingerprints
	Debug    int    // level; from 1 on fingerprints hold more
	Trace    bool   // report the conversation as notices of topic "version"; counts as debugging

	// Notice receives lines of prose; nil drops them. Progress is told how many
	// services are done. Both are called by one goroutine at a time.
	Notice   func(level result.Level, topic, text string)
	Progress func(done, total int)
}
