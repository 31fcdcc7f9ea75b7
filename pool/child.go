package pool

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"sync"
	"time"
)

// child is a worker process, from the start to its end.
type child[In, Out any] struct {
	engine  *processes[In, Out]
	slot    *slot[In, Out] // nil: it runs calls alone
	name    string
	process *exec.Cmd
	to      *os.File // the worker: calls
	from    *os.File // it: answers
	out     *frameWriter
	printed *output
	hello   chan workerHello // has room for one
	leaving chan struct{}    // closed when it takes no more calls, as it has had MaxCalls
	exited  chan struct{}    // closed when the process has ended
	state   string           // how, after that
	gone    chan struct{}    // closed when its calls have been told

	// Guarded by engine.mu.
	capacity int // calls that it takes at once
	load     int // calls that it has, or is about to get
	taken    int // calls since the start

	mu      sync.Mutex // guards all below
	flights map[uint64]*flight[Out]
	last    uint64           // id of the last call
	lost    *WorkerLostError // not nil: it takes no more calls
	verdict string           // what it is ended for; "" for nothing: it ends by itself, or was told to
	retired bool             // it was told to end
	killAt  time.Time        // zero is never
}

// hasRoom is called with engine.mu held.
func (c *child[In, Out]) hasRoom() bool { return c.load < c.capacity }

// call has the worker make the call.
func (c *child[In, Out]) call(ctx context.Context, a argument) reply[Out] {
	f := c.engine.newFlight()
	f.limit = timeLeft(ctx, a.limit)
	id, ok := c.take(f)
	if !ok {
		return reply[Out]{unsent: true}
	}
	err := c.out.send(frameCall, id, func(dst []byte) ([]byte, error) {
		return append(appendLimit(dst, f.limit), a.data...), nil
	})
	if errors.Is(err, errFrameTooLarge) {
		c.drop(id)
		return reply[Out]{err: fmt.Errorf("encode argument: %w", err)}
	} // any other error is the end of the worker, which its flights are told of
	select {
	case r := <-f.answer:
		c.engine.spare.Put(f)
		if errors.Is(r.err, context.DeadlineExceeded) && isOver(ctx) {
			<-ctx.Done() // it is about to: the worker was faster
			return reply[Out]{err: context.Cause(ctx)}
		}
		return r
	case <-ctx.Done():
		c.abandon(id)
		return reply[Out]{err: context.Cause(ctx)}
	}
}

// take reports whether the worker takes the call.
func (c *child[In, Out]) take(f *flight[Out]) (id uint64, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.lost != nil {
		return 0, false
	}
	c.last++
	c.flights[c.last] = f
	if f.limit > 0 {
		f.due = time.Now().Add(f.limit + overdueGrace)
	}
	return c.last, true
}

// drop forgets a call that was not sent.
func (c *child[In, Out]) drop(id uint64) {
	if c.remove(id) != nil {
		c.engine.release(c)
	}
}

// remove ends the flight of that id; nil if it is not there any more.
func (c *child[In, Out]) remove(id uint64) *flight[Out] {
	c.mu.Lock()
	defer c.mu.Unlock()
	f := c.flights[id]
	delete(c.flights, id)
	return f
}

// abandon has the worker end a call that nobody waits for any more. It is one of its
// load until the worker has answered.
func (c *child[In, Out]) abandon(id uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f := c.flights[id]
	if f == nil {
		return
	}
	f.abandoned = true
	if overdue := time.Now().Add(overdueGrace); f.due.IsZero() || overdue.Before(f.due) {
		f.due = overdue
	}
	_ = c.out.send(frameCancel, id, nil) // it fails when the worker is ending anyway
}

func (c *child[In, Out]) busy() bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return len(c.flights) > 0
}

// retire tells the worker to end: that its pipe is closed.
func (c *child[In, Out]) retire() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.retired = true
	c.to.Close()
}

// condemn ends the worker by force, for what it has done.
func (c *child[In, Out]) condemn(verdict string) {
	c.blame(verdict)
	c.kill()
}

// blame has the worker's end said to be for that, unless it is for something else
// already.
func (c *child[In, Out]) blame(verdict string) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.verdict == "" {
		c.verdict = verdict
	}
}

// endBy has the worker killed if it is still there at that time.
func (c *child[In, Out]) endBy(at time.Time) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.killAt = at
}

// kill ends the worker and what it has started.
func (c *child[In, Out]) kill() {
	select {
	case <-c.exited:
	default:
		killGroup(c.process.Process)
	}
}
