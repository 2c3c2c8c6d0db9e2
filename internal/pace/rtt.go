package pace

import "time"

// RTT estimates the round-trip time to a host or a group, and from it how long
// an answer is worth waiting for: Jacobson's estimator (RFC 6298) with bounds.
// The zero value has no sample. All arithmetic is in whole microseconds.
type RTT struct {
	sampled bool
	srtt    int64 // µs
	rttvar  int64 // µs
	timeout int64 // µs
}

// The bounds of the estimator, in microseconds.
const (
	clockSlack    = 50_000    // a clock may step back that far between sending and receiving
	slackSample   = 10_000    // what such an answer counts as
	minFirstVar   = 5_000     // deviation after the first sample, at least
	maxFirstVar   = 2_000_000 // and at most
	maxSample     = 8_000_000 // a later sample this long is no round trip
	outlier       = 1_500_000 // a sample this much above the mean may be an outlier
	wildVar       = 2_300_000 // a deviation above this …
	tamedVar      = 2_000_000 // … is brought back to this
	srttShare     = 8
	rttvarShare   = 4
	rttvarInLimit = 4
)

// Observe takes the round-trip time d of one transmission. Bounds of the
// timeout come from tm.
func (r *RTT) Observe(d time.Duration, tm *Timing) {
	us := d.Microseconds()
	if us < 0 && us > -clockSlack {
		us = slackSample
	}
	switch {
	case !r.sampled && us >= 0:
		r.sampled = true
		r.srtt = us
		r.rttvar = min(max(us, minFirstVar), maxFirstVar)
	case us < 0 || us >= maxSample:
		return
	default:
		e := us - r.srtt
		if e > outlier && e > 3*r.srtt+2*r.rttvar {
			return
		}
		r.srtt += e / srttShare
		r.rttvar += (max(e, -e) - r.rttvar) / rttvarShare
	}
	r.timeout = r.srtt + rttvarInLimit*r.rttvar
	if r.rttvar > wildVar {
		r.rttvar = tamedVar
	}
	r.timeout = min(max(r.timeout, tm.MinRTT.Microseconds()), tm.MaxRTT.Microseconds())
	r.timeout = max(r.timeout, tm.ScanDelay.Microseconds())
}

// Sampled tells whether a round trip was ever observed.
func (r *RTT) Sampled() bool { return r.sampled }

// SRTT is the smoothed round-trip time, 0 without samples.
func (r *RTT) SRTT() time.Duration { return time.Duration(r.srtt) * time.Microsecond }

// RTTVar is the mean deviation of the round-trip time, 0 without samples.
func (r *RTT) RTTVar() time.Duration { return time.Duration(r.rttvar) * time.Microsecond }

// Timeout is how long an answer is worth waiting for, 0 without samples.
func (r *RTT) Timeout() time.Duration { return time.Duration(r.timeout) * time.Microsecond }
