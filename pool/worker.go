package pool

import (
	"context"
	"fmt"
	"runtime/pprof"
)

// worker is a goroutine that makes calls, one after the other.
type worker[In, Out any] struct {
	name  string
	task  *task[In, Out]   // it holds; its own goroutine's alone
	below *worker[In, Out] // idle longer than this one; guarded by Executor.mu
	woken chan struct{}
}

// wake sends an idle worker back to the queue. nil is none.
func (w *worker[In, Out]) wake() {
	if w != nil {
		w.woken <- struct{}{} // has room for one, and rouse takes an idle worker once
	}
}

// rouse finds a worker for what is queued: the one that became idle last, which
// the caller wakes when it has let go of mu, or a new one. One at a time is
// enough: a worker that takes a call and finds more wakes the next. It is called
// with mu held.
func (e *Executor[In, Out]) rouse() *worker[In, Out] {
	switch {
	case e.rousing || e.queue.head == nil:
		return nil
	case e.idle != nil:
		e.rousing = true
		w := e.idle
		e.idle, w.below = w.below, nil
		return w
	case e.hired < e.workers:
		e.rousing = true
		e.hired++
		e.crew.Add(1)
		go e.work(&worker[In, Out]{name: fmt.Sprintf("%s-%d", e.name, e.hired), woken: make(chan struct{}, 1)})
	}
	return nil
}

// work is the life of a worker.
func (e *Executor[In, Out]) work(w *worker[In, Out]) {
	defer func() {
		if w.task != nil { // runtime.Goexit in a call or in a callback ends the goroutine, not the worker
			go e.work(w)
			return
		}
		e.crew.Done()
	}()
	pprof.SetGoroutineLabels(pprof.WithLabels(context.Background(), pprof.Labels("worker", w.name)))
	id := e.inside.enter(true)
	defer e.inside.leave(id)
	ready := e.init == nil
	for e.next(w) {
		if ready = ready || e.prepare(w); ready {
			w.task.run()
		}
	}
}

// next gives the place of w's last call back and takes the next one, when there
// is one. It reports whether there will be any.
func (e *Executor[In, Out]) next(w *worker[In, Out]) bool {
	e.mu.Lock()
	if w.task == nil { // new: hired for what is queued
		e.rousing = false
	} else {
		w.task = nil
		e.free()
	}
	for e.queue.head == nil {
		if e.closing {
			e.mu.Unlock()
			return false
		}
		e.idle, w.below = w, e.idle
		e.mu.Unlock()
		<-w.woken
		e.mu.Lock()
		e.rousing = false
	}
	w.task = e.queue.pop()
	w.task.future.state.Store(int32(Running))
	other := e.rouse()
	e.mu.Unlock()
	other.wake()
	return true
}

// free gives a place in the window back: to the Submit that has waited longest,
// else to nobody. It is called with mu held.
func (e *Executor[In, Out]) free() {
	if t := e.blocked.pop(); t != nil {
		e.queue.push(t)
		t.tell(nil)
		return
	}
	e.used--
	e.endIfDone()
}
