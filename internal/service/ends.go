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

// wrapped tells whether the service closes its connections without a word. It
// takes two of them: one on which nothing was said, and one on which something
// was; and no connection may have been kept longer. Late is for the end of a
// race: then it may also have taken its time.
func (r *race) wrapped(now time.Time, late bool) bool {
	s := &r.signs
	if r.said || s.passive < 0 || s.spoken == 0 || r.d.tunnel != result.TunnelNone || r.null == nil {
		return false
	}
	limit := wrappedWait(r.null)
	if late {
		limit = lateClose
	}
	longest := s.quiet
	for _, l := range r.lanes {
		if l.open() {
			longest = max(longest, now.Sub(l.start()))
		}
	}
	return s.passive < limit && longest <= s.passive+sameAge
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
		r.signs.quiet = max(r.signs.quiet, now.Sub(l.start()))
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
	for len(r.lanes) > 0 {
		r.giveUp(r.lanes[0], now)
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
// fallen victim to the others: what was answered by closing; of a service that
// spoke when another connection was closed, all that it did not answer; and of
// one that never said or did anything, the likeliest.
func (r *race) retry() bool {
	if r.d.target.Protocol != result.TCP || r.single || !r.met {
		return false
	}
	most := 0
	switch {
	case r.serial:
		most = len(r.plan.steps)
	case !r.said && r.signs.spoken == 0:
		most = likeliest
	}
	for _, s := range r.plan.steps {
		if s.mute && most > 0 {
			r.again = append(r.again, s)
			most--
		}
	}
	r.retried, r.single = true, true
	return len(r.again) > 0
}

// likeliest is how many of the first steps are repeated at a silent service.
const likeliest = 3

// broke is the verdict when the network ended the race. A soft match is not lost.
func (r *race) broke() verdict {
	switch {
	case r.held:
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
