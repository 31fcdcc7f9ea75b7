package pool

import (
	"context"
	"errors"
	"hash/maphash"
	"time"
)

// slot is the place of one worker, whoever fills it at the moment. Guarded by
// processes.mu.
type slot[In, Out any] struct {
	name   string
	filled bool            // there is a goroutine that keeps a worker here
	child  *child[In, Out] // nil while none is ready
}

// applicant is a call that waits for a worker with room.
type applicant[In, Out any] struct {
	answer chan *child[In, Out] // has room for one; nil: no worker will come, refusal says why
}

// acquire takes a place in a worker, and waits for one if need be.
func (e *processes[In, Out]) acquire(ctx context.Context, key string) (*child[In, Out], error) {
	e.mu.Lock()
	if err := e.refusal(); err != nil {
		e.mu.Unlock()
		return nil, err
	}
	c := e.choose(key)
	if c == nil || c.load > 0 {
		e.fillAnother()
	}
	if c != nil {
		e.give(c)
		e.mu.Unlock()
		return c, nil
	}
	a := &applicant[In, Out]{answer: make(chan *child[In, Out], 1)}
	e.waiting = append(e.waiting, a)
	e.mu.Unlock()
	return e.await(ctx, a)
}

func (e *processes[In, Out]) await(ctx context.Context, a *applicant[In, Out]) (*child[In, Out], error) {
	var c *child[In, Out]
	select {
	case c = <-a.answer:
	case <-ctx.Done():
		if e.withdraw(a) {
			return nil, context.Cause(ctx)
		}
		c = <-a.answer
	}
	if c != nil {
		return c, nil
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	return nil, e.refusal()
}

// withdraw reports whether nobody has answered the applicant.
func (e *processes[In, Out]) withdraw(a *applicant[In, Out]) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	for i, other := range e.waiting {
		if other == a {
			e.waiting = append(e.waiting[:i], e.waiting[i+1:]...)
			return true
		}
	}
	return false
}

var keySeed = maphash.MakeSeed()

// choose finds the worker for a call: the one of its key, while that has not
// more than a quarter above its share (consistent hashing with bounded loads);
// else the one with the least to do, and of equals the first, so that no more are kept busy than need
// be. nil: none has room. It is called with mu held.
func (e *processes[In, Out]) choose(key string) *child[In, Out] {
	var least *child[In, Out]
	ready, total := 0, 1
	for _, s := range e.slots {
		if s.child == nil {
			continue
		}
		ready++
		total += s.child.load
		if s.child.hasRoom() && (least == nil || s.child.load < least.load) {
			least = s.child
		}
	}
	if key == "" || least == nil {
		return least
	}
	c := e.slots[maphash.String(keySeed, key)%uint64(len(e.slots))].child
	if c != nil && c.hasRoom() && 4*ready*(c.load+1) <= 5*(total+ready) {
		return c
	}
	return least
}

// give takes a place in c. It is called with mu held.
func (e *processes[In, Out]) give(c *child[In, Out]) {
	c.load++
	c.taken++
	c.retiring = c.retiring || c.taken == e.opts.MaxCalls
}

// release gives a place in c back: to the call that has waited longest, else to
// nobody.
func (e *processes[In, Out]) release(c *child[In, Out]) {
	if c.slot == nil {
		return // it has no places: it runs calls alone
	}
	e.mu.Lock()
	c.load--
	over := c.retiring && c.load == 0
	e.handOut(c)
	e.mu.Unlock()
	if over {
		c.retire()
	}
}

// handOut gives c's places to calls that wait. It is called with mu held.
func (e *processes[In, Out]) handOut(c *child[In, Out]) {
	for len(e.waiting) > 0 && c.slot.child == c && c.hasRoom() {
		a := e.waiting[0]
		e.waiting = e.waiting[1:]
		e.give(c)
		a.answer <- c
	}
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
		c, err := e.hire(s.name, s)
		if err != nil {
			again = e.bear(s, err)
			continue
		}
		<-c.gone
		again = e.vacate(s, c)
	}
}

// hire starts a worker, and tries it again twice: a system that is short of
// something may have it a moment later. What would come again is not tried again.
func (e *processes[In, Out]) hire(name string, s *slot[In, Out]) (*child[In, Out], error) {
	for pause := 10 * time.Millisecond; ; pause *= 10 {
		c, err := e.start(name, s)
		if err == nil || errors.Is(err, ErrBroken) || pause > 100*time.Millisecond || !e.pause(pause) {
			return c, err
		}
	}
}

// pause reports whether the engine still has a use for workers after it.
func (e *processes[In, Out]) pause(d time.Duration) bool {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
		e.mu.Lock()
		defer e.mu.Unlock()
		return e.refusal() == nil
	case <-e.closed:
		return false
	}
}

// bear reports whether the slot is to be filled nevertheless after err: other
// workers can go on meanwhile. If there are none the engine is broken.
func (e *processes[In, Out]) bear(s *slot[In, Out], err error) bool {
	if !errors.Is(err, ErrBroken) && e.hasReady() && e.pause(time.Second) {
		return true
	}
	e.mu.Lock()
	s.filled = false
	alive := e.refusal() == nil
	e.mu.Unlock()
	if alive {
		e.breakDown(broken(err))
	}
	return false
}

func (e *processes[In, Out]) hasReady() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	for _, s := range e.slots {
		if s.child != nil {
			return true
		}
	}
	return false
}

// vacate reports whether the slot is to be filled again after c has gone.
func (e *processes[In, Out]) vacate(s *slot[In, Out], c *child[In, Out]) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	needless := c.retiring || c.taken == 0 // one that ends before it has had a call might do so for ever
	s.filled = e.refusal() == nil && (!needless || len(e.waiting) > 0)
	return s.filled
}
