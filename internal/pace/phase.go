package pace

import (
	"context"
	"slices"
	"sync/atomic"
	"time"
)

// Phase sends the probes of one scan technique, or of host discovery, to many
// hosts at once, as fast as each of them and all of them together allow.
type Phase struct {
	Timing   Timing
	Carrier  Carrier
	MaxDelay time.Duration // how far the scan delay of a host may be raised
	// RateLimited tells that answers are rate-limited by nature, as those of
	// closed UDP ports are: the delay is raised in larger steps, and items that
	// hit the cap of retransmissions get one more chance, slowly, at the end.
	RateLimited bool
	// KeepLate tells that an answer still counts after its probe timed out.
	KeepLate bool
	// HostTimeout makes the clocks of the hosts run, and ends those that use up
	// Timing.HostTimeout.
	HostTimeout bool
	// Alone makes hosts independent of the window of the group (--nogcc).
	Alone bool
	// Group is an estimate to start from and to go on with; nil for a fresh one.
	Group *RTT

	// What is told on the way, from the goroutine of Run; nil functions are not called.
	Finished func(*Job)                                       // nothing more is to be done for a host
	Capped   func(*Job)                                       // probes are given up only because of --max-retries
	Slowed   func(j *Job, from, to time.Duration, why string) // the scan delay of a host was raised

	progress struct{ done, items, hosts, all atomic.Int64 }
}

// Progress is how far a phase is.
type Progress struct {
	Fraction    float64 // 0 to 1
	Hosts, Done int     // of the phase, and those finished
}

// Progress may be called from any goroutine.
func (ph *Phase) Progress() Progress {
	p := Progress{Hosts: int(ph.progress.all.Load()), Done: int(ph.progress.hosts.Load())}
	if items := ph.progress.items.Load(); items > 0 {
		p.Fraction = min(1, float64(ph.progress.done.Load())/float64(items))
	}
	return p
}

// run is the state of a running phase.
type run struct {
	*Phase
	live   []*Job // hosts with work left, in their order
	turn   int    // whose turn it is to get a fresh probe
	rtt    *RTT
	window Window
	start  Window // what a host begins with
	rate   Rate
	pinger pinger
	anchor *Job // finished host that is pinged for the group's sake

	active    int // probes in flight, of all hosts
	lingering probeList
	batch     int // sent since the last look for answers
	lastPoll  time.Time
	fullUntil time.Time // no descriptors until then
	free      []*Probe
	got       func(Answer)
}

const (
	maxBatch     = 50                    // probes between two looks for answers
	minPollGap   = 50 * time.Millisecond // and time between them, at least
	fullPause    = 20 * time.Millisecond // how long to do without a descriptor
	lateFactor   = 10                    // a late answer counts for so many timeouts
	longestLate  = time.Second           // where a timeout counts as this at most
	trustedAfter = 80                    // probes to a host whose own window is trusted unproven
)

// Run does the jobs. It returns when all are done, or with the error of ctx
// or of the carrier. Jobs must not be used again.
func (ph *Phase) Run(ctx context.Context, jobs []*Job) error {
	r := ph.newRun(jobs, time.Now())
	defer r.abandon()
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		now := time.Now()
		r.expire(now)
		r.finish(now)
		if len(r.live) == 0 {
			return nil
		}
		if err := r.send(now); err != nil {
			return err
		}
		if err := r.receive(ctx); err != nil {
			return err
		}
	}
}

func (ph *Phase) newRun(jobs []*Job, now time.Time) *run {
	r := &run{Phase: ph, live: slices.Clone(jobs), rtt: ph.Group, rate: NewRate(&ph.Timing, now), lastPoll: now,
		turn: -1, window: NewWindow(&ph.Timing), start: NewWindow(&ph.Timing), pinger: pinger{every: allPingEvery, lastHeard: now}}
	if r.rtt == nil {
		r.rtt = new(RTT)
	}
	r.got = r.answer
	items := 0
	for _, j := range jobs {
		j.begin(ph, now)
		items += j.Items
		if ph.HostTimeout {
			j.Host.Clock.Start(now)
		}
	}
	ph.progress.done.Store(0)
	ph.progress.hosts.Store(0)
	ph.progress.items.Store(int64(items))
	ph.progress.all.Store(int64(len(jobs)))
	return r
}

// abandon gives up what is outstanding at the end.
func (r *run) abandon() {
	now := time.Now()
	for _, j := range r.live {
		j.Host.Clock.Stop(now)
		r.drop(&j.active)
		r.drop(&j.late)
	}
	if r.anchor != nil {
		r.drop(&r.anchor.active)
	}
	r.drop(&r.lingering)
}

// receive takes the answers that came; if nothing can be sent it waits for one
// or for the next moment at which something is to be done.
func (r *run) receive(ctx context.Context) error {
	now := time.Now()
	until := r.wake(now)
	r.batch, r.lastPoll = 0, now
	if r.active == 0 && (until.IsZero() || !r.KeepLate && !until.After(now)) {
		return nil // nothing can have come
	}
	return r.Carrier.Receive(ctx, until, r.got)
}

// finish takes hosts off the list that have nothing left to do or no time left.
func (r *run) finish(now time.Time) {
	kept := r.live[:0]
	for _, j := range r.live {
		if r.HostTimeout && r.Timing.HostTimeout > 0 && j.Host.Clock.Spent(now) >= r.Timing.HostTimeout {
			j.Host.TimedOut, j.done = true, true
		}
		if j.done || r.idle(j) && !r.lastCall(j) {
			r.close(j, now)
		} else {
			kept = append(kept, j)
		}
	}
	clear(r.live[len(kept):])
	r.live = kept
}

// idle tells whether nothing is left to be sent or waited for. Parked items do
// not count: with nothing in flight, the ceiling cannot rise any more.
func (r *run) idle(j *Job) bool {
	if j.active.n > 0 || j.fresh < j.Items {
		return false
	}
	_, more := j.nextRetry()
	return !more
}

// close ends the work on a host.
func (r *run) close(j *Job, now time.Time) {
	j.Host.Clock.Stop(now)
	r.active -= j.active.n
	r.drop(&j.active)
	if j.done { // it was ended; no answer is wanted any more
		r.drop(&j.late)
	}
	j.done = true
	for p := j.late.head; p != nil; p = j.late.head {
		p.unlink()
		r.lingering.push(p)
	}
	if j.ping.rank > 0 && r.anchor == nil && !j.Host.TimedOut {
		r.anchor = j
	}
	r.progress.hosts.Add(1)
	if r.Finished != nil {
		r.Finished(j)
	}
}

// drop cancels all probes of a list.
func (r *run) drop(l *probeList) {
	for p := l.head; p != nil; p = l.head {
		r.cancel(p)
	}
}

// cancel forgets a probe on a list.
func (r *run) cancel(p *Probe) {
	p.unlink()
	r.Carrier.Cancel(p)
	r.recycle(p)
}

func (r *run) take() *Probe {
	if n := len(r.free); n > 0 {
		p := r.free[n-1]
		r.free = r.free[:n-1]
		return p
	}
	return new(Probe)
}

func (r *run) recycle(p *Probe) {
	*p = Probe{}
	r.free = append(r.free, p)
}
