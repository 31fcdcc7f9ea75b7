// Package pool runs calls on a bounded number of workers and gives a [Future]
// for each, as concurrent.futures does in Python.
//
// An [Executor] decides when a call runs: it keeps the queue, the futures, their
// callbacks and the shutdown. An [Engine] decides where: [Threads] is this
// process, [Processes] are others. What a call does is the caller's business: the
// package knows its argument and its result as type parameters only.
//
//	pages, err := pool.New(pool.Threads(getPage), pool.Options{Workers: 64})
//	…
//	f, err := pages.Submit(ctx, "https://www.python.org", parsePage) // waits while the window is full
//	…
//	err = pages.Shutdown(ctx, pool.Drain) // after the last callback
//
// [Executor.Map] gives results in the order of the arguments, [AsCompleted] futures
// as they end; [Wait] waits for one, for one that fails, or for all.
//
// # Worker processes
//
// A worker of an Executor is a goroutine, which has one call at a time. A worker
// process of the engine Processes is a program that calls [Serve], mostly this one
// once more, and has many calls at a time. So main is both:
//
//	func main() {
//		if pool.IsWorker() {
//			if err := pool.Serve(context.Background(), start); err != nil {
//				log.Fatal(err)
//			}
//			return
//		}
//		engine, err := pool.Processes(pool.ProcessOptions[string, int]{Processes: 4})
//		…
//		links, err := pool.New(engine, pool.Options{Workers: 64}) // 64 calls at once, over all processes
//		…
//	}
//
//	// start is the beginning of a worker process: it gets pages, and counts their links.
//	func start(setup []byte) (w pool.Worker[string, Page, int], err error) {
//		w.Executor, err = pool.New(pool.Threads(getPage), pool.Options{Workers: 32}) // at once here
//		w.Done = countLinks // runs here too; what it returns travels back
//		return w, err
//	}
//
// Arguments and results travel as a [Codec] has them, errors as [RegisterError] says.
// A worker process that dies costs no call its result: the calls that it had are made
// again, so a call should bear that.
//
// # What differs from Python
//
// The window is the whole of backpressure: at most [Options].Window calls are
// submitted and not ended, and a call has ended when its callbacks have returned.
// So a list without end costs the memory of a window. Submit waits while it is full,
// TrySubmit says so.
//
// Every wait takes a context, in place of a timeout, and returns the context's cause.
// The context of Submit is the call's own; no context that ends loses a future or a
// callback.
//
// A call or a callback that would wait for its own executor gets [ErrWouldDeadlock]
// where it might wait for ever: a Submit while there is no room, a Shutdown that
// waits, a Result when all workers wait like that. That holds for its own goroutine
// and for the waits of this package: nobody sees what a goroutine does that it has
// started, or that it waits for a channel.
//
// Nothing waits when a program ends: who wants the calls made defers Shutdown. An
// executor that is not shut down keeps its workers; the garbage collector ends none.
package pool
