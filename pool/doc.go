// Package pool runs calls on a bounded number of workers and gives a [Future]
// for each, as concurrent.futures does in Python.
//
// An [Executor] decides when a call runs: it keeps the queue, the futures, their
// callbacks and the shutdown. An [Engine] decides where: [Threads] is this
// process. What a call does is the caller's business: the package knows its
// argument and its result as type parameters only.
//
//	pages, err := pool.New(pool.Threads(getPage), pool.Options{Workers: 64})
//	…
//	f, err := pages.Submit(ctx, "https://www.python.org", parsePage) // waits while the window is full
//	…
//	err = pages.Shutdown(ctx, pool.Wait) // after the last callback
//
// The window is the whole of backpressure: at most [Options].Window calls are
// submitted and not ended, and a call has ended when its callbacks have returned.
// So a list without end costs the memory of a window.
package pool
