package pool

import "context"

// Engine is the place where calls run.
type Engine[In, Out any] interface {
	// Call runs one call to its end. It is used by as many goroutines at once as
	// the executor has workers. It should return soon after ctx has ended, with
	// the context's cause. A panic becomes the call's error, a [*PanicError].
	Call(ctx context.Context, in In) (Out, error)

	// Close gives up what the engine holds. The executor calls it once, after the
	// last Call has returned.
	Close() error
}

// Breaker is what an Engine has besides if it can come to an end before Close. The
// executor asks it after each call that has failed.
type Breaker interface {
	// Broken returns nil, or why the engine makes no more calls: an error that Is
	// ErrBroken, which then breaks the executor.
	Broken() error
}

// Terminator is what an Engine has besides if it can end calls by force, for
// [Executor.Shutdown] with [Terminate] or [Kill]. After either the calls in flight, and
// those that still come, end soon with an error that Is [ErrWorkerLost]. Both may be
// called at any time before Close, by several goroutines, in any order.
type Terminator interface {
	Terminate() // asks what makes the calls to end
	Kill()      // ends it without asking
}
