package pool

import "context"

// task is a call and its future: the one allocation of a Submit.
type task[In, Out any] struct {
	future   Future[Out]
	executor *Executor[In, Out]
	ctx      context.Context // of the call; nil when it has ended
	in       In              // zero when the call has ended
	chunk    *chunk[In, Out] // of Map, in place of in; nil when the calls have ended

	// Guarded by executor.mu.
	prev, next *task[In, Out]
	answer     chan<- error // of a Submit that waits for room; nil while nothing waits
}

func newTask[In, Out any](e *Executor[In, Out], ctx context.Context, in In, done []func(*Future[Out])) *task[In, Out] {
	t := &task[In, Out]{executor: e, ctx: ctx, in: in}
	t.future.owner = t
	t.future.callbacks = append(t.future.first[:0], done...) // copied, so that the caller's slice need not be allocated
	return t
}

// run makes the call and ends its future.
func (t *task[In, Out]) run() {
	defer t.end() // deferred, because runtime.Goexit in the call comes by here too
	t.call()
}

func (t *task[In, Out]) call() {
	returned := false
	defer func() {
		if !returned {
			t.future.outcome.err = newPanicError(recover())
		}
	}()
	switch {
	case t.ctx.Err() != nil:
		t.future.outcome.err = context.Cause(t.ctx)
	case t.chunk != nil:
		t.chunk.run(t.ctx, t.executor.engine)
	default:
		t.future.outcome.value, t.future.outcome.err = t.executor.engine.Call(t.ctx, t.in)
	}
	returned = true
}

func (t *task[In, Out]) end() {
	if t.future.outcome.err != nil || t.chunk != nil {
		if err := t.fatal(); err != nil {
			t.endBroken(err)
			return
		}
	}
	t.settle(Finished)
	t.future.notify()
}

// settle makes the outcome known and lets go of what the call was made with.
func (t *task[In, Out]) settle(s State) {
	var none In
	t.in, t.ctx, t.chunk = none, nil, nil
	t.future.settle(s)
}

func (t *task[In, Out]) report(p *PanicError) { t.executor.report(p) }

func (t *task[In, Out]) insiders() *insiders { return t.executor.inside }

// line is a queue of tasks, linked through them: a task can leave from the middle
// and is in one line at most. The zero value is empty.
type line[In, Out any] struct{ head, tail *task[In, Out] }

func (l *line[In, Out]) push(t *task[In, Out]) {
	t.prev = l.tail
	if l.tail == nil {
		l.head = t
	} else {
		l.tail.next = t
	}
	l.tail = t
}

// pop takes the oldest; nil if there is none.
func (l *line[In, Out]) pop() *task[In, Out] {
	t := l.head
	if t != nil {
		l.remove(t)
	}
	return t
}

func (l *line[In, Out]) remove(t *task[In, Out]) {
	if t.prev == nil {
		l.head = t.next
	} else {
		t.prev.next = t.next
	}
	if t.next == nil {
		l.tail = t.prev
	} else {
		t.next.prev = t.prev
	}
	t.prev, t.next = nil, nil
}
