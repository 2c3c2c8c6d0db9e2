package dial

import (
	"context"
	"encoding/binary"
	"fmt"
	"net/netip"
	"time"

	"golang.org/x/sys/unix"
)

// laneDatagrams exchanges datagrams on Linux: one socket for all exchanges of
// a lane, whatever their number. The kernel's error queue says which datagram
// an ICMP error is about, and who sent it (ip(7), IP_RECVERR).
type laneDatagrams struct {
	dialer *Dialer
	poller *poller
	lanes  []*lane // the poller names them by their index
	byLane map[laneKey]*lane
	slots  []laneSlot
	free   []int
	buf    []byte
	oob    []byte
}

type laneKey struct{ family, number int }

// lane is a socket and the exchanges that go on over it, by address.
type lane struct {
	fd        int
	exchanges map[netip.AddrPort]int // slots
}

type laneSlot struct {
	lane *lane // nil if the slot is free
	to   netip.AddrPort
}

func newDatagrams(ctx context.Context, d *Dialer) (Datagrams, error) {
	p, err := newPoller(ctx)
	if err != nil {
		return nil, err
	}
	return &laneDatagrams{dialer: d, poller: p, byLane: map[laneKey]*lane{}, buf: make([]byte, maxDatagram), oob: make([]byte, 512)}, nil
}

// Send implements Datagrams.
func (u *laneDatagrams) Send(to netip.AddrPort, number int, payloads [][]byte) (int, Fault, error) {
	l, f, err := u.laneOf(laneKey{familyOf(to.Addr()), number}, to.Addr())
	if l == nil {
		return noSlot, f, err
	}
	sa := sockaddr(to)
	sent, fault := 0, FaultNone
	for _, p := range payloads {
		if err := sendTo(l.fd, p, sa); err != nil {
			fault = FaultOf(err)
		} else {
			sent++
		}
	}
	if sent == 0 && fault != FaultNone {
		return noSlot, fault, nil
	}
	return u.begin(l, to), FaultNone, nil
}

// sendTries is how often a datagram is offered to a socket that reports errors
// of earlier ones first.
const sendTries = 4

func sendTo(fd int, p []byte, to unix.Sockaddr) (err error) {
	for range sendTries {
		if err = unix.Sendto(fd, p, 0, to); err == nil {
			return nil
		}
	}
	return err
}

// begin gives an exchange a slot.
func (u *laneDatagrams) begin(l *lane, to netip.AddrPort) int {
	to = plain(to)
	if slot, ok := l.exchanges[to]; ok { // it could not be told from the new one
		u.slots[slot].lane = nil
	}
	if len(u.free) == 0 {
		u.free = append(u.free, len(u.slots))
		u.slots = append(u.slots, laneSlot{})
	}
	slot := u.free[len(u.free)-1]
	u.free = u.free[:len(u.free)-1]
	u.slots[slot] = laneSlot{lane: l, to: to}
	l.exchanges[to] = slot
	return slot
}

// plain is an address as the kernel names it to us.
func plain(a netip.AddrPort) netip.AddrPort {
	return netip.AddrPortFrom(a.Addr().Unmap().WithZone(""), a.Port())
}

// laneOf finds or makes the socket of a lane. No lane comes with the reason.
func (u *laneDatagrams) laneOf(key laneKey, to netip.Addr) (*lane, Fault, error) {
	if l := u.byLane[key]; l != nil {
		return l, FaultNone, nil
	}
	if !u.dialer.budget.tryAcquire() {
		return nil, TooManyFiles, nil
	}
	fd, err := u.socket(key, to)
	if err != nil {
		if FaultOf(err) == TooManyFiles {
			u.dialer.budget.exhausted()
			return nil, TooManyFiles, nil
		}
		u.dialer.budget.release()
		return nil, FaultOf(err), err
	}
	u.dialer.budget.opened()
	l := &lane{fd: fd, exchanges: map[netip.AddrPort]int{}}
	u.lanes = append(u.lanes, l)
	u.byLane[key] = l
	return l, FaultNone, nil
}

// receiveBuffer is room for answers and errors that come in a burst.
const receiveBuffer = 1 << 20

