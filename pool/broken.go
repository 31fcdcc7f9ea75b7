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
			w.task.future.err = err
			w.task.endBroken(err)
		}
	}()
	err = e.init()
	returned = true
	return
}

// fatal returns the error of t's call if it breaks the executor. What Threads
// return is the caller's and means nothing here: it may come from another executor.
func (t *task[In, Out]) fatal() error {
	if t.executor.local {
		return nil
	}
	err := t.future.err
	if t.chunk != nil {
		err = t.chunk.fatal
	}
	if err == nil || !errors.Is(err, ErrBroken) {
		return nil
	}
	return err
}

// endBroken is the end of the call whose err broke the executor. Whoever sees it
// end is told of err by the next Submit.
func (t *task[In, Out]) endBroken(err error) {
	defer t.executor.dismiss(t.executor.breakDown(err))
	t.settle(Finished)
	t.future.notify()
}
