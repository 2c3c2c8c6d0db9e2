package pace

import "time"

// Clock measures the time that a host spends in scan phases, for
// --host-timeout: it runs only while the host is worked on.
type Clock struct {
	spent   time.Duration
	running bool
	since   time.Time
	start   time.Time
	end     time.Time
}

// Start lets the clock run.
func (c *Clock) Start(now time.Time) {
	if c.running {
		return
	}
	if c.start.IsZero() {
		c.start = now
	}
	c.running, c.since = true, now
}

// Stop halts the clock.
func (c *Clock) Stop(now time.Time) {
	if !c.running {
		return
	}
	c.running, c.end = false, now
	c.spent += now.Sub(c.since)
}

// Spent is the time the clock has run until now.
func (c *Clock) Spent(now time.Time) time.Duration {
	if c.running {
		return c.spent + now.Sub(c.since)
	}
	return c.spent
}

// Expires is when a running clock will have spent limit.
func (c *Clock) Expires(limit time.Duration) time.Time { return c.since.Add(limit - c.spent) }

// Bounds are the first start and the last stop, zero if there was none.
func (c *Clock) Bounds() (start, end time.Time) { return c.start, c.end }
