// Package flow joins the stages of a scan: it takes targets in batches, finds the hosts that are up, names them, scans their ports, asks what answers, and reports each host when it is done.
package flow

import (
	"context"
	"errors"
	"iter"
	"sync"
	"time"

	"sonde/internal/pace"
	"sonde/internal/portscan"
	"sonde/internal/resolve"
	"sonde/internal/service"
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
	Technique portscan.Technique
	Ports     portspec.Set
}

// Plan is everything that a run is to do. It is not changed by the run.
type Plan struct {
	Targets *target.Sequence
	Depth   Depth
	// AssumeUp takes every target for up instead of looking for it.
	AssumeUp bool
	Scans    []Scan
	PortScan portscan.Config
	Service  *service.Config // nil: services are named by their port numbers
	Names    *portspec.Table
	Resolver *resolve.Resolver // nil: no reverse DNS
	DNS      DNSMode
	Timing   pace.Timing

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
	emit  func(result.Event) // may be called from any goroutine
	board board
}

// Run carries out a plan. Events are emitted in order; emit is called from
// several goroutines, and what it blocks, the scan waits for. The error is
// that of the context, or a fault that makes the scan impossible; when Run
// returns, everything it started has ended.
func Run(ctx context.Context, p Plan, emit func(result.Event)) error {
	r := &run{Plan: p, emit: emit, board: board{emit: emit}}
	began := time.Now()
	emit(result.ScanStarted{Time: began, Scans: p.scanInfo()})
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
	err := r.batches(ctx)
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
	emit(result.ScanDone{Time: time.Now(), Elapsed: time.Since(began), Hosts: r.board.hosts()})
	return nil
}

// scanInfo describes the port scans of the plan.
func (p Plan) scanInfo() (infos []result.ScanInfo) {
	for _, s := range p.Scans {
		infos = append(infos, result.ScanInfo{
			Type:     s.Technique.Type,
			Protocol: s.Technique.Protocol,
			NumPorts: s.Ports.Len(),
			Ports:    s.Ports.String(),
		})
	}
	return infos
}

// batches takes the targets batch by batch through all stages.
func (r *run) batches(ctx context.Context) error {
	next, stop := iter.Pull2(r.Targets.All(ctx))
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
		r.emit(result.HostFound{Time: time.Now(), Host: h.found()})
	}
	for size := r.groupSize(); len(group) > 0; group = group[min(size, len(group)):] {
		if err := r.scanGroup(ctx, group[:min(size, len(group))]); err != nil {
			return err
		}
	}
	return nil
}

// groupSize is how many hosts have their ports scanned at a time: few when
// there are many ports, so that first results come soon, and many when
// silence is what takes the time.
func (r *run) groupSize() int {
	size, most := 16, 0
	for _, s := range r.Scans {
		most = max(most, s.Ports.Len())
		switch s.Technique.Protocol {
		case result.UDP, result.SCTP:
			size = max(size, 128)
		case result.TCP:
			size = max(size, 64, 1024/max(1, s.Ports.Len()))
		}
	}
	return max(1, min(max(size, r.Timing.MinHostgroup), r.Timing.MaxHostgroup))
}

// scanGroup takes a group of hosts through the stages of its ports, then reports it.
func (r *run) scanGroup(ctx context.Context, group []*host) error {
	for _, s := range r.Scans {
		if err := r.scanPorts(ctx, s, group); err != nil {
			return err
		}
	}
	for _, h := range group {
		h.harvest()
		r.nameServices(h)
	}
	if r.Service != nil {
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
