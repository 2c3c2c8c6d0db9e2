package service

import (
	"time"

	"sonde/result"
)

// silences are the signs that connections are closed without a word, whatever
// is said on them. Ages are those of connections.
type silences struct {
	passive time.Duration // the oldest that was closed before anything was said on it; -1: none
	quiet   time.Duration // the oldest that was silent and stayed open
	spoken  int           // how many were closed for an answer
	alone   int           // how many of those while no other was open
}

func newSilences() silences { return silences{passive: -1} }

// tolerance is how far ages may differ that one clock made.
func (s *silences) tolerance(rtt time.Duration) time.Duration {
	return atOnce + 2*rtt + s.passive/8
}

// wrapped tells whether the service closes its connections without a word. It
// takes one on which nothing was said, and one on which something was; and no
// connection may have been kept longer. Before the end of a race that is only
// believed of a service that closes at once: others close who says nothing for
// a fraction of a second, and answer what they understand (Unbound does when
// it has many clients).
func (r *race) wrapped(now time.Time, end bool) bool {
	s := &r.signs
	if r.said || s.passive < 0 || s.spoken == 0 || r.d.tunnel != result.TunnelNone || r.null == nil {
		return false
	}
	limit := atOnce + r.pulse.rtt
	if end {
		limit = lateClose
	}
	longest := s.quiet
	for _, l := range r.lanes {
		if l.open() && !l.shake {
			longest = max(longest, now.Sub(l.start()))
		}
	}
	return s.passive < limit && longest <= s.passive+s.tolerance(r.pulse.rtt)
}

// start is when a connection began, as far as that is known.
func (l *lane) start() time.Time {
	if l.opened.IsZero() {
		return l.born
	}
	return l.opened
}

// lapse is what happens when the time of a lane's stage is over.
func (r *race) lapse(l *lane, now time.Time) verdict {
	if l.stage == over {
		return undecided
	}
	w := l.next(&r.pulse, r.d.target, r.null, r.banner)
	if w.until.IsZero() || w.until.After(now) {
		return undecided
	}
	switch l.stage {
	case opening:
		if l.stuck = true; r.others(l) {
			r.goSingle("a connection beside another does not come about")
		}
	case greeting:
		return r.speak(l, now)
	case hushed:
		r.giveUp(l, now)
	case asked:
		return r.overdue(l, now)
	case parked:
		r.giveUp(l, now)
	}
	return undecided
}

// overdue is for an answer that did not come, or did not go on, in the time
// that the pulse gives it.
func (r *race) overdue(l *lane, now time.Time) verdict {
	switch {
	case l.matched:
		return r.accept(l)
	case l.replied() && !now.Before(l.heardAt.Add(r.pulse.active())):
		r.drop(l)
		return undecided
	}
	if l.shake {
		r.plan.helloless = true
		if r.held {
			return r.d.settle()
		}
	}
	if r.single {
		r.giveUp(l, now)
		return undecided
	}
	l.stage = parked
	r.explain(l)
	return undecided
}

// giveUp ends a lane that is not worth waiting for any longer.
func (r *race) giveUp(l *lane, now time.Time) {
	if l.silent() {
		if l.step != nil {
			l.step.mute = true
		}
		if !l.shake { // which may have seen more than one connection
			r.signs.quiet = max(r.signs.quiet, now.Sub(l.start()))
		}
	}
	r.drop(l)
}

// finish is called when nothing is left to ask. It gives the lanes that are
// left their time, and then the verdict.
func (r *race) finish(now time.Time, active int) (time.Time, verdict) {
	if active > 0 {
		return now.Add(far), undecided
	}
	if r.held {
		return now, r.d.settle()
	}
	last := now
	for _, l := range r.lanes {
		last = later(last, l.patient(&r.pulse, r.null, 0))
	}
	if last.After(now) {
		return last, undecided
	}
	if len(r.lanes) > 0 {
		// One by one, for a server that takes the next when the last is gone.
		r.giveUp(r.lanes[0], now)
		return now.Add(max(drainGap, 2*r.pulse.rtt)), undecided
	}
	switch {
	case r.d.known.soft:
		return now, soft
	case r.wrapped(now, true):
		return now, wrapped
	case !r.retried && r.retry():
		return now, undecided
	}
	return now, noMatch
}

// retry prepares to ask once more, one connection at a time, what may have
// fallen victim to the others: what was answered by closing, and, at a service
// that spoke when another connection was closed, or never, what it did not
// answer. The time for this is short, and the likeliest comes first.
func (r *race) retry() bool {
	if r.d.target.Protocol != result.TCP || r.single || !r.met {
		return false
	}
	if r.serial || !r.said && r.signs.spoken == 0 {
		for _, s := range r.plan.steps {
			if s.mute && !(s.hello && r.plan.helloless) {
				r.again = append(r.again, s)
			}
		}
	}
	r.retried, r.single = true, true
	return len(r.again) > 0
}

// broke is the verdict when the network ended the race. A soft match is not lost.
func (r *race) broke() verdict {
	switch {
	case r.claim != nil:
		r.d.known = r.claim.known
		return r.d.settle()
	case r.d.known.soft:
		return soft
	}
	return incomplete
}

// explain traces what a lane waits for, and why so long.
func (r *race) explain(l *lane) {
	w := l.next(&r.pulse, r.d.target, r.null, r.banner)
	if w.until.IsZero() {
		return
	}
	r.d.notes.waiting(r.d.target, w.why, time.Until(w.until), &r.pulse)
}
