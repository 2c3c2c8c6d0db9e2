package dial

import (
	"context"
	"sync"
)

// A budget counts open descriptors, so that running out of them slows a scan
// down and never turns into a wrong verdict.
type budget struct {
	mu      sync.Mutex
	ceiling int // what the limit may grow back to
	limit   int
	used    int
	calm    int // descriptors opened at the limit since it last changed
	waiting []chan struct{}
}

func newBudget(limit int) *budget {
	limit = max(1, limit)
	return &budget{ceiling: limit, limit: limit}
}

// acquire takes one descriptor, waiting for one to come free.
func (b *budget) acquire(ctx context.Context) error {
	for {
		b.mu.Lock()
		if b.take() {
			b.mu.Unlock()
			return nil
		}
		free := make(chan struct{})
		b.waiting = append(b.waiting, free)
		b.mu.Unlock()

		select {
		case <-free:
		case <-ctx.Done():
			b.forget(free)
			return ctx.Err()
		}
	}
}

// tryAcquire takes one descriptor if there is one.
func (b *budget) tryAcquire() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.take()
}

func (b *budget) take() bool {
	if b.used >= b.limit {
		return false
	}
	b.used++
	return true
}

// release gives one descriptor back.
func (b *budget) release() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used--
	b.wake()
}

// opened tells that a descriptor could be had. A limit that was lowered rises
// again by one for every limit's worth of those.
func (b *budget) opened() {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.limit == b.ceiling {
		return
	}
	if b.calm++; b.calm >= b.limit {
		b.calm = 0
		b.limit++
		b.wake()
	}
}

// exhausted gives one descriptor back that could not be had, and lowers the
// limit to what is truly there. It tells whether others are open, whose
// release is worth waiting for.
func (b *budget) exhausted() (others bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.used--
	b.calm = 0
	b.limit = max(1, b.used)
	return b.used > 0
}

// wake lets one waiter try again, if there is room.
func (b *budget) wake() {
	if len(b.waiting) > 0 && b.used < b.limit {
		close(b.waiting[0])
		b.waiting = b.waiting[1:]
	}
}

// forget takes a waiter off the list; if it was woken already, the next one is.
func (b *budget) forget(free chan struct{}) {
	b.mu.Lock()
	defer b.mu.Unlock()
	for i, w := range b.waiting {
		if w == free {
			b.waiting = append(b.waiting[:i:i], b.waiting[i+1:]...)
			return
		}
	}
	b.wake()
}
