package pool

import "sync"

// link is the place of one watch among the watchers of one future.
type link struct {
	watch      *watch
	index      int // of the future, in the watch
	prev, next *link
}

// watch waits for several futures without a goroutine for each: every future tells
// it of its end.
type watch struct {
	ready chan struct{} // has room for one; filled when woken

	mu      sync.Mutex // guards all below
	ended   []int      // futures that have, and take has not returned
	missing int        // how many must end before it is woken
	onError bool       // or one that has failed
	woken   bool
}

func (w *watch) tell(index int, failed bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = append(w.ended, index)
	w.missing--
	if w.missing == 0 || w.onError && failed {
		w.wake()
	}
}

// wake is called with mu held.
func (w *watch) wake() {
	w.woken = true
	select {
	case w.ready <- struct{}{}:
	default:
	}
}

// take returns the futures that have ended since it was called last. From now on
// one more wakes the watch.
func (w *watch) take() (ended []int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	ended, w.ended = w.ended, nil
	w.missing, w.woken = 1, false
	return ended
}

func (w *watch) over() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.woken
}

// watch has l told of the end of the call, unless it has ended.
func (f *Future[Out]) watch(l *link) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.State().ended() {
		return false
	}
	if l.next = f.watchers; l.next != nil {
		l.next.prev = l
	}
	f.watchers = l
	return true
}

// unwatch takes back what watch has done.
func (f *Future[Out]) unwatch(l *link) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.State().ended() {
		return // tellWatchers has let go of it
	}
	if l.next != nil {
		l.next.prev = l.prev
	}
	if l.prev != nil {
		l.prev.next = l.next
	} else {
		f.watchers = l.next
	}
}

// tellWatchers is called with mu held.
func (f *Future[Out]) tellWatchers() {
	for l := f.watchers; l != nil; l = f.watchers {
		f.watchers = l.next
		l.prev, l.next = nil, nil
		l.watch.tell(l.index, f.failed())
	}
}

// failed reports whether a call that has ended has an error of its own.
func (f *Future[Out]) failed() bool { return f.outcome.err != nil && !f.Cancelled() }
