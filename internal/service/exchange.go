package service

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"syscall"
	"time"

	"sonde/internal/dial"
	"sonde/internal/pace"
	"sonde/internal/tunnel"
	"sonde/match"
	"sonde/result"
)

// ending says how an exchange ended.
type ending uint8

const (
	settled   ending = iota // the answer settles what the service is
	quiet                   // the time is over, or enough was read
	closed                  // the peer closed the connection
	reset                   // the peer broke the connection, or the port is closed
	broken                  // the connection failed in a way that another may not
	lost                    // the network failed
	unsent                  // the payload could not be written
	overtaken               // the context is over
)

// conversation is one connection and all that was heard on it.
type conversation struct {
	conn  net.Conn
	heard []byte
	stop  func() bool // ends the watch that closes conn with the context
}

// converse takes over a connection and closes it when ctx ends.
func converse(ctx context.Context, conn net.Conn) *conversation {
	return &conversation{conn: conn, stop: context.AfterFunc(ctx, func() { conn.Close() })}
}

func (c *conversation) close() {
	c.stop()
	c.conn.Close()
}

// exchange sends the payload of a probe and listens for as long as the probe
// deserves. Hear is called whenever more has come, with all that was heard on
// the connection; it returns true when that settles the matter. The error is
// nil but for the endings that mean a failure.
func (c *conversation) exchange(ctx context.Context, p *match.Probe, buf []byte, hear func([]byte) bool) (ending, error) {
	start := time.Now()
	if len(p.Payload) > 0 {
		c.conn.SetWriteDeadline(pace.Deadline(answerWait(p)))
		if _, err := c.conn.Write(p.Payload); err != nil {
			return c.ended(ctx, unsent, fmt.Errorf("send probe %s: %w", p.Name, err))
		}
	}
	for {
		left := answerWait(p) - time.Since(start)
		if left <= 0 {
			return quiet, nil
		}
		c.conn.SetReadDeadline(pace.Deadline(left))
		n, err := c.conn.Read(buf)
		if n > 0 {
			c.heard = append(c.heard, buf[:n]...)
			if hear(c.heard) {
				return settled, nil
			}
			if len(c.heard) >= enough {
				return quiet, nil
			}
		}
		switch {
		case err != nil:
			return c.ended(ctx, endingOf(err), err)
		case n == 0:
			return closed, nil // an empty datagram says as little as an end of file
		}
	}
}

// ended gives an ending with the error behind it, unless the context is it.
func (c *conversation) ended(ctx context.Context, e ending, err error) (ending, error) {
	switch {
	case ctx.Err() != nil:
		return overtaken, context.Cause(ctx)
	case e == quiet || e == closed:
		return e, nil
	}
	return e, err
}

// endingOf classifies an error of a read.
func endingOf(err error) ending {
	var tls *tunnel.Error
	switch {
	case errors.Is(err, io.EOF):
		return closed
	case errors.Is(err, os.ErrDeadlineExceeded):
		return quiet
	case errors.As(err, &tls):
		return broken
	case errors.Is(err, syscall.EPROTO), errors.Is(err, syscall.EMSGSIZE), errors.Is(err, syscall.EOPNOTSUPP), errors.Is(err, syscall.EIO):
		return broken
	}
	switch dial.FaultOf(err) {
	case dial.Reset, dial.Refused, dial.Aborted:
		return reset
	case dial.BrokenPipe, dial.ProtocolUnreachable, dial.NetReset:
		return broken
	}
	return lost
}

// connect opens a connection to the target, through the tunnel if there is one.
func (d *detection) connect(ctx context.Context) (*conversation, error) {
	conn, err := d.open(ctx)
	if err != nil {
		if ctx.Err() != nil {
			err = context.Cause(ctx)
		}
		return nil, err
	}
	if d.target.Protocol == result.TCP {
		d.proveOpen(result.ReasonTCPResponse)
	}
	return converse(ctx, conn), nil
}

func (d *detection) open(ctx context.Context) (net.Conn, error) {
	to := d.addr()
	switch {
	case d.target.Protocol == result.UDP:
		return d.config.Dialer.UDP(ctx, to)
	case d.tunnel != result.TunnelTLS:
		return d.config.Dialer.TCP(ctx, to, connectWait)
	}
	conn, info, err := d.tls.Connect(ctx, func(ctx context.Context) (net.Conn, error) {
		return d.config.Dialer.TCP(ctx, to, tunnel.Wait)
	})
	if d.tlsInfo == nil && info.Version != "" {
		d.tlsInfo = &info
	}
	return conn, err
}
