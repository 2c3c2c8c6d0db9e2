package pace

import "time"

// answer takes what the carrier learned of a probe.
func (r *run) answer(a Answer) {
	p, j := a.Probe, a.Probe.Job
	if a.Lost {
		if p.list == &j.active {
			r.timedOut(p, a.At, false)
		} else {
			r.cancel(p)
		}
		return
	}
	item, ping := p.Item, p.Ping
	// Only an item that was silent for a while has been sent more than once.
	first := p.Try == 0 && p.list == &j.active
	if !a.Quiet {
		r.learn(p, a)
	}
	r.detach(p)
	r.recycle(p)
	if !ping && j.settle(item) {
		if !j.unparkItem(item) {
			r.progress.done.Add(1)
		}
		if r.KeepLate && !first {
			r.dropOthers(j, item)
		}
	}
	if a.Stop {
		j.done = true
	}
}

// detach takes a probe off its list and out of the counts.
func (r *run) detach(p *Probe) {
	if p.list == &p.Job.active {
		r.active--
	}
	p.unlink()
}

// learn lets an answer influence timing.
func (r *run) learn(p *Probe, a Answer) {
	j := p.Job
	rtt := a.At.Sub(p.Sent)
	r.rtt.Observe(rtt, &r.Timing)
	j.Host.RTT.Observe(rtt, &r.Timing)

	j.window.Answered(p.Ping)
	r.window.Answered(p.Ping)
	if p.Try > 0 {
		r.congested(p, a.At)
	}
	before := j.delay.Gap()
	why := j.delay.Answered(a.At, p.Sent, p.Try)
	if j.ceiling.Answered(p.Try) {
		r.progress.done.Add(-int64(j.unpark()))
		if w := j.delay.NeededTry(a.At, p.Try); w != "" {
			why = w
		}
	}
	if why != "" && r.Slowed != nil {
		r.Slowed(j, before, j.delay.Gap(), why)
	}
	if a.Rank > j.ping.rank {
		j.ping = pingItem{item: p.Item, rank: a.Rank}
	}
	j.pinger.lastHeard, r.pinger.lastHeard = a.At, a.At
}

// congested takes a drop: an answer that came only to a retransmission, or a
// timing ping without any.
func (r *run) congested(p *Probe, now time.Time) {
	j := p.Job
	j.window.DroppedAtHost(now, p.Sent, max(1, j.active.n))
	r.window.DroppedInGroup(now, p.Sent, max(1, r.active))
}

// dropOthers cancels the other transmissions of an item that has its verdict.
func (r *run) dropOthers(j *Job, item int) {
	for _, l := range []*probeList{&j.active, &j.late, &r.lingering} {
		for p := l.head; p != nil; {
			next := p.next
			if p.Job == j && p.Item == item && !p.Ping {
				if l == &j.active {
					r.active--
				}
				r.cancel(p)
			}
			p = next
		}
	}
}

// timeout is how long an answer from a host is worth waiting for.
func (r *run) timeout(j *Job) time.Duration {
	switch {
	case j.Host.RTT.Sampled():
		return j.Host.RTT.Timeout()
	case r.rtt.Sampled():
		return r.rtt.Timeout()
	}
	return max(r.Timing.InitialRTT, r.Timing.ScanDelay)
}

// lateUntil is when a late answer to a probe stops to count.
func (r *run) lateUntil(p *Probe) time.Time {
	return p.Sent.Add(lateFactor * min(longestLate, r.timeout(p.Job)))
}

// expire times probes out.
func (r *run) expire(now time.Time) {
	for _, j := range r.live {
		r.expireActive(j, now)
		r.expireLate(&j.late, now)
	}
	if r.anchor != nil {
		r.expireActive(r.anchor, now)
	}
	r.expireLate(&r.lingering, now)
}

func (r *run) expireActive(j *Job, now time.Time) {
	timeout := r.timeout(j)
	for p := j.active.head; p != nil && now.Sub(p.Sent) >= timeout; p = j.active.head {
		r.timedOut(p, now, r.KeepLate)
	}
}

func (r *run) expireLate(l *probeList, now time.Time) {
	for p := l.head; p != nil && !now.Before(r.lateUntil(p)); p = l.head {
		r.cancel(p)
	}
}

// timedOut takes a probe in flight whose answer did not come in time. With
// keep, a late one still counts.
func (r *run) timedOut(p *Probe, now time.Time, keep bool) {
	j, item, try, ping := p.Job, p.Item, p.Try, p.Ping
	j.window.Unanswered()
	r.window.Unanswered()
	if ping {
		r.congested(p, now)
		if r.anchor == j {
			r.anchor = nil
		}
	}
	r.detach(p)
	if keep && !ping {
		j.late.push(p)
	} else {
		r.Carrier.Cancel(p)
		r.recycle(p)
	}
	if ping || j.isSettled(item) {
		return
	}
	if j.silent(item, try) {
		r.progress.done.Add(1)
		r.warnCapped(j)
	}
}

// warnCapped tells once per host that --max-retries alone ends its probes.
func (r *run) warnCapped(j *Job) {
	if !j.ceiling.Capped() || j.capWarned || r.mayCallLast(j) {
		return
	}
	j.capWarned = true
	if r.Capped != nil {
		r.Capped(j)
	}
}

// mayCallLast tells whether items that hit the cap will get one more chance:
// the host's answers are rate-limited, as retransmissions have shown.
func (r *run) mayCallLast(j *Job) bool {
	return r.RateLimited && !j.calledLast && j.ceiling.Useful() > 0
}

// lastCall gives items that hit the cap one more transmission, at the slowest
// pace there is: their answers may all have been swallowed by the rate limit.
// It tells whether there are any.
func (r *run) lastCall(j *Job) bool {
	if !r.mayCallLast(j) {
		return false
	}
	j.calledLast = true
	n := j.recallCapped()
	j.delay.Slowest()
	r.progress.done.Add(-int64(n))
	return n > 0
}
