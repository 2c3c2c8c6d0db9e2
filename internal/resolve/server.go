package resolve

import (
	"context"
	"net/netip"
	"sync"
	"time"

	"sonde/internal/pace"
)

// The window of a server: how many names may be asked about at a time. It grows
// while answers come and shrinks when they don't, as TCP's does.
const (
	minWindow = 10.0
	maxWindow = 100
	perAnswer = 2.0
	onRetry   = 0.7 // a timeout, after which the same server is asked again
	onMove    = 0.4 // a timeout, after which another server is asked
)

// A server that was silent on so many names in a row is down, and is left
// alone for a while.
const (
	silentNames = 10
	downFor     = time.Minute
)

// server is one name server and how it does. It is safe for concurrent use.
type server struct {
	addr netip.AddrPort

	mu        sync.Mutex
	window    float64
	open      int           // names being asked about
	freed     chan struct{} // closed, and replaced, when a waiter may look again
	silent    int           // names without an answer since the last answer
	downUntil time.Time
}

func newServer(addr netip.AddrPort) *server {
	return &server{addr: addr, window: minWindow, freed: make(chan struct{})}
}

// enter waits for room in the window. It returns false if the server is down
// or ctx is done.
func (s *server) enter(ctx context.Context) bool {
	for {
		s.mu.Lock()
		if time.Now().Before(s.downUntil) {
			s.mu.Unlock()
			return false
		}
		if s.open < int(s.window) {
			s.open++
			s.mu.Unlock()
			return true
		}
		freed := s.freed
		s.mu.Unlock()
		select {
		case <-freed:
		case <-ctx.Done():
			return false
		}
	}
}

func (s *server) down() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return time.Now().Before(s.downUntil)
}

// leave gives the room back.
func (s *server) leave() { s.change(func() { s.open-- }) }

// change changes the state and lets all waiters look again.
func (s *server) change(do func()) {
	s.mu.Lock()
	defer s.mu.Unlock()
	do()
	close(s.freed)
	s.freed = make(chan struct{})
}

func (s *server) answered() {
	s.change(func() {
		s.window = min(s.window+perAnswer, maxWindow)
		s.silent = 0
	})
}

// timedOut narrows the window. At the last try for a name the server's silence
// is counted: one that stays silent on name after name is down, and the others
// need not wait for it.
func (s *server) timedOut(last bool) {
	s.change(func() {
		if !last {
			s.window = max(s.window*onRetry, minWindow)
			return
		}
		s.window = max(s.window*onMove, minWindow)
		if s.silent++; s.silent >= silentNames {
			s.silent = 0
			s.downUntil = pace.Deadline(downFor)
		}
	})
}

// refused notes that a question could not reach the server.
func (s *server) refused() {
	s.change(func() { s.downUntil = pace.Deadline(downFor) })
}

// waits is how long each try for a name waits at one of n servers.
func waits(n int) []time.Duration {
	switch n {
	case 1:
		return []time.Duration{time.Second, 1500 * time.Millisecond, 2 * time.Second}
	case 2:
		return []time.Duration{time.Second, time.Second}
	}
	return []time.Duration{500 * time.Millisecond, time.Second}
}
