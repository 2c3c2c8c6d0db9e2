package pace

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"
)

// wire is a carrier whose answers follow a script, on the clock of synctest.
type wire struct {
	// reply says after how long a transmission is answered; negative for never.
	reply   func(p *Probe) time.Duration
	dress   func(p *Probe, a *Answer) // of answers; may be nil
	full    func() bool               // no descriptor left; may be nil
	rank    Rank
	flying  []flight
	sent    []sending
	cancels int
	most    int // probes in flight
}

type flight struct {
	probe *Probe
	at    time.Time
}

// sending is a transmission as it was made.
type sending struct {
	at             time.Duration // since the start
	job, item, try int
	ping           bool
}

func (w *wire) Send(p *Probe) (Delivery, Answer, error) {
	if w.full != nil && w.full() {
		return Full, Answer{}, nil
	}
	w.sent = append(w.sent, sending{time.Since(epoch()), p.Job.Index, p.Item, p.Try, p.Ping})
	d := w.reply(p)
	if d == 0 {
		return Answered, w.answer(p), nil
	}
	at := time.Time{}
	if d > 0 {
		at = time.Now().Add(d)
	}
	w.flying = append(w.flying, flight{p, at})
	w.most = max(w.most, len(w.flying))
	return Waiting, Answer{}, nil
}

func (w *wire) answer(p *Probe) Answer {
	a := Answer{Probe: p, At: time.Now(), Rank: w.rank}
	if w.dress != nil {
		w.dress(p, &a)
	}
	return a
}

func (w *wire) Receive(ctx context.Context, until time.Time, got func(Answer)) error {
	next := until
	for _, f := range w.flying {
		if !f.at.IsZero() && (next.IsZero() || f.at.Before(next)) {
			next = f.at
		}
	}
	if next.IsZero() {
		<-ctx.Done()
		return ctx.Err()
	}
	if err := SleepUntil(ctx, next); err != nil {
		return err
	}
	for now := time.Now(); ; {
		i := slices.IndexFunc(w.flying, func(f flight) bool { return !f.at.IsZero() && !f.at.After(now) })
		if i < 0 {
			return nil
		}
		p := w.flying[i].probe
		w.flying = slices.Delete(w.flying, i, i+1)
		got(w.answer(p))
	}
}

func (w *wire) Cancel(p *Probe) {
	w.cancels++
	w.flying = slices.DeleteFunc(w.flying, func(f flight) bool { return f.probe == p })
}

// epoch is when the clock of synctest starts.
func epoch() time.Time { return time.Date(2000, 1, 1, 0, 0, 0, 0, time.UTC) }

// runPhase runs jobs of the given sizes over a wire and tells how long it took.
func runPhase(t *testing.T, ph *Phase, w *wire, sizes ...int) (jobs []*Job, took time.Duration) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ph.Carrier = w
		if ph.MaxDelay == 0 {
			ph.MaxDelay = ph.Timing.MaxScanDelayTCP
		}
		for i, n := range sizes {
			jobs = append(jobs, &Job{Host: new(Host), Index: i, Items: n})
		}
		if err := ph.Run(t.Context(), jobs); err != nil {
			t.Error(err)
		}
		took = time.Since(epoch())
		if len(w.flying) != 0 {
			t.Errorf("%d probes were forgotten", len(w.flying))
		}
		if p := ph.Progress(); p.Fraction != 1 || p.Hosts != len(sizes) || p.Done != len(sizes) {
			t.Errorf("progress at the end is %+v", p)
		}
	})
	return jobs, took
}

func silent(*Probe) time.Duration { return -1 }

func around(t *testing.T, what string, got, want, slack time.Duration) {
	t.Helper()
	if got < want || got > want+slack {
		t.Errorf("%s took %v, want %v", what, got, want)
	}
}

// Six hundred ports that never answer: ten probes in flight, each for a second.
func TestAllSilent(t *testing.T) {
	ph := &Phase{Timing: Normal.Timing()}
	ph.Timing.MaxRetries = 2
	w := &wire{reply: silent}
	_, took := runPhase(t, ph, w, 601)
	around(t, "601 silent ports", took, 121*time.Second, 3*time.Second)
	if len(w.sent) != 1202 || w.most != 10 {
		t.Errorf("%d probes, %d at a time; want 1202 and 10", len(w.sent), w.most)
	}
}

