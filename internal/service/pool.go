package service

import (
	"context"
	"net/netip"
	"slices"
	"sync"
	"time"

	"sonde/internal/pace"
	"sonde/match"
)

// Scan detects the services of all targets, several at a time, starting them
// in the order given. Found is called once for each, by one goroutine at a
// time, in the order in which they are done. When ctx ends, Scan stops at once
// and returns its cause; targets not done by then are not reported.
func Scan(ctx context.Context, cfg Config, targets []Target, found func(Outcome)) error {
	p := &pool{config: &cfg, found: found, total: len(targets), hosts: map[netip.Addr]*hostClock{},
		notes: &notes{out: cfg.Notice, trace: cfg.Trace}, programs: newPrograms(&cfg)}
	p.admit(targets)
	defer p.stopClocks()

	var workers sync.WaitGroup
	if len(p.queue) > 0 {
		workers.Go(func() { warm(cfg.DB) })
	}
	for range min(cfg.workers(len(p.hosts)), len(p.queue)) {
		workers.Go(func() { p.work(ctx) })
	}
	workers.Wait()
	return context.Cause(ctx)
}

// parallelism is how many services are detected at a time.
func parallelism(t pace.Timing) int {
	wish := 1
	switch {
	case t.Level == 3:
		wish = 20
	case t.Level == 4:
		wish = 30
	case t.Level >= 5:
		wish = 40
	}
	ceiling := t.MaxParallelism
	if ceiling == 0 {
		ceiling = 100
	}
	return max(1, t.MinParallelism, min(wish, ceiling))
}

// warm prepares what nearly every service is matched against, in the time in
// which the first of them may greet.
func warm(db *match.DB) {
	for _, p := range []*match.Probe{db.Null(), mostTelling(db.Probes())} {
		if p != nil {
			db.Match(p, nil, &match.Result{})
		}
	}
}

// mostTelling is the probe with the most signatures.
func mostTelling(probes []*match.Probe) (most *match.Probe) {
	for _, p := range probes {
		if most == nil || len(p.Signatures) > len(most.Signatures) {
			most = p
		}
	}
	return most
}

// workers is how many services are detected at a time. In a race the windows of
// the hosts bound the connections, so that there are no more than that.
func (c *Config) workers(hosts int) int {
	if c.Conform || c.Timing.Level <= 2 {
		return parallelism(c.Timing)
	}
	return min(maxWorkers, hosts*c.ceiling())
}

// ceiling is how many connections one host may have.
func (c *Config) ceiling() int {
	return ceiling(c.Timing.Level, c.Timing.MinParallelism, c.Timing.MaxParallelism)
}

// maxWorkers bounds the memory that races take.
const maxWorkers = 4000

// abreast is how many lanes of a race are active at a time.
func (c *Config) abreast() int {
	switch {
	case c.Race > 0:
		return c.Race
	case c.Timing.Level <= 2:
		return 1
	case c.Timing.Level == 3:
		return 2
	case c.Timing.Level == 4:
		return 4
	}
	return 8
}

// pool hands targets to workers.
type pool struct {
	config *Config
	notes  *notes
	total  int

	programs *programs // nil if none are to be looked for

	mu    sync.Mutex // guards what follows, and calls of found and Progress
	queue []Target
	done  int
	hosts map[netip.Addr]*hostClock
	found func(Outcome)
}

// worker detects one service after the other. Its buffers serve them all.
type worker struct {
	config   *Config
	notes    *notes
	programs *programs
	result   match.Result
	buf      []byte
}

// admit queues the targets but for those that the database excludes, which are done at once.
func (p *pool) admit(targets []Target) {
	if p.config.AllPorts && len(targets) > 0 {
		p.notes.overriding()
	}
	for _, t := range targets {
		if !p.config.AllPorts && p.config.DB.Excluded(t.Protocol, t.Port) {
			p.notes.excluding(t)
			p.report(untouched(t))
			continue
		}
		p.queue = append(p.queue, t)
		if p.hosts[t.Addr] == nil {
			p.hosts[t.Addr] = &hostClock{window: newWindow(p.config.ceiling(), p.config.Timing.MinParallelism)}
		}
		p.hosts[t.Addr].services++
	}
	if !p.config.Conform && len(p.hosts) > 1 {
		p.queue = interleave(p.queue)
	}
}

// interleave orders targets so that the hosts take turns: the ports of one are
// not to keep those of another waiting.
func interleave(targets []Target) []Target {
	turn := make(map[netip.Addr]int)
	turns := make([][]Target, 0, len(targets))
	for _, t := range targets {
		n := turn[t.Addr]
		turn[t.Addr]++
		if n == len(turns) {
			turns = append(turns, nil)
		}
		turns[n] = append(turns[n], t)
	}
	return slices.Concat(turns...)
}

func (p *pool) work(ctx context.Context) {
	w := &worker{config: p.config, notes: p.notes, programs: p.programs}
	if p.config.Conform {
		w.buf = make([]byte, readSize)
	}
	for {
		t, host, ok := p.take(ctx)
		if !ok {
			return
		}
		out := w.detect(host.ctx, t, host.window)
		if ctx.Err() != nil {
			return
		}
		out.TimedOut = host.ctx.Err() != nil
		p.finish(host, out)
	}
}

// take gives out the next target and starts the clock of its host.
func (p *pool) take(ctx context.Context) (Target, *hostClock, bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if len(p.queue) == 0 || ctx.Err() != nil {
		return Target{}, nil, false
	}
	t := p.queue[0]
	p.queue = p.queue[1:]
	host := p.hosts[t.Addr]
	if host.ctx == nil {
		host.start(ctx, p.config.HostBudget, t.Addr)
	}
	return t, host, true
}

// finish reports an outcome; the last one of a host stops its clock.
func (p *pool) finish(host *hostClock, out Outcome) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if host.services--; host.services == 0 {
		host.stop()
	}
	p.report(out)
}

func (p *pool) report(out Outcome) {
	p.done++
	p.found(out)
	if p.config.Progress != nil {
		p.config.Progress(p.done, p.total)
	}
}

// stopClocks releases the clocks of hosts that a cancelled scan left running.
func (p *pool) stopClocks() {
	for _, h := range p.hosts {
		if h.stop != nil {
			h.stop()
		}
	}
}

// hostClock is the time of one host, from the start of its first service to
// the end of its last one.
type hostClock struct {
	services int // not yet done
	window   *window
	ctx      context.Context
	stop     context.CancelFunc
}

func (h *hostClock) start(ctx context.Context, budget func(netip.Addr) time.Duration, addr netip.Addr) {
	if budget == nil {
		h.ctx, h.stop = context.WithCancel(ctx)
		return
	}
	end := pace.Past()
	if left := budget(addr); left > 0 {
		end = pace.Deadline(left)
	}
	h.ctx, h.stop = pace.WithDeadline(ctx, end)
}
