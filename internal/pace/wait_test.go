package pace

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

func TestSleep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		if err := Sleep(t.Context(), 3*time.Second); err != nil || time.Since(start) != 3*time.Second {
			t.Errorf("Sleep(3s) took %v, error %v", time.Since(start), err)
		}
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		go func() { _ = Sleep(t.Context(), time.Second); cancel() }()
		if err := Sleep(ctx, time.Hour); !errors.Is(err, context.Canceled) || time.Since(start) != 4*time.Second {
			t.Errorf("cancelled Sleep ended after %v with %v", time.Since(start), err)
		}
		if err := Sleep(ctx, -1); !errors.Is(err, context.Canceled) {
			t.Errorf("Sleep(-1) with a cancelled context = %v", err)
		}
		if err := SleepUntil(t.Context(), start.Add(5*time.Second)); err != nil || time.Since(start) != 5*time.Second {
			t.Errorf("SleepUntil ended after %v with %v", time.Since(start), err)
		}
	})
}

func TestDeadlines(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		if d := Deadline(0); !d.IsZero() {
			t.Errorf("Deadline(0) = %v, want none", d)
		}
		if d := Deadline(time.Second); !d.Equal(time.Now().Add(time.Second)) {
			t.Errorf("Deadline(1s) = %v", d)
		}
		if !Past().Before(time.Now()) {
			t.Error("Past is not past")
		}
		for _, d := range []time.Duration{0, time.Minute} {
			ctx, cancel := WithTimeout(t.Context(), d)
			if end, ok := ctx.Deadline(); ok != (d > 0) || ok && !end.Equal(Deadline(d)) {
				t.Errorf("WithTimeout(%v) ends at %v, %v", d, end, ok)
			}
			cancel()
		}
		ctx, cancel := WithDeadline(t.Context(), time.Time{})
		defer cancel()
		if _, ok := ctx.Deadline(); ok {
			t.Error("WithDeadline of no time has a deadline")
		}
	})
}