// The order and the times at which a silent host is probed.
func TestSilentSchedule(t *testing.T) {
	ph := &Phase{Timing: Normal.Timing()}
	w := &wire{reply: silent}
	runPhase(t, ph, w, 12)
	var got []string
	for _, s := range w.sent {
		got = append(got, fmt.Sprintf("%v %d.%d", s.at.Round(ms), s.item, s.try))
	}
	want := []string{"0s 0.0", "0s 1.0", "0s 2.0", "0s 3.0", "0s 4.0", "0s 5.0", "0s 6.0", "0s 7.0", "0s 8.0", "0s 9.0",
		"2s 9.1", "2s 8.1", "2s 7.1", "2s 6.1", "2s 5.1", "2s 4.1", "2s 3.1", "2s 2.1", "2s 1.1", "2s 0.1",
		"3s 10.0", "3s 11.0", "4s 11.1", "4s 10.1"}
	if !slices.Equal(got, want) {
		t.Errorf("schedule is\n%q, want\n%q", got, want)
	}
}

func TestAllAnswer(t *testing.T) {
	for _, c := range []struct {
		name string
		rtt  time.Duration
		want time.Duration
	}{{"at once", 0, 0}, {"after 20 ms", 20 * ms, 280 * ms}} {
		w := &wire{reply: func(*Probe) time.Duration { return c.rtt }}
		jobs, took := runPhase(t, &Phase{Timing: Normal.Timing()}, w, 1000)
		around(t, c.name, took, c.want, 100*ms)
		if len(w.sent) != 1000 || w.cancels != 0 {
			t.Errorf("%s: %d probes, %d cancelled", c.name, len(w.sent), w.cancels)
		}
		if got := jobs[0].Host.RTT.SRTT(); got != c.rtt {
			t.Errorf("%s: srtt %v", c.name, got)
		}
	}
}

// On a lossy path every port still gets its answer: the ceiling rises with need.
func TestLoss(t *testing.T) {
	seen := map[[2]int]int{}
	w := &wire{rank: RankConnect, reply: func(p *Probe) time.Duration {
		key := [2]int{p.Job.Index, p.Item}
		seen[key]++
		if p.Ping || seen[key] > p.Item%4 { // up to three transmissions of each item are lost
			return 10 * ms
		}
		return -1
	}}
	answered := 0
	w.dress = func(p *Probe, _ *Answer) {
		if !p.Ping {
			answered++
		}
	}
	slowed := 0
	ph := &Phase{Timing: Normal.Timing(), Slowed: func(_ *Job, from, to time.Duration, why string) {
		slowed++
		if to <= from || why == "" {
			t.Errorf("slowed from %v to %v because %q", from, to, why)
		}
	}}
	runPhase(t, ph, w, 40, 40)
	if answered != 80 {
		t.Errorf("%d of 80 answered", answered)
	}
	if slowed == 0 {
		t.Error("the loss was not noticed")
	}
	highest := 0
	for _, s := range w.sent {
		highest = max(highest, s.try)
	}
	if highest > 4 {
		t.Errorf("try %d, though try 3 brought all answers", highest)
	}
}

func TestMaxRetries(t *testing.T) {
	for _, c := range []struct {
		retries, sent, warned int
	}{{0, 3, 1}, {1, 6, 0}, {5, 6, 0}} {
		warned := 0
		ph := &Phase{Timing: Normal.Timing(), Capped: func(*Job) { warned++ }}
		ph.Timing.MaxRetries = c.retries
		w := &wire{reply: silent}
		runPhase(t, ph, w, 3)
		if len(w.sent) != c.sent || warned != c.warned {
			t.Errorf("--max-retries %d: %d probes, %d warnings; want %d, %d", c.retries, len(w.sent), warned, c.sent, c.warned)
		}
	}
}

