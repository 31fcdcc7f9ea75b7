package pool

import (
	"context"
	"errors"
	"syscall"
	"time"
)

// slot is the place of one worker, whoever fills it at the moment. Guarded by
// processes.mu.
type slot[In, Out any] struct {
	name   string
	filled bool            // there is a goroutine that keeps a worker here
	child  *child[In, Out] // nil while none is ready
}

// fillAnother has a worker started in a slot that has none, if there is one. It
// is called with mu held.
func (e *processes[In, Out]) fillAnother() {
	for _, s := range e.slots {
		if !s.filled {
			s.filled = true
			e.watchOver()
			e.crew.Go(func() { e.keepFilled(s) })
			return
		}
	}
}

// keepFilled keeps a worker in the slot: one that ends is replaced, unless it has
// been ended after its last call and nothing waits for another.
func (e *processes[In, Out]) keepFilled(s *slot[In, Out]) {
	for again := true; again; {
		c, err := e.hire(context.Background(), s.name, s)
		if err != nil {
			again = e.bear(s, err)
			continue
		}
		select {
		case <-c.gone:
		case <-c.leaving:
		}
		again = e.vacate(s, c)
	}
}

const (
	hireTries = 3                // to start a worker that does not start
	patience  = 10 * time.Second // with a system that is short of something
)

// hire starts a worker. What may go better a moment later is tried again.
func (e *processes[In, Out]) hire(ctx context.Context, name string, s *slot[In, Out]) (*child[In, Out], error) {
	began := time.Now()
	for try := 1; ; try++ {
		c, err := e.start(name, s)
		switch {
		case err == nil || errors.Is(err, ErrBroken):
			return c, err
		case isShortage(err) && time.Since(began) < patience:
		case try >= hireTries:
			return nil, err
		}
		if !e.pause(ctx, min(time.Second, 10*time.Millisecond<<(2*try))) {
			return nil, err
		}
	}
}

// isShortage reports whether the system has lacked what others may give back.
func isShortage(err error) bool {
	for _, lack := range []error{syscall.EAGAIN, syscall.EMFILE, syscall.ENFILE, syscall.ENOMEM} {
		if errors.Is(err, lack) {
			return true
		}
	}
	return false
}

// pause reports whether the engine still has a use for workers after it.
func (e *processes[In, Out]) pause(ctx context.Context, d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		e.mu.Lock()
		defer e.mu.Unlock()
		return e.refusal() == nil
	case <-ctx.Done():
	case <-e.closed:
	}
	return false
}

// bear reports whether the slot is to be filled nevertheless after err: others can go
// on meanwhile. If there are none the engine is broken.
func (e *processes[In, Out]) bear(s *slot[In, Out], err error) bool {
	if !errors.Is(err, ErrBroken) && e.others() && e.pause(context.Background(), time.Second) {
		return true
	}
	e.mu.Lock()
	s.filled = false
	e.mu.Unlock()
	e.breakDown(asBroken(err))
	return false
}

// others reports whether there are workers, though they may only be starting.
func (e *processes[In, Out]) others() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return len(e.children) > 0
}

// vacate reports whether the slot is to be filled again after c: not if c has been told
// to go, or would go again and again before it has had a call.
func (e *processes[In, Out]) vacate(s *slot[In, Out], c *child[In, Out]) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	needless := c.taken == 0 || c.taken == e.opts.MaxCalls
	s.filled = e.refusal() == nil && (!needless || len(e.waiting) > 0)
	return s.filled
}
