package servicetest

import (
	"io"
	"net"
	"net/netip"
	"os"
	"sync"
	"syscall"
	"time"

	"sonde/internal/pace"
)

// conn is one end of a connection in memory. Unlike net.Pipe it buffers what
// is written, so that a peer that does not read blocks nobody, and it can be reset.
type conn struct {
	network       string
	local, remote net.Addr
	in, out       *half
	linger        bool // SetLinger(0): closing is a reset
}

// half is one direction of a connection.
type half struct {
	mu       sync.Mutex
	pieces   [][]byte // what was written and not yet read; datagrams stay whole
	stream   bool
	end      error // what the reader gets after the pieces
	deadline time.Time
	changed  chan struct{} // closed and replaced when any of this changes
}

// connect makes both ends of a connection.
func connect(network string, client, server netip.AddrPort) (near, far *conn) {
	stream := network == "tcp"
	up, down := newHalf(stream), newHalf(stream)
	c, s := netAddr(network, client), netAddr(network, server)
	return &conn{network: network, local: c, remote: s, in: down, out: up}, &conn{network: network, local: s, remote: c, in: up, out: down}
}

func netAddr(network string, a netip.AddrPort) net.Addr {
	if network == "udp" {
		return net.UDPAddrFromAddrPort(a)
	}
	return net.TCPAddrFromAddrPort(a)
}

func newHalf(stream bool) *half { return &half{stream: stream, changed: make(chan struct{})} }

// change does something to the half and wakes its reader.
func (h *half) change(f func()) {
	h.mu.Lock()
	defer h.mu.Unlock()
	f()
	close(h.changed)
	h.changed = make(chan struct{})
}

// finish ends the half, once; with a reset what was not read is lost.
func (h *half) finish(err error) {
	h.change(func() {
		if h.end == nil {
			h.end = err
		}
		if err == syscall.ECONNRESET {
			h.pieces = nil
		}
	})
}

// take reads what is there, and waits if there is nothing.
func (h *half) take(b []byte) (int, error) {
	for {
		n, changed, deadline, err := h.try(b)
		if changed == nil {
			return n, err
		}
		var expired <-chan time.Time
		var timer *time.Timer
		if !deadline.IsZero() {
			timer = pace.NewTimer(time.Until(deadline))
			expired = timer.C
		}
		select {
		case <-changed:
		case <-expired:
		}
		if timer != nil {
			timer.Stop()
		}
	}
}

// try reads without waiting; changed is nil unless it is worth waiting.
func (h *half) try(b []byte) (n int, changed chan struct{}, deadline time.Time, err error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	switch {
	case !h.deadline.IsZero() && !time.Now().Before(h.deadline):
		return 0, nil, deadline, os.ErrDeadlineExceeded
	case len(h.pieces) > 0:
		n = copy(b, h.pieces[0])
		if h.pieces[0] = h.pieces[0][n:]; !h.stream || len(h.pieces[0]) == 0 {
			h.pieces = h.pieces[1:]
		}
		return n, nil, deadline, nil
	case h.end != nil:
		return 0, nil, deadline, h.end
	}
	return 0, h.changed, h.deadline, nil
}

func (c *conn) fault(op string, err error) error {
	if err == nil || err == io.EOF {
		return err
	}
	if no, ok := err.(syscall.Errno); ok {
		err = os.NewSyscallError(op, no)
	}
	return &net.OpError{Op: op, Net: c.network, Source: c.local, Addr: c.remote, Err: err}
}

// Read reads what the other end wrote.
func (c *conn) Read(b []byte) (int, error) {
	n, err := c.in.take(b)
	return n, c.fault("read", err)
}

// Write gives bytes to the other end; it never blocks.
func (c *conn) Write(b []byte) (int, error) {
	var err error
	c.out.change(func() {
		switch {
		case c.out.end == syscall.ECONNRESET:
			err = syscall.ECONNRESET
		case c.out.end == net.ErrClosed:
			c.out.end = syscall.EPIPE // as in TCP, the first write to a closed peer is lost unnoticed
		case c.out.end != nil:
			err = syscall.EPIPE
		default:
			c.out.pieces = append(c.out.pieces, append([]byte{}, b...))
		}
	})
	if err != nil {
		return 0, c.fault("write", err)
	}
	return len(b), nil
}

// Close ends the connection in order, or with a reset after SetLinger(0).
func (c *conn) Close() error {
	if c.linger {
		c.out.finish(syscall.ECONNRESET)
		c.in.finish(syscall.ECONNRESET)
		return nil
	}
	c.out.finish(io.EOF)
	c.in.finish(net.ErrClosed)
	return nil
}

// CloseWrite ends one direction: the other end reads an end of file.
func (c *conn) CloseWrite() error {
	c.out.finish(io.EOF)
	return nil
}

// SetLinger with 0 makes Close a reset, as on a TCP connection.
func (c *conn) SetLinger(sec int) error {
	c.linger = sec == 0
	return nil
}

// LocalAddr is the address of this end.
func (c *conn) LocalAddr() net.Addr { return c.local }

// RemoteAddr is the address of the other end.
func (c *conn) RemoteAddr() net.Addr { return c.remote }

// SetDeadline bounds reads; writes need no bound.
func (c *conn) SetDeadline(t time.Time) error { return c.SetReadDeadline(t) }

// SetReadDeadline bounds reads.
func (c *conn) SetReadDeadline(t time.Time) error {
	c.in.change(func() { c.in.deadline = t })
	return nil
}

// SetWriteDeadline does nothing, as writes never wait.
func (c *conn) SetWriteDeadline(time.Time) error { return nil }
