package pool

// AddDoneCallback has fn called once, with the future, when the call has ended:
// callbacks run in the order in which they were added, on the goroutine that ends
// the call: a worker's, or that of whoever cancels it. The call's place in the
// window is free when the last callback has returned. If the call has already
// ended, fn is called at once on this goroutine, and the executor's Shutdown does
// not wait for it; a callback that is given to [Executor.Submit] is never too late.
//
// A callback that panics is reported ([Options].OnPanic, and the error of Shutdown),
// and so is one that ends its goroutine (runtime.Goexit); the next one still runs.
//
// A callback keeps a worker busy. It must not wait for its own executor, unless for
// calls that another worker is free to make: it has TrySubmit, Cancel, and Shutdown
// with NoWait.
func (f *Future[Out]) AddDoneCallback(fn func(*Future[Out])) {
	if !f.keep(fn) {
		f.invoke(fn)
	}
}

// keep stores fn for notify, unless the call has ended.
func (f *Future[Out]) keep(fn func(*Future[Out])) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.State().ended() {
		return false
	}
	f.callbacks = append(f.callbacks, fn)
	return true
}

// notify runs the callbacks. Whoever has settled the future calls it.
func (f *Future[Out]) notify() {
	if len(f.callbacks) == 0 {
		f.first[0] = nil // still there if others came and it was copied
		return
	}
	defer f.notify() // what is left when a callback ended the goroutine
	for len(f.callbacks) > 0 {
		fn := f.callbacks[0]
		f.callbacks[0] = nil // nobody needs what it holds any longer
		f.callbacks = f.callbacks[1:]
		f.invoke(fn)
	}
}

func (f *Future[Out]) invoke(fn func(*Future[Out])) {
	returned := false
	defer unlessReturned(&returned, f.owner.report)
	fn(f)
	returned = true
}

// unlessReturned is deferred around code that is not ours: unless that has set
// returned, failed is told how it ended, by a panic or by runtime.Goexit.
func unlessReturned(returned *bool, failed func(*PanicError)) {
	if !*returned {
		failed(newPanicError(recover()))
	}
}
