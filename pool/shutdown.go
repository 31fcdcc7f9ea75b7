package pool

import (
	"context"
	"errors"
	"fmt"
)

// Mode says how [Executor.Shutdown] ends what is submitted.
type Mode uint

// Drain, the zero Mode, makes all calls that are submitted; the others are joined by |.
const Drain Mode = 0

const (
	// CancelPending cancels the calls that no worker has taken yet. Their callbacks
	// run on the goroutine that calls Shutdown.
	CancelPending Mode = 1 << iota

	// NoWait returns without waiting for the calls that are left. They are made
	// nevertheless, and then the engine is closed.
	NoWait

	// Terminate does what CancelPending does, and ends the calls that run by force,
	// if the engine can ([Terminator]): they end with an error that Is
	// [ErrWorkerLost]. With [Threads] there is nothing to end by force: calls end
	// when they return, and to that end their contexts are the caller's.
	Terminate

	// Kill is Terminate without asking: what makes the calls has no time to clean up.
	Kill
)

// Shutdown takes no more calls: from now on every Submit, also one that waits for
// room, returns [ErrShutdown]. It returns when the last call has ended, its
// callbacks have returned and the engine is closed. If ctx ends before, the error
// is the context's cause, while all that goes on in the background.
//
// The other errors are what closing the engine gave, and the panics of
// callbacks (as [*PanicError], the first 8 and the number of others). With [NoWait]
// there is none.
//
// It may be called more than once and by several goroutines: each waits for the
// same end, and each may cancel what is then pending. A call or a callback of this
// executor would wait for itself; for them it changes nothing and returns
// [ErrWouldDeadlock], unless mode is NoWait.
func (e *Executor[In, Out]) Shutdown(ctx context.Context, mode Mode) error {
	wait := mode&NoWait == 0
	if wait && e.inside.here() {
		return ErrWouldDeadlock
	}
	cancelled := e.refuse(mode)
	e.force(mode)
	e.dismiss(cancelled)
	if !wait {
		return nil
	}
	return e.await(ctx)
}

// refuse closes the way in, and returns the calls that are to be dismissed.
func (e *Executor[In, Out]) refuse(mode Mode) (cancelled line[In, Out]) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.closing = true
	for t := e.blocked.pop(); t != nil; t = e.blocked.pop() {
		t.tell(ErrShutdown)
	}
	if mode&(CancelPending|Terminate|Kill) != 0 {
		cancelled = e.settleQueued(Cancelled, ErrCancelled)
	}
	for e.idle != nil { // nothing will come that they could wait for
		w := e.idle
		e.idle, w.below = w.below, nil
		w.wake()
	}
	e.endIfDone()
	return cancelled
}

// force ends the running calls, if mode says so and the engine can.
func (e *Executor[In, Out]) force(mode Mode) {
	engine, ok := e.engine.(Terminator)
	if !ok || mode&(Terminate|Kill) == 0 || !e.keepOpen() {
		return
	}
	defer e.giveBack()
	if mode&Kill != 0 {
		engine.Kill()
	} else {
		engine.Terminate()
	}
}

// keepOpen keeps the engine from being closed, until giveBack, unless that has begun.
func (e *Executor[In, Out]) keepOpen() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.ending {
		return false
	}
	e.used++
	return true
}

func (e *Executor[In, Out]) await(ctx context.Context) error {
	select {
	case <-e.ended:
		return e.outcome()
	default:
	}
	select {
	case <-e.ended:
		return e.outcome()
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}

func (e *Executor[In, Out]) outcome() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return errors.Join(e.closeErr, e.faults.err())
}

// endIfDone starts the end after the last call. It is called with mu held.
func (e *Executor[In, Out]) endIfDone() {
	if e.closing && e.used == 0 && !e.ending {
		e.ending = true
		go e.end() // await waits for it, or nobody wants to (NoWait)
	}
}

func (e *Executor[In, Out]) end() {
	e.crew.Wait()
	err := e.engine.Close()
	if err != nil {
		err = fmt.Errorf("close engine: %w", err)
	}
	e.mu.Lock()
	e.closeErr = err
	e.mu.Unlock()
	close(e.ended)
}

// report is told of a callback that panicked.
func (e *Executor[In, Out]) report(p *PanicError) {
	e.mu.Lock()
	e.faults.add(p)
	e.mu.Unlock()
	if e.onPanic != nil {
		e.onPanic(p)
	}
}
