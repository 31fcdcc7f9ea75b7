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
	t.future.outcome.err = ErrCancelled
	t.settle(Cancelled)
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

// settleQueued takes all calls that no worker has taken out of the queue and ends
// them with err, for dismiss. It is called with mu held.
func (e *Executor[In, Out]) settleQueued(s State, err error) (ended line[In, Out]) {
	ended, e.queue = e.queue, ended
	for t := ended.head; t != nil; t = t.next {
		t.future.outcome.err = err
		t.settle(s)
	}
	return ended
}

// dismiss runs the callbacks of calls that have ended and that no worker has
// taken, oldest call first, and gives their places back.
func (e *Executor[In, Out]) dismiss(ended line[In, Out]) {
	if ended.head == nil {
		return
	}
	id := e.inside.enter(false)
	defer e.inside.leave(id)
	defer func() { e.dismiss(ended) }() // what is left when a callback ended the goroutine
	for ended.head != nil {
		e.dismissOne(ended.pop())
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
