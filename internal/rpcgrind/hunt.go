package rpcgrind

import (
	"context"
	"net"
	"sync"
	"time"

	"sonde/internal/pace"
)

// lanes is how many connections there are to a server that takes one call at
// a time.
const lanes = 4

// How often a program is asked for before its silence is put up with. Nothing
// is lost on a stream but with its connection.
const (
	streamTries   = 3
	datagramTries = 10
)

// hunt is a search that is under way, shared by its lanes.
type hunt struct {
	config *Config

	mu          sync.Mutex // guards what follows
	search      *search
	rate        pace.Rate
	rtt         pace.RTT
	connections int
}

func newHunt(c *Config) *hunt {
	tries := uint8(streamTries)
	if c.Datagrams {
		tries = datagramTries
	}
	others := c.Table.numbers
	if c.HintsOnly {
		others = nil
	}
	timing := c.Timing
	timing.MinRate, timing.MaxRate = 0, callRate(c.Timing)
	return &hunt{config: c, search: newSearch(c.Hints, others, tries), rate: pace.NewRate(&timing, time.Now())}
}

// callRate is how many calls a second a server is sent. Each costs it a
// hundred bytes and next to no work.
func callRate(t pace.Timing) float64 {
	rate := [...]float64{5, 20, 200, 10_000, 20_000, 50_000}[min(max(t.Level, 0), 5)]
	if t.MaxRate > 0 {
		rate = min(rate, t.MaxRate)
	}
	return rate
}

// budget is the time that a search may take.
func budget(t pace.Timing) time.Duration {
	switch {
	case t.Level <= 2:
		return 5 * time.Minute
	case t.Level == 3:
		return time.Minute
	}
	return 30 * time.Second
}

// with does something to the search, alone.
func (h *hunt) with(do func(*search)) {
	h.mu.Lock()
	defer h.mu.Unlock()
	do(h.search)
}

func (h *hunt) done() (done bool) {
	h.with(func(s *search) { done = s.done() })
	return done
}

// timeout is what round trips so far make of an answer's due time.
func (h *hunt) timeout() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.rtt.Sampled() {
		return h.rtt.Timeout()
	}
	return min(h.config.Timing.InitialRTT, time.Second)
}

// roundTrip is the mean of round trips so far.
func (h *hunt) roundTrip() time.Duration {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.rtt.SRTT()
}

// datagrams sends all calls from one socket.
func (h *hunt) datagrams(ctx context.Context) {
	h.connect(ctx, firstWindow, maxDatagrams)
}

// streams sends all calls over one connection, many at a time. Some servers
// read one call of what has arrived and forget the rest; with those it goes on
// with one call at a time over a few connections, and a new connection when a
// server closes after each answer.
func (h *hunt) streams(ctx context.Context) {
	if answered := h.connect(ctx, firstWindow, maxStream); answered == 0 || h.done() || ctx.Err() != nil {
		return
	}
	var running sync.WaitGroup
	for range lanes {
		running.Go(func() {
			for ctx.Err() == nil && h.connect(ctx, 1, 1) > 0 && !h.done() {
			}
		})
	}
	running.Wait()
}

// connect runs a lane over a new connection. It returns how many calls were
// answered there.
func (h *hunt) connect(ctx context.Context, window, maxWindow int) (answered int) {
	conn, err := h.config.Dial(ctx)
	if err != nil {
		return 0 // as silent as a connection that is never answered
	}
	defer closeWith(ctx, conn)()
	h.with(func(*search) { h.connections++ })
	l := &lane{hunt: h, wire: newWire(conn, h.config.Datagrams, maxReply), window: window, maxWindow: maxWindow}
	l.run(ctx)
	return l.answered
}

// closeWith closes a connection when ctx ends, or the function it returns is called.
func closeWith(ctx context.Context, conn net.Conn) func() {
	stop := context.AfterFunc(ctx, func() { conn.Close() })
	return func() { stop(); conn.Close() }
}

// result words the outcome.
func (h *hunt) result(ctx context.Context, start time.Time) Result {
	s := h.search
	r := Result{Ending: s.ending, Calls: s.calls, Answers: s.answers, Connections: h.connections, Elapsed: time.Since(start)}
	if r.Ending == 0 && s.found >= 0 { // programs that stand before it were never answered for
		r.Ending = Identified
	}
	switch {
	case r.Ending == Identified:
		number := s.programs[s.found]
		r.Program, r.Low, r.High = Program{number, h.config.Table.Name(number)}, s.low, s.high
	case r.Ending != 0:
	case ctx.Err() != nil:
		r.Ending = OutOfTime
	case s.answers == 0 && s.strays > 0:
		r.Ending = Malformed
	default: // nobody would answer what is left
		r.Ending = Silent
	}
	return r
}
