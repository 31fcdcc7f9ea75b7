package pool

import "context"

// Engine is the place where calls run.
type Engine[In, Out any] interface {
	// Call runs one call to its end. It is used by as many goroutines at once as
	// the executor has workers. It should return soon after ctx has ended, with
	// the context's cause. A panic becomes the call's error, a [*PanicError]. An
	// error that Is [ErrBroken] says that the engine can make no more calls, and breaks
	// the executor (unless the engine is Threads: then it is an error like any other).
	Call(ctx context.Context, in In) (Out, error)

	// Close gives up what the engine holds. The executor calls it once, after the
	// last Call has returned.
	Close() error
}

// Terminator is an Engine that can end calls by force, for [Executor.Shutdown] with
// [Terminate] or [Kill]. After either the calls in flight, and those that still come, end
// soon with an error that Is [ErrWorkerLost].
//
// Both may be called by several goroutines, more than once and one after the other, while
// calls run and before any has, but not after Close.
type Terminator interface {
	Terminate() // asks what makes the calls to end
	Kill()      // ends it without asking
}
