package dial

import (
	"context"
	"fmt"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// epollConnector is the Connector of Linux. It spends as few system calls per
// port as there are: a socket whose connection was refused is used again for
// the next port, so that a closed port costs one connect() to begin and one to
// learn the verdict.
type epollConnector struct {
	dialer *Dialer
	poller *poller
	slots  []epollSlot
	free   []int        // slots without a socket
	spare  [2]spareList // slots with a socket that may connect again, for IPv4 and IPv6
	to4    unix.SockaddrInet4
	to6    unix.SockaddrInet6
}

type spareList []int

// epollSlot is a socket and the attempt that it makes.
type epollSlot struct {
	fd      int
	to      netip.AddrPort
	pending bool // an attempt goes on
	watched bool // the socket is registered with the poller
	spoilt  bool // the socket cannot connect again
}

// maxSpare is how many idle sockets are kept for each family.
const maxSpare = 8

func newConnector(ctx context.Context, d *Dialer) (Connector, error) {
	p, err := newPoller(ctx)
	if err != nil {
		return nil, err
	}
	return &epollConnector{dialer: d, poller: p}, nil
}

// Start implements Connector.
func (c *epollConnector) Start(to netip.AddrPort) (int, Fault, error) {
	for range selfConnectTries {
		slot, f, err := c.socket(to)
		if slot < 0 {
			return noSlot, f, err
		}
		f, again := c.begin(slot)
		switch {
		case again:
			c.discard(slot)
			continue
		case c.slots[slot].pending:
			return slot, FaultNone, nil
		}
		c.retire(slot, f)
		return noSlot, f, nil
	}
	return noSlot, Refused, nil
}

// begin makes the first step of an attempt. On loopback, and to containers of
// this machine, the answer is there before connect() has returned, so it is
// asked for at once. Again tells that the attempt must be made anew, with
// another socket.
func (c *epollConnector) begin(slot int) (f Fault, again bool) {
	s := &c.slots[slot]
	err := c.connect(s)
	if err == unix.EALREADY || err == unix.EISCONN {
		return FaultNone, true // the socket was not as free as it seemed
	}
	if err == unix.EINPROGRESS {
		if err = c.connect(s); err == unix.EALREADY {
			err = softError(s.fd)
			s.spoilt = err != unix.EALREADY
		}
	}
	if err == unix.EALREADY {
		if err := c.watch(slot); err != nil {
			return TooManyFiles, false // out of memory for one more; it may be tried again
		}
		s.pending = true
		return FaultNone, false
	}
	return c.verdict(s, err)
}

// softError asks for an ICMP error that came while connect() still held the
// socket: the kernel notes it without ending the attempt (RFC 1122 section
// 4.2.3.9) and tells of it only here.
func softError(fd int) error {
	if no, err := unix.GetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_ERROR); err == nil && no != 0 {
		return unix.Errno(no)
	}
	return unix.EALREADY
}

// verdict reads what connect() returned for an attempt that has ended. Self
// tells that it met itself.
func (c *epollConnector) verdict(s *epollSlot, err error) (f Fault, self bool) {
	if err == nil || err == unix.EISCONN {
		return FaultNone, metItself(s.fd, s.to)
	}
	return FaultOf(err), false
}

// connect begins an attempt or asks how it went.
func (c *epollConnector) connect(s *epollSlot) error {
	if a := s.to.Addr(); a.Is4() || a.Is4In6() {
		c.to4.Port, c.to4.Addr = int(s.to.Port()), a.As4()
		return unix.Connect(s.fd, &c.to4)
	}
	c.to6.Port, c.to6.Addr, c.to6.ZoneId = int(s.to.Port()), s.to.Addr().As16(), zoneID(s.to.Addr())
	return unix.Connect(s.fd, &c.to6)
}

// socket finds a slot with a socket for an address. A negative slot comes with
// the reason there is none.
func (c *epollConnector) socket(to netip.AddrPort) (int, Fault, error) {
	family := familyOf(to.Addr())
	if l := &c.spare[family]; len(*l) > 0 {
		slot := (*l)[len(*l)-1]
		*l = (*l)[:len(*l)-1]
		c.slots[slot].to = to
		return slot, FaultNone, nil
	}
	if !c.dialer.budget.tryAcquire() {
		return noSlot, TooManyFiles, nil
	}
	fd, err := c.dialer.config.rawSocket(unix.SOCK_STREAM, to.Addr())
	if err != nil {
		if FaultOf(err) == TooManyFiles {
			c.dialer.budget.exhausted()
			return noSlot, TooManyFiles, nil
		}
		c.dialer.budget.release()
		return noSlot, FaultOf(err), err
	}
	c.dialer.budget.opened()
	if len(c.free) == 0 {
		c.free = append(c.free, len(c.slots))
		c.slots = append(c.slots, epollSlot{})
	}
	slot := c.free[len(c.free)-1]
	c.free = c.free[:len(c.free)-1]
	c.slots[slot] = epollSlot{fd: fd, to: to}
	return slot, FaultNone, nil
}

func (c *epollConnector) watch(slot int) error {
	s := &c.slots[slot]
	if s.watched {
		return nil
	}
	// Edge-triggered: the socket stays registered from one attempt to the next.
	if err := c.poller.add(s.fd, slot, unix.EPOLLOUT|unix.EPOLLET); err != nil {
		return err
	}
	s.watched = true
	return nil
}

// retire keeps the socket of an ended attempt for the next one, or closes it.
// Linux lets a socket connect again after a refusal, and gives it a new port.
func (c *epollConnector) retire(slot int, f Fault) {
	s := &c.slots[slot]
	s.pending = false
	l := &c.spare[familyOf(s.to.Addr())]
	if f != Refused || s.spoilt || len(*l) >= maxSpare {
		c.discard(slot)
		return
	}
	*l = append(*l, slot)
}

// discard closes a slot's socket; a connection is reset.
func (c *epollConnector) discard(slot int) {
	_ = unix.Close(c.slots[slot].fd)
	c.slots[slot] = epollSlot{fd: -1}
	c.free = append(c.free, slot)
	c.dialer.budget.release()
}

// Poll implements Connector.
func (c *epollConnector) Poll(until time.Time, got func(int, Fault)) error {
	return c.poller.wait(until, func(slot int, _ uint32) {
		s := &c.slots[slot]
		if !s.pending {
			return // news of the last attempt of this socket
		}
		err := c.connect(s)
		if err == unix.EINPROGRESS || err == unix.EALREADY {
			return // the same
		}
		f, self := c.verdict(s, err)
		if self { // we held the port ourselves, so nobody else listens on it
			f = Refused
			c.discard(slot)
		} else {
			c.retire(slot, f)
		}
		got(slot, f)
	})
}

// Cancel implements Connector.
func (c *epollConnector) Cancel(slot int) { c.discard(slot) }

// Close implements Connector.
func (c *epollConnector) Close() error {
	for slot := range c.slots {
		if c.slots[slot].fd >= 0 {
			c.discard(slot)
		}
	}
	c.spare = [2]spareList{}
	if err := c.poller.close(); err != nil {
		return fmt.Errorf("close poller: %w", err)
	}
	return nil
}
