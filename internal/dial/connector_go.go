package dial

import (
	"context"
	"net/netip"
	"sync"
	"time"

	"sonde/internal/pace"
)

// goConnector is the Connector for every system: a goroutine per attempt.
type goConnector struct {
	dialer *Dialer
	ctx    context.Context
	stop   context.CancelFunc
	slots  []goSlot
	free   []int
	inbox  inbox[ended]
	wait   sync.WaitGroup
}

// goSlot is an attempt; serial tells it from others that had the slot.
type goSlot struct {
	serial uint64
	cancel context.CancelFunc // nil if the slot is free
}

type ended struct {
	slot   int
	serial uint64
	fault  Fault
}

func newGoConnector(ctx context.Context, d *Dialer) *goConnector {
	ctx, stop := context.WithCancel(ctx)
	return &goConnector{dialer: d, ctx: ctx, stop: stop, inbox: newInbox[ended]()}
}

// Start implements Connector.
func (c *goConnector) Start(to netip.AddrPort) (int, Fault, error) {
	if !c.dialer.budget.tryAcquire() {
		return noSlot, TooManyFiles, nil
	}
	if len(c.free) == 0 {
		c.free = append(c.free, len(c.slots))
		c.slots = append(c.slots, goSlot{})
	}
	slot := c.free[len(c.free)-1]
	c.free = c.free[:len(c.free)-1]
	ctx, cancel := context.WithCancel(c.ctx)
	s := &c.slots[slot]
	s.serial++
	s.cancel = cancel
	serial := s.serial
	c.wait.Go(func() {
		defer cancel()
		c.inbox.put(ended{slot, serial, c.attempt(ctx, to)})
	})
	return slot, FaultNone, nil
}

// attempt makes one connection with the place that Start took.
func (c *goConnector) attempt(ctx context.Context, to netip.AddrPort) Fault {
	conn, err := c.dialer.openTaken(ctx, "tcp", to, 0)
	if err != nil {
		return FaultOf(err)
	}
	self := conn.LocalAddr().String() == conn.RemoteAddr().String()
	c.dialer.discard(conn)
	if self { // we held the port ourselves, so nobody else listens on it
		return Refused
	}
	return FaultNone
}

// Poll implements Connector.
func (c *goConnector) Poll(until time.Time, got func(int, Fault)) error {
	all, err := c.inbox.take(c.ctx, until)
	for _, e := range all {
		if s := &c.slots[e.slot]; s.serial == e.serial && s.cancel != nil {
			c.release(e.slot)
			got(e.slot, e.fault)
		}
	}
	return err
}

// Cancel implements Connector.
func (c *goConnector) Cancel(slot int) {
	c.slots[slot].cancel()
	c.release(slot)
}

func (c *goConnector) release(slot int) {
	c.slots[slot].cancel = nil
	c.free = append(c.free, slot)
}

// Close implements Connector.
func (c *goConnector) Close() error {
	c.stop()
	c.wait.Wait()
	return nil
}

// inbox is a queue that goroutines fill and one empties.
type inbox[T any] struct {
	mu    *sync.Mutex
	items *[]T
	ready chan struct{} // holds a token when items came
}

func newInbox[T any]() inbox[T] {
	return inbox[T]{mu: new(sync.Mutex), items: new([]T), ready: make(chan struct{}, 1)}
}

func (b inbox[T]) put(v T) {
	b.mu.Lock()
	*b.items = append(*b.items, v)
	b.mu.Unlock()
	select {
	case b.ready <- struct{}{}:
	default:
	}
}

func (b inbox[T]) drain() []T {
	b.mu.Lock()
	defer b.mu.Unlock()
	all := *b.items
	*b.items = nil
	return all
}

// take empties the inbox, after waiting for something to come as Poll does.
// What comes after the end of ctx is only the noise of attempts being given up.
func (b inbox[T]) take(ctx context.Context, until time.Time) ([]T, error) {
	all, err := b.wait(ctx, until)
	if ctx.Err() != nil {
		return nil, ctx.Err()
	}
	return all, err
}

func (b inbox[T]) wait(ctx context.Context, until time.Time) ([]T, error) {
	if all := b.drain(); len(all) > 0 {
		return all, nil
	}
	var expired <-chan time.Time
	if !until.IsZero() {
		timer := pace.NewTimer(time.Until(until))
		defer timer.Stop()
		expired = timer.C
	}
	for {
		select {
		case <-b.ready:
			if all := b.drain(); len(all) > 0 {
				return all, nil
			}
		case <-expired:
			return b.drain(), nil
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}
