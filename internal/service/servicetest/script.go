package servicetest

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"net"
	"os"
	"time"

	"sonde/internal/dial"
	"sonde/internal/pace"
)

// Step is something that a service does with a connection. An error ends the
// script, and with it the connection.
type Step func(ctx context.Context, c net.Conn) error

// Script is a whole service: its steps in their order. The connection is
// closed after the last one.
type Script []Step

func (s Script) run(ctx context.Context, c net.Conn) error {
	defer c.Close()
	for _, step := range s {
		if err := step(ctx, c); err != nil {
			return err
		}
	}
	return nil
}

// Say sends a text.
func Say(text string) Step {
	return func(_ context.Context, c net.Conn) error {
		_, err := io.WriteString(c, text)
		return err
	}
}

// Wait lets time pass.
func Wait(d time.Duration) Step {
	return func(ctx context.Context, _ net.Conn) error { return pace.Sleep(ctx, d) }
}

// Hear waits until something comes.
func Hear() Step {
	return func(_ context.Context, c net.Conn) error {
		_, err := c.Read(make([]byte, 4096))
		return err
	}
}

// Hold keeps the connection until the client closes it.
func Hold() Step {
	return func(_ context.Context, c net.Conn) error {
		_, err := io.Copy(io.Discard, c)
		return err
	}
}

// Hush waits for d and fails if the client says something before.
func Hush(d time.Duration) Step {
	return func(_ context.Context, c net.Conn) error {
		if err := c.SetReadDeadline(pace.Deadline(d)); err != nil {
			return err
		}
		switch _, err := c.Read(make([]byte, 4096)); {
		case err == nil:
			return errors.New("client spoke too early")
		case !errors.Is(err, os.ErrDeadlineExceeded):
			return err
		}
		return c.SetReadDeadline(time.Time{})
	}
}

// Hurry resets the connection if the client says nothing within d.
func Hurry(d time.Duration, then Step) Step {
	return func(ctx context.Context, c net.Conn) error {
		if err := c.SetReadDeadline(pace.Deadline(d)); err != nil {
			return err
		}
		buf := make([]byte, 4096)
		n, err := c.Read(buf)
		if err != nil {
			dial.Abort(c)
			return err
		}
		if err := c.SetReadDeadline(time.Time{}); err != nil {
			return err
		}
		return then(ctx, &replay{Conn: c, first: buf[:n]})
	}
}

// Turn waits until no other connection is served. A queue has room for one,
// and all connections to a service share it.
func Turn(queue chan struct{}, steps ...Step) Step {
	return func(ctx context.Context, c net.Conn) error {
		select {
		case queue <- struct{}{}:
		case <-ctx.Done():
			return ctx.Err()
		}
		defer func() { <-queue }()
		for _, step := range steps {
			if err := step(ctx, c); err != nil {
				return err
			}
		}
		return nil
	}
}

// Think answers like Answer, but takes its time for each reply.
func Think(d time.Duration, requestsAndReplies ...string) Step {
	return func(ctx context.Context, c net.Conn) error {
		buf := make([]byte, 4096)
		for {
			n, err := c.Read(buf)
			if err != nil {
				return err
			}
			for i := 0; i+1 < len(requestsAndReplies); i += 2 {
				if bytes.Equal(buf[:n], []byte(requestsAndReplies[i])) {
					if err := pace.Sleep(ctx, d); err != nil {
						return err
					}
					if _, err := io.WriteString(c, requestsAndReplies[i+1]); err != nil {
						return err
					}
				}
			}
		}
	}
}

// Finish ends the service's side of the conversation; it can still listen.
func Finish() Step {
	return func(_ context.Context, c net.Conn) error {
		if half, ok := c.(interface{ CloseWrite() error }); ok {
			return half.CloseWrite()
		}
		return errors.New("cannot finish on this connection")
	}
}

// Echo sends back what comes.
func Echo() Step {
	return func(_ context.Context, c net.Conn) error {
		buf := make([]byte, 4096)
		for {
			n, err := c.Read(buf)
			if err != nil {
				return err
			}
			if _, err := c.Write(buf[:n]); err != nil {
				return err
			}
		}
	}
}

// Flood sends a text for as long as the client listens, with a pause after each.
func Flood(text string, pause time.Duration) Step {
	return func(ctx context.Context, c net.Conn) error {
		for {
			if _, err := io.WriteString(c, text); err != nil {
				return err
			}
			if err := pace.Sleep(ctx, pause); err != nil {
				return err
			}
		}
	}
}

// Answer replies to each request with what stands after it in the list; a
// request that is not in the list gets no reply.
func Answer(requestsAndReplies ...string) Step {
	return func(_ context.Context, c net.Conn) error {
		buf := make([]byte, 4096)
		for {
			n, err := c.Read(buf)
			if err != nil {
				return err
			}
			for i := 0; i+1 < len(requestsAndReplies); i += 2 {
				if bytes.Equal(buf[:n], []byte(requestsAndReplies[i])) {
					if _, err := io.WriteString(c, requestsAndReplies[i+1]); err != nil {
						return err
					}
				}
			}
		}
	}
}

// errReset ends a script whose connection was reset.
var errReset = errors.New("connection was reset by the script")

// Reset breaks the connection.
func Reset() Step {
	return func(_ context.Context, c net.Conn) error {
		dial.Abort(c)
		return errReset
	}
}

// TLS speaks TLS and goes on inside.
func TLS(cfg *tls.Config, inside ...Step) Step {
	return func(ctx context.Context, c net.Conn) error {
		s := tls.Server(c, cfg)
		if err := s.HandshakeContext(ctx); err != nil {
			return err
		}
		for _, step := range inside {
			if err := step(ctx, s); err != nil {
				return err
			}
		}
		return s.CloseWrite()
	}
}

// Plain chooses by the first bytes of a connection, as servers do that speak
// TLS and something else on one port: plain runs if a request begins with
// one of the prefixes, else other with all bytes still to be read.
func Plain(plain Step, other Step, prefixes ...string) Step {
	return func(ctx context.Context, c net.Conn) error {
		buf := make([]byte, 4096)
		n, err := c.Read(buf)
		if err != nil {
			return err
		}
		again := &replay{Conn: c, first: buf[:n]}
		for _, p := range prefixes {
			if bytes.HasPrefix(buf[:n], []byte(p)) {
				return plain(ctx, again)
			}
		}
		return other(ctx, again)
	}
}

// replay is a connection whose first bytes were read already.
type replay struct {
	net.Conn
	first []byte
}

// Read gives the first bytes, then those of the connection.
func (r *replay) Read(b []byte) (int, error) {
	if len(r.first) > 0 {
		n := copy(b, r.first)
		r.first = r.first[n:]
		return n, nil
	}
	return r.Conn.Read(b)
}
