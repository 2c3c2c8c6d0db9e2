package pace

import "time"

// Rate keeps the sending of a phase between --min-rate and --max-rate.
type Rate struct {
	least, most time.Duration // time between probes at these rates; 0 is unset
	due         time.Time     // when the minimum wants the next probe
	free        time.Time     // when the maximum allows the next probe
}

// NewRate begins at now with the rates of tm.
func NewRate(tm *Timing, now time.Time) Rate {
	return Rate{least: interval(tm.MinRate), most: interval(tm.MaxRate), due: now, free: now}
}

func interval(perSecond float64) time.Duration {
	if perSecond <= 0 {
		return 0
	}
	return time.Duration(float64(time.Second) / perSecond)
}

// Behind tells whether a probe must go out now, whatever else speaks against it.
func (r *Rate) Behind(now time.Time) bool { return r.least > 0 && !now.Before(r.due) }

// Free is when the next probe may be sent, the zero time if at any moment.
func (r *Rate) Free() time.Time {
	if r.most == 0 {
		return time.Time{}
	}
	return r.free
}

// Due is when the next probe must be sent, the zero time if never.
func (r *Rate) Due() time.Time {
	if r.least == 0 {
		return time.Time{}
	}
	return r.due
}

// Allows tells whether the maximum lets a probe go out now.
func (r *Rate) Allows(now time.Time) bool { return r.most == 0 || !now.Before(r.free) }

// Sent counts a probe. A scan that stalled may catch up on the maximum; being
// ahead of the minimum saves nothing for later.
func (r *Rate) Sent(now time.Time) {
	if r.most > 0 {
		r.free = r.free.Add(r.most)
	}
	if r.least > 0 {
		r.due = r.due.Add(r.least)
		if latest := now.Add(r.least); r.due.After(latest) {
			r.due = latest
		}
	}
}
