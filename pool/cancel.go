package pool

// cancel ends a call that no worker has taken yet, and reports whether the call
// is cancelled.
func (t *task[In, Out]) cancel() bool {
	e := t.executor
	e.mu.Lock()
	if s := t.future.State(); s != Pending {
		e.mu.Unlock()
		return s == Cancelled
	}
	e.queue.remove(t)
	t.settleCancelled()
	e.mu.Unlock()

	if len(t.future.callbacks) == 0 {
		e.giveBack()
		return true
	}
	var one line[In, Out]
	one.push(t)
	e.dismiss(one)
	return true
}

func (t *task[In, Out]) settleCancelled() {
	t.future.err = ErrCancelled
	t.settle(Cancelled)
}

// cancelQueued takes all calls that no worker has taken out of the queue, for
// dismiss. It is called with mu held.
func (e *Executor[In, Out]) cancelQueued() (cancelled line[In, Out]) {
	cancelled, e.queue = e.queue, cancelled
	for t := cancelled.head; t != nil; t = t.next {
		t.settleCancelled()
	}
	return cancelled
}

// dismiss runs the callbacks of cancelled calls, oldest call first, and gives
// their places back.
func (e *Executor[In, Out]) dismiss(cancelled line[In, Out]) {
	if cancelled.head == nil {
		return
	}
	id := e.enter()
	defer e.leave(id)
	defer func() { e.dismiss(cancelled) }() // what is left when a callback ended the goroutine
	for cancelled.head != nil {
		e.dismissOne(cancelled.pop())
	}
}

func (e *Executor[In, Out]) dismissOne(t *task[In, Out]) {
	defer e.giveBack()
	t.future.notify()
}

func (e *Executor[In, Out]) giveBack() {
	e.mu.Lock()
	e.free()
	w := e.rouse()
	e.mu.Unlock()
	w.wake()
}
