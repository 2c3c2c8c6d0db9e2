package flow

import (
	"context"
	"math"
	"testing"
	"testing/synctest"
	"time"

	"sonde/internal/pace"
	"sonde/portspec"
	"sonde/result"
)

// watchFor runs a board's watch over a task whose share of work done follows
// from the time passed, and gives the reports it made.
func watchFor(t *testing.T, total, every time.Duration, verbose bool, fraction func(time.Duration) float64) (reports []result.TaskProgress) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		b := &board{emit: func(e result.Event) {
			if p, ok := e.(result.TaskProgress); ok {
				reports = append(reports, p)
			}
		}}
		end := b.start("Connect Scan", "", 3, func() float64 { return fraction(time.Since(began)) })
		ctx, cancel := context.WithTimeout(t.Context(), total)
		defer cancel()
		b.watch(ctx, every, verbose)
		end("")
	})
	return reports
}

func linear(total time.Duration) func(time.Duration) float64 {
	return func(d time.Duration) float64 { return float64(d) / float64(total) }
}

func TestAskedProgress(t *testing.T) {
	got := watchFor(t, 95*time.Second, 10*time.Second, false, linear(100*time.Second))
	if len(got) != 9 {
		t.Fatalf("%d reports, want one each 10 s: %+v", len(got), got)
	}
	p := got[4]
	if !p.Asked || p.Task != "Connect Scan" || math.Abs(p.Percent-50) > 0.01 || p.Remaining.Round(time.Second) != 50*time.Second || p.Running != 3 {
		t.Errorf("after 50 s of 100: %+v", p)
	}
}

func TestNoEstimateBelowOnePercent(t *testing.T) {
	got := watchFor(t, 15*time.Second, 10*time.Second, false, linear(2000*time.Second))
	if len(got) != 1 || got[0].Remaining != 0 {
		t.Errorf("got %+v, want one report without an estimate", got)
	}
}

func TestPercentStaysBelowHundred(t *testing.T) {
	got := watchFor(t, 15*time.Second, 10*time.Second, false, func(time.Duration) float64 { return 1 })
	if len(got) != 1 || got[0].Percent != 99.99 {
		t.Errorf("got %+v, want 99.99 %%", got)
	}
}

// What nobody asked for is told only when it is news: the first estimate after
// half a minute, and again when the end has moved.
func TestUnaskedProgress(t *testing.T) {
	steady := watchFor(t, 500*time.Second, 0, true, linear(600*time.Second))
	if len(steady) != 1 || steady[0].Asked {
		t.Errorf("a steady task was told %d times, want once: %+v", len(steady), steady)
	}
	slowing := watchFor(t, 500*time.Second, 0, true, func(d time.Duration) float64 { return math.Sqrt(float64(d) / float64(1000*time.Second)) })
	if len(slowing) < 3 {
		t.Errorf("a task whose end recedes was told %d times", len(slowing))
	}
	short := watchFor(t, 50*time.Second, 0, true, linear(55*time.Second))
	if len(short) != 0 {
		t.Errorf("a task that is nearly done was told: %+v", short)
	}
	silent := watchFor(t, 500*time.Second, 0, false, linear(600*time.Second))
	if len(silent) != 0 {
		t.Errorf("a run that is not verbose was told: %+v", silent)
	}
}

func TestGroupSize(t *testing.T) {
	few, many := portspec.NewSet(portspec.Range{Lo: 1, Hi: 4}), portspec.All(result.TCP)
	for _, tt := range []struct {
		name   string
		scans  []Scan
		change func(*pace.Timing)
		want   int
	}{
		{"few TCP ports", []Scan{{Type: "connect", Ports: few}}, nil, 256},
		{"all TCP ports", []Scan{{Type: "connect", Ports: many}}, nil, 64},
		{"UDP too", []Scan{{Type: "udp", Ports: few}, {Type: "connect", Ports: many}}, nil, 128},
		{"at least", []Scan{{Type: "connect", Ports: many}}, func(tm *pace.Timing) { tm.MinHostgroup = 500 }, 500},
		{"at most", []Scan{{Type: "connect", Ports: few}}, func(tm *pace.Timing) { tm.MaxHostgroup = 10 }, 10},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tm := pace.Normal.Timing()
			if tt.change != nil {
				tt.change(&tm)
			}
			r := &run{Plan: Plan{Scans: tt.scans, Timing: tm}}
			if _, err := r.prepare(t.Context()); err != nil {
				t.Fatal(err)
			}
			if got := r.groupSize(); got != tt.want {
				t.Errorf("got %d hosts, want %d", got, tt.want)
			}
		})
	}
}

func TestTimeLeft(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		h := &host{}
		h.scan.Timing = new(pace.Host)
		if got := h.timeLeft(0); got != math.MaxInt64 {
			t.Errorf("without a limit %v is left", got)
		}
		h.scan.Timing.Clock.Start(time.Now())
		time.Sleep(4 * time.Second)
		h.scan.Timing.Clock.Stop(time.Now())
		time.Sleep(4 * time.Second)
		if got := h.timeLeft(10 * time.Second); got != 6*time.Second {
			t.Errorf("%v of 10 s is left after 4 s of work, want 6 s", got)
		}
	})
}

func TestUnknownTechnique(t *testing.T) {
	err := Run(t.Context(), Plan{Scans: []Scan{{Type: "psychic"}}}, func(result.Event) {})
	if err == nil {
		t.Error("a technique that does not exist was accepted")
	}
}
