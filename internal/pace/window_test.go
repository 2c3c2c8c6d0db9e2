package pace

import (
	"math"
	"testing"
	"time"
)

func TestWindowStart(t *testing.T) {
	for _, c := range []struct {
		min, max int
		allowed  int // probes in flight at the start
	}{{0, 0, 10}, {0, 1, 1}, {0, 7, 7}, {25, 0, 25}, {25, 30, 25}, {400, 0, 400}, {12, 12, 12}} {
		w := NewWindow(&Timing{MinParallelism: c.min, MaxParallelism: c.max})
		if w.Allows(c.allowed) || !w.Allows(c.allowed-1) {
			t.Errorf("parallelism %d to %d: window is %g, want %d", c.min, c.max, w.cwnd, c.allowed)
		}
	}
}

func TestWindowGrows(t *testing.T) {
	normal, aggressive := Normal.Timing(), Aggressive.Timing()
	w := NewWindow(&normal)
	for range 65 {
		w.Answered(false)
	}
	if w.cwnd != 75 {
		t.Fatalf("slow start ended at %g, want 75", w.cwnd)
	}
	w.Answered(false)
	if want := 75 + 1.0/75; w.cwnd != want {
		t.Errorf("avoidance at T3: %g, want %g", w.cwnd, want)
	}
	w.limits = &aggressive
	before := w.cwnd
	w.Answered(true)
	if want := before + 2/before*3; math.Abs(w.cwnd-want) > 1e-9 {
		t.Errorf("a ping at T4: %g, want %g", w.cwnd, want)
	}
	for range 100_000 {
		w.Answered(true)
	}
	if w.cwnd != 300 {
		t.Errorf("window ended at %g, want 300", w.cwnd)
	}
}

// The more silence, the more an answer counts, up to fifty.
func TestWindowScale(t *testing.T) {
	tm := Normal.Timing()
	for _, c := range []struct {
		silent int
		want   float64
	}{{0, 11}, {4, 15}, {48, 59}, {200, 60}} {
		w := NewWindow(&tm)
		for range c.silent {
			w.Unanswered()
		}
		if w.cwnd != 10 {
			t.Errorf("%d silent probes alone changed the window to %g", c.silent, w.cwnd)
		}
		w.Answered(false)
		if w.cwnd != c.want {
			t.Errorf("after %d silent probes an answer makes the window %g, want %g", c.silent, w.cwnd, c.want)
		}
	}
}

func TestWindowDrops(t *testing.T) {
	start := time.Unix(1000, 0)
	for _, c := range []struct {
		template            Template
		host, group, thresh float64
	}{{Normal, 1, 30, 26}, {Aggressive, 1, 30, 30}, {Insane, 1, 30, 32}} {
		tm := c.template.Timing()
		host, group := NewWindow(&tm), NewWindow(&tm)
		host.cwnd, group.cwnd = 60, 60
		host.DroppedAtHost(start.Add(time.Second), start, 40)
		group.DroppedInGroup(start.Add(time.Second), start, 40)
		if host.cwnd != c.host || group.cwnd != c.group || host.ssthresh != c.thresh || group.ssthresh != c.thresh {
			t.Errorf("%v: host %g/%g, group %g/%g, want %g, %g and thresholds of %g", c.template,
				host.cwnd, host.ssthresh, group.cwnd, group.ssthresh, c.host, c.group, c.thresh)
		}
		group.DroppedInGroup(start.Add(2*time.Second), start.Add(time.Second), 40)
		if group.cwnd != c.group {
			t.Errorf("%v: a probe sent before the last drop changed the window to %g", c.template, group.cwnd)
		}
		group.DroppedInGroup(start.Add(3*time.Second), start.Add(2*time.Second), 1)
		if group.cwnd != c.group/2 || group.ssthresh != 2 {
			t.Errorf("%v: second drop: %g/%g", c.template, group.cwnd, group.ssthresh)
		}
	}
}
