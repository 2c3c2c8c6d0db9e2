package dial

import (
	"context"
	"net"
	"net/netip"
	"sync"
	"time"
)

// goDatagrams exchanges datagrams on every system: a connected socket for each
// exchange, so that errors find it, and a goroutine that reads from it.
type goDatagrams struct {
	dialer *Dialer
	ctx    context.Context
	stop   context.CancelFunc
	slots  []goExchange
	free   []int
	inbox  inbox[arrival]
	wait   sync.WaitGroup
}

// goExchange is an exchange; serial tells it from others that had the slot.
type goExchange struct {
	serial uint64
	conn   net.Conn // nil if the slot is free
}

type arrival struct {
	slot   int
	serial uint64
	resp   Response
}

// maxDatagram is the size of the largest UDP datagram.
const maxDatagram = 65_535

func newGoDatagrams(ctx context.Context, d *Dialer) *goDatagrams {
	ctx, stop := context.WithCancel(ctx)
	return &goDatagrams{dialer: d, ctx: ctx, stop: stop, inbox: newInbox[arrival]()}
}

// Send implements Datagrams.
func (u *goDatagrams) Send(to netip.AddrPort, _ int, payloads [][]byte) (int, Fault, error) {
	if !u.dialer.budget.tryAcquire() {
		return noSlot, TooManyFiles, nil
	}
	c, err := u.dialer.openTaken(u.ctx, "udp", to, 0)
	if err != nil {
		return noSlot, FaultOf(err), nil
	}
	conn := &udpConn{UDPConn: c.(*net.UDPConn), budget: u.dialer.budget}
	var failed error
	sent := 0
	for _, p := range payloads {
		if _, err := conn.Write(p); err != nil {
			failed = err
		} else {
			sent++
		}
	}
	if sent == 0 && failed != nil {
		_ = conn.Close()
		return noSlot, FaultOf(failed), nil
	}
	return u.open(conn), FaultNone, nil
}

// open gives an exchange a slot and listens.
func (u *goDatagrams) open(conn net.Conn) int {
	if len(u.free) == 0 {
		u.free = append(u.free, len(u.slots))
		u.slots = append(u.slots, goExchange{})
	}
	slot := u.free[len(u.free)-1]
	u.free = u.free[:len(u.free)-1]
	s := &u.slots[slot]
	s.serial++
	s.conn = conn
	serial := s.serial
	u.wait.Go(func() {
		buf := make([]byte, maxDatagram)
		n, err := conn.Read(buf)
		if f := FaultOf(err); f != Canceled {
			u.inbox.put(arrival{slot, serial, Response{Fault: f, Data: buf[:n:n]}})
		}
	})
	return slot
}

// Poll implements Datagrams.
func (u *goDatagrams) Poll(until time.Time, got func(int, Response) bool) error {
	all, err := u.inbox.take(u.ctx, until)
	for _, a := range all {
		if s := &u.slots[a.slot]; s.serial != a.serial || s.conn == nil {
			continue
		}
		if got(a.slot, a.resp) {
			u.Cancel(a.slot)
		}
	}
	return err
}

// Cancel implements Datagrams.
func (u *goDatagrams) Cancel(slot int) {
	_ = u.slots[slot].conn.Close()
	u.slots[slot].conn = nil
	u.free = append(u.free, slot)
}

// Close implements Datagrams.
func (u *goDatagrams) Close() error {
	u.stop()
	for slot := range u.slots {
		if u.slots[slot].conn != nil {
			u.Cancel(slot)
		}
	}
	u.wait.Wait()
	return nil
}
