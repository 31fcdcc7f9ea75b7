package pool

import (
	"context"
	"runtime"
)

// Submit hands a call over and returns its future. While the window is full it
// waits, behind the Submits that waited before it, until ctx ends (its cause is the
// error) or the executor is shut down ([ErrShutdown]) or breaks ([BrokenError]).
//
// done are callbacks of the future, as [Future.AddDoneCallback] adds them, but there
// before the call can have ended: so they never run on the goroutine that submits,
// and Shutdown waits for each.
//
// The call gets ctx too. A call whose ctx has ended before a worker takes it is
// not made: its future finishes with the context's cause.
//
// A call or a callback of this executor holds a place in the window, and must
// not wait there for another. Where one does, and nobody makes room within a few
// milliseconds, its Submit returns [ErrWouldDeadlock].
func (e *Executor[In, Out]) Submit(ctx context.Context, in In, done ...func(*Future[Out])) (*Future[Out], error) {
	t := newTask(e, ctx, in, done)
	if err := e.hand(t); err != nil {
		return nil, err
	}
	return &t.future, nil
}

// hand is Submit of a task. One that it refuses may be handed again.
func (e *Executor[In, Out]) hand(t *task[In, Out]) error {
	ctx := t.ctx
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	err := e.admit(t)
	if err == ErrFull {
		err = e.waitForRoom(ctx, t)
	}
	return err
}

// TrySubmit is a Submit that never waits: while the window is full it returns
// [ErrFull]. It may be called from anywhere.
func (e *Executor[In, Out]) TrySubmit(ctx context.Context, in In, done ...func(*Future[Out])) (*Future[Out], error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	t := newTask(e, ctx, in, done)
	if err := e.admit(t); err != nil {
		return nil, err
	}
	return &t.future, nil
}

// admit takes t into the window. If that is full the error is ErrFull, and t
// is in the line of those that wait, if it has a channel for the answer.
func (e *Executor[In, Out]) admit(t *task[In, Out]) error {
	e.mu.Lock()
	if err := e.refusal(); err != nil {
		if err == ErrFull && t.answer != nil {
			e.blocked.push(t)
		}
		e.mu.Unlock()
		return err
	}
	t.answer = nil
	e.used++
	e.queue.push(t)
	w := e.rouse()
	e.mu.Unlock()
	w.wake()
	return nil
}

func (e *Executor[In, Out]) refusal() error {
	switch {
	case e.closing:
		return ErrShutdown
	case e.broken != nil:
		return e.broken
	case e.used == e.window:
		return ErrFull
	}
	return nil
}

func (e *Executor[In, Out]) waitForRoom(ctx context.Context, t *task[In, Out]) error {
	turn := e.inside.turns.Get().(*turn)
	defer e.inside.turns.Put(turn)
	t.answer = turn.answer
	if err := e.admit(t); err != ErrFull {
		return err
	}
	runtime.Gosched() // where calls are short this alone makes room, and nothing has to be woken
	select {
	case err := <-turn.answer:
		return err
	default:
	}

	turn.grace.Reset(grace)
	defer turn.grace.Stop()
	for {
		select {
		case err := <-turn.answer:
			return err
		case <-ctx.Done():
			return e.giveUp(t, turn, context.Cause(ctx))
		case <-turn.grace.C:
			if e.inside.here() {
				return e.giveUp(t, turn, ErrWouldDeadlock)
			}
		}
	}
}

// giveUp leaves the line with err, unless the answer came first.
func (e *Executor[In, Out]) giveUp(t *task[In, Out], turn *turn, err error) error {
	e.mu.Lock()
	if t.answer == nil {
		e.mu.Unlock()
		return <-turn.answer
	}
	e.blocked.remove(t)
	t.answer = nil
	e.mu.Unlock()
	return err
}

// tell ends the wait of t's Submit; it must have left the line. It is called
// with mu held.
func (t *task[In, Out]) tell(err error) {
	t.answer <- err // has room for one
	t.answer = nil
}
