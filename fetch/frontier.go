package fetch

import (
	"sync"
	"time"

	"golang.org/x/time/rate"

	"trawl/robots"
)

const (
	readBatch    = 64       // lines taken from the list at once
	maxQueued    = 100_000  // requests read ahead
	maxQueuedMem = 16 << 20 // their bytes
	sameHosts    = 10_000   // requests read ahead without meeting a new host
	leastWindow  = 4_096    // positions that KeepOrder lets run ahead, at least
)

// frontier holds what has been taken from the list and has not ended: in its
// host's queue, or in flight. It alone knows which host may be asked now.
type frontier struct {
	opts   StageOptions
	robots StageOptions  // of requests for a robots.txt
	wake   chan struct{} // the submitting goroutine has something to look at

	mu        sync.Mutex // guards all below
	hosts     map[string]*host
	ready     queue[*host] // hosts that may be asked now; in turn
	timed     hostHeap     // hosts that may be asked at a time
	fallen    queue[*host] // hosts that are down, for which something waits
	idle      hostList
	spare     []*host        // forgotten, for new ones
	throttled map[*host]bool // hosts that have asked for a pause; some are over
	rate      *rate.Limiter  // nil is no limit
	rateHeld  clock          // how long the rate has held requests back

	down    downHosts
	origins origins
	fresh   []robots.File // for the cache
	denied  []denial      // positions that have ended, which nobody has been told of

	concurrency int // requests in flight, at most; 0 is a pause
	inFlight    int
	queued      int // those that wait for a robots.txt too
	queuedMem   int
	sinceNew    int // requests read since the last one to a new host

	taken   int64  // positions
	over    int64  // positions that have ended
	window  window // which ones, with KeepOrder
	ended   bool   // the list is at its end
	stopped bool
	want    sync.Cond // the reading goroutine waits for wanted to become true
	waiting bool      // the submitting goroutine waits for wake
}

func newFrontier(opts StageOptions) *frontier {
	f := &frontier{
		opts: opts, robots: opts.forRobots(), wake: make(chan struct{}, 1),
		concurrency: opts.Concurrency,
		hosts:       map[string]*host{}, throttled: map[*host]bool{}, origins: origins{all: map[string]*origin{}},
	}
	f.want.L = &f.mu
	if opts.Rate > 0 {
		f.rate = newRate(opts.Rate)
	}
	if opts.KeepOrder {
		f.window = newWindow(windowFor(opts.Concurrency))
	}
	return f
}

// windowFor is how many positions KeepOrder lets run ahead with so many requests in flight.
func windowFor(concurrency int) int { return max(leastWindow, 8*concurrency) }

// newRate allows at most perSecond+1 starts in any second. Timers are a
// millisecond coarse, so above 500 a second a few starts come at once, and the
// bucket is filled that much slower.
func newRate(perSecond float64) *rate.Limiter {
	burst := 1 + int(perSecond/500)
	return rate.NewLimiter(rate.Limit(perSecond+1-float64(burst)), burst)
}

// wanted waits until the list should be read further, and says how many lines at
// most; 0 is that it should not be read any more. A worker must be free and no
// host ready, so that of a list of a hundred million URLs no more is held than of
// one of ten; but a list that is sorted by host is read ahead until other hosts
// turn up, within bounds.
func (f *frontier) wanted() int {
	f.mu.Lock()
	defer f.mu.Unlock()
	for !f.stopped && !f.mayRead() {
		f.want.Wait()
	}
	if f.stopped {
		return 0
	}
	return min(readBatch, f.window.room())
}

func (f *frontier) mayRead() bool {
	return f.inFlight < f.concurrency && f.ready.len() == 0 &&
		f.queued < maxQueued && f.queuedMem < maxQueuedMem &&
		(f.queued < sameHosts || f.sinceNew < sameHosts) &&
		f.window.room() > 0
}

// add puts requests that were read from the list into their hosts' queues.
func (f *frontier) add(batch []Request) {
	if len(batch) == 0 {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range batch {
		r := &batch[i]
		f.opts.first(r, 1)
		f.taken++
		f.window.took(r.Position)
		known := len(f.hosts)
		h := f.host(r.Host)
		if f.sinceNew++; len(f.hosts) > known {
			f.sinceNew = 0
		}
		f.enqueue(h, &h.listed, r)
	}
	f.signal()
}

// refuse counts a position that the list gave no request for.
func (f *frontier) refuse(r Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.taken++
	f.window.took(r.Position)
	f.finish(r.Position)
}

// finish counts a position that has ended.
func (f *frontier) finish(p Position) {
	f.over++
	f.window.end(p)
	f.want.Signal() // it may have been the one that a window waited for
}

// end says that the list is at its end; not after a stop, which ends it too.
func (f *frontier) end() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.ended = !f.stopped
	f.signal()
}

// stop ends the intake: nothing is read or started any more.
func (f *frontier) stop() {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.stopped = true
	f.want.Broadcast()
	f.signal()
}

// resize is [Stage.Resize].
func (f *frontier) resize(concurrency int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.concurrency = max(0, concurrency)
	f.window.grow(windowFor(concurrency))
	f.signal()
}

// abandon gives slots back without an answer.
func (f *frontier) abandon(batch ...Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range batch {
		f.settle(f.release(&batch[i]))
	}
	f.signal()
}

func (f *frontier) release(r *Request) *host {
	h := f.hosts[r.Host]
	h.inFlight--
	f.inFlight--
	if delay := max(f.opts.HostDelay, h.delay); delay > 0 {
		h.pause(time.Now(), delay)
	}
	return h
}

// signal wakes the submitting goroutine if it waits.
func (f *frontier) signal() {
	if f.waiting {
		f.waiting = false
		select {
		case f.wake <- struct{}{}:
		default: // it has not yet taken the last one
		}
	}
}
