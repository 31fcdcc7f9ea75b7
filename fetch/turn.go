package fetch

import (
	"time"

	"trawl/robots"
)

// turnSize is how many requests a turn may set aside, and turnTime how long it may decide
// about them, so that the lock is not held for long: there are rules that take
// milliseconds.
const (
	turnSize = 512
	turnTime = 10 * time.Millisecond
)

// turn is what the submitting goroutine has to do next. When that is nothing, it says how
// long to wait at most, or that it is over: nothing will come.
type turn struct {
	start  []Request     // to be submitted
	denied []denial      // to be told
	lookUp []string      // origins whose robots.txt may be in the cache
	fresh  []robots.File // for the cache
	parked int           // requests that now wait for a robots.txt
	began  time.Time     // when the first request was held against a robots.txt; zero is that none was

	wait time.Duration
	over bool
}

func (t *turn) empty() bool {
	return len(t.start)+len(t.denied)+len(t.lookUp)+len(t.fresh)+t.parked == 0
}

// clear forgets what has been done.
func (t *turn) clear() {
	clear(t.start)
	clear(t.denied)
	*t = turn{start: t.start[:0], denied: t.denied[:0], lookUp: t.lookUp[:0], wait: time.Hour}
}

// take says what to do next: above all which requests may be asked now.
func (f *frontier) take(t *turn) {
	f.mu.Lock()
	defer f.mu.Unlock()
	t.clear()
	t.fresh, f.fresh = f.fresh, nil
	if f.stopped {
		f.tell(t)
		f.waiting = t.empty()
		t.over = f.waiting && f.inFlight == 0
		return
	}
	f.wakeHosts()
	f.rateHeld.stop() // it runs while the rate alone holds the next request back
	f.giveUp()
	for f.ready.len() > 0 && f.inFlight < f.concurrency && !f.full(t) {
		h := f.ready.first()
		line := f.admit(h, t)
		if line != noLine && !f.rateAllows(&t.wait) {
			break
		}
		f.ready.pop()
		h.place = nowhere
		if line != noLine {
			t.start = append(t.start, f.start(h, line))
		}
		f.settle(h)
	}
	f.tell(t)
	if f.fallen.len() > 0 || f.full(t) { // ready hosts may have gone down; or it is not all
		t.wait = 0
	}
	if len(f.timed) > 0 { // or have been paused
		t.wait = min(t.wait, max(0, time.Until(f.timed[0].at)))
	}
	f.waiting = t.empty()
	if f.mayRead() {
		f.want.Signal()
	}
	t.over = f.waiting && f.ended && f.inFlight == 0 && f.queued == 0
}

// tell has those told of that were denied.
func (f *frontier) tell(t *turn) {
	t.denied = append(t.denied, f.denied...)
	clear(f.denied)
	f.denied = f.denied[:0]
}

// full says that enough has been set aside in this turn.
func (f *frontier) full(t *turn) bool {
	return len(f.denied)+t.parked >= turnSize || !t.began.IsZero() && time.Since(t.began) > turnTime
}

// wakeHosts makes the hosts ready whose time has come.
func (f *frontier) wakeHosts() {
	if len(f.timed) == 0 {
		return
	}
	now := time.Now()
	for len(f.timed) > 0 && !f.timed[0].at.After(now) {
		f.settle(f.timed[0])
	}
}

// admit is the line from which the host may be asked now; noLine if it may not. What
// robots.txt does not let it be asked for is set aside.
func (f *frontier) admit(h *host, t *turn) line {
	for f.askable(h) {
		line := h.turn()
		r := h.front(line)
		switch {
		case r.allowed || !f.opts.obeys(&r.Request):
			return line
		case f.full(t):
			return noLine
		case f.allows(h, line, t):
			if h.inFlight < f.limit(h) { // which the rules may have made 1
				return line
			}
			return noLine
		}
	}
	return noLine
}

// rateAllows takes one start from the rate, or shortens wait to the next.
func (f *frontier) rateAllows(wait *time.Duration) bool {
	if f.rate == nil {
		return true
	}
	now := time.Now()
	start := f.rate.ReserveN(now, 1)
	if delay := start.DelayFrom(now); delay > 0 {
		start.CancelAt(now)
		f.rateHeld.run(now)
		*wait = min(*wait, delay)
		return false
	}
	return true
}

// start takes the host's next request out of its queue and counts it in flight.
func (f *frontier) start(h *host, from line) Request {
	f.inFlight++
	h.inFlight++
	r := h.pop(from)
	f.leave(h, &r)
	return r.Request
}

// leave takes a request that has been popped off the count of those that wait.
func (f *frontier) leave(h *host, r *queued) {
	f.queued--
	f.queuedMem -= r.mem()
	held := f.rateHeld.read() - r.mark
	if h.paused > 0 {
		held += h.pausedAt(time.Now())
	}
	if !r.since.IsZero() {
		held = min(held, time.Since(r.since))
	}
	r.Waited += held
}
