package pool

import "context"

// Threads is the engine of this process: call runs on the executor's own
// goroutines, [Options].Workers of them at once.
func Threads[In, Out any](call func(ctx context.Context, in In) (Out, error)) Engine[In, Out] {
	return threads[In, Out](call)
}

type threads[In, Out any] func(context.Context, In) (Out, error)

func (call threads[In, Out]) Call(ctx context.Context, in In) (Out, error) { return call(ctx, in) }

func (call threads[In, Out]) Close() error { return nil }
