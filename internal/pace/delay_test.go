package pace

import (
	"strings"
	"testing"
	"time"
)

func TestDelayRaisedByDrops(t *testing.T) {
	now := time.Unix(1000, 0)
	for _, c := range []struct {
		template   Template
		drops      int // enough to raise
		good       int
		wantRaised bool
	}{
		{Normal, 10, 0, false}, // too few to tell
		{Normal, 11, 0, true},
		{Normal, 12, 27, true},  // 31 %
		{Normal, 12, 28, false}, // 30 %
		{Aggressive, 12, 17, true},
		{Aggressive, 12, 18, false}, // 40 %
	} {
		tm := c.template.Timing()
		d := NewDelay(&tm, time.Second, false)
		for range c.good {
			if why := d.Answered(now, now, 0); why != "" {
				t.Errorf("a good answer raised the delay: %s", why)
			}
		}
		why := ""
		for range c.drops {
			why = d.Answered(now, now, 1)
		}
		if (why != "") != c.wantRaised || d.Gap() > 0 != c.wantRaised {
			t.Errorf("%v: %d drops, %d good: delay %v, %q", c.template, c.drops, c.good, d.Gap(), why)
		}
		if c.wantRaised && !strings.Contains(why, "dropped probes since last increase.") {
			t.Errorf("reason is %q", why)
		}
	}
}

func TestDelaySteps(t *testing.T) {
	for _, c := range []struct {
		name     string
		template Template
		slow     bool
		max      time.Duration
		want     []time.Duration // in ms
	}{
		{"TCP", Normal, false, time.Second, []time.Duration{0, 5, 10, 20, 40, 80, 160, 320, 640, 1000, 1000}},
		{"UDP", Normal, true, time.Second, []time.Duration{0, 50, 100, 200, 400, 800, 1000}},
		{"T4", Aggressive, false, 10 * ms, []time.Duration{0, 5, 10, 10}},
		{"T5", Insane, false, 5 * ms, []time.Duration{0, 5, 5}},
		{"high maximum", Normal, false, 5 * time.Second, []time.Duration{0, 5, 10, 20, 40, 80, 160, 320, 640, 1000, 1000}},
		{"start beyond the maximum", Sneaky, false, time.Second, []time.Duration{15000, 15000}},
		{"start", Polite, false, time.Second, []time.Duration{400, 800, 1000}},
	} {
		tm := c.template.Timing()
		d := NewDelay(&tm, c.max, c.slow)
		for i, want := range c.want {
			if d.Gap() != want*ms {
				t.Errorf("%s: step %d is %v, want %v", c.name, i, d.Gap(), want*ms)
			}
			before := d.Gap()
			if why := d.NeededTry(time.Unix(1000, 0), 5); (why != "") != (d.Gap() != before) {
				t.Errorf("%s: raised from %v to %v because %q", c.name, before, d.Gap(), why)
			}
		}
	}
}

func TestDelayIgnoresOldDrops(t *testing.T) {
	tm := Normal.Timing()
	start := time.Unix(1000, 0)
	d := NewDelay(&tm, time.Second, false)
	d.NeededTry(start.Add(time.Second), 4)
	if d.Gap() != 5*ms {
		t.Fatalf("try 4 made the delay %v", d.Gap())
	}
	for range 50 {
		d.Answered(start.Add(2*time.Second), start, 1)
	}
	if d.Gap() != 5*ms {
		t.Errorf("drops from before the change made the delay %v", d.Gap())
	}
	if d.NeededTry(start, 3) != "" {
		t.Error("try 3 raised the delay")
	}
}

func TestCeiling(t *testing.T) {
	for _, c := range []struct {
		limit  int
		tries  []int
		max    int
		capped bool
	}{
		{10, nil, 1, false}, {10, []int{0, 0}, 1, false}, {10, []int{1}, 2, false}, {10, []int{3, 1}, 4, false},
		{10, []int{10}, 10, true}, {10, []int{9}, 10, false}, {1, nil, 1, false}, {1, []int{1}, 1, true}, {0, nil, 0, true},
	} {
		ceiling := NewCeiling(c.limit)
		for _, try := range c.tries {
			ceiling.Answered(try)
		}
		if ceiling.Max() != c.max || ceiling.Capped() != c.capped {
			t.Errorf("limit %d after answers to %v: %d, capped %v; want %d, %v", c.limit, c.tries, ceiling.Max(), ceiling.Capped(), c.max, c.capped)
		}
	}
}

func TestClock(t *testing.T) {
	at := func(s int) time.Time { return time.Unix(int64(1000+s), 0) }
	var c Clock
	if start, end := c.Bounds(); !start.IsZero() || !end.IsZero() {
		t.Errorf("unused clock has bounds %v, %v", start, end)
	}
	c.Stop(at(0))
	c.Start(at(1))
	c.Start(at(2)) // runs already
	c.Stop(at(4))
	c.Stop(at(5)) // stands already
	c.Start(at(10))
	if got := c.Spent(at(11)); got != 4*time.Second {
		t.Errorf("spent %v, want 4s", got)
	}
	if got := c.Expires(10 * time.Second); !got.Equal(at(17)) {
		t.Errorf("expires at %v, want %v", got, at(17))
	}
	c.Stop(at(12))
	if start, end := c.Bounds(); !start.Equal(at(1)) || !end.Equal(at(12)) || c.Spent(at(99)) != 5*time.Second {
		t.Errorf("bounds %v to %v, spent %v", start, end, c.Spent(at(99)))
	}
}

func TestRate(t *testing.T) {
	start := time.Unix(1000, 0)
	r := NewRate(&Timing{MaxRate: 10}, start)
	if !r.Allows(start) || r.Behind(start) || !r.Due().IsZero() {
		t.Error("a maximum alone: first probe")
	}
	r.Sent(start)
	if r.Allows(start.Add(99*ms)) || !r.Allows(start.Add(100*ms)) {
		t.Errorf("a maximum of 10 a second allows the next probe at %v", r.Free())
	}
	late := start.Add(time.Second)
	for range 10 { // what was missed may be made up
		if !r.Allows(late) {
			t.Fatal("no catching up")
		}
		r.Sent(late)
	}
	if r.Allows(late) {
		t.Error("more than was missed")
	}

	r = NewRate(&Timing{MinRate: 10}, start)
	if !r.Behind(start) || !r.Allows(start) || !r.Free().IsZero() {
		t.Error("a minimum alone: first probe")
	}
	for range 5 {
		r.Sent(start)
	}
	if r.Behind(start.Add(99*ms)) || !r.Behind(start.Add(100*ms)) {
		t.Errorf("probes sent early were banked: next due at %v", r.Due())
	}
	for range 9 {
		r.Sent(late)
	}
	if !r.Behind(late) {
		t.Error("behind schedule, but content")
	}
}

func TestRanks(t *testing.T) {
	for payloads, want := range map[int]Rank{0: 20, 1: 20, 2: 18, 5: 15, 19: 1, 500: 1} {
		if got := RankUDP(payloads); got != want {
			t.Errorf("RankUDP(%d) = %d, want %d", payloads, got, want)
		}
	}
}
