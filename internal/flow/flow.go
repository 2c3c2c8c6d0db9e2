// Package flow joins the stages of a scan: it takes targets in batches, finds the hosts that are up, names them, scans their ports, asks what answers, and reports each host when it is done.
package flow

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"net/netip"
	"sync"
	"time"

	"sonde/internal/dial"
	"sonde/internal/pace"
	"sonde/internal/portscan"
	"sonde/internal/resolve"
	"sonde/internal/wire"
	"sonde/match"
	"sonde/portspec"
	"sonde/result"
	"sonde/target"
)

// Depth says how far a scan goes.
type Depth uint8

// The depths.
const (
	ScanPorts Depth = iota
	FindHosts       // hosts are looked for, their ports left alone
	ListHosts       // nothing is sent to the targets
)

// Scan is one pass over the ports of the hosts.
type Scan struct {
	Type  string // of the technique, as nmap.dtd names it: "connect", "udp" …
	Ports portspec.Set
	// Flags, of raw TCP techniques, are sent instead of the technique's own.
	Flags *uint8
}

// Services says how services are detected.
type Services struct {
	Intensity int  // 0 to 9
	AllPorts  bool // also ports that the probe file excludes
	// EarlyReplies lets the replies to the port scan be tried first.
	EarlyReplies bool
	Race         int  // questions that may await their answers at a time at one port; 0: by the timing
	Conform      bool // one question after the other, as Nmap does
	Trace        bool
	Debug        int
	// Programs and ProgramRanges are the ONC RPC programs that are looked for.
	Programs      []Program
	ProgramRanges []ProgramRange
	Version       string // of the program, for fingerprints
	Platform      string // likewise
}

// Plan is everything that a run is to do. It is not changed by the run.
type Plan struct {
	Targets target.Options // without Resolver and Warn, which the run provides
	Depth   Depth
	// AssumeUp takes every target for up instead of looking for it.
	AssumeUp bool
	Ping     []uint16 // the ports that host discovery connects to; none: the usual ones
	// IgnoreReset takes a refused connection for no sign of life.
	IgnoreReset bool
	Scans       []Scan
	Ascending   bool   // ports in ascending order
	Seed        uint64 // of their order otherwise
	Payloads    func(port uint16) [][]byte
	Services    *Services // nil: services are named by their port numbers
	DB          *match.DB // for Services
	Names       *portspec.Table
	DNS         DNSMode
	Timing      pace.Timing
	// Alone makes the pace of a host independent of the others'.
	Alone bool
	// DefeatICMPRateLimit takes a silent UDP port for closed or filtered.
	DefeatICMPRateLimit bool
	TraceConnections    bool // as notices of topic "connect"

	DNSServers []netip.AddrPort // instead of the machine's
	SystemDNS  bool
	Source     netip.Addr // zero: routing decides
	Device     string     // empty: routing decides

	// Verify runs beside the scan; its error is the run's when the scan is over. It may be nil.
	Verify   func(context.Context) error
	Warnings []string // told at the beginning

	StatsEvery time.Duration // 0: progress is told only when it is worth it
	Verbose    bool
}

// batchSize is how many targets are looked for at a time.
const batchSize = 4096

// run is a Plan in execution.
type run struct {
	Plan
	emit     func(result.Event) // may be called from any goroutine
	board    board
	dialer   *dial.Dialer
	resolver *resolve.Resolver
	tracer   *dial.Tracer // nil unless connections are traced
	raw      *rawLink     // nil unless a technique needs raw packets
	pingRTT  pace.RTT     // of all hosts, handed from batch to batch
	passes   []pass
}

// pass is a Scan whose technique was found.
type pass struct {
	technique portscan.Technique
	ports     portspec.Set
	flags     *wire.Flags // set by hand; usually nil
}

// Run carries out a plan. Emit is called from several goroutines, and while it
// blocks, the scan waits. The error is that of the context, or what made the
// scan impossible. When Run returns, everything it started has ended.
func Run(ctx context.Context, p Plan, emit func(result.Event)) error {
	r := &run{Plan: p, emit: emit, board: board{emit: emit}}
	targets, err := r.prepare(ctx)
	if err != nil {
		return err
	}
	defer r.close()
	began := time.Now()
	emit(result.ScanStarted{Time: began, Scans: r.scanInfo()})
	for _, w := range p.Warnings {
		r.notice(result.LevelWarning, "", w)
	}
	var beside sync.WaitGroup
	watching, stop := context.WithCancel(ctx)
	beside.Go(func() { r.board.watch(watching, p.StatsEvery, p.Verbose) })
	var fault error
	if p.Verify != nil {
		beside.Go(func() { fault = p.Verify(ctx) })
	}
	err = r.batches(ctx, targets)
	stop()
	beside.Wait()

	switch {
	case ctx.Err() != nil:
		return context.Cause(ctx)
	case err != nil:
		return err
	case fault != nil:
		return fault
	}
	emit(result.ScanDone{Time: time.Now(), Elapsed: time.Since(began), Hosts: r.board.hosts(), Raw: r.totals()})
	return nil
}

