package portscan

import (
	"context"
	"errors"
	"fmt"
	"net/netip"
	"time"

	"sonde/internal/dial"
	"sonde/internal/link"
	"sonde/internal/pace"
	"sonde/internal/wire"
	"sonde/result"
)

// Config says how ports are scanned.
type Config struct {
	Dialer *dial.Dialer
	// Link carries the packets of raw techniques, for one scan at a time; nil
	// will do for others.
	Link Link
	// SourcePort is the first of SourcePorts ports that raw probes are sent from.
	// Scans that follow one another want different ones, lest late answers to
	// one be taken for answers to the next.
	SourcePort uint16
	Flags      *wire.Flags // of raw TCP probes, instead of those of the technique
	Timing     pace.Timing

	Ascending bool   // probe ports in ascending order
	Seed      uint64 // of the order otherwise
	// Alone makes hosts independent of the congestion window of their group.
	Alone bool
	// Payloads are the datagrams for a UDP port; without any, an empty one is
	// sent. Nil means none for all ports.
	Payloads func(port uint16) [][]byte
	// DefeatICMPRateLimit lets a UDP scan take silence for "closed or
	// filtered", so that it need not wait for rate-limited ICMP errors.
	DefeatICMPRateLimit bool

	// Found is told the first verdict "open" on a port, from the goroutine of
	// Run; nil is not called.
	Found func(netip.Addr, result.Port)
	Trace *dial.Tracer // of connections; nil for none
	// Notice is told what a person who watches may want to know; nil is not called.
	Notice func(level result.Level, topic, text string)
}

// Link is what raw techniques need of a network.
type Link interface {
	link.Wire
	link.Router
}

// Scan is the scan of a group of hosts with one technique. It is made by New and run once.
type Scan struct {
	config    Config
	technique Technique
	hosts     []*Host
	scanned   []*verdicts // by host; nil where the technique has no ports to scan
	phase     pace.Phase
}

// New prepares a scan of all hosts at once. No two of them may have the same
// address if the technique is a raw one.
func New(c Config, t Technique, hosts []*Host) *Scan {
	if t.Protocol == result.UDP && c.DefeatICMPRateLimit {
		t.Default = result.ClosedFiltered
	}
	s := &Scan{config: c, technique: t, hosts: hosts, scanned: make([]*verdicts, len(hosts))}
	s.phase = pace.Phase{Timing: c.Timing, MaxDelay: t.maxDelay(&c.Timing), RateLimited: t.rateLimited && !c.DefeatICMPRateLimit,
		KeepLate: t.keepLate, HostTimeout: true, Alone: c.Alone, Capped: s.capped, Slowed: s.slowed, Finished: s.finished}
	return s
}

// Run scans until every port has its verdict. It may be called once. An error
// is that of ctx, or means that the technique cannot work on this machine;
// verdicts reached until then remain.
func (s *Scan) Run(ctx context.Context) error {
	c, err := s.technique.carrier(ctx, s)
	if err != nil {
		return fmt.Errorf("%s: %w", s.technique.Name, err)
	}
	s.phase.Carrier = c
	err = s.phase.Run(ctx, s.jobs())
	if e := c.Close(); err == nil {
		err = e
	}
	if err != nil && !errors.Is(err, ctx.Err()) {
		return fmt.Errorf("%s: %w", s.technique.Name, err)
	}
	return err
}

// Run scans the ports of hosts with a technique.
func Run(ctx context.Context, c Config, t Technique, hosts []*Host) error {
	return New(c, t, hosts).Run(ctx)
}

// Progress is how far the scan is. It may be called from any goroutine.
func (s *Scan) Progress() pace.Progress { return s.phase.Progress() }

// jobs is the work on all hosts. A host that used up its time gets none.
func (s *Scan) jobs() []*pace.Job {
	var jobs []*pace.Job
	var pl *plan
	for i, h := range s.hosts {
		set := h.Ports.Of(s.technique.Protocol)
		if h.Timing == nil {
			h.Timing = new(pace.Host)
		}
		if set.Len() == 0 || h.TimedOut() {
			continue
		}
		if pl == nil || !pl.set.Equal(set) {
			pl = newPlan(set, s.technique.Protocol, s.config.Ascending, s.config.Seed)
		}
		v := &verdicts{technique: &s.technique, plan: pl, found: make([]verdict, len(pl.ports))}
		s.scanned[i] = v
		h.scans = append(h.scans, v)
		if s.technique.Raw() && !h.reachable() {
			continue // as silent as can be
		}
		job := &pace.Job{Host: h.Timing, Index: i, Items: len(pl.ports)}
		if s.technique.Protocol == result.TCP && !s.technique.Raw() && h.PingPort != 0 {
			job.Known = pace.RankConnect
		}
		jobs = append(jobs, job)
	}
	return jobs
}

// target is the address and port that a probe goes to.
func (s *Scan) target(p *pace.Probe) netip.AddrPort {
	h := s.hosts[p.Job.Index]
	if p.Item == pace.KnownItem {
		return netip.AddrPortFrom(h.Addr, h.PingPort)
	}
	pl := s.scanned[p.Job.Index].plan
	return netip.AddrPortFrom(h.Addr, pl.ports[pl.order[p.Item]])
}

// record takes a verdict on the port of a probe, and tells of a first "open".
func (s *Scan) record(p *pace.Probe, new verdict, from netip.Addr) {
	if p.Item == pace.KnownItem {
		return // not a port of this scan
	}
	v := s.scanned[p.Job.Index]
	rank := int(v.plan.order[p.Item])
	if first := v.record(rank, new, from); first && new.state == result.Open && s.config.Found != nil {
		s.config.Found(s.hosts[p.Job.Index].Addr, v.port(rank))
	}
}

// quiet tells whether an answer must not influence timing: an error message
// that came only to a retransmission tells of routers, not of the host.
func (s *Scan) quiet(p *pace.Probe, state result.PortState, icmp bool) bool {
	if p.Try == 0 || !icmp {
		return false
	}
	if s.technique.silenceOpen {
		return s.config.DefeatICMPRateLimit && (state == result.Closed || state == result.Filtered)
	}
	return state == result.Filtered
}

func (s *Scan) notice(level result.Level, format string, args ...any) {
	if s.config.Notice != nil {
		s.config.Notice(level, "", fmt.Sprintf(format, args...))
	}
}

func (s *Scan) capped(j *pace.Job) {
	s.notice(result.LevelWarning, "%v giving up on port because retransmission cap hit (%d).",
		s.hosts[j.Index].Addr, s.config.Timing.MaxRetries)
}

func (s *Scan) slowed(j *pace.Job, from, to time.Duration, why string) {
	s.notice(result.LevelInfo, "Increasing send delay for %v from %d to %d due to %s",
		s.hosts[j.Index].Addr, from.Milliseconds(), to.Milliseconds(), why)
}

// manyPorts is from how many ports on the loss of a host to its timeout is worth a word.
const manyPorts = 50

func (s *Scan) finished(j *pace.Job) {
	if !j.Host.TimedOut || j.Items <= manyPorts {
		return
	}
	p := s.phase.Progress()
	s.notice(result.LevelInfo, "%v timed out during %s (%d hosts left)", s.hosts[j.Index].Addr, s.technique.Name, p.Hosts-p.Done)
}
