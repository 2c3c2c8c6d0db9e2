package service

import (
	"context"
	"net"
	"slices"
	"time"

	"sonde/result"
)

// start counts a lane in.
func (r *race) start(l *lane) {
	l.ctx, l.cancel = context.WithCancel(r.ctx)
	r.count++
	r.launched = time.Now()
	r.lanes = append(r.lanes, l)
}

// open starts a lane and the goroutine that serves it.
func (r *race) open(l *lane) {
	r.start(l)
	if l.mute && !l.first {
		r.d.notes.sending(r.null.Name, r.d.target)
	}
	r.reader.Go(func() { r.serve(l) })
}

// serve opens the connection of a lane and reads from it.
func (r *race) serve(l *lane) {
	err := r.d.window.acquire(l.ctx)
	if err == nil {
		defer r.d.window.release()
	}
	if err != nil || !r.tell(news{lane: l, kind: placed}) {
		if l.ready != nil {
			l.ready.Close()
		}
		return
	}
	n := news{lane: l, kind: connected}
	var conn net.Conn
	if conn, n.tls, n.err = r.dial(l, &n.took); n.err != nil {
		r.tell(n)
		return
	}
	l.conn = conn
	switch told := r.tell(n); {
	case !told:
		conn.Close()
	case !l.shake: // else the connection is that of the next race now
		l.listen(r.tell)
	}
}

// tell hands news to the race, unless the lane is over.
func (r *race) tell(n news) bool {
	n.at = time.Now()
	select {
	case r.news <- n:
		return true
	case <-n.lane.ctx.Done():
		return false
	}
}

// dial makes the connection of a lane, with TLS where that is the tunnel or
// the step. Took is the time of the TCP handshake alone.
func (r *race) dial(l *lane, took *time.Duration) (net.Conn, result.TLS, error) {
	d := r.d
	if d.target.Protocol == result.UDP {
		conn, err := d.config.Dialer.UDP(l.ctx, d.addr())
		return conn, result.TLS{}, err
	}
	plain := func(ctx context.Context) (net.Conn, error) {
		if conn := l.ready; conn != nil {
			l.ready = nil
			return conn, nil
		}
		start := time.Now()
		conn, err := d.config.Dialer.TCP(ctx, d.addr(), connectWait)
		if err == nil {
			*took = time.Since(start)
			d.window.connected(time.Now(), *took)
		}
		return conn, err
	}
	if l.shake || d.tunnel == result.TunnelTLS && l.ready == nil {
		return d.tls.Connect(l.ctx, plain)
	}
	conn, err := plain(l.ctx)
	return conn, result.TLS{}, err
}

// close ends a lane.
func (r *race) close(l *lane) {
	if l.stage == over {
		return
	}
	l.stage = over
	l.cancel()
	r.freed = time.Now()
	r.lanes = slices.DeleteFunc(r.lanes, func(o *lane) bool { return o == l })
}

// closeAll ends all lanes.
func (r *race) closeAll() {
	for len(r.lanes) > 0 {
		r.close(r.lanes[0])
	}
}
