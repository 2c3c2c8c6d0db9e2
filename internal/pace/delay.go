package pace

import (
	"fmt"
	"time"
)

// Delay is the least time between two probes to one host. It is raised when
// the host, or something on the way, drops probes that come too fast.
type Delay struct {
	limits *Timing
	gap    time.Duration
	max    time.Duration
	first  time.Duration // what a gap of zero is raised to

	drops, good int // answers to retransmissions, and to first tries, since the last change
	changed     time.Time
}

const (
	leastDrops    = 10 // drops that must come before they tell anything
	firstGap      = 5 * time.Millisecond
	firstGapUDP   = 50 * time.Millisecond
	highestRaised = time.Second
)

// NewDelay starts with the scan delay of tm. Limit is how far it may be
// raised; slow is for protocols whose answers are rate-limited by nature (UDP).
func NewDelay(tm *Timing, limit time.Duration, slow bool) Delay {
	first := firstGap
	if slow {
		first = firstGapUDP
	}
	return Delay{limits: tm, gap: tm.ScanDelay, max: limit, first: first}
}

// Gap is the present delay.
func (d *Delay) Gap() time.Duration { return d.gap }

// Answered counts an answer to a probe sent at the given moment. It returns
// why the delay was raised, or "" if it was not.
func (d *Delay) Answered(now, sent time.Time, try int) string {
	if try == 0 {
		d.good++
		return ""
	}
	if sent.After(d.changed) {
		d.drops++
	}
	if d.drops <= leastDrops || float64(d.drops)/float64(d.drops+d.good) <= d.limits.DelayDropRatio {
		return ""
	}
	return d.raise(now, fmt.Sprintf("%d out of %d dropped probes since last increase.", d.drops, d.drops+d.good))
}

// NeededTry counts a useful answer on a higher try than ever before. It
// returns why the delay was raised, or "" if it was not.
func (d *Delay) NeededTry(now time.Time, try int) string {
	if try <= d.limits.DelayTry {
		return ""
	}
	return d.raise(now, fmt.Sprintf("max_successful_tryno increase to %d", try))
}

// Slowest raises the delay as far as it goes.
func (d *Delay) Slowest() { d.gap = max(d.gap, d.max) }

// raise doubles the delay within its limit, and forgets what led to it.
func (d *Delay) raise(now time.Time, why string) string {
	before := d.gap
	if d.gap == 0 {
		d.gap = d.first
	} else {
		d.gap = max(d.gap, min(2*d.gap, highestRaised))
	}
	d.gap = max(before, min(d.gap, d.max))
	d.drops, d.good, d.changed = 0, 0, now
	if d.gap == before {
		return ""
	}
	return why
}