// A host of which one port answers is pinged while the others are silent, and
// the answers keep its window wide.
func TestPings(t *testing.T) {
	ph := &Phase{Timing: Normal.Timing()}
	w := &wire{rank: RankConnect, reply: func(p *Probe) time.Duration {
		if p.Item == 0 {
			return 400 * ms
		}
		return -1
	}}
	_, took := runPhase(t, ph, w, 500)
	pings := 0
	var last time.Duration
	for _, s := range w.sent {
		if s.ping {
			if s.item != 0 || s.try != 0 {
				t.Errorf("ping is %+v", s)
			}
			if pings > 0 && s.at-last < pingQuiet {
				t.Errorf("pings %v apart", s.at-last)
			}
			pings++
			last = s.at
		}
	}
	if pings < 2 {
		t.Errorf("%d pings", pings)
	}
	if took > 25*time.Second {
		t.Errorf("took %v: the pings did not widen the window", took)
	}
}

// Answers limited to one a second after a burst, as Linux limits ICMP errors:
// every item is answered in the end, about one a second.
func TestRateLimitedAnswers(t *testing.T) {
	for _, template := range []Template{Normal, Aggressive} {
		tokens, filled := 6.0, epoch()
		w := &wire{reply: func(p *Probe) time.Duration {
			now := time.Now()
			tokens = min(6, tokens+now.Sub(filled).Seconds())
			filled = now
			if tokens < 1 {
				return -1
			}
			tokens--
			return ms
		}}
		answered := map[int]bool{}
		w.dress = func(p *Probe, _ *Answer) { answered[p.Item] = true }
		tm := template.Timing()
		warned := 0
		_, took := runPhase(t, &Phase{Timing: tm, RateLimited: true, KeepLate: true, MaxDelay: tm.MaxScanDelayUDP,
			Capped: func(*Job) { warned++ }}, w, 40)
		if len(answered) != 40 || warned != 0 {
			t.Errorf("%v: %d of 40 answered, %d warnings", template, len(answered), warned)
		}
		if took > 90*time.Second {
			t.Errorf("%v: took %v", template, took)
		}
		t.Logf("%v: took %v with %d probes", template, took, len(w.sent))
	}
}

// When the host that answered is done, it is still pinged for the others' sake.
func TestPingsOfFinishedHost(t *testing.T) {
	ph := &Phase{Timing: Normal.Timing()}
	ph.Timing.MinParallelism = 3
	w := &wire{rank: RankConnect, reply: func(p *Probe) time.Duration {
		if p.Job.Index == 0 {
			return 300 * ms
		}
		return -1
	}}
	runPhase(t, ph, w, 3, 300, 300)
	pings := 0
	for _, s := range w.sent {
		if s.ping && s.job == 0 && s.at > time.Second {
			pings++
		}
	}
	if pings < 3 {
		t.Errorf("%d pings of the finished host", pings)
	}

	// A finished host that went silent is given up as reference.
	w = &wire{rank: RankConnect, reply: func(p *Probe) time.Duration {
		if p.Job.Index == 0 && !p.Ping {
			return 300 * ms
		}
		return -1
	}}
	runPhase(t, &Phase{Timing: Normal.Timing()}, w, 3, 100)
	pings = 0
	for _, s := range w.sent {
		if s.ping {
			pings++
		}
	}
	if pings != 1 {
		t.Errorf("%d pings of a host that went silent, want 1", pings)
	}
}

// The wire's own trouble ends a phase.
func TestCarrierFails(t *testing.T) {
	broken := errors.New("broken")
	synctest.Test(t, func(t *testing.T) {
		for _, w := range []Carrier{failing{&wire{reply: silent}, broken, nil}, failing{&wire{reply: silent}, nil, broken}} {
			ph := &Phase{Timing: Normal.Timing(), Carrier: w}
			if err := ph.Run(t.Context(), []*Job{{Host: new(Host), Items: 3}}); !errors.Is(err, broken) {
				t.Errorf("error %v", err)
			}
		}
	})
}

// failing is a wire that breaks on sending or on receiving.
type failing struct {
	*wire
	send, receive error
}

