package pace

import "time"

// send sends what may be sent now: what is overdue, pings, retransmissions, then
// fresh probes, until a batch is full.
func (r *run) send(now time.Time) error {
	if err := r.sendOverdue(now); err != nil {
		return err
	}
	if err := r.sendPings(now); err != nil {
		return err
	}
	if err := r.sendRetries(now); err != nil {
		return err
	}
	return r.sendFresh(now)
}

// allows tells whether the group lets a probe go out now.
func (r *run) allows(now time.Time) bool {
	return r.batch < maxBatch && r.rate.Allows(now) && now.Sub(r.lastPoll) <= r.pollGap() && r.fits(now)
}

// fits tells whether one more probe may be in flight.
func (r *run) fits(now time.Time) bool {
	if now.Before(r.fullUntil) {
		return false
	}
	return r.Alone || len(r.live) == 1 || r.window.Allows(r.active)
}

// pollGap is how long answers may wait to be noticed: a fraction of a round
// trip, so that their times stay true.
func (r *run) pollGap() time.Duration { return max(minPollGap, r.rtt.SRTT()*3/4) }

// windowOf is the window that limits a host: its own if it has proven itself,
// else that of the group.
func (r *run) windowOf(j *Job) *Window {
	switch {
	case j.ping.rank > 0 || j.sent < trustedAfter:
		return &j.window
	case r.window.Updated() > 1:
		return &r.window
	}
	return &r.start
}

// sendOverdue keeps up with --min-rate, whatever else speaks against it.
func (r *run) sendOverdue(now time.Time) error {
	for range maxBatch {
		if !r.rate.Behind(now) || now.Before(r.fullUntil) {
			return nil
		}
		sent := false
		for range r.live {
			j := r.next()
			ok, err := r.sendNext(j, now)
			if err != nil {
				return err
			}
			if sent = ok; sent {
				break
			}
		}
		if !sent {
			return nil
		}
	}
	return nil
}

// next passes the turn to the next host.
func (r *run) next() *Job {
	r.turn = (r.turn + 1) % len(r.live)
	return r.live[r.turn]
}

// sendNext sends a host's next probe, whichever it is. It tells whether there was one.
func (r *run) sendNext(j *Job, now time.Time) (bool, error) {
	if j.done {
		return false, nil
	}
	if again, ok := j.nextRetry(); ok {
		return r.sendRetry(j, again, now)
	}
	if j.fresh < j.Items {
		return r.sendItem(j, now)
	}
	return false, nil
}

// sendPings measures hosts that have been silent for a while.
func (r *run) sendPings(now time.Time) error {
	for _, j := range r.live {
		if j.ping.rank == 0 || j.done {
			continue
		}
		at, wanted := j.pinger.due()
		if ok, _ := j.ready(r.windowOf(j), now); !wanted || now.Before(at) || !ok || !r.allows(now) {
			continue
		}
		if _, err := r.transmit(j, j.ping.item, 0, true, now); err != nil {
			return err
		}
	}
	if j := r.anchor; j != nil && j.active.n == 0 {
		if at, wanted := r.pinger.due(); wanted && !now.Before(at) && r.allows(now) {
			_, err := r.transmit(j, j.ping.item, 0, true, now)
			return err
		}
	}
	return nil
}

// sendRetries sends retransmissions, one per host in turn, until no host may
// be sent any.
func (r *run) sendRetries(now time.Time) error {
	for sent := true; sent; {
		sent = false
		for _, j := range r.live {
			ok, err := r.retry(j, now)
			if err != nil {
				return err
			}
			sent = sent || ok
		}
	}
	return nil
}

// retry sends a host's next retransmission if it may. It tells whether it went out.
func (r *run) retry(j *Job, now time.Time) (bool, error) {
	again, ok := j.nextRetry()
	if !ok || j.done {
		return false, nil
	}
	j.pauseBefore(int(again.try)+1, now)
	if ok, _ := j.ready(r.windowOf(j), now); !ok || !r.allows(now) {
		return false, nil
	}
	return r.sendRetry(j, again, now)
}

func (r *run) sendRetry(j *Job, again retry, now time.Time) (bool, error) {
	j.highestTry = max(j.highestTry, int(again.try)+1)
	j.pending = j.pending[:len(j.pending)-1]
	ok, err := r.transmit(j, int(again.item), int(again.try)+1, false, now)
	if !ok {
		j.pending = append(j.pending, again)
	}
	return ok, err
}

