package portscan

import (
	"context"
	"math/rand/v2"
	"net/netip"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sonde/internal/dial"
	"sonde/internal/pace"
	"sonde/portspec"
	"sonde/result"
)

// lossy is a Connector over a network that loses and delays, on the clock of
// synctest. Even ports are open, odd ones closed, those below silent do not answer.
type lossy struct {
	rng    *rand.Rand
	loss   float64
	rtt    time.Duration
	silent uint16
	flying map[int]landing
	next   int
	began  int
}

type landing struct {
	at    time.Time
	fault dial.Fault
}

func (l *lossy) Start(to netip.AddrPort) (int, dial.Fault, error) {
	l.began++
	l.next++
	if to.Port() < l.silent || l.rng.Float64() < l.loss {
		return l.next, dial.FaultNone, nil
	}
	f := dial.FaultNone
	if to.Port()%2 == 1 {
		f = dial.Refused
	}
	jitter := time.Duration(l.rng.Int64N(int64(l.rtt)/4 + 1))
	l.flying[l.next] = landing{time.Now().Add(l.rtt + jitter), f}
	return l.next, dial.FaultNone, nil
}

func (l *lossy) Poll(until time.Time, got func(int, dial.Fault)) error {
	for _, f := range l.flying {
		if until.IsZero() || f.at.Before(until) {
			until = f.at
		}
	}
	_ = pace.SleepUntil(context.Background(), until)
	var landed []int
	for slot, f := range l.flying {
		if !f.at.After(time.Now()) {
			landed = append(landed, slot)
		}
	}
	slices.Sort(landed)
	for _, slot := range landed {
		f := l.flying[slot].fault
		delete(l.flying, slot)
		got(slot, f)
	}
	return nil
}

func (l *lossy) Cancel(slot int) { delete(l.flying, slot) }
func (l *lossy) Close() error    { return nil }

// scanOver runs a connect scan over a network of the test.
func scanOver(t *testing.T, l *lossy, c Config, ports portspec.Set, hosts int) (scanned []*Host, took time.Duration) {
	t.Helper()
	l.rng, l.flying = rand.New(rand.NewPCG(1, 2)), map[int]landing{}
	tech := Connect
	tech.carrier = func(_ context.Context, s *Scan) (carrier, error) {
		return dial.NewCarrier(l, s.target, s.judgeConnect, nil), nil
	}
	synctest.Test(t, func(t *testing.T) {
		for i := range hosts {
			scanned = append(scanned, &Host{Addr: netip.AddrFrom4([4]byte{10, 0, 0, byte(i + 1)}), Ports: portspec.Ports{TCP: ports}})
		}
		start := time.Now()
		if err := Run(t.Context(), c, tech, scanned); err != nil {
			t.Error(err)
		}
		took = time.Since(start)
	})
	return scanned, took
}

// wrong counts verdicts that are not those of the network.
func wrong(l *lossy, hosts []*Host) (n int) {
	for _, h := range hosts {
		for _, p := range h.Results() {
			want := result.Open
			switch {
			case p.Number < l.silent:
				want = result.Filtered
			case p.Number%2 == 1:
				want = result.Closed
			}
			if p.State != want {
				n++
			}
		}
	}
	return n
}

// Without loss every verdict is right; with a little of it nearly every one.
// The errors that remain are ports whose first transmissions were all lost
// before the ceiling had risen.
func TestLossyNetwork(t *testing.T) {
	for _, c := range []struct {
		loss   float64
		rtt    time.Duration
		silent uint16
		wrong  int // of 2,000 at most
		took   time.Duration
	}{
		{0, time.Millisecond, 0, 0, 300 * time.Millisecond},
		{0, 80 * time.Millisecond, 0, 0, 3 * time.Second},
		{0, 80 * time.Millisecond, 1100, 0, 15 * time.Second},
		{0.02, 80 * time.Millisecond, 0, 2, 30 * time.Second},
		{0.10, 80 * time.Millisecond, 0, 4, 120 * time.Second},
		{0.10, 300 * time.Millisecond, 1100, 4, 400 * time.Second},
	} {
		l := &lossy{loss: c.loss, rtt: c.rtt, silent: c.silent}
		hosts, took := scanOver(t, l, Config{Timing: pace.Normal.Timing()}, portspec.NewSet(portspec.Range{Lo: 1000, Hi: 1499}), 4)
		t.Logf("loss %.2f, %v, %d silent: %d of 2000 wrong after %v and %d attempts", c.loss, c.rtt, int(c.silent), wrong(l, hosts), took, l.began)
		if n := wrong(l, hosts); n > c.wrong {
			t.Errorf("loss %.2f: %d of 2000 verdicts are wrong", c.loss, n)
		}
		if took > c.took {
			t.Errorf("loss %.2f, %v: took %v, want %v at most", c.loss, c.rtt, took, c.took)
		}
	}
}

