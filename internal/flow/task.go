package flow

import (
	"context"
	"sync"
	"time"

	"sonde/internal/pace"
	"sonde/result"
)

// A board shows which task runs and how far it is, to whoever asks for it.
type board struct {
	emit func(result.Event)

	mu       sync.Mutex
	task     string
	began    time.Time
	running  int            // hosts that the task works on
	fraction func() float64 // of the task's work that is done, 0 to 1; nil if unknown
	counts   result.HostCounts
	last     time.Time     // of the last report that nobody asked for
	end      time.Duration // after the task's beginning, as estimated then
}

// start begins a task and tells of it. The function it returns ends the task.
func (b *board) start(task, what string, hosts int, fraction func() float64) (end func(extra string)) {
	began := time.Now()
	b.mu.Lock()
	b.task, b.began, b.running, b.fraction = task, began, hosts, fraction
	b.last, b.end = time.Time{}, 0
	b.mu.Unlock()
	b.emit(result.TaskStarted{Time: began, Task: task, What: what})
	return func(extra string) {
		b.mu.Lock()
		b.task = ""
		b.mu.Unlock()
		now := time.Now()
		b.emit(result.TaskEnded{Time: now, Took: now.Sub(began), Task: task, Extra: extra})
	}
}

// count keeps the number of finished hosts.
func (b *board) count(h result.HostState) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.counts.Total++
	switch h {
	case result.HostUp:
		b.counts.Up++
	default:
		b.counts.Down++
	}
}

func (b *board) hosts() result.HostCounts {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.counts
}

// progress describes the running task; ok is false while none runs.
func (b *board) progress(now time.Time, asked bool) (p result.TaskProgress, ok bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.task == "" {
		return p, false
	}
	p = result.TaskProgress{Time: now, Task: b.task, Asked: asked, Done: b.counts, Running: b.running}
	f := 0.0
	if b.fraction != nil {
		f = min(b.fraction(), 0.9999)
	}
	p.Percent = 100 * f
	if f >= minFraction {
		p.Remaining = time.Duration(float64(now.Sub(b.began)) * (1 - f) / f)
	}
	if asked {
		return p, true
	}
	return p, b.worthTelling(p, f, now)
}

// When a task's progress is told without being asked for: rarely, and only
// when there is something left to wait for that was not said before.
const (
	minFraction  = 0.01 // below it an estimate of the end is a guess
	firstReport  = 30 * time.Second
	reportEvery  = 30 * time.Second
	leastToWait  = 30 * time.Second
	newsEstimate = 15 * time.Second
)

func (b *board) worthTelling(p result.TaskProgress, f float64, now time.Time) bool {
	elapsed := now.Sub(b.began)
	if elapsed < firstReport || now.Sub(b.last) < reportEvery || f < 0.003 || p.Remaining < leastToWait {
		return false
	}
	end := elapsed + p.Remaining
	moved := (end - b.end).Abs()
	if !b.last.IsZero() && elapsed < b.end && (moved < newsEstimate || float64(moved) < 0.05*float64(end)) {
		return false
	}
	b.last, b.end = now, end
	return true
}

// watch reports progress until the context ends: every time `every` has
// passed, and without being asked in verbose runs.
func (b *board) watch(ctx context.Context, every time.Duration, verbose bool) {
	const look = 3 * time.Second
	var asked, unasked <-chan time.Time
	if every > 0 {
		t := pace.NewTicker(every)
		defer t.Stop()
		asked = t.C
	}
	if verbose {
		t := pace.NewTicker(look)
		defer t.Stop()
		unasked = t.C
	}
	for {
		var now time.Time
		var wanted bool
		select {
		case <-ctx.Done():
			return
		case now = <-asked:
			wanted = true
		case now = <-unasked:
		}
		if p, ok := b.progress(now, wanted); ok {
			b.emit(p)
		}
	}
}
