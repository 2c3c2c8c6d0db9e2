package service

import (
	"bytes"
	"time"

	"sonde/result"
)

// learn takes in what a lane's goroutine has to tell.
func (r *race) learn(n news) verdict {
	l := n.lane
	if l.stage == over {
		if n.kind == connected && n.err == nil && l.shake {
			l.conn.Close() // a tunnel that nobody waits for any more
		}
		return undecided
	}
	switch n.kind {
	case placed:
		l.stage, l.born, r.launched = opening, n.at, n.at
		if l.shake {
			l.stage, l.asked = asked, n.at
			r.explain(l)
		}
	case connected:
		if n.tls.Version != "" && r.d.tlsInfo == nil {
			r.d.tlsInfo = &n.tls
		}
		if n.err != nil {
			return r.unopened(l, n)
		}
		return r.opened(l, n)
	case heard:
		return r.hear(l, n)
	case ended:
		return r.ended(l, n)
	}
	return undecided
}

// opened begins the conversation on a new connection.
func (r *race) opened(l *lane, n news) verdict {
	r.met, r.refusals = true, 0
	if n.took > 0 {
		r.pulse.connected(n.took)
	}
	if r.d.target.Protocol == result.TCP {
		r.d.proveOpen(result.ReasonTCPResponse)
	}
	if l.shake {
		r.d.inner = l.conn
		r.close(l)
		return tunnelled
	}
	l.opened, l.stage = time.Now(), greeting // a busy scanner does not count against the service
	if l.mute {
		l.stage = hushed
	}
	if l.hasty && !l.mute {
		return r.speak(l, l.opened)
	}
	r.explain(l)
	return undecided
}

// speak asks the service what the lane is for, now that it had the time to greet.
func (r *race) speak(l *lane, now time.Time) verdict {
	d := r.d
	if !l.silent() && len(r.banner) == 0 {
		r.banner = bytes.Clone(l.heard)
		d.record(r.null, l.heard)
	}
	if l.first {
		// 1. What to ask depends on how it greeted.
		if l.step = r.nextStep(); l.step != nil && l.step.probe == nil && !l.silent() {
			l.step.asked = true // what greets in clear text does not speak TLS
			l.step = r.nextStep()
		}
		if l.step == nil {
			r.close(l)
			return undecided
		}
		l.step.asked = true
		l.step.tries++
	}
	// 2. A handshake goes another way.
	if l.step.probe == nil {
		l.leave()
		return undecided
	}
	// 3. The question. Should the service have gone, its reader will tell.
	d.notes.sending(l.step.probe.Name, d.target)
	l.mark, l.stage, l.asked = len(l.heard), asked, now
	_ = l.write(l.step.probe)
	r.explain(l)
	return undecided
}

// hear takes in what a service said.
func (r *race) hear(l *lane, n news) verdict {
	switch {
	case l.stage < asked && l.silent():
		r.pulse.greeted = n.at.Sub(l.opened)
	case l.stage == parked && l.silent() && n.at.Sub(r.freed) < r.pulse.rest():
		// What made it speak may be that another connection was closed, so
		// that how long it took says nothing.
		r.serial = true
	case l.stage >= asked && !l.replied():
		r.pulse.answered(n.at.Sub(l.asked))
		r.d.window.answered(n.at.Sub(l.asked))
	}
	r.said = true
	if r.d.target.Protocol == result.UDP {
		r.d.proveOpen(result.ReasonUDPResponse)
	}
	had := len(l.heard)
	l.heard, l.heardAt = append(l.heard, n.data[:min(len(n.data), max(0, l.mark+twice-len(l.heard)))]...), n.at
	reply := l.reply(r.banner)
	full := len(l.heard) >= enough
	if len(l.heard) == had {
		return undecided
	}
	if r.judge(l) {
		if isHTTP(reply) && !whole(reply) && !full {
			l.matched = true // the rest may tell more
			r.explain(l)
			return undecided
		}
		return r.accept(l)
	}
	switch l.stage {
	case greeting:
		// Enough was heard, or all that is said elsewhere, or it is our turn.
		l.hasty = full || prompt(l.heard) || len(r.banner) > 0 && len(l.heard) >= len(r.banner)
	case hushed:
		if full {
			r.drop(l)
		}
	default:
		if full || whole(reply) {
			r.drop(l)
		}
	}
	return undecided
}

// judge matches what was heard on a lane. Once it had a hard match, more can
// only make it better.
func (r *race) judge(l *lane) bool {
	d := r.d
	known := d.known
	if l.matched {
		d.known = l.before
	} else {
		l.before = known
	}
	hard := r.recognise(l)
	if l.matched && !hard {
		d.known = known
	}
	return hard || l.matched
}

// recognise matches all that was heard, as signatures expect a banner in
// front of the reply, and then the reply alone, as others do not.
func (r *race) recognise(l *lane) bool {
	d := r.d
	if l.step == nil {
		return r.null != nil && d.judge(r.null, r.null.Name, l.heard)
	}
	p := l.step.probe // a greeting may be told from others in its table, too
	if d.judge(p, p.Name, l.heard) {
		return true
	}
	alone := l.reply(r.banner)
	return len(alone) > 0 && len(alone) < len(l.heard) && d.judgeReply(p, alone)
}

// drop ends a lane whose answer no signature knows.
func (r *race) drop(l *lane) {
	switch {
	case l.step != nil && l.step.probe != nil && l.stage >= asked:
		r.d.record(l.step.probe, l.heard)
	case r.null != nil:
		r.d.record(r.null, l.heard)
	}
	r.close(l)
}
