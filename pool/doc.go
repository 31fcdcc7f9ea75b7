// Package pool runs calls on a bounded number of workers and gives a [Future]
// for each, as concurrent.futures does in Python.
//
// An [Executor] decides when a call runs: it keeps the queue, the futures, their
// callbacks and the shutdown. An [Engine] decides where: [Threads] is this
// process, [Processes] are others. What a call does is the caller's business: the package
// knows its argument and its result as type parameters only.
//
//	pages, err := pool.New(pool.Threads(getPage), pool.Options{Workers: 64})
//	…
//	f, err := pages.Submit(ctx, "https://www.python.org", parsePage) // waits while the window is full
//	…
//	err = pages.Shutdown(ctx, pool.Drain) // after the last callback
//
// [Executor.Map] gives results in the order of the arguments, [AsCompleted] futures as
// they end; [Wait] waits for one, for one that fails, or for all.
//
// # What differs from Python
//
// The window is the whole of backpressure: at most [Options].Window calls are
// submitted and not ended, and a call has ended when its callbacks have returned.
// So a list without end costs the memory of a window. Submit waits while it is full,
// TrySubmit says so.
//
// Every wait takes a context, in place of a timeout, and returns the context's cause. The
// context of Submit is the call's own; no context that ends loses a future or a callback.
//
// A call or a callback that would wait for its own executor gets [ErrWouldDeadlock]
// where it might wait for ever: a Submit while there is no room, a Shutdown that waits, a
// Result when all workers wait like that. That holds for its own goroutine and for the
// waits of this package: nobody sees what a goroutine does that it has started, or that it
// waits for a channel.
//
// Nothing waits when a program ends: who wants the calls made defers Shutdown. An
// executor that is not shut down keeps its workers; the garbage collector ends none.
package pool
