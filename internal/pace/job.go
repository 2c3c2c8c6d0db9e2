package pace

import (
	"slices"
	"time"
)

// Host is the timing of a host that lasts through all phases of a scan.
type Host struct {
	RTT      RTT
	Clock    Clock
	TimedOut bool // the host timeout ended the scan of this host
}

// Job is the work on one host in one phase: to get its items answered. Items
// are numbered from 0 and are first sent in that order.
type Job struct {
	Host  *Host
	Index int // for the owner: which host of the phase this is
	Items int
	// Known is the rank of KnownItem as a timing ping: of a probe that the host
	// answered before this phase. It is RankNone if there is none.
	Known Rank

	window  Window
	delay   Delay
	ceiling Ceiling
	pinger  pinger
	ping    pingItem

	fresh   int     // the first item never sent
	pending []retry // to be sent again; the last one first
	parked  []retry // silent at the ceiling
	active  probeList
	late    probeList // timed out, but an answer would still count
	settled []uint64  // one bit for each item with a verdict; only where answers may be late

	sent       int
	highestTry int // that was sent
	lastSend   time.Time
	pauseUntil time.Time // see pauseBefore
	capWarned  bool
	calledLast bool // see lastCall
	done       bool
}

// KnownItem is the number of an item that is not part of a job and serves only
// as timing ping.
const KnownItem = -1

// retry is an item and the try that timed out last.
type retry struct{ item, try int32 }

// pingItem is the item that serves as timing ping.
type pingItem struct {
	item int
	rank Rank
}

// tryPause is how long a host is left alone before it gets a try number that
// it never got before: if its answers are rate-limited, the bucket refills.
const tryPause = time.Second

func (j *Job) begin(ph *Phase, now time.Time) {
	j.window = NewWindow(&ph.Timing)
	j.delay = NewDelay(&ph.Timing, ph.MaxDelay, ph.RateLimited)
	j.ceiling = NewCeiling(ph.Timing.MaxRetries)
	j.pinger = pinger{every: hostPingEvery, lastHeard: now}
	j.ping = pingItem{item: KnownItem, rank: j.Known}
	if ph.KeepLate {
		j.settled = make([]uint64, (j.Items+63)/64)
	}
}

// settle marks an item as having its verdict; it tells whether that is new.
func (j *Job) settle(item int) bool {
	if j.settled == nil {
		return true
	}
	word, bit := item/64, uint64(1)<<(item%64)
	if j.settled[word]&bit != 0 {
		return false
	}
	j.settled[word] |= bit
	return true
}

func (j *Job) isSettled(item int) bool {
	return j.settled != nil && j.settled[item/64]&(1<<(item%64)) != 0
}

// nextRetry drops retries whose item was answered late, and returns the next.
func (j *Job) nextRetry() (retry, bool) {
	for n := len(j.pending); n > 0; n = len(j.pending) {
		if r := j.pending[n-1]; !j.isSettled(int(r.item)) {
			return r, true
		}
		j.pending = j.pending[:n-1]
	}
	return retry{}, false
}

// silent files an item whose transmission timed out. It tells whether the
// item was parked.
func (j *Job) silent(item, try int) (parked bool) {
	r := retry{int32(item), int32(try)}
	if try < j.ceiling.Max() {
		j.pending = append(j.pending, r)
		return false
	}
	j.parked = append(j.parked, r)
	return true
}

// unpark lets all parked items try again after the ceiling has risen, those
// with the highest try first. It returns how many there are.
func (j *Job) unpark() int {
	n := len(j.parked)
	slices.SortStableFunc(j.parked, func(a, b retry) int { return int(a.try - b.try) })
	j.pending = append(j.pending, j.parked...)
	j.parked = j.parked[:0]
	return n
}

// recallCapped lets the parked items that hit the cap be sent with the highest
// try once more. It returns how many there are.
func (j *Job) recallCapped() int {
	limit := int32(j.ceiling.limit)
	var kept []retry
	n := 0
	for _, r := range j.parked {
		if r.try < limit {
			kept = append(kept, r)
			continue
		}
		j.pending = append(j.pending, retry{r.item, limit - 1})
		n++
	}
	j.parked = kept
	return n
}

// unparkItem takes one item off the parked ones, if it is there.
func (j *Job) unparkItem(item int) bool {
	if j.settled == nil {
		return false
	}
	i := slices.IndexFunc(j.parked, func(r retry) bool { return int(r.item) == item })
	if i >= 0 {
		j.parked = slices.Delete(j.parked, i, i+1)
	}
	return i >= 0
}

// pauseBefore starts the pause before a try number that the host never got.
// Hosts with a single item need none: nothing could have used the bucket up.
func (j *Job) pauseBefore(try int, now time.Time) {
	if try <= j.highestTry {
		return
	}
	j.highestTry = try
	if j.Items > 1 {
		j.pauseUntil = now.Add(tryPause)
	}
}

// ready tells whether timing lets the host be sent a probe, by the window that
// applies to it. If not, when is the moment it may be; the zero time if that
// depends on answers.
func (j *Job) ready(w *Window, now time.Time) (ok bool, when time.Time) {
	if now.Before(j.pauseUntil) {
		return false, j.pauseUntil
	}
	if gap := j.delay.Gap(); gap > 0 && !j.lastSend.IsZero() {
		if next := j.lastSend.Add(gap); now.Before(next) {
			return false, next
		}
	}
	return w.Allows(j.active.n), time.Time{}
}
