package rpcgrind

import (
	"context"
	"errors"
	"os"
	"slices"
	"time"

	"sonde/internal/dial"
	"sonde/internal/pace"
)

// Windows are how many calls may be on their way over a connection.
const (
	firstWindow  = 4
	minDatagrams = 4
	maxDatagrams = 32
	maxStream    = 256
	maxBackoff   = 8 // what the timeout of datagrams grows to, in timeouts
)

// leastPatience is how long any server may take for an answer.
const leastPatience = 3 * time.Second

// How many later calls may be answered before a call. Once its time has come,
// too, it is lost, if it was a datagram; on a stream it was read and forgotten.
// Servers with threads answer in any order, but do not take long.
const (
	datagramOvertakes = 3
	streamOvertakes   = 32
)

// maxRefusals is how many ICMP errors in a row mean that a port is closed: one
// may be the doing of a firewall that is short of breath.
const maxRefusals = 16

// flight is a call on its way.
type flight struct {
	at        int // place of the program in the search
	sent      time.Time
	overtaken int // later calls that were answered
}

// lane asks for programs over one connection. Several lanes may share a hunt.
type lane struct {
	hunt      *hunt
	wire      *wire
	window    int
	maxWindow int
	flights   []flight // in the order in which they were sent
	epoch     int      // of the search that the flights belong to
	heard     time.Time
	backoff   int       // times the timeout, for datagrams
	shrunk    time.Time // when the window was last halved
	answered  int       // calls over this connection
	refusals  int       // since something was heard
	closed    bool      // by the server
}

// run asks until the verdict is known, nothing is left to ask, or the
// connection is of no more use. Calls that are on their way then count as lost.
func (l *lane) run(ctx context.Context) {
	l.heard, l.backoff = time.Now(), 1
	defer l.abandon()
	for ctx.Err() == nil {
		// 1. As many calls as the window and the rate allow.
		next, err := l.fill()
		if err != nil && !l.wire.datagrams {
			return
		}
		if len(l.flights) == 0 {
			if next.IsZero() || pace.SleepUntil(ctx, next) != nil {
				return
			}
			continue
		}
		// 2. Answers, until the first call is overdue or the next may be sent.
		until := l.due()
		if !next.IsZero() && next.Before(until) {
			until = next
		}
		if !l.goesOn(l.wire.receive(until, l.hear)) {
			return
		}
		// 3. What is overdue.
		l.expire()
	}
}

// fill sends calls. It gives the moment from which the rate allows a further
// one, zero if the rate is not what holds it back.
func (l *lane) fill() (next time.Time, err error) {
	now := time.Now()
	l.hunt.with(func(s *search) {
		if l.epoch != s.epoch {
			l.epoch, l.flights = s.epoch, l.flights[:0]
		}
		for len(l.flights) < l.window && err == nil {
			if rate := &l.hunt.rate; !rate.Allows(now) {
				next = rate.Free()
				break
			}
			at, ok := s.take()
			if !ok {
				break
			}
			l.hunt.rate.Sent(now)
			err = l.wire.put(s.call(at))
			l.flights = append(l.flights, flight{at: at, sent: now})
		}
	})
	if e := l.wire.send(); e != nil {
		err = e
	}
	return next, err
}

// hear takes a message.
func (l *lane) hear(message []byte) {
	now := time.Now()
	reply, err := DecodeReply(message)
	l.hunt.with(func(s *search) {
		if err != nil {
			if !l.wire.datagrams { // a stream carries nothing but answers
				s.end(Malformed)
			}
			s.stray()
			return
		}
		at, ok := s.answer(reply)
		if !ok {
			return
		}
		l.heard, l.backoff, l.refusals = now, 1, 0
		l.answered++
		i := slices.IndexFunc(l.flights, func(f flight) bool { return f.at == at })
		if i < 0 {
			return // it came after it was given up
		}
		if s.tries[at] == 1 { // else it is not clear which call was answered (RFC 6298 section 3)
			l.hunt.rtt.Observe(now.Sub(l.flights[i].sent), &l.hunt.config.Timing)
		}
		for k := range l.flights[:i] {
			l.flights[k].overtaken++
		}
		l.flights = slices.Delete(l.flights, i, i+1)
		l.window = min(l.window+1, l.maxWindow)
	})
}

// goesOn tells whether the connection is of further use after a read.
func (l *lane) goesOn(err error) bool {
	var malformed *recordError
	switch {
	case errors.As(err, &malformed):
		l.hunt.with(func(s *search) { s.end(Malformed) })
		return false
	case err == nil, errors.Is(err, os.ErrDeadlineExceeded):
	case l.wire.datagrams && dial.FaultOf(err) == dial.Refused:
		if l.refusals++; l.refusals >= maxRefusals {
			return false
		}
	default:
		l.closed = true
		return false
	}
	if !l.wire.datagrams && len(l.flights) > 0 && l.flights[0].overtaken >= streamOvertakes && time.Since(l.flights[0].sent) >= l.timeout() {
		return false
	}
	return time.Since(l.heard) < l.patience() && !l.hunt.done()
}

// expire gives up datagrams that are overdue or overtaken: they, or their
// answers, are lost. Loss may mean that the server is swamped, so the window shrinks, once
// for all that was on its way together.
func (l *lane) expire() {
	if !l.wire.datagrams {
		return
	}
	now, limit := time.Now(), l.timeout()
	soon := l.hunt.roundTrip() * 5 / 4
	l.hunt.with(func(s *search) {
		l.flights = slices.DeleteFunc(l.flights, func(f flight) bool {
			age := now.Sub(f.sent)
			late := age >= limit
			if !late && (f.overtaken < datagramOvertakes || age < soon) {
				return false
			}
			s.lost(f.at)
			if f.sent.After(l.shrunk) {
				l.window, l.shrunk = max(l.window/2, minDatagrams), now
				if late {
					l.backoff = min(l.backoff*2, maxBackoff)
				}
			}
			return true
		})
	})
}

// due is when something must be done even if nothing is heard.
func (l *lane) due() time.Time {
	if l.wire.datagrams {
		return l.flights[0].sent.Add(l.timeout())
	}
	return l.heard.Add(l.patience())
}

// timeout is how long the answer to a datagram is worth waiting for.
func (l *lane) timeout() time.Duration { return time.Duration(l.backoff) * l.hunt.timeout() }

// patience is how long a port may answer nothing at all.
func (l *lane) patience() time.Duration {
	if p := l.hunt.config.Patience; p > 0 {
		return p
	}
	return max(leastPatience, 4*l.hunt.timeout())
}

// abandon gives back what was on its way.
func (l *lane) abandon() {
	l.hunt.with(func(s *search) {
		if l.epoch != s.epoch {
			return
		}
		for _, f := range l.flights {
			if l.closed && l.answered > 0 {
				s.unread(f.at)
			} else {
				s.lost(f.at)
			}
		}
	})
}
