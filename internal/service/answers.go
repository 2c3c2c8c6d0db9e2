package service

import (
	"bytes"
	"errors"
	"os"
	"slices"
	"strings"
	"time"

	"sonde/internal/dial"
	"sonde/internal/tunnel"
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

// accept is the verdict after a hard match, unless a likelier question is
// about to be answered, or it is the answer of a TLS server to somebody who
// does not speak TLS.
func (r *race) accept(l *lane) verdict {
	d := r.d
	found := &claim{known: d.known, lost: l.stage >= asked && l.mark == 0 && misdirected(d.known.name, l.reply(r.banner))}
	if l.step != nil && l.stage >= asked {
		found.rank = r.plan.rank(l.step)
	}
	r.claim = found
	if r.rivals() {
		d.known = l.before
		r.close(l)
		return undecided
	}
	return r.settle()
}

// claim is a hard match that stands unless a likelier question has one, too.
type claim struct {
	known findings
	rank  int  // of the question, in the plan
	lost  bool // the answer reads as if TLS was expected
}

// rivals tells whether a question is under way that comes before that of the
// claim; all others are called off. What a service is must not depend on
// which of its answers is quicker by a moment.
func (r *race) rivals() bool {
	any := false
	for _, l := range slices.Clone(r.lanes) {
		switch {
		case l.stage == asked && !l.shake && r.plan.rank(l.step) < r.claim.rank:
			any = true
		case l.stage <= opening && l.step != nil && !l.shake && r.plan.rank(l.step) < r.claim.rank:
			any = true
		case l.stage != asked || r.plan.rank(l.step) != r.claim.rank:
			r.close(l)
		}
	}
	return any
}

// settle is the verdict of the claim, or, if the service may speak TLS, the
// handshake first.
func (r *race) settle() verdict {
	r.d.known = r.claim.known
	if r.claim.lost && r.d.tunnel == result.TunnelNone && r.plan.handshake() != nil {
		r.held = true
		r.closeAll()
		return undecided
	}
	return r.d.settle()
}

// misdirected tells whether an answer reads like that of a server that was
// spoken to in clear text where it expects TLS: a web server's 400 (RFC 9110,
// section 15.5.1) that says so in some way, or another's complaint. A
// signature may say so, too.
func misdirected(name string, reply []byte) bool {
	if strings.HasPrefix(name, tunnelPrefix) {
		return true
	}
	if isHTTP(reply) && statusOf(reply) != 400 {
		return false
	}
	text := bytes.ToLower(reply)
	return bytes.Contains(text, []byte("https")) || bytes.Contains(text, []byte("ssl")) || bytes.Contains(text, []byte("tls"))
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
		r.spokenTo(l, now)
	}
	r.close(l)
	if r.wrapped(now, false) {
		return wrapped
	}
	return undecided
}

// spokenTo counts a connection that the service closed for an answer.
func (r *race) spokenTo(l *lane, now time.Time) {
	if !l.shake { // a handshake may have seen two connections
		r.signs.spoken = append(r.signs.spoken, now.Sub(l.start()))
	}
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

// shakeOn makes the TLS handshake on the connection of a silent lane.
func (r *race) shakeOn(l *lane) verdict {
	conn, s := l.conn, l.step
	r.close(l)
	if conn.SetReadDeadline(time.Time{}) != nil {
		conn.Close()
		conn = nil
	}
	r.open(&lane{step: s, shake: true, ready: conn})
	return undecided
}

// unshaken decides what a failed handshake means.
func (r *race) unshaken(l *lane, n news, e *tunnel.Error) verdict {
	switch {
	case e.Kind == tunnel.Refused || n.tls.Version != "":
		// It speaks TLS, just not with us.
		r.d.notes.failed(r.d.target, n.err)
		r.d.tunnel = result.TunnelTLS
		if r.held {
			return r.d.settle()
		}
		return incomplete
	case e.Kind == tunnel.TimedOut:
		r.plan.helloless = true
	case e.Kind == tunnel.Closed || e.Kind == tunnel.Broken:
		r.spokenTo(l, n.at)
	default:
		r.said = true
	}
	r.close(l)
	switch {
	case r.held:
		return r.d.settle()
	case r.wrapped(n.at, false):
		return wrapped
	}
	return undecided
}

// unopened decides what it means that a connection did not come about.
func (r *race) unopened(l *lane, n news) verdict {
	if e, ok := asTunnelError(n.err); ok && l.shake {
		return r.unshaken(l, n, e)
	}
	r.close(l)
	if l.first && !r.met {
		l.step = nil
	}
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
