package fetch

import "time"

// clock adds up the time that it runs.
type clock struct {
	total time.Duration
	since time.Time // zero: it stands
}

func (c *clock) run(now time.Time) {
	if c.since.IsZero() {
		c.since = now
	}
}

func (c *clock) stop() {
	if !c.since.IsZero() {
		c.total += time.Since(c.since)
		c.since = time.Time{}
	}
}

func (c *clock) read() time.Duration {
	if c.since.IsZero() {
		return c.total
	}
	return c.total + time.Since(c.since)
}
