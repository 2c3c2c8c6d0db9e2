package pace

import (
	"context"
	"time"
)

// Sleep waits for d, or until ctx is done, in which case it returns ctx.Err().
// A d of zero or less returns at once.
func Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// SleepUntil waits until the moment t, or until ctx is done, in which case it
// returns ctx.Err().
func SleepUntil(ctx context.Context, t time.Time) error { return Sleep(ctx, time.Until(t)) }

// Deadline is the moment d from now, for SetDeadline and its kin. Zero or less
// means no deadline.
func Deadline(d time.Duration) time.Time {
	if d <= 0 {
		return time.Time{}
	}
	return time.Now().Add(d)
}

// Past is a moment long gone: as a deadline it wakes whoever waits at once.
func Past() time.Time { return time.Unix(1, 0) }

// WithTimeout is context.WithTimeout, except that a d of zero or less means no
// timeout.
func WithTimeout(ctx context.Context, d time.Duration) (context.Context, context.CancelFunc) {
	if d <= 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, d)
}

// WithDeadline is context.WithDeadline, except that the zero time means no
// deadline.
func WithDeadline(ctx context.Context, t time.Time) (context.Context, context.CancelFunc) {
	if t.IsZero() {
		return context.WithCancel(ctx)
	}
	return context.WithDeadline(ctx, t)
}

// NewTimer is a timer that fires once after d, for use in a select. Its owner
// stops it.
func NewTimer(d time.Duration) *time.Timer { return time.NewTimer(d) }

// NewTicker fires every d, which must be positive. Its owner stops it.
func NewTicker(d time.Duration) *time.Ticker { return time.NewTicker(d) }
