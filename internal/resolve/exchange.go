package resolve

import (
	"context"
	"errors"
	"math/rand/v2"
	"net"
	"os"
	"time"

	"golang.org/x/net/dns/dnsmessage"

	"sonde/internal/dial"
	"sonde/internal/pace"
)

const (
	maxPerName    = 3 // servers asked for one name
	maxReplyBytes = 4096
)

// exchange asks server after server until one answers. The error is
// errNotFound, errUnusable, errNoAnswer or that of ctx.
func (r *Resolver) exchange(ctx context.Context, q dnsmessage.Question) (reply, error) {
	servers := r.setup().servers
	tries := r.waits
	if tries == nil {
		tries = waits(len(servers))
	}
	// Each name begins at another server, so that all have their share.
	first := rand.IntN(len(servers))
	outcome := errNoAnswer
	for i := range min(len(servers), maxPerName) {
		s := servers[(first+i)%len(servers)]
		rep, err := s.ask(ctx, q, tries)
		switch {
		case err == nil || errors.Is(err, errNotFound):
			return rep, err
		case ctx.Err() != nil:
			return reply{}, ctx.Err()
		case errors.Is(err, errUnusable):
			outcome = err
		}
	}
	return reply{}, outcome
}

// ask asks one server, again after each wait without an answer. It keeps its
// place in the window until it knows: otherwise all names would be tried once
// before it is found, at the last try for a few, that the server is down.
func (s *server) ask(ctx context.Context, q dnsmessage.Question, tries []time.Duration) (reply, error) {
	if !s.enter(ctx) {
		return reply{}, errNoAnswer
	}
	defer s.leave()
	for i, wait := range tries {
		if i > 0 && s.down() {
			return reply{}, errNoAnswer
		}
		rep, err := s.once(ctx, q, wait)
		switch {
		case ctx.Err() != nil:
			return reply{}, ctx.Err()
		case err == nil, errors.Is(err, errNotFound), errors.Is(err, errUnusable):
			s.answered()
			return rep, err
		case errors.Is(err, os.ErrDeadlineExceeded):
			s.timedOut(i == len(tries)-1)
		case shortage(err):
			s.timedOut(false)
			if err := pace.Sleep(ctx, wait/10); err != nil {
				return reply{}, err
			}
		default: // nobody listens there, or there is no way to it
			s.refused()
			return reply{}, errNoAnswer
		}
	}
	return reply{}, errNoAnswer
}

// shortage tells whether it was this machine that had no room for a question.
func shortage(err error) bool {
	switch dial.FaultOf(err) {
	case dial.TooManyFiles, dial.NoAddress, dial.NoBuffers:
		return true
	}
	return false
}

// once sends one datagram and waits for the answer. Each has a socket of its
// own: a random port is harder to forge an answer for (RFC 5452, section 9.2),
// and an ICMP error finds its question.
func (s *server) once(ctx context.Context, q dnsmessage.Question, wait time.Duration) (reply, error) {
	id := uint16(rand.Uint32())
	msg, err := query(id, q)
	if err != nil {
		return reply{}, errNotFound
	}
	conn, err := net.DialUDP("udp", nil, net.UDPAddrFromAddrPort(s.addr))
	if err != nil {
		return reply{}, err
	}
	defer conn.Close()
	conn.SetDeadline(pace.Deadline(wait))
	stop := context.AfterFunc(ctx, func() { conn.SetDeadline(pace.Past()) })
	defer stop()
	if _, err := conn.Write(msg); err != nil {
		return reply{}, err
	}
	buf := make([]byte, maxReplyBytes)
	for {
		n, err := conn.Read(buf)
		if err != nil {
			return reply{}, err
		}
		if rep, ours, err := parseReply(buf[:n], id, q); ours {
			return rep, err
		}
	}
}
