package service

import (
	"context"
	"net"
	"slices"
	"sync"
	"time"

	"sonde/internal/pace"
	"sonde/match"
	"sonde/result"
)

// maxParked is how many silent connections are kept beside the active ones.
const maxParked = 8

// race is the detection of one service in round trips instead of timeouts. It
// opens a connection, gives the service a moment to greet, and then asks on
// it. Questions that stay unanswered for long by the measure of the service
// are left to wait while the next ones go out.
type race struct {
	d       *detection
	ctx     context.Context
	plan    *plan
	null    *match.Probe
	lanes   []*lane
	abreast int // active lanes at most
	news    chan news
	reader  sync.WaitGroup

	pulse    pulse
	banner   []byte // what the service says before it is asked
	began    time.Time
	launched time.Time
	count    int       // lanes so far
	freed    time.Time // when the last lane was over
	said     bool      // something was heard on any lane

	met      bool // a connection came about
	claim    *claim
	held     bool // the claim stands unless TLS is found
	wanted   bool // a lane that only listens is to be opened
	heeded   bool // it was
	signs    silences
	single   bool    // the server serves one connection at a time
	refusals int     // in a row
	refused  int     // in all
	again    []*step // to be asked once more, alone
	retried  bool    // that is under way
	serial   bool    // it spoke when another connection was closed
}

// race finds the service, beginning with a connection that exists already if
// first is not nil.
func (d *detection) race(ctx context.Context, first net.Conn) verdict {
	ctx, cancel := context.WithCancel(ctx)
	r := &race{d: d, ctx: ctx, plan: newPlan(d.config, d.target, d.tunnel), news: make(chan news),
		abreast: d.config.abreast(), pulse: pulse{level: d.config.Timing.Level, rtt: d.rtt}, signs: newSilences()}
	if d.target.Protocol == result.TCP {
		r.null = d.config.DB.Null()
	}
	defer func() {
		cancel()
		r.reader.Wait()
		d.rtt = r.pulse.rtt
	}()
	d.wrappable = false // a race finds out for itself
	if d.tls == nil {
		d.tls = d.newClient()
	}
	r.began = time.Now()
	r.begin(first)
	v := r.run()
	d.notes.spent(d.target, time.Since(r.began), r.count, &r.pulse)
	return v
}

// run lets the lanes proceed until there is a verdict.
func (r *race) run() verdict {
	timer := pace.NewTimer(0)
	defer timer.Stop()
	for {
		// What was said counts before what was not.
		if v := r.catchUp(); v != undecided {
			return v
		}
		now := time.Now()
		for _, l := range slices.Clone(r.lanes) {
			if v := r.lapse(l, now); v != undecided {
				return v
			}
		}
		next, v := r.advance(now)
		if v != undecided {
			return v
		}
		next = earlier(next, r.makeRoom(now))
		for _, l := range r.lanes {
			if w := l.next(&r.pulse, r.d.target, r.null, r.banner); !w.until.IsZero() {
				next = earlier(next, w.until)
			}
		}
		timer.Reset(time.Until(next))
		select {
		case n := <-r.news:
			if v := r.learn(n); v != undecided {
				return v
			}
		case <-timer.C:
		case <-r.ctx.Done():
			return r.broke()
		}
	}
}

// catchUp learns what is already known.
func (r *race) catchUp() verdict {
	for {
		select {
		case n := <-r.news:
			if v := r.learn(n); v != undecided {
				return v
			}
		default:
			return undecided
		}
	}
}

// far is later than anything that a race waits for.
const far = time.Hour

// advance opens what may be opened. It returns when to try again, and the
// verdict when nothing is left to wait for.
func (r *race) advance(now time.Time) (time.Time, verdict) {
	for {
		active, open, first := 0, 0, false
		for _, l := range r.lanes {
			open++
			if l.active() {
				active++
				first = first || l.first
			}
		}
		switch {
		case r.wanted && !r.single && r.null != nil:
			r.wanted, r.heeded = false, true
			r.open(&lane{mute: true})
			continue
		case r.claim != nil && !r.held && !r.rivals():
			return now, r.settle()
		case first || active >= r.abreast:
			return now.Add(far), undecided
		}
		s := r.nextStep()
		if s == nil {
			return r.finish(now, active)
		}
		if at := r.mayOpen(now, active, open); at.After(now) {
			return at, undecided
		}
		r.ask(s)
	}
}

// nextStep is what is tried next.
func (r *race) nextStep() *step {
	switch {
	case r.held:
		return r.plan.handshake()
	case r.claim != nil:
		return nil
	}
	if s := r.plan.next(r.d.known.softName()); s != nil {
		return s
	}
	if r.retried && len(r.again) > 0 && time.Since(r.d.start) < retryUntil(r.pulse.level) {
		return r.again[0]
	}
	return nil
}

// mayOpen is when the next lane may be opened, as far as time decides: lanes
// follow each other at intervals, so that a server that serves one connection
// at a time has its time for each of them.
func (r *race) mayOpen(now time.Time, active, open int) time.Time {
	at := now
	switch {
	case r.single && open > 0:
		return now.Add(far)
	case r.single:
		at = r.freed.Add(singlePause + r.pulse.rtt)
	case active > 0:
		at = r.launched.Add(r.pulse.active() / time.Duration(r.abreast))
	}
	if r.refusals > 0 {
		at = later(at, r.freed.Add(refusedPause<<r.refusals))
	}
	if at.After(now) || open < r.abreast+maxParked {
		return at
	}
	// No room: the lane that has waited longest goes, if it had its time.
	eldest, until := r.eldest()
	if eldest == nil {
		return now.Add(far)
	}
	if until.After(now) {
		return until
	}
	r.giveUp(eldest, now)
	return now
}

// eldest is the parked lane whose time is over first, and when that is.
func (r *race) eldest() (eldest *lane, until time.Time) {
	usual := r.d.window.usual()
	for _, l := range r.lanes {
		if l.stage != parked {
			continue
		}
		if t := l.patient(&r.pulse, r.null, usual); eldest == nil || t.Before(until) {
			eldest, until = l, t
		}
	}
	return eldest, until
}

// makeRoom closes lanes that had their time if others are waiting for the
// host. It returns when to look again.
func (r *race) makeRoom(now time.Time) time.Time {
	for {
		eldest, until := r.eldest()
		switch {
		case eldest == nil:
			return now.Add(far)
		case until.After(now):
			return until
		case !r.d.window.pressed():
			return now.Add(roomCheck)
		}
		r.giveUp(eldest, now)
	}
}

// ask opens a lane for a step. As long as no connection came about, it is
// another first one, whose step is chosen when it is time to ask.
func (r *race) ask(s *step) {
	if !r.met {
		r.open(&lane{first: true, hasty: r.d.target.Protocol == result.UDP})
		return
	}
	if len(r.again) > 0 && r.again[0] == s {
		r.again = r.again[1:]
	}
	s.asked = true
	s.tries++
	r.open(&lane{step: s, shake: s.probe == nil, hasty: len(r.banner) == 0})
}

// begin opens the first lane, on which the service may greet. What it is
// asked then depends on that. Conn is its connection if there is one already.
func (r *race) begin(conn net.Conn) {
	udp := r.d.target.Protocol == result.UDP
	s := r.plan.next("")
	if s == nil && r.null == nil {
		return // nothing to ask, and nothing to wait for
	}
	l := &lane{first: true, hasty: udp, mute: s == nil, ready: conn}
	if r.null != nil {
		r.d.notes.sending(r.null.Name, r.d.target)
	}
	r.open(l)
}
