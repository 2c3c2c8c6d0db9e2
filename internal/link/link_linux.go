package link

import (
	"context"
	"fmt"
	"net/netip"
	"sync/atomic"
	"time"

	"sonde/internal/wire"
)

// Link is the raw packets of this machine. It implements Wire and Router.
type Link struct {
	config Config
	ring   *ring
	bell   bell
	sender *Sender
	table  *table

	received, dropped, broken atomic.Uint64

	in   Received // reused
	got  func(*Received)
	now  time.Time // when the packets at hand were fetched
	take func(frame)
}

// Open opens the capture and prepares sending. Packets are captured from now on.
func Open(c Config) (*Link, error) {
	if c.Ring <= 0 {
		c.Ring = DefaultRing
	}
	if c.Hold <= 0 {
		c.Hold = DefaultHold
	}
	t, err := newTable(c)
	if err != nil {
		return nil, err
	}
	r, err := openRing(c)
	if err != nil {
		t.close()
		return nil, err
	}
	b, err := newBell()
	if err != nil {
		_ = r.close()
		t.close()
		return nil, err
	}
	l := &Link{config: c, ring: r, bell: b, sender: newSender(c.Device), table: t}
	l.take = l.frame
	return l, nil
}

// Send implements Wire.
func (l *Link) Send(b *Batch) (int, error) { return l.sender.Send(b) }

// Path implements Router. Each call asks the kernel, which takes some 10 µs.
func (l *Link) Path(dst netip.Addr) (Path, error) { return l.table.path(dst) }

// Receive implements Wire. The kernel hands packets over in blocks, some of
// them up to Config.Hold late; Received.At is when they came nonetheless.
func (l *Link) Receive(ctx context.Context, until time.Time, got func(*Received)) error {
	l.got = got
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		l.now = time.Now()
		if l.ring.drain(l.take) > 0 || !until.IsZero() && !l.now.Before(until) {
			return nil
		}
		if err := l.bell.wait(ctx, l.ring.fd, until); err != nil {
			return err
		}
	}
}

// frame decodes a packet of the ring and hands it over.
func (l *Link) frame(f frame) {
	in := &l.in
	// A tagged packet belongs to the VLAN's own interface, where it is seen again.
	if f.vlan != 0 || !l.table.listens(int(f.link.Ifindex)) {
		return
	}
	// The type stands in network order, as sll_protocol of packet(7).
	if err := in.DecodeAs(wire.EtherType(networkOrder(f.link.Protocol)), f.data); err != nil {
		l.broken.Add(1)
		return
	}
	in.Raw, in.Interface = f.data, int(f.link.Ifindex)
	in.Truncated = in.Truncated || !f.whole
	// The kernel's time has no monotonic reading; what it says of the past has.
	age := min(max(0, l.now.UnixNano()-f.at), int64(maxAge))
	in.At = l.now.Add(-time.Duration(age))
	in.HasFrom = f.link.Halen == uint8(len(in.From))
	if in.HasFrom {
		in.From = wire.MAC(f.link.Addr[:len(in.From)])
	}
	l.got(in)
}

// maxAge is the age of a packet that is believed; more means that the clock was set.
const maxAge = time.Minute

// Stats counts packets since the Link was opened, without those of other
// senders. It may be called by any goroutine.
func (l *Link) Stats() Stats {
	received, dropped := l.ring.counters()
	s := l.sender.Stats()
	s.Received = l.received.Add(received)
	s.Dropped = l.dropped.Add(dropped)
	s.Broken = l.broken.Load()
	return s
}

// Close closes all sockets. Nothing may be going on.
func (l *Link) Close() error {
	l.table.close()
	l.bell.close()
	err := l.sender.Close()
	if e := l.ring.close(); e != nil {
		err = e
	}
	if err != nil {
		return fmt.Errorf("close the raw link: %w", err)
	}
	return nil
}
