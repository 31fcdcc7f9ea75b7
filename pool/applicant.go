package pool

import (
	"context"
	"hash/maphash"
)

// applicant is a call that waits for a worker with room.
type applicant[In, Out any] struct {
	answer chan *child[In, Out] // has room for one; nil: no worker will come, refusal says why
}

// acquire takes room in a worker, and waits for it if need be.
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
	return e.awaitRoom(ctx, a)
}

func (e *processes[In, Out]) awaitRoom(ctx context.Context, a *applicant[In, Out]) (*child[In, Out], error) {
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

// give takes room in c, which leaves its slot with its last call. It is called with mu held.
func (e *processes[In, Out]) give(c *child[In, Out]) {
	c.load++
	c.taken++
	if c.taken == e.opts.MaxCalls && c.slot != nil {
		c.slot.child = nil
		close(c.leaving)
	}
}

// release gives room in c back: to the call that has waited longest, else to
// nobody.
func (e *processes[In, Out]) release(c *child[In, Out]) {
	if c.slot == nil {
		return // it runs calls alone
	}
	e.mu.Lock()
	c.load--
	over := c.load == 0 && c.taken == e.opts.MaxCalls
	e.handOut(c)
	e.mu.Unlock()
	if over {
		c.retire()
	}
}

// handOut gives c's room to calls that wait. It is called with mu held.
func (e *processes[In, Out]) handOut(c *child[In, Out]) {
	for len(e.waiting) > 0 && c.slot.child == c && c.hasRoom() {
		a := e.waiting[0]
		e.waiting = e.waiting[1:]
		e.give(c)
		a.answer <- c
	}
}