// socket makes a socket that tells of ICMP errors and of the TTL of all that comes.
func (u *laneDatagrams) socket(key laneKey, to netip.Addr) (int, error) {
	fd, err := u.dialer.config.rawSocket(unix.SOCK_DGRAM, to)
	if err != nil {
		return -1, err
	}
	level, options := unix.SOL_IP, []int{unix.IP_RECVERR, unix.IP_RECVTTL}
	if key.family == 1 {
		level, options = unix.SOL_IPV6, []int{unix.IPV6_RECVERR, unix.IPV6_RECVHOPLIMIT}
	}
	for _, o := range options {
		if err := unix.SetsockoptInt(fd, level, o, 1); err != nil {
			_ = unix.Close(fd)
			return -1, fmt.Errorf("ask for ICMP errors: %w", err)
		}
	}
	_ = unix.SetsockoptInt(fd, unix.SOL_SOCKET, unix.SO_RCVBUF, receiveBuffer) // the kernel may give less
	if err := u.poller.add(fd, len(u.lanes), unix.EPOLLIN); err != nil {
		_ = unix.Close(fd)
		return -1, fmt.Errorf("watch a socket: %w", err)
	}
	return fd, nil
}

// Poll implements Datagrams.
func (u *laneDatagrams) Poll(until time.Time, got func(int, Response) bool) error {
	return u.poller.wait(until, func(tag int, events uint32) {
		l := u.lanes[tag]
		if events&unix.EPOLLERR != 0 {
			u.drain(l, unix.MSG_ERRQUEUE, got)
		}
		u.drain(l, 0, got)
	})
}

// drain reads all that a socket has, answers or errors.
func (u *laneDatagrams) drain(l *lane, flags int, got func(int, Response) bool) {
	for errors := 0; errors < sendTries; {
		n, oobn, _, from, err := unix.Recvmsg(l.fd, u.buf, u.oob, flags)
		if err == unix.EAGAIN {
			return
		}
		if err != nil {
			errors++ // the pending error of an earlier datagram; its details are in the queue
			continue
		}
		slot, ok := l.exchanges[addrPort(from)]
		if !ok {
			continue // from a stranger, or too late
		}
		r, ok := response(u.oob[:oobn], flags&unix.MSG_ERRQUEUE != 0)
		if !ok {
			continue
		}
		if r.Fault == FaultNone {
			r.Data = u.buf[:n]
		}
		if got(slot, r) {
			u.Cancel(slot)
		}
	}
}

// response reads what the kernel says about a datagram or an error. It tells
// whether that is of interest.
func response(oob []byte, isError bool) (r Response, ok bool) {
	ok = !isError
	for len(oob) >= unix.SizeofCmsghdr {
		h, data, rest, err := unix.ParseOneSocketControlMessage(oob)
		if err != nil {
			break
		}
		oob = rest
		switch {
		case h.Level == unix.SOL_IP && h.Type == unix.IP_TTL, h.Level == unix.SOL_IPV6 && h.Type == unix.IPV6_HOPLIMIT:
			if len(data) >= 4 {
				r.TTL = uint8(binary.NativeEndian.Uint32(data))
			}
		case h.Level == unix.SOL_IP && h.Type == unix.IP_RECVERR, h.Level == unix.SOL_IPV6 && h.Type == unix.IPV6_RECVERR:
			r.Fault, r.ICMP = icmpError(data)
			ok = r.ICMP != nil
		}
	}
	return r, ok
}

// icmpError reads a struct sock_extended_err and the address behind it; nil if
// the error is not an ICMP message.
func icmpError(b []byte) (Fault, *ICMP) {
	const size = 16 // errno, origin, type, code, pad, info, data; then the sender
	if len(b) < size || b[4] != unix.SO_EE_ORIGIN_ICMP && b[4] != unix.SO_EE_ORIGIN_ICMP6 {
		return Other, nil
	}
	e := &ICMP{V6: b[4] == unix.SO_EE_ORIGIN_ICMP6, Type: b[5], Code: b[6]}
	sender := b[size:]
	switch {
	case len(sender) >= 8 && binary.NativeEndian.Uint16(sender) == unix.AF_INET:
		e.From = netip.AddrFrom4([4]byte(sender[4:8]))
	case len(sender) >= 24 && binary.NativeEndian.Uint16(sender) == unix.AF_INET6:
		e.From = netip.AddrFrom16([16]byte(sender[8:24]))
	}
	return FaultOf(unix.Errno(binary.NativeEndian.Uint32(b))), e
}

// Cancel implements Datagrams.
func (u *laneDatagrams) Cancel(slot int) {
	s := &u.slots[slot]
	if s.lane != nil {
		delete(s.lane.exchanges, s.to)
	}
	*s = laneSlot{}
	u.free = append(u.free, slot)
}

// Close implements Datagrams.
func (u *laneDatagrams) Close() error {
	for _, l := range u.lanes {
		_ = unix.Close(l.fd)
		u.dialer.budget.release()
	}
	u.lanes, u.byLane = nil, nil
	if err := u.poller.close(); err != nil {
		return fmt.Errorf("close poller: %w", err)
	}
	return nil
}
