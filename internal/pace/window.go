package pace

import "time"

// Window is a congestion window after RFC 5681: how many probes may be
// outstanding, for one host or for a whole group.
type Window struct {
	limits   *Timing
	cwnd     float64
	ssthresh float64
	expected int // answers that should have come
	received int // answers that came
	lastDrop time.Time
}

const (
	startWindow   = 10
	startSSThresh = 75
	defaultHigh   = 300 // window without --max-parallelism
	maxScale      = 50  // how much an answer may count when most probes go unanswered
	pingWeight    = 3   // answers to timing pings are rare and telling
	minSSThresh   = 2
)

// NewWindow opens a window within the parallelism limits of tm.
func NewWindow(tm *Timing) Window {
	w := Window{limits: tm, ssthresh: startSSThresh}
	w.cwnd = min(max(startWindow, w.low()), w.high())
	return w
}

func (w *Window) low() float64 { return float64(max(1, w.limits.MinParallelism)) }

func (w *Window) high() float64 {
	high := w.limits.MaxParallelism
	if high == 0 {
		high = defaultHigh
	}
	return max(w.low(), float64(high))
}

// Allows tells whether one more probe may be sent beside those in flight.
func (w *Window) Allows(inFlight int) bool { return w.cwnd >= float64(inFlight)+0.5 }

// Updated tells how many probes the window has learned from.
func (w *Window) Updated() int { return w.expected }

// Answered widens the window for an answered probe. The more probes stay
// unanswered without being drops, the more each answer counts.
func (w *Window) Answered(ping bool) {
	w.expected++
	w.received++
	step := min(maxScale, float64(w.expected)/float64(w.received))
	if ping {
		step *= pingWeight
	}
	if w.cwnd < w.ssthresh {
		w.cwnd = min(w.ssthresh, w.cwnd+step) // slow start
	} else {
		w.cwnd += w.limits.Increment / w.cwnd * step // congestion avoidance
	}
	w.cwnd = min(w.cwnd, w.high())
}

// Unanswered counts a probe that timed out. By itself that is no drop: silence
// is what many ports answer.
func (w *Window) Unanswered() { w.expected++ }

// DroppedAtHost narrows a host's window after a drop. Probes sent before the
// last drop tell nothing new.
func (w *Window) DroppedAtHost(now, sent time.Time, inFlight int) {
	w.dropped(now, sent, inFlight, w.low())
}

// DroppedInGroup narrows a group's window after a drop at one of its hosts.
func (w *Window) DroppedInGroup(now, sent time.Time, inFlight int) {
	w.dropped(now, sent, inFlight, max(w.low(), w.cwnd/2))
}

func (w *Window) dropped(now, sent time.Time, inFlight int, cwnd float64) {
	if !sent.After(w.lastDrop) {
		return
	}
	w.lastDrop = now
	w.cwnd = cwnd
	w.ssthresh = max(minSSThresh, float64(int(float64(inFlight)/w.limits.DropDivisor)))
}
