package fetch

import (
	"container/heap"
	"time"
)

// host is what the frontier knows of one host.
type host struct {
	key      string
	listed   queue[queued]        // from the list
	hops     queue[queued]        // redirected here; before listed, so that URLs are finished before others are begun
	retries  retryHeap            // failed tries; before hops, once their time has come
	back     queue[queue[queued]] // have waited for a robots.txt; before all others
	backLen  int                  // requests in back
	parked   int                  // requests that wait for a robots.txt, elsewhere
	inFlight int

	delay    time.Duration            // between requests, as robots.txt wants it
	delays   map[string]time.Duration // of its origins, of which delay is the longest; nil is none
	failures int                      // connection failures in a row
	down     *Error                   // why nothing is asked of it any more; nil: it is

	until      time.Time     // no request before; zero is no pause
	paused     time.Duration // the length of all pauses so far, the running one in full
	askedUntil time.Time     // the end of the pause that the host itself has asked for

	place      place
	at         time.Time // with place inTimed
	index      int       // with place inTimed: in the heap
	prev, next *host     // with place inIdle: the neighbours in the list
}

// place is the one collection of the frontier that a host is in.
type place int

const (
	nowhere  place = iota // as many requests in flight as it may have, or none waiting
	inReady               // may be asked now; or may not any more, which is seen when its turn comes
	inTimed               // may be asked at a time
	inIdle                // nothing waits and nothing is in flight
	inFallen              // is down, and something still waits
)

func (h *host) waiting() int { return h.timeless() + len(h.retries) }

// timeless is how many requests wait that have no time of their own.
func (h *host) timeless() int { return h.backLen + h.listed.len() + h.hops.len() }

// due is when the host's next request may be sent, as far as time decides; zero
// is now. Something must be waiting.
func (h *host) due() time.Time {
	if h.timeless() == 0 && h.retries[0].at.After(h.until) {
		return h.retries[0].at
	}
	return h.until
}

// line is one of the host's queues.
type line int

const (
	noLine line = iota
	inBack
	inRetries
	inHops
	inListed
)

// turn is the line whose turn it is. Something must be waiting.
func (h *host) turn() line {
	switch {
	case h.backLen > 0:
		return inBack
	case len(h.retries) > 0 && (h.timeless() == 0 || !h.retries[0].at.After(time.Now())):
		return inRetries
	case h.hops.len() > 0:
		return inHops
	}
	return inListed
}

// front is the first request of a line, where it stands.
func (h *host) front(l line) *queued {
	switch l {
	case inBack:
		return h.back.front().front()
	case inRetries:
		return &h.retries[0].queued
	case inHops:
		return h.hops.front()
	}
	return h.listed.front()
}

// pop removes the first request of a line.
func (h *host) pop(l line) queued {
	switch l {
	case inBack:
		h.backLen--
		first := h.back.front()
		r := first.pop()
		if first.len() == 0 {
			h.back.pop()
		}
		return r
	case inRetries:
		return heap.Pop(&h.retries).(retry).queued
	case inHops:
		return h.hops.pop()
	}
	return h.listed.pop()
}

// giveBack puts in front what has waited for a robots.txt.
func (h *host) giveBack(q queue[queued]) {
	if q.len() > 0 {
		h.backLen += q.len()
		h.back.push(q)
	}
}

// pace notes the time between requests that one of its origins wants.
func (h *host) pace(origin string, delay time.Duration) {
	switch {
	case h.delays[origin] == delay:
		return
	case h.delays == nil:
		h.delays = map[string]time.Duration{}
	}
	h.delays[origin] = delay
	h.delay = 0
	for _, delay := range h.delays {
		h.delay = max(h.delay, delay)
	}
}

// pause keeps the host from being asked for d from now on.
func (h *host) pause(now time.Time, d time.Duration) {
	end := now.Add(d)
	if !end.After(h.until) {
		return
	}
	h.paused += d
	if running := h.until.Sub(now); running > 0 {
		h.paused -= running
	}
	h.until = end
}

// pausedAt is how much of all pauses was over at the given time.
func (h *host) pausedAt(at time.Time) time.Duration {
	return h.paused - max(0, h.until.Sub(at))
}

// queued is a request in its host's queue.
type queued struct {
	Request
	mark  time.Duration // what the clocks of its host and of the rate said when it came
	since time.Time     // when that was, if more than one of them may hold it back

	allowed bool // by robots.txt: nobody need look again
}

// retry is a failed try that waits for its time.
type retry struct {
	at time.Time
	queued
}

type retryHeap []retry

func (q retryHeap) Len() int           { return len(q) }
func (q retryHeap) Less(i, j int) bool { return q[i].at.Before(q[j].at) }
func (q retryHeap) Swap(i, j int)      { q[i], q[j] = q[j], q[i] }
func (q *retryHeap) Push(x any)        { *q = append(*q, x.(retry)) }
func (q *retryHeap) Pop() any {
	last := len(*q) - 1
	r := (*q)[last]
	(*q)[last] = retry{}
	*q = (*q)[:last]
	return r
}

// hostHeap orders the timed hosts.
type hostHeap []*host

func (q hostHeap) Len() int           { return len(q) }
func (q hostHeap) Less(i, j int) bool { return q[i].at.Before(q[j].at) }
func (q hostHeap) Swap(i, j int) {
	q[i], q[j] = q[j], q[i]
	q[i].index, q[j].index = i, j
}
func (q *hostHeap) Push(x any) {
	h := x.(*host)
	h.index = len(*q)
	*q = append(*q, h)
}
func (q *hostHeap) Pop() any {
	last := len(*q) - 1
	h := (*q)[last]
	(*q)[last] = nil
	*q = (*q)[:last]
	return h
}

// hostList is a list of idle hosts, the longest idle first.
type hostList struct {
	first, last *host
	len         int
}

func (l *hostList) push(h *host) {
	h.prev, h.next = l.last, nil
	if l.last == nil {
		l.first = h
	} else {
		l.last.next = h
	}
	l.last = h
	l.len++
}

func (l *hostList) remove(h *host) {
	if h.prev == nil {
		l.first = h.next
	} else {
		h.prev.next = h.next
	}
	if h.next == nil {
		l.last = h.prev
	} else {
		h.next.prev = h.prev
	}
	h.prev, h.next = nil, nil
	l.len--
}
