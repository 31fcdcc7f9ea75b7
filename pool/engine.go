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
