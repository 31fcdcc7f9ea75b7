package pool

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
)

// State is how far a call has come.
type State int32

// The states. A call goes from Pending to Running to Finished, or from Pending to
// Cancelled; from Pending to Finished if the executor breaks.
const (
	Pending   State = iota // no worker has taken it
	Running                // a worker has
	Cancelled              // it will not be made
	Finished               // it has a value or an error
)

func (s State) String() string {
	return [...]string{"pending", "running", "cancelled", "finished"}[s]
}

func (s State) ended() bool { return s >= Cancelled }

// Future is a call that has been submitted, and its outcome. All methods may be
// called from any goroutine, even after the executor is shut down. A future whose
// call has ended holds neither the call's argument nor its context.
type Future[Out any] struct {
	owner interface {
		cancel() bool
		report(*PanicError)
		insiders() *insiders
	}
	state atomic.Int32 // a State; Cancelled and Finished are for good

	outcome result[Out] // set by whoever ends the call, before state says so

	mu        sync.Mutex // guards all below
	done      chan struct{}
	watchers  *link
	callbacks []func(*Future[Out])  // notify's, once the call has ended
	first     [1]func(*Future[Out]) // room for the one that most have
}

// result is what a call returned.
type result[Out any] struct {
	value Out
	err   error
}

// State returns how far the call has come. Pending and Running may be out of date
// when it returns; Cancelled and Finished are for good.
func (f *Future[Out]) State() State { return State(f.state.Load()) }

// Running reports whether a worker makes the call now.
func (f *Future[Out]) Running() bool { return f.State() == Running }

// Cancelled reports whether the call was cancelled.
func (f *Future[Out]) Cancelled() bool { return f.State() == Cancelled }

// Result waits for the call to end and returns what it returned: its value and
// error; [ErrCancelled], or a [*PanicError]. If ctx ends before, the error is the
// context's cause, and the call goes on. Once the call has ended, as in a
// callback, it returns at once, even if ctx has ended.
//
// A call or a callback that waits for another call of the same executor keeps a
// worker from its work. When all workers wait like that, for a few milliseconds,
// nothing would ever move, and the one that was last to begin gets
// [ErrWouldDeadlock].
func (f *Future[Out]) Result(ctx context.Context) (Out, error) {
	if err := f.wait(ctx); err != nil {
		var none Out
		return none, err
	}
	return f.outcome.value, f.outcome.err
}

// wait returns nil when the call has ended.
func (f *Future[Out]) wait(ctx context.Context) error {
	if f.State().ended() {
		return nil
	}
	in := f.owner.insiders()
	turn := in.turns.Get().(*turn)
	defer in.turns.Put(turn)
	return await(ctx, f.Done(), f, turn.grace)
}

func (f *Future[Out]) over() bool { return f.State().ended() }

func (f *Future[Out]) within() []*insiders { return []*insiders{f.owner.insiders()} }

// Snapshot returns state and outcome as they are at one moment, without waiting. As
// long as the call has not ended, value and error are zero.
func (f *Future[Out]) Snapshot() (s State, value Out, err error) {
	if s = f.State(); s.ended() {
		value, err = f.outcome.value, f.outcome.err
	}
	return s, value, err
}

// Done returns a channel that is closed when the call has ended, which may be before
// its callbacks have run.
func (f *Future[Out]) Done() <-chan struct{} {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.done == nil { // made only here, so that a future that nobody waits on has none
		f.done = make(chan struct{})
		if f.State().ended() {
			close(f.done)
		}
	}
	return f.done
}

// Cancel ends the call if no worker has taken it yet, and runs its callbacks on
// this goroutine. It reports whether the call is cancelled, by this Cancel or
// another: a call that is running or has finished is not.
func (f *Future[Out]) Cancel() bool { return f.owner.cancel() }

// settle ends the future, once.
func (f *Future[Out]) settle(s State) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.State().ended() {
		panic("pool: a future ended twice")
	}
	f.state.Store(int32(s))
	if f.done != nil {
		close(f.done)
	}
	if f.watchers != nil {
		f.tellWatchers()
	}
}

// String returns the state, and the error of a call that has failed.
func (f *Future[Out]) String() string {
	s := f.State()
	if err := f.outcome.err; s == Finished && err != nil {
		return fmt.Sprintf("Future(%s: %s)", s, err)
	}
	return fmt.Sprintf("Future(%s)", s)
}