func (f failing) Send(p *Probe) (Delivery, Answer, error) {
	if f.send != nil {
		return Waiting, Answer{}, f.send
	}
	return f.wire.Send(p)
}

func (f failing) Receive(ctx context.Context, until time.Time, got func(Answer)) error {
	if f.receive != nil {
		return f.receive
	}
	return f.wire.Receive(ctx, until, got)
}

func TestScanDelay(t *testing.T) {
	ph := &Phase{Timing: Polite.Timing()}
	w := &wire{reply: func(*Probe) time.Duration { return ms }}
	_, took := runPhase(t, ph, w, 6, 6)
	around(t, "six ports of two hosts at T2", took, 5*400*ms, 50*ms)
	last := map[int]time.Duration{}
	for _, s := range w.sent {
		if at, ok := last[s.job]; ok && s.at-at < 400*ms {
			t.Errorf("host %d got probes %v apart", s.job, s.at-at)
		}
		last[s.job] = s.at
	}
}

func TestRates(t *testing.T) {
	ph := &Phase{Timing: Normal.Timing()}
	ph.Timing.MaxRate = 50
	_, took := runPhase(t, ph, &wire{reply: func(*Probe) time.Duration { return ms }}, 100)
	around(t, "100 ports at 50 a second", took, 1980*ms, 20*ms)

	ph = &Phase{Timing: Normal.Timing()}
	ph.Timing.MinRate = 500
	ph.Timing.MaxRetries = 0
	_, took = runPhase(t, ph, &wire{reply: silent}, 1000)
	around(t, "1000 silent ports at 500 a second", took, 2950*ms, 100*ms)
}

func TestParallelism(t *testing.T) {
	for _, c := range []struct{ min, max, want int }{{0, 3, 3}, {40, 0, 40}} {
		ph := &Phase{Timing: Normal.Timing()}
		ph.Timing.MinParallelism, ph.Timing.MaxParallelism = c.min, c.max
		w := &wire{reply: silent}
		runPhase(t, ph, w, 100)
		if w.most != c.want {
			t.Errorf("parallelism %d to %d: %d probes in flight, want %d", c.min, c.max, w.most, c.want)
		}
	}
}

func TestHostTimeoutOfOne(t *testing.T) {
	ph := &Phase{Timing: Normal.Timing(), HostTimeout: true}
	ph.Timing.HostTimeout = 3 * time.Second
	finished := map[int]bool{}
	ph.Finished = func(j *Job) { finished[j.Index] = true }
	jobs, took := runPhaseUnfinished(t, ph, &wire{reply: func(p *Probe) time.Duration {
		if p.Job.Index == 0 {
			return -1
		}
		return 10 * ms
	}}, 500, 20)
	around(t, "the silent host", took, 3*time.Second, 10*ms)
	if !jobs[0].Host.TimedOut || jobs[1].Host.TimedOut || len(finished) != 2 {
		t.Errorf("timed out: %v and %v; finished %v", jobs[0].Host.TimedOut, jobs[1].Host.TimedOut, finished)
	}
	if spent := jobs[1].Host.Clock.Spent(time.Now()); spent > 100*ms {
		t.Errorf("the clock of the quick host ran for %v", spent)
	}
}

// runPhaseUnfinished is runPhase for jobs that are not done to the end.
func runPhaseUnfinished(t *testing.T, ph *Phase, w *wire, sizes ...int) (jobs []*Job, took time.Duration) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ph.Carrier, ph.MaxDelay = w, time.Second
		for i, n := range sizes {
			jobs = append(jobs, &Job{Host: new(Host), Index: i, Items: n})
		}
		if err := ph.Run(t.Context(), jobs); err != nil {
			t.Error(err)
		}
		took = time.Since(epoch())
	})
	return jobs, took
}