// sendFresh sends items for the first time, one per host in turn, until no
// host may be sent any.
func (r *run) sendFresh(now time.Time) error {
	for refused := 0; refused < len(r.live) && r.allows(now); {
		j := r.next()
		if ok, _ := j.ready(r.windowOf(j), now); !ok || j.fresh >= j.Items || j.done {
			refused++
			continue
		}
		ok, err := r.sendItem(j, now)
		if err != nil {
			return err
		}
		if refused++; ok {
			refused = 0
		}
		now = time.Now()
	}
	return nil
}

func (r *run) sendItem(j *Job, now time.Time) (bool, error) {
	item := j.fresh
	j.fresh++
	ok, err := r.transmit(j, item, 0, false, now)
	if !ok {
		j.fresh--
	}
	return ok, err
}

// transmit sends one probe. It tells whether it went out; if not, descriptors
// are short and nothing is sent for a while.
func (r *run) transmit(j *Job, item, try int, ping bool, now time.Time) (bool, error) {
	p := r.take()
	p.Job, p.Item, p.Try, p.Ping, p.Sent = j, item, try, ping, now
	d, a, err := r.Carrier.Send(p)
	if err != nil {
		return false, err
	}
	if d == Full {
		r.recycle(p)
		r.fullUntil = now.Add(fullPause)
		r.drop(&r.lingering)
		for _, j := range r.live {
			r.drop(&j.late)
		}
		return false, nil
	}
	j.sent++
	j.lastSend = now
	j.pinger.sent(now, ping)
	r.pinger.sent(now, ping)
	r.rate.Sent(now)
	r.batch++
	j.active.push(p)
	r.active++
	if d == Answered {
		r.answer(a)
	}
	return true, nil
}

// wake is the next moment at which something is to be done if no answer
// comes: now if a probe may be sent at once.
func (r *run) wake(now time.Time) time.Time {
	var w alarm
	free := r.fits(now)
	if r.fullUntil.After(now) {
		w.set(r.fullUntil)
	}
	for _, j := range r.live {
		if j.done || r.idle(j) {
			return now
		}
		r.wakeToWork(&w, j)
		r.wakeToSend(&w, j, free, now)
		if w.rings(now) {
			return now
		}
	}
	if j := r.anchor; j != nil {
		if p := j.active.head; p != nil {
			w.set(p.Sent.Add(r.timeout(j)))
		} else if at, wanted := r.pinger.due(); wanted && free {
			w.set(latest(at, r.rate.Free()))
		}
	}
	if p := r.lingering.head; p != nil {
		w.set(r.lateUntil(p))
	}
	return w.time
}

// wakeToWork sets the alarm for a host's next timeout.
func (r *run) wakeToWork(w *alarm, j *Job) {
	if p := j.active.head; p != nil {
		w.set(p.Sent.Add(r.timeout(j)))
	}
	if p := j.late.head; p != nil {
		w.set(r.lateUntil(p))
	}
	if r.HostTimeout && r.Timing.HostTimeout > 0 {
		w.set(j.Host.Clock.Expires(r.Timing.HostTimeout))
	}
}

// wakeToSend sets the alarm for a host's next probe or ping.
func (r *run) wakeToSend(w *alarm, j *Job, free bool, now time.Time) {
	_, again := j.nextRetry()
	if again || j.fresh < j.Items {
		if at := r.rate.Due(); !at.IsZero() {
			w.set(latest(at, r.fullUntil))
		}
	}
	if !free {
		return
	}
	ok, when := j.ready(r.windowOf(j), now)
	if !ok && when.IsZero() {
		return // an answer or a timeout must come first
	}
	when = latest(now, when, r.rate.Free())
	if again || j.fresh < j.Items {
		w.set(when)
	}
	if at, wanted := j.pinger.due(); wanted && j.ping.rank > 0 {
		w.set(latest(when, at))
	}
}

// alarm keeps the earliest of several moments; zero is never.
type alarm struct{ time time.Time }

func (w *alarm) set(t time.Time) {
	if w.time.IsZero() || t.Before(w.time) {
		w.time = t
	}
}

// rings tells whether the moment has come.
func (w *alarm) rings(now time.Time) bool { return !w.time.IsZero() && !w.time.After(now) }

func latest(ts ...time.Time) (l time.Time) {
	for _, t := range ts {
		if t.After(l) {
			l = t
		}
	}
	return l
}
