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

// errNotSent is that a call has not reached its worker, which had ended before.
var errNotSent = errors.New("worker has ended")

// child is a worker process, from the start to its end.
type child[In, Out any] struct {
	engine  *processes[In, Out]
	slot    *slot[In, Out] // nil: it runs calls alone
	name    string
	process *exec.Cmd
	calls   *os.File // to the worker
	answers *os.File // from it
	out     *frameWriter
	printed *output
	hello   chan helloAnswer // has room for one
	gone    chan struct{}    // closed when the process has ended and its calls have been told

	// Guarded by engine.mu.
	capacity int // calls that it takes at once
	load     int // places taken: calls that it has, or is about to get
	taken    int // places taken since the start
	retiring bool

	mu      sync.Mutex // guards all below
	flights map[uint64]*flight[Out]
	last    uint64 // id of the last call
	ended   bool   // no more calls
	lost    *WorkerLostError
	verdict string    // what it is ended for; "" for nothing: it ends by itself, or was told to
	retired bool      // it was told to end
	killAt  time.Time // zero is never
}

// flight is a call that the worker has.
type flight[Out any] struct {
	answer chan reply[Out] // has room for one
	limit  time.Duration   // 0 is none
	due    time.Time       // when an answer is overdue; zero is never
	left   bool            // nobody waits for the answer
}

type reply[Out any] struct {
	value Out
	err   error
}

// hasRoom is called with engine.mu held.
func (c *child[In, Out]) hasRoom() bool { return !c.retiring && c.load < c.capacity }

// call has the worker make the call. The error is what the call has returned;
// the end of ctx; errNotSent; or the worker's death, a *WorkerLostError with Runs 0.
func (c *child[In, Out]) call(ctx context.Context, a argument) (out Out, err error) {
	f := c.engine.flight()
	f.limit = timeLeft(ctx, a.limit)
	id, ok := c.take(f)
	if !ok {
		return out, errNotSent
	}
	err = c.out.send(frameCall, id, func(dst []byte) ([]byte, error) {
		return append(appendLimit(dst, f.limit), a.data...), nil
	})
	if errors.Is(err, errFrameTooLarge) {
		c.drop(id)
		return out, fmt.Errorf("encode argument: %w", err)
	} // any other error is that of a worker which is ending: it will be told to f
	select {
	case r := <-f.answer:
		c.engine.flights.Put(f)
		if errors.Is(r.err, context.DeadlineExceeded) && isOver(ctx) {
			<-ctx.Done() // it is about to: the worker was faster
			return out, context.Cause(ctx)
		}
		return r.value, r.err
	case <-ctx.Done():
		c.leave(id)
		return out, context.Cause(ctx)
	}
}

// timeLeft is the limit, or what is left of ctx's time if that is less. 0 is
// no limit.
func timeLeft(ctx context.Context, limit time.Duration) time.Duration {
	deadline, ok := ctx.Deadline()
	if !ok {
		return limit
	}
	left := max(1, time.Until(deadline))
	if limit == 0 {
		return left
	}
	return min(limit, left)
}

// isOver reports whether ctx's deadline has passed.
func isOver(ctx context.Context) bool {
	deadline, ok := ctx.Deadline()
	return ok && !time.Now().Before(deadline)
}

func (e *processes[In, Out]) flight() *flight[Out] {
	if f, ok := e.flights.Get().(*flight[Out]); ok {
		*f = flight[Out]{answer: f.answer}
		return f
	}
	return &flight[Out]{answer: make(chan reply[Out], 1)}
}

// take reports whether the worker takes the call.
func (c *child[In, Out]) take(f *flight[Out]) (id uint64, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ended {
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

// leave has the worker end a call that nobody waits for any more. Its place is
// taken until the worker has answered.
func (c *child[In, Out]) leave(id uint64) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f := c.flights[id]
	if f == nil {
		return
	}
	f.left = true
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
	c.calls.Close()
}

// condemn ends the worker by force, for what it has done.
func (c *child[In, Out]) condemn(verdict string) {
	c.blame(verdict)
	c.signal(os.Kill)
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

func (c *child[In, Out]) signal(s os.Signal) { _ = c.process.Process.Signal(s) } // it may have ended
