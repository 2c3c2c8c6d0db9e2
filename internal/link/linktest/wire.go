// Package linktest is a wire in memory, with loss, delay, reordering and scripted hosts at its end, so that raw scans can be tested without root and in virtual time.
package linktest

import (
	"container/heap"
	"context"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"sync"
	"time"

	"sonde/internal/link"
	"sonde/internal/pace"
	"sonde/internal/wire"
)

// Config says what the wire is like.
type Config struct {
	// Addrs are our own addresses with the networks that are on the link;
	// targets elsewhere are behind Gateway.
	Addrs   []netip.Prefix
	Gateway []netip.Addr // one for each family; scripted as a host if it is to answer
	// Delay is what a packet needs in each direction; up to Jitter more is
	// added at random, so that packets overtake each other.
	Delay, Jitter time.Duration
	Loss          float64 // share of packets lost in each direction, 0 to 1
	Bare          bool    // the link has no Ethernet: packets go out without it
	Seed          uint64  // of loss and jitter
	Hosts         []*Host
	// Trace is told each packet that is sent, if not nil, before it may be lost.
	Trace func(*wire.Packet)
}

// Wire is the wire. It implements link.Wire and link.Router, and is safe for
// concurrent use.
type Wire struct {
	config Config
	iface  *link.Interface
	hosts  map[netip.Addr]*Host

	mu      sync.Mutex
	random  *rand.Rand
	queue   arrivals
	serial  int
	changed chan struct{} // closed and made anew when something is put in the queue
	stats   link.Stats
	in      wire.Packet // what hosts read
	out     wire.Packet // what we read
}

// MAC is the link address of our end of the wire.
func MAC() wire.MAC { return wire.MAC{2, 0, 0, 0, 0, 1} }

// New makes a wire.
func New(c Config) *Wire {
	w := &Wire{config: c, hosts: map[netip.Addr]*Host{}, random: rand.New(rand.NewPCG(c.Seed, 1)), changed: make(chan struct{})}
	w.iface = &link.Interface{Index: 1, Name: "test0", Medium: link.Ethernet, Up: true, MAC: MAC(), MTU: 1500, Addrs: c.Addrs}
	if c.Bare {
		w.iface.Medium, w.iface.MAC = link.Tunnel, wire.MAC{}
	}
	for i, h := range c.Hosts {
		h.prepare(i)
		w.hosts[h.Addr] = h
	}
	return w
}

// Path implements link.Router.
func (w *Wire) Path(dst netip.Addr) (link.Path, error) {
	p := link.Path{Interface: w.iface, NextHop: dst, Framed: !w.config.Bare, Type: wire.TypeOf(dst)}
	for _, a := range w.config.Addrs {
		if a.Addr().Is4() != dst.Is4() {
			continue
		}
		if !p.Src.IsValid() {
			p.Src = a.Addr()
		}
		if a.Masked().Contains(dst) {
			p.Src, p.Direct = a.Addr(), true
		}
	}
	if !p.Src.IsValid() {
		return p, &link.NoPathError{Dst: dst, Reason: "no route"}
	}
	if p.Direct || w.config.Bare {
		return p, nil
	}
	for _, g := range w.config.Gateway {
		if g.Is4() == dst.Is4() {
			p.NextHop = g
			return p, nil
		}
	}
	return p, &link.NoPathError{Dst: dst, Reason: "no route"}
}

// Span is the way to an address and to what prefix around it, as that of a
// link.Link.
func (w *Wire) Span(dst netip.Addr) (link.Path, netip.Prefix, error) {
	p, err := w.Path(dst)
	if err != nil || p.Direct {
		return p, netip.PrefixFrom(dst, dst.BitLen()), err
	}
	all, _ := dst.Prefix(0)
	return p, link.Span(dst, all, w.config.Addrs), nil
}

// Send implements link.Wire.
func (w *Wire) Send(b *link.Batch) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	now := time.Now()
	for i := range b.Len() {
		path, packet := b.Packet(i)
		w.stats.Sent++
		if err := w.in.DecodeAs(path.Type, packet); err != nil {
			return i, fmt.Errorf("packet %d of a batch: %w", i, err)
		}
		if w.config.Trace != nil {
			w.config.Trace(&w.in)
		}
		if w.lost() {
			continue
		}
		w.deliver(path, packet, now)
	}
	return b.Len(), nil
}

