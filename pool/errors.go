package pool

import (
	"errors"
	"fmt"
	"runtime/debug"
)

var (
	// ErrShutdown is returned by every Submit after Shutdown.
	ErrShutdown = errors.New("executor is shut down")

	// ErrFull is returned by TrySubmit while the window is full.
	ErrFull = errors.New("window is full")

	// ErrCancelled is the result of a call that was cancelled before a worker took it.
	ErrCancelled = errors.New("call was cancelled")

	// ErrWouldDeadlock is returned to a call or a callback that would wait there for its
	// own executor: by Submit and Shutdown; by Result, Wait, AsCompleted and Map if all
	// workers wait like that.
	ErrWouldDeadlock = errors.New("a call or callback would wait for its own executor")
)

// PanicError is a panic in a call or in a callback. It is plain data, the same
// in all engines.
type PanicError struct {
	Value string // what was panicked with, as text; "runtime.Goexit" if that ended the goroutine instead
	Stack []byte // of the goroutine, as debug.Stack has it
}

func (e *PanicError) Error() string { return "panic: " + e.Value }

// newPanicError takes what recover returned, in the deferred function of what has
// not returned.
func newPanicError(recovered any) *PanicError {
	value := "runtime.Goexit" // the one way out that recover does not see
	if recovered != nil {
		value = fmt.Sprint(recovered)
	}
	return &PanicError{Value: value, Stack: debug.Stack()}
}

// faultsKept bounds what a run with a callback that always panics keeps of it.
const faultsKept = 8

// faults are the panics of callbacks: the first few, and how many more.
type faults struct {
	kept []error
	more int
}

func (f *faults) add(p *PanicError) {
	if len(f.kept) == faultsKept {
		f.more++
		return
	}
	f.kept = append(f.kept, fmt.Errorf("callback: %w", p))
}

func (f *faults) err() error {
	err := errors.Join(f.kept...)
	if f.more > 0 {
		err = errors.Join(err, fmt.Errorf("callback: %d more panics", f.more))
	}
	return err
}
