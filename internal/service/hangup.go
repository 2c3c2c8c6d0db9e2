package service

import (
	"bytes"
	"errors"
	"os"
	"time"

	"sonde/internal/dial"
	"sonde/result"
)

// ended decides what the end of a connection means.
func (r *race) ended(l *lane, n news) verdict {
	end := closed
	if n.err != nil {
		end = endingOf(n.err)
	}
	switch {
	case l.leaving && errors.Is(n.err, os.ErrDeadlineExceeded):
		return r.shakeOn(l)
	case l.matched:
		return r.accept(l)
	case end == lost:
		r.d.notes.failed(r.d.target, n.err)
		r.close(l)
		return r.broke()
	case end == broken:
		r.said = true // whatever broke the tunnel or the protocol is a sign of life
	}
	if l.leaving { // the handshake needs another connection then
		l.leaving = false
	}
	if !l.silent() {
		return r.hungUp(l)
	}
	return r.hungUpSilently(l, n.at)
}

// hungUp follows the end of a connection on which something was heard.
func (r *race) hungUp(l *lane) verdict {
	if l.stage == greeting {
		if len(r.banner) == 0 {
			r.banner = bytes.Clone(l.heard)
		}
		r.putBack(l)
	} else if l.mark == 0 && len(r.banner) == 0 {
		r.wantListener() // perhaps it was a complaint about haste
	}
	r.drop(l)
	return undecided
}

// hungUpSilently follows the end of a connection without a word.
func (r *race) hungUpSilently(l *lane, now time.Time) verdict {
	if l.stage < asked {
		r.signs.passive = max(r.signs.passive, now.Sub(l.opened), 0)
		r.putBack(l)
	} else {
		r.spokenTo(l)
	}
	r.close(l)
	if r.wrapped(now, false) {
		return wrapped
	}
	return undecided
}

// spokenTo counts a connection that the service closed for an answer.
func (r *race) spokenTo(l *lane) {
	r.signs.spoken++
	r.wantListener()
	switch {
	case r.retried:
		if r.signs.alone++; r.signs.alone >= 2 {
			r.again = nil // so these are its manners
		}
	case r.others(l):
		r.again = append(r.again, l.step)
	}
}

// wantListener asks for a connection on which nothing is ever said, once.
func (r *race) wantListener() {
	if r.d.target.Protocol == result.TCP && !r.heeded && !r.retried && time.Since(r.began) < listenUntil {
		r.wanted = true
	}
}

// putBack lets the step of a lane that did not come to it be tried again.
func (r *race) putBack(l *lane) {
	if s := l.step; s != nil && s.tries < 3 {
		s.asked = false
	}
}

// others tells whether another connection is open.
func (r *race) others(than *lane) bool {
	for _, l := range r.lanes {
		if l != than && l.open() {
			return true
		}
	}
	return false
}

// unopened decides what it means that a connection did not come about.
func (r *race) unopened(l *lane, n news) verdict {
	if e, ok := asTunnelError(n.err); ok && l.shake {
		return r.unshaken(l, n, e)
	}
	r.close(l)
	r.putBack(l)
	switch fault := dial.FaultOf(n.err); {
	case r.others(l):
		r.refused++
		r.goSingle("it does not accept a connection beside another")
		return undecided
	case fault == dial.Refused || fault == dial.Reset || r.met:
		if r.refused++; r.refused == 1 {
			r.d.window.strained(n.at) // later ones are the port's own affair
		}
		if r.refusals++; r.refusals <= maxRefusals && r.refused <= 2*maxRefusals {
			return undecided
		}
	}
	r.d.notes.gaveUp(r.d.target, n.err)
	return r.broke()
}

// maxRefusals is how many refusals in a row are forgiven, and half of how many are at all.
const maxRefusals = 3

// goSingle turns to one connection at a time.
func (r *race) goSingle(why string) {
	r.single = true
	r.d.notes.single(r.d.target, why)
	for _, l := range r.lanes {
		if !l.first {
			r.putBack(l)
		}
	}
	r.closeAll()
}
