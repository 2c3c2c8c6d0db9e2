package service

import (
	"context"
	"sync"
	"time"

	"sonde/internal/pace"
)

// window bounds the connections to one host like the congestion window of TCP
// (RFC 5681): it grows with every connection that came about, fast at first,
// and is halved when the host shows that it is too much. It is safe for
// concurrent use.
type window struct {
	mu        sync.Mutex
	ceiling   float64
	size      float64
	threshold float64
	open      int
	waiting   []chan struct{}
	quickest  time.Duration // connection so far
	halved    time.Time
	answers   int      // from the host
	pace      pace.RTT // of those
}

// The bounds of a window.
const (
	windowStart = 50
	windowFloor = 4
	// slowConnect is how much longer than the quickest a connection takes that
	// had to wait for its turn. It is below the second after which a lost SYN
	// is sent again (RFC 6298).
	slowConnect = 500 * time.Millisecond
	halvingGap  = time.Second // one crisis is halved for once
	telling     = 5           // answers that tell how quick a host is
)

// ceiling is how many connections a host may have at a timing level; least and
// most are the user's bounds, 0 if there are none.
func ceiling(level, least, most int) int {
	n := 10
	switch {
	case level == 3:
		n = 200
	case level == 4:
		n = 1500
	case level >= 5:
		n = 4000
	}
	if most > 0 {
		n = min(n, most)
	}
	return max(1, n, least)
}

// newWindow opens a window that grows to a ceiling, and starts with least at least.
func newWindow(ceiling, least int) *window {
	return &window{ceiling: float64(ceiling), threshold: float64(ceiling), size: float64(min(ceiling, max(windowStart, least)))}
}

// acquire takes a place for a connection, waiting for one to come free.
func (w *window) acquire(ctx context.Context) error {
	w.mu.Lock()
	if len(w.waiting) == 0 && float64(w.open) < w.size {
		w.open++
		w.mu.Unlock()
		return nil
	}
	turn := make(chan struct{})
	w.waiting = append(w.waiting, turn)
	w.mu.Unlock()
	select {
	case <-turn:
		return nil
	case <-ctx.Done():
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	for i, c := range w.waiting {
		if c == turn {
			w.waiting = append(w.waiting[:i:i], w.waiting[i+1:]...)
			return ctx.Err()
		}
	}
	w.open-- // the turn came at the same moment
	w.wake()
	return ctx.Err()
}

// release gives a place back.
func (w *window) release() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.open--
	w.wake()
}

// wake hands out what places there are, in the order in which they were asked for.
func (w *window) wake() {
	for len(w.waiting) > 0 && float64(w.open) < w.size {
		close(w.waiting[0])
		w.waiting = w.waiting[1:]
		w.open++
	}
}

// connected learns from a connection that took some time.
func (w *window) connected(now time.Time, took time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.quickest == 0 || took < w.quickest {
		w.quickest = took
	}
	if took > 4*w.quickest && took > w.quickest+slowConnect {
		w.halve(now)
		return
	}
	if w.size < w.threshold {
		w.size++
	} else {
		w.size += 1 / w.size
	}
	w.size = min(w.size, w.ceiling)
	w.wake()
}

// answered learns how long an answer took.
func (w *window) answered(took time.Duration) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.answers++
	w.pace.Observe(took, &pace.Timing{})
}

// usual is within what time nearly all services of the host answer, 0 if too
// few have so far.
func (w *window) usual() time.Duration {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.answers < telling {
		return 0
	}
	return w.pace.SRTT() + 4*w.pace.RTTVar()
}

// pressed tells whether connections are waiting for a place.
func (w *window) pressed() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return len(w.waiting) > 0
}

// strained learns that the host refused what it had accepted before.
func (w *window) strained(now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.halve(now)
}

func (w *window) halve(now time.Time) {
	if now.Sub(w.halved) < halvingGap {
		return
	}
	w.halved = now

	w.size = max(min(windowFloor, w.ceiling), w.size/2)
	w.threshold = w.size
}