// prepare brings in what the stages share, and checks what cannot be used.
func (r *run) prepare(ctx context.Context) (*target.Sequence, error) {
	for _, s := range r.Scans {
		t, ok := portscan.TechniqueOf(s.Type)
		if !ok {
			return nil, fmt.Errorf("scan technique %q: not known", s.Type)
		}
		r.passes = append(r.passes, pass{t, s.Ports, (*wire.Flags)(s.Flags)})
	}
	r.dialer = dial.New(dial.Config{Source: r.Source, Device: r.Device})
	if r.TraceConnections {
		r.tracer = &dial.Tracer{Began: time.Now(), Say: func(line string) { r.notice(result.LevelTrace, "connect", line) }}
	}
	r.resolver = resolve.New(resolve.Config{Servers: r.DNSServers, System: r.SystemDNS,
		Notice: func(level result.Level, text string) { r.notice(level, "", text) }})
	opt := r.Targets
	opt.Resolver = r.resolver
	opt.Warn = func(text string) { r.notice(result.LevelWarning, "", text) }
	targets, err := target.New(ctx, opt)
	if err != nil {
		return nil, err
	}
	return targets, r.openRaw()
}

// close gives up what the run holds. All that is in doubt was read or sent long ago.
func (r *run) close() {
	if r.raw != nil {
		_ = r.raw.Close()
	}
}

// scanInfo describes the port scans of the plan.
func (r *run) scanInfo() (infos []result.ScanInfo) {
	for _, p := range r.passes {
		flags := ""
		if p.flags != nil {
			flags = flagNames(*p.flags)
		}
		infos = append(infos, result.ScanInfo{
			Flags:    flags,
			Type:     p.technique.Type,
			Protocol: p.technique.Protocol,
			NumPorts: p.ports.Len(),
			Ports:    p.ports.String(),
		})
	}
	return infos
}

// batches takes the targets batch by batch through all stages.
func (r *run) batches(ctx context.Context, targets *target.Sequence) error {
	next, stop := iter.Pull2(targets.All(ctx))
	defer stop()
	for {
		hosts, more, err := r.gather(next)
		if err != nil {
			return err
		}
		if err := r.batch(ctx, hosts); err != nil {
			return err
		}
		if !more || ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

// gather takes the next targets. Those that cannot be used are reported and passed over.
func (r *run) gather(next func() (target.Target, error, bool)) (hosts []*host, more bool, err error) {
	for len(hosts) < batchSize {
		t, err, ok := next()
		if !ok {
			return hosts, false, nil
		}
		var bad *target.SpecError
		switch {
		case errors.As(err, &bad):
			r.emit(result.TargetSkipped{Time: time.Now(), Spec: bad.Spec, Reason: bad.Reason, Invalid: bad.Invalid})
		case err != nil:
			return nil, false, err
		default:
			hosts = append(hosts, newHost(t))
		}
	}
	return hosts, true, nil
}

// batch takes hosts through all stages.
func (r *run) batch(ctx context.Context, hosts []*host) error {
	if err := r.findHosts(ctx, hosts); err != nil {
		return err
	}
	r.nameHosts(ctx, hosts)
	if r.Depth != ScanPorts {
		r.report(hosts)
		return nil
	}
	var group []*host
	for i, h := range hosts {
		if h.down() {
			r.report(hosts[i : i+1])
			continue
		}
		group = append(group, h)
	}
	for size := r.groupSize(); len(group) > 0; {
		n := min(size, len(group))
		if r.raw != nil {
			n = distinct(group[:n])
		}
		if err := r.scanGroup(ctx, group[:n]); err != nil {
			return err
		}
		group = group[n:]
	}
	return nil
}

// distinct counts the hosts before the first whose address comes again: of
// two raw scans of one address at a time, neither could tell its answers.
func distinct(hosts []*host) int {
	seen := make(map[netip.Addr]bool, len(hosts))
	for i, h := range hosts {
		if seen[h.Addr] {
			return i
		}
		seen[h.Addr] = true
	}
	return len(hosts)
}

// groupSize is how many hosts have their ports scanned at a time: few when
// there are many ports, so that first results come soon, and many when
// silence is what takes the time.
func (r *run) groupSize() int {
	size := 16
	for _, p := range r.passes {
		switch p.technique.Protocol {
		case result.UDP, result.SCTP:
			size = max(size, 128)
		case result.TCP:
			size = max(size, 64, 1024/max(1, p.ports.Len()))
		}
	}
	return max(1, min(max(size, r.Timing.MinHostgroup), r.Timing.MaxHostgroup))
}

// scanGroup takes a group of hosts through the stages of its ports, then reports it.
func (r *run) scanGroup(ctx context.Context, group []*host) error {
	for _, p := range r.passes {
		if err := r.scanPorts(ctx, p, group); err != nil {
			return err
		}
	}
	for _, h := range group {
		h.harvest()
		r.nameServices(h)
	}
	if r.Services != nil {
		if err := r.detectServices(ctx, group); err != nil {
			return err
		}
	}
	r.report(group)
	return nil
}

// report gives the hosts out as done.
func (r *run) report(hosts []*host) {
	for _, h := range hosts {
		r.board.count(h.State)
		r.emit(result.HostDone{Time: time.Now(), Host: h.Host})
		h.Host = result.Host{} // the consumer's now
	}
}