func TestFoundTellsOpenPortsOnce(t *testing.T) {
	l := &lossy{rtt: 10 * time.Millisecond, silent: 1010}
	found := map[netip.AddrPort]int{}
	c := Config{Timing: pace.Normal.Timing(), Found: func(a netip.Addr, p result.Port) { found[netip.AddrPortFrom(a, p.Number)]++ }}
	scanOver(t, l, c, portspec.NewSet(portspec.Range{Lo: 1000, Hi: 1019}), 2)
	if len(found) != 10 {
		t.Errorf("%d open ports were told of, want 10", len(found))
	}
	for port, n := range found {
		if n != 1 || port.Port()%2 == 1 {
			t.Errorf("%v was told %d times", port, n)
		}
	}
}

func TestNotices(t *testing.T) {
	var notices []string
	c := Config{Timing: pace.Normal.Timing(), Notice: func(_ result.Level, _, text string) { notices = append(notices, text) }}
	c.Timing.MaxRetries = 0
	scanOver(t, &lossy{rtt: time.Millisecond, silent: 2000}, c, portspec.NewSet(portspec.Range{Lo: 1000, Hi: 1019}), 1)
	if want := []string{"10.0.0.1 giving up on port because retransmission cap hit (0)."}; !slices.Equal(notices, want) {
		t.Errorf("notices %q, want %q", notices, want)
	}

	notices = nil
	c.Timing = pace.Normal.Timing()
	c.Timing.HostTimeout = 2 * time.Second
	hosts, took := scanOver(t, &lossy{rtt: time.Millisecond, silent: 2000}, c, portspec.NewSet(portspec.Range{Lo: 1000, Hi: 1059}), 1)
	if want := "10.0.0.1 timed out during Connect Scan (0 hosts left)"; !slices.Contains(notices, want) || !hosts[0].TimedOut() || took != 2*time.Second {
		t.Errorf("notices %q after %v, want %q", notices, took, want)
	}

	notices = nil
	c.Timing = pace.Normal.Timing()
	scanOver(t, &lossy{rtt: 50 * time.Millisecond, loss: 0.5}, c, portspec.NewSet(portspec.Range{Lo: 1000, Hi: 1099}), 1)
	if !slices.ContainsFunc(notices, func(s string) bool {
		return strings.HasPrefix(s, "Increasing send delay for 10.0.0.1 from 0 to 5 due to ")
	}) {
		t.Errorf("notices of half the probes lost: %q", notices)
	}
}

// A port that answered discovery keeps the window open when all scanned ports are silent.
func TestPingPort(t *testing.T) {
	l := &lossy{rtt: 20 * time.Millisecond, silent: 60000}
	_, without := scanOver(t, l, Config{Timing: pace.Normal.Timing()}, portspec.NewSet(portspec.Range{Lo: 1, Hi: 2000}), 1)

	l = &lossy{rtt: 20 * time.Millisecond, silent: 60000}
	l.rng, l.flying = rand.New(rand.NewPCG(1, 2)), map[int]landing{}
	tech := Connect
	tech.carrier = func(_ context.Context, s *Scan) (carrier, error) {
		return dial.NewCarrier(l, s.target, s.judgeConnect, nil), nil
	}
	var with time.Duration
	synctest.Test(t, func(t *testing.T) {
		h := &Host{Addr: netip.MustParseAddr("10.0.0.1"), PingPort: 60001, Ports: portspec.Ports{TCP: portspec.NewSet(portspec.Range{Lo: 1, Hi: 2000})}}
		start := time.Now()
		if err := Run(t.Context(), Config{Timing: pace.Normal.Timing()}, tech, []*Host{h}); err != nil {
			t.Error(err)
		}
		with = time.Since(start)
		if len(h.Results()) != 2000 {
			t.Errorf("%d results", len(h.Results()))
		}
	})
	if with > without/10 {
		t.Errorf("2,000 silent ports took %v, and %v with a port to ping", without, with)
	}
}
