package pool

import (
	"errors"
	"fmt"
)

// ErrBroken is what the errors of an executor that is broken have in common: see
// [BrokenError].
var ErrBroken = errors.New("executor is broken")

// BrokenError is why an executor makes no more calls: a worker could not be made
// ready ([Options].Init), or the engine has given up. Every call that no worker had
// taken ends with it, and every later Submit returns it; running calls go on, and
// Shutdown works as ever.
type BrokenError struct{ Err error }

func (e *BrokenError) Error() string { return ErrBroken.Error() + ": " + e.Err.Error() }

// Is makes the error one of ErrBroken.
func (e *BrokenError) Is(target error) bool { return target == ErrBroken }

// Unwrap returns what broke the executor.
func (e *BrokenError) Unwrap() error { return e.Err }

// breakDown makes err the end of all calls that no worker has taken, for dismiss,
// and of all that would come.
func (e *Executor[In, Out]) breakDown(err error) (failed line[In, Out]) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.broken != nil {
		return failed
	}
	e.broken = err
	for t := e.blocked.pop(); t != nil; t = e.blocked.pop() {
		t.tell(err)
	}
	return e.settleQueued(Finished, err)
}

// prepare runs Init on this goroutine, a worker's that has taken its first call.
// If that fails the executor is broken, and the call has ended.
func (e *Executor[In, Out]) prepare(w *worker[In, Out]) (ready bool) {
	var err error
	returned := false
	defer func() {
		if !returned {
			err = newPanicError(recover())
		}
		if ready = err == nil; !ready {
			err = &BrokenError{Err: fmt.Errorf("init of %s: %w", w.name, err)}
			w.task.future.outcome.err = err
			w.task.endBroken(err)
		}
	}()
	err = e.init()
	returned = true
	return
}

// fatal returns why the executor is broken, now that the call has failed.
func (t *task[In, Out]) fatal() error {
	if t.executor.breaker == nil {
		return nil
	}
	err := t.executor.breaker.Broken()
	if err == nil {
		return nil
	}
	return asBroken(err)
}

// asBroken makes err one that Is ErrBroken.
func asBroken(err error) error {
	if errors.Is(err, ErrBroken) {
		return err
	}
	return &BrokenError{Err: err}
}

// endBroken is the end of a call after which the executor is broken by err. Whoever
// sees it end is told of err by the next Submit.
func (t *task[In, Out]) endBroken(err error) {
	defer t.executor.dismiss(t.executor.breakDown(err))
	t.settle(Finished)
	t.future.notify()
}
