package pool

import (
	"context"
	"fmt"
	"time"
)

// watchOver has the workers watched. It is called with mu held.
func (e *processes[In, Out]) watchOver() {
	if !e.watched {
		e.watched = true
		e.crew.Go(e.watch)
	}
}

// watch looks at the workers from time to time: a timer for each call would cost
// more than the few milliseconds that a late call may last longer.
func (e *processes[In, Out]) watch() {
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for {
		select {
		case now := <-tick.C:
			e.mu.Lock()
			living := e.living()
			e.mu.Unlock()
			for _, c := range living {
				c.look(now)
			}
		case <-e.closed:
			return
		}
	}
}

// look ends the worker if it should not go on.
func (c *child[In, Out]) look(now time.Time) {
	late, over := c.overdue(now)
	for _, f := range late {
		if !f.abandoned {
			f.answer <- reply[Out]{err: fmt.Errorf("no answer within %v: %w", f.limit, context.DeadlineExceeded)}
		}
	}
	if over {
		c.condemn("did not end a call in time")
	}
	if limit := c.engine.opts.Memory; limit > 0 && residentBytes(c.process.Process.Pid) > limit {
		c.condemn(fmt.Sprintf("used more than %d MiB", limit>>20))
	}
}

// overdue takes the calls out that should have ended, and reports whether it is
// time to end the worker.
func (c *child[In, Out]) overdue(now time.Time) (late []*flight[Out], over bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	for id, f := range c.flights {
		if !f.due.IsZero() && now.After(f.due) {
			late = append(late, f)
			delete(c.flights, id)
		}
	}
	return late, len(late) > 0 || !c.killAt.IsZero() && now.After(c.killAt)
}