// deliver brings a packet to whom it is for. An Ethernet address that no host
// has leads nowhere.
func (w *Wire) deliver(path *link.Path, packet []byte, now time.Time) {
	dst := w.in.IP.Dst
	switch {
	case w.in.Kind == wire.KindARP:
		dst = w.in.ARP.TargetIP
	case w.in.Kind == wire.KindICMPv6 && w.in.ICMP.Type == wire.ICMPv6Solicit:
		dst = w.in.Neighbor.Target
	case path.Framed:
		hop := w.hosts[path.NextHop]
		if hop == nil || hop.MAC != path.MAC {
			return
		}
	}
	h := w.hosts[dst]
	if h == nil {
		return
	}
	there := now.Add(w.trip() + h.Delay)
	for _, a := range h.answer(&w.in, packet, there) {
		if w.lost() || w.random.Float64() < h.Loss {
			continue
		}
		w.serial++
		heap.Push(&w.queue, arrival{there.Add(a.After + w.trip() + h.Delay), w.serial, a, w.sender(path, h)})
	}
	close(w.changed)
	w.changed = make(chan struct{})
}

// sender is the link address that answers bear: the gateway's for those from
// beyond it.
func (w *Wire) sender(path *link.Path, h *Host) wire.MAC {
	if hop := w.hosts[path.NextHop]; hop != nil {
		return hop.MAC
	}
	return h.MAC
}

func (w *Wire) lost() bool { return w.config.Loss > 0 && w.random.Float64() < w.config.Loss }

// trip is how long a packet is under way in one direction.
func (w *Wire) trip() time.Duration {
	if w.config.Jitter <= 0 {
		return w.config.Delay
	}
	return w.config.Delay + time.Duration(w.random.Int64N(int64(w.config.Jitter)))
}

// Receive implements link.Wire.
func (w *Wire) Receive(ctx context.Context, until time.Time, got func(*link.Received)) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, next, changed := w.arrived(time.Now(), got)
		if n > 0 || !until.IsZero() && !time.Now().Before(until) {
			return nil
		}
		if next.IsZero() || !until.IsZero() && until.Before(next) {
			next = until
		}
		if err := wait(ctx, next, changed); err != nil {
			return err
		}
	}
}

// wait waits for a moment (for ever if zero), for a change of the queue, or for ctx.
func wait(ctx context.Context, until time.Time, changed <-chan struct{}) error {
	var rings <-chan time.Time
	if !until.IsZero() {
		t := pace.NewTimer(time.Until(until))
		defer t.Stop()
		rings = t.C
	}
	select {
	case <-rings:
	case <-changed:
	case <-ctx.Done():
		return ctx.Err()
	}
	return nil
}

// arrived hands over what has come by now; or it tells when the next packet
// comes, and how to learn of others.
func (w *Wire) arrived(now time.Time, got func(*link.Received)) (n int, next time.Time, changed <-chan struct{}) {
	w.mu.Lock()
	var due []arrival
	for len(w.queue) > 0 && !w.queue[0].at.After(now) {
		due = append(due, heap.Pop(&w.queue).(arrival))
	}
	if len(w.queue) > 0 {
		next = w.queue[0].at
	}
	w.stats.Received += uint64(len(due))
	changed = w.changed
	w.mu.Unlock()
	for _, a := range due {
		r := link.Received{Raw: a.Packet, At: a.at, Interface: w.iface.Index, From: a.from, HasFrom: !w.config.Bare}
		if err := w.out.DecodeAs(a.Type, a.Packet); err != nil {
			panic(fmt.Sprintf("linktest: host sent a broken packet: %v", err))
		}
		r.Packet = w.out
		got(&r)
	}
	return len(due), next, changed
}

// Stats counts packets.
func (w *Wire) Stats() link.Stats {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.stats
}

// arrival is a packet on its way to us.
type arrival struct {
	at     time.Time
	serial int // packets due at the same time stay in order
	Answer
	from wire.MAC
}

// arrivals is a heap, the next arrival first.
type arrivals []arrival

func (q arrivals) Len() int { return len(q) }
func (q arrivals) Less(i, j int) bool {
	if q[i].at.Equal(q[j].at) {
		return q[i].serial < q[j].serial
	}
	return q[i].at.Before(q[j].at)
}
func (q arrivals) Swap(i, j int) { q[i], q[j] = q[j], q[i] }

// Push implements heap.Interface.
func (q *arrivals) Push(x any) { *q = append(*q, x.(arrival)) }

// Pop implements heap.Interface.
func (q *arrivals) Pop() any {
	last := (*q)[len(*q)-1]
	*q = (*q)[:len(*q)-1]
	return last
}
