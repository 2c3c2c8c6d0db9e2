package discover

import (
	"context"
	"errors"
	"fmt"
	"net/netip"

	"sonde/internal/dial"
	"sonde/internal/pace"
	"sonde/result"
)

// DefaultPorts are the TCP ports that are tried when the user names none: the
// two that are open, or at least not filtered, most often.
func DefaultPorts() []uint16 { return []uint16{80, 443} }

// Config says how hosts are looked for.
type Config struct {
	Dialer *dial.Dialer
	Timing pace.Timing
	Ports  []uint16 // TCP ports to try, in this order; DefaultPorts if empty
	// IgnoreReset takes a refused connection for no sign of life: some
	// firewalls refuse for hosts that do not exist.
	IgnoreReset bool
	Alone       bool // makes hosts independent of the congestion window of all
	// Group is the estimate of round trips to all hosts, which one search hands
	// on to the next; nil for none.
	Group *pace.RTT
	// Found is told of each host that is up as soon as that is known, from the
	// goroutine of Run; nil is not called.
	Found func(*Host)
	Trace *dial.Tracer // of connections; nil for none
	// Notice is told what a person who watches may want to know; nil is not called.
	Notice func(level result.Level, topic, text string)
}

// Host is an address to look for, and what was found.
type Host struct {
	Addr   netip.Addr
	Timing *pace.Host // goes on to the port scan

	State  result.HostState // HostUp or HostDown after Run
	Reason result.Reason
	TTL    uint8  // of the packet behind Reason; 0 if unknown
	Port   uint16 // TCP port that answered; 0 if none did
}

// Search looks for a group of hosts. It is made by New and run once.
type Search struct {
	config Config
	method *method
	hosts  []*Host
	phase  pace.Phase
}

// New prepares to look for all hosts at once.
func New(c Config, hosts []*Host) *Search {
	if len(c.Ports) == 0 {
		c.Ports = DefaultPorts()
	}
	s := &Search{config: c, method: &connecting, hosts: hosts}
	s.phase = pace.Phase{Timing: c.Timing, MaxDelay: c.Timing.MaxScanDelayTCP, Alone: c.Alone, Group: c.Group, Finished: s.finished}
	return s
}

// Run looks until every host has its verdict. It may be called once. An error
// is that of ctx, or means that this machine cannot look at all; hosts without
// verdict are then left in HostUnknown.
func (s *Search) Run(ctx context.Context) error {
	c, err := s.method.carrier(ctx, s)
	if err != nil {
		return fmt.Errorf("%s: %w", TaskName, err)
	}
	s.phase.Carrier = c
	jobs := make([]*pace.Job, len(s.hosts))
	for i, h := range s.hosts {
		if h.Timing == nil {
			h.Timing = new(pace.Host)
		}
		h.State, h.Reason = result.HostUnknown, result.ReasonUnknown
		jobs[i] = &pace.Job{Host: h.Timing, Index: i, Items: s.method.items(&s.config)}
	}
	err = s.phase.Run(ctx, jobs)
	if e := c.Close(); err == nil {
		err = e
	}
	if err != nil && !errors.Is(err, ctx.Err()) {
		return fmt.Errorf("%s: %w", TaskName, err)
	}
	return err
}

// Run looks for hosts.
func Run(ctx context.Context, c Config, hosts []*Host) error { return New(c, hosts).Run(ctx) }

// Progress is how far the search is. It may be called from any goroutine.
func (s *Search) Progress() pace.Progress { return s.phase.Progress() }

// Probes is how many probes each host gets at first.
func (s *Search) Probes() int { return s.method.items(&s.config) }

// up takes a sign of life. The first one is final.
func (s *Search) up(h *Host, reason result.Reason, port uint16) {
	h.State, h.Reason, h.Port = result.HostUp, reason, port
	if s.config.Found != nil {
		s.config.Found(h)
	}
}

// down takes an error message about a host. Another probe may still find it up.
func (s *Search) down(h *Host, reason result.Reason) {
	h.State, h.Reason = result.HostDown, reason
}

// finished ends the search for a host.
func (s *Search) finished(j *pace.Job) {
	if h := s.hosts[j.Index]; h.State == result.HostUnknown {
		s.down(h, result.ReasonNoResponse)
	}
}
