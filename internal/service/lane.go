package service

import (
	"bytes"
	"context"
	"errors"
	"net"
	"os"
	"strings"
	"time"

	"sonde/internal/pace"
	"sonde/internal/tunnel"
	"sonde/match"
	"sonde/result"
)

// stage is where a lane is on its way.
type stage uint8

const (
	queued   stage = iota // the host has enough connections for now
	opening               // the connection is made
	greeting              // the service may greet; a question follows
	hushed                // the service may greet; nothing follows
	asked                 // an answer is due
	parked                // an answer is overdue, but may still come
	over
)

// lane is one connection of a race. It belongs to the goroutine of the race;
// another one only opens the connection and reads from it.
type lane struct {
	step   *step // nil on the first lane until it is time to ask
	ctx    context.Context
	cancel context.CancelFunc
	conn   net.Conn
	stage  stage

	first   bool     // the first connection of the race
	mute    bool     // nothing is ever said on it
	hasty   bool     // the service is given no time to greet
	shake   bool     // the step is a TLS handshake, which the reader makes
	leaving bool     // the reader is on its way out, so that a handshake can take over
	stuck   bool     // the connection does not come about
	ready   net.Conn // for a handshake: the connection to use

	born, opened, asked time.Time
	heardAt             time.Time
	heard               []byte
	mark                int // how much was heard before the question

	matched bool // there is a hard match, and the rest of the answer is awaited
	before  findings
}

// active tells whether a lane counts as one on which something is expected.
func (l *lane) active() bool { return l.stage <= greeting || l.stage == asked }

// open tells whether there is a connection.
func (l *lane) open() bool { return l.stage >= greeting && l.stage < over }

// silent tells whether nothing was ever heard on the connection.
func (l *lane) silent() bool { return len(l.heard) == 0 }

// replied tells whether something was heard after the question.
func (l *lane) replied() bool { return len(l.heard) > l.mark }

// reply is the answer alone, without the banner in front of it: what came
// before the question, or the words with which the service greeted elsewhere.
func (l *lane) reply(banner []byte) []byte {
	switch {
	case l.mark > 0:
		return l.heard[l.mark:]
	case len(banner) > 0 && bytes.HasPrefix(l.heard, banner):
		return l.heard[len(banner):]
	}
	return l.heard
}

// wait is how the current stage ends by itself.
type wait struct {
	until time.Time // zero: it does not
	why   string
}

// next is what a lane waits for, by the pulse of its service.
func (l *lane) next(p *pulse, t Target, null *match.Probe, banner []byte) wait {
	if l.leaving || l.stuck && l.stage == opening {
		return wait{}
	}
	switch l.stage {
	case opening:
		return wait{l.born.Add(max(stuck, 4*p.rtt)), "the connection"}
	case greeting:
		switch {
		case l.hasty:
			return wait{l.opened, ""}
		case !l.silent() && len(banner) > 0:
			return wait{l.heardAt.Add(p.rest()), "the rest of the greeting"}
		case !l.silent():
			return wait{l.heardAt.Add(p.active()), "the rest of the greeting"}
		case len(banner) > 0:
			return wait{l.opened.Add(max(p.grace(t), 2*p.greeted)), "the greeting"}
		}
		return wait{l.opened.Add(p.grace(t)), "a greeting"}
	case hushed:
		return wait{l.opened.Add(answerWait(null)), "a late greeting"}
	case asked:
		switch {
		case l.matched:
			return wait{l.heardAt.Add(p.rest()), "the rest of a known answer"}
		case l.replied():
			return wait{earlier(l.heardAt.Add(p.active()), l.asked.Add(2*p.active())), "the rest of an answer"}
		}
		return wait{l.asked.Add(p.active()), "an answer"}
	case parked:
		if l.replied() {
			return wait{earlier(l.heardAt.Add(p.active()), l.asked.Add(answerWait(l.step.probe))), "the rest of a late answer"}
		}
		if l.step.probe == nil {
			return wait{l.asked.Add(tunnel.Wait), "a late handshake"}
		}
		until := l.asked.Add(answerWait(l.step.probe))
		if l.greets(null) {
			until = later(until, l.opened.Add(answerWait(null)))
		}
		return wait{until, "a late answer"}
	}
	return wait{}
}

// greets tells whether the service may still greet on this connection.
func (l *lane) greets(null *match.Probe) bool {
	return l.first && null != nil && !l.opened.IsZero() && l.mark == 0
}

// patient tells until when a lane is not to be given up for want of room or
// because the plan is done.
func (l *lane) patient(p *pulse, null *match.Probe, usual time.Duration) time.Time {
	switch {
	case l.stage == hushed:
		return l.opened.Add(answerWait(null))
	case l.greets(null):
		return later(l.opened.Add(answerWait(null)), l.asked.Add(p.patience(l.step.probe, usual)))
	}
	return l.asked.Add(p.patience(l.step.probe, usual))
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}

func later(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// news is what a lane's goroutine reports.
type news struct {
	lane *lane
	kind newsKind
	at   time.Time
	took time.Duration // of the TCP handshake
	data []byte
	tls  result.TLS
	err  error
}

type newsKind uint8

const (
	placed    newsKind = iota // the connection may be made now
	connected                 // or not, then err says why
	heard
	ended // err says how
)

// firstRead is the room for the first bytes of a connection: most never say
// anything, and there may be thousands. An answer must fit nevertheless, or a
// signature that knows no more than its beginning would win.
const (
	firstRead = 4 << 10
	laterRead = 16 << 10
)

// listen reads from a connection until it ends, and closes it then. After
// leave it does not: the next owner is told by the news that the time was over.
func (l *lane) listen(tell func(news) bool) {
	stop := context.AfterFunc(l.ctx, func() { l.conn.Close() })
	buf := make([]byte, firstRead)
	if strings.HasPrefix(l.conn.LocalAddr().Network(), "udp") {
		buf = make([]byte, laterRead) // of a datagram the system keeps no rest
	}
	for {
		n, err := l.conn.Read(buf)
		if n > 0 {
			if !tell(news{lane: l, kind: heard, data: bytes.Clone(buf[:n])}) {
				l.conn.Close()
				return
			}
			if len(buf) < laterRead {
				buf = make([]byte, laterRead)
			}
		}
		if err != nil || n == 0 {
			stop()
			if told := tell(news{lane: l, kind: ended, err: err}); !told || !errors.Is(err, os.ErrDeadlineExceeded) {
				l.conn.Close()
			}
			return
		}
	}
}

// leave makes the reader let go of the connection.
func (l *lane) leave() {
	l.leaving = true
	l.conn.SetReadDeadline(pace.Past())
}

// write sends a payload. The connection is fresh or idle, so that it finds
// room in the buffers of the system.
func (l *lane) write(p *match.Probe) error {
	l.conn.SetWriteDeadline(pace.Deadline(quietFloor))
	_, err := l.conn.Write(p.Payload)
	return err
}
