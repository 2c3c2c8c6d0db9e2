package service

import (
	"bytes"
	"slices"
	"strings"

	"sonde/result"
)

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
