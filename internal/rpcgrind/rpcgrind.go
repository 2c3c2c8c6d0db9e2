// Package rpcgrind finds out which ONC RPC program a port serves, with or without the help of a portmapper, by calling every known program in a version that none has.
//
// The parts: xdr.go, message.go and record.go read and write what goes over
// the wire; search.go keeps the account of the programs, lane.go asks for them
// over one connection, hunt.go over as many as it takes; portmap.go asks a
// portmapper for its list.
package rpcgrind

import (
	"context"
	"net"
	"strconv"
	"time"

	"sonde/internal/pace"
)

// Program is an RPC program with its name, which is empty for one that only
// its number is known of.
type Program struct {
	Number uint32
	Name   string
}

// Dial makes a connection to the port in question; datagrams are sent and read
// one by one over a connected socket.
type Dial func(context.Context) (net.Conn, error)

// Config says what is looked for and how.
type Config struct {
	Dial Dial
	// Datagrams tells that the connection is one of UDP. A stream is cut into
	// records.
	Datagrams bool
	// Hints are tried before the table: programs that a portmapper names.
	Hints []uint32
	// HintsOnly leaves the programs of the table out; it still names them.
	HintsOnly bool
	Table     *Table
	// Patience is how long the port may answer nothing at all; 0 lets round
	// trips decide.
	Patience time.Duration
	// Timing bounds round trips and the rate; its level chooses the pace.
	Timing pace.Timing
}

// Ending is how a search ended.
type Ending uint8

// The endings. The zero value is that of a search without any.
const (
	Identified     Ending = iota + 1 // the program is known
	Unlisted                         // the port serves none of the programs
	Indiscriminate                   // the port claims to serve any program
	Refused                          // the port refuses calls of strangers
	Malformed                        // the answers are none to the calls
	Silent                           // the port answers nothing
	OutOfTime                        // the budget of the search, or the context, is over
)

var endingNames = [...]string{"not begun", "program found", "no program of the table", "claims to serve any program",
	"refuses calls", "malformed answers", "no answers", "out of time"}

// String words the ending.
func (e Ending) String() string { return endingNames[min(int(e), len(endingNames)-1)] }

// Result is the outcome of a search.
type Result struct {
	Ending Ending
	// Program and the versions from Low to High are what an identified port
	// serves. Both are 0 if the program would not tell.
	Program   Program
	Low, High uint32

	Calls       int // sent, retransmissions among them
	Answers     int
	Connections int
	Elapsed     time.Duration
}

// Versions gives the range of versions such as "2-4", or the one there is.
func (r *Result) Versions() string {
	high := strconv.FormatUint(uint64(r.High), 10)
	switch {
	case r.Low == 0 && r.High == 0:
		return ""
	case r.Low == r.High:
		return high
	}
	return strconv.FormatUint(uint64(r.Low), 10) + "-" + high
}

// Search asks a port for every program until it owns up to one. It returns
// when the verdict is known, the budget of its timing is spent, or ctx ends.
func Search(ctx context.Context, c Config) Result {
	start := time.Now()
	ctx, cancel := pace.WithTimeout(ctx, budget(c.Timing))
	defer cancel()
	h := newHunt(&c)
	if c.Datagrams {
		h.datagrams(ctx)
	} else {
		h.streams(ctx)
	}
	return h.result(ctx, start)
}