// Answers that come after their probe timed out count where the carrier can tell them.
func TestLateAnswers(t *testing.T) {
	for _, late := range []bool{true, false} {
		answered := map[int]int{}
		w := &wire{reply: func(p *Probe) time.Duration { return 5 * time.Second }}
		w.dress = func(p *Probe, _ *Answer) { answered[p.Item]++ }
		ph := &Phase{Timing: Normal.Timing(), KeepLate: late}
		_, _ = runPhase(t, ph, w, 60)
		want := 0
		if late {
			want = 60
		}
		if late && len(answered) < 50 || !late && len(answered) != 0 {
			t.Errorf("late answers kept %v: %d answered, want %d", late, len(answered), want)
		}
		for item, n := range answered {
			if n != 1 {
				t.Errorf("item %d was answered %d times", item, n)
			}
		}
	}
}

func TestFullCarrier(t *testing.T) {
	calls := 0
	w := &wire{reply: func(*Probe) time.Duration { return ms }, full: func() bool { calls++; return calls%3 == 0 }}
	_, took := runPhase(t, &Phase{Timing: Normal.Timing()}, w, 30)
	if len(w.sent) != 30 {
		t.Errorf("%d probes of 30", len(w.sent))
	}
	around(t, "waiting for descriptors", took, 14*fullPause, 100*ms)
}

func TestLostAnswers(t *testing.T) {
	w := &wire{reply: func(*Probe) time.Duration { return 30 * ms }, dress: func(_ *Probe, a *Answer) { a.Lost = true }}
	_, took := runPhase(t, &Phase{Timing: Normal.Timing()}, w, 5)
	around(t, "five lost ports", took, 1060*ms, 10*ms)
	if len(w.sent) != 10 {
		t.Errorf("%d probes, want two for each port", len(w.sent))
	}
}

func TestStop(t *testing.T) {
	w := &wire{reply: func(p *Probe) time.Duration {
		if p.Item == 1 {
			return 50 * ms
		}
		return -1
	}, dress: func(_ *Probe, a *Answer) { a.Stop = true }}
	_, took := runPhaseUnfinished(t, &Phase{Timing: Normal.Timing()}, w, 4, 4, 4)
	around(t, "three hosts of which one port answers", took, 50*ms, ms)
	if len(w.flying) != 0 {
		t.Errorf("%d probes were forgotten", len(w.flying))
	}
}

func TestQuietAnswersTeachNothing(t *testing.T) {
	w := &wire{reply: func(*Probe) time.Duration { return 10 * ms }, rank: RankConnect, dress: func(_ *Probe, a *Answer) { a.Quiet = true }}
	jobs, _ := runPhase(t, &Phase{Timing: Normal.Timing()}, w, 20)
	if j := jobs[0]; j.Host.RTT.Sampled() || j.window.Updated() != 0 || j.ping.rank != 0 {
		t.Errorf("a quiet answer made rtt %v, window %d, ping %d", j.Host.RTT, j.window.Updated(), j.ping.rank)
	}
}

func TestRunEndsEarly(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		go func() { _ = Sleep(ctx, time.Second/2); cancel() }()
		w := &wire{reply: silent}
		ph := &Phase{Timing: Normal.Timing(), Carrier: w}
		jobs := []*Job{{Host: new(Host), Items: 100}}
		if err := ph.Run(ctx, jobs); !errors.Is(err, context.Canceled) || len(w.flying) != 0 {
			t.Errorf("error %v, %d probes forgotten", err, len(w.flying))
		}
		if err := ph.Run(t.Context(), nil); err != nil {
			t.Errorf("no hosts: %v", err)
		}
	})
}

// Many hosts share the window of the group, and none starves.
func TestManyHosts(t *testing.T) {
	sizes := slices.Repeat([]int{2}, 3000)
	w := &wire{reply: func(p *Probe) time.Duration {
		if p.Job.Index%10 == 0 {
			return 5 * ms
		}
		return -1
	}}
	_, took := runPhase(t, &Phase{Timing: Normal.Timing()}, w, sizes...)
	if len(w.sent) != 3000*2+2700*2 {
		t.Errorf("%d probes", len(w.sent))
	}
	if took > 60*time.Second {
		t.Errorf("took %v", took)
	}
	if w.most > 300 {
		t.Errorf("%d in flight", w.most)
	}
	t.Logf("took %v, up to %d in flight", took, w.most)
}
