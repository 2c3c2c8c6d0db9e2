package service

import (
	"errors"
	"time"

	"sonde/internal/tunnel"
	"sonde/result"
)

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
		r.spokenTo(l)
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

// asTunnelError tells a failure of TLS from one of the network below it.
func asTunnelError(err error) (*tunnel.Error, bool) {
	var e *tunnel.Error
	ok := errors.As(err, &e)
	return e, ok
}
