package fetch

import (
	"container/heap"
	"time"
)

const (
	maxIdleHosts = 1_024     // hosts remembered that nothing waits for
	maxHeldHosts = 16 * 1024 // and those among them whose pause is not over, or whose last request met no host
)

// host finds the host of that key, or makes it out of one that was forgotten.
func (f *frontier) host(key string) *host {
	if h := f.hosts[key]; h != nil {
		return h
	}
	var h *host
	if last := len(f.spare) - 1; last >= 0 {
		h, f.spare = f.spare[last], f.spare[:last]
	} else {
		h = &host{}
	}
	h.key = key
	h.down = f.down.why[key]
	f.hosts[key] = h
	return h
}

// enqueue puts a request at the end of one of the host's queues.
func (f *frontier) enqueue(h *host, q *queue[queued], r *Request) {
	w := queued{Request: *r, mark: f.rateHeld.read()}
	if h.paused > 0 {
		w.mark += h.pausedAt(time.Now())
	}
	if f.rate != nil { // it and the host may hold the request back at the same time
		w.since = time.Now()
	}
	q.push(w)
	f.count(r)
	f.settle(h)
}

// retry puts a failed try back, to be sent no earlier than after wait.
func (f *frontier) retry(h *host, r *Request, wait time.Duration) {
	now := time.Now()
	at := now.Add(wait)
	mark := h.pausedAt(at) + f.rateHeld.read() - wait
	heap.Push(&h.retries, retry{at, queued{Request: *r, mark: mark, since: now}})
	f.count(r)
	f.settle(h)
}

func (f *frontier) count(r *Request) {
	f.queued++
	f.queuedMem += r.mem()
}

// limit is how many requests the host may have in flight.
func (f *frontier) limit(h *host) int {
	if h.delay > 0 {
		return 1
	}
	return f.opts.HostConcurrency
}

// askable reports whether the host may be asked now.
func (f *frontier) askable(h *host) bool {
	if h.waiting() == 0 || h.down != nil || h.inFlight >= f.limit(h) {
		return false
	}
	due := h.due()
	return due.IsZero() || !due.After(time.Now())
}

// settle puts the host where it belongs after anything about it has changed. One
// that is ready, or fallen, stays where it is: it is looked at when its turn comes.
func (f *frontier) settle(h *host) {
	if h.place == inReady || h.place == inFallen {
		return
	}
	f.remove(h)
	switch waiting := h.waiting(); {
	case waiting == 0 && h.inFlight == 0 && h.parked == 0:
		h.place = inIdle
		f.idle.push(h)
		f.forget()
	case waiting > 0 && h.down != nil:
		h.place = inFallen
		f.fallen.push(h)
	case waiting == 0 || h.inFlight >= f.limit(h):
	case f.askable(h):
		h.place = inReady
		f.ready.push(h)
	default:
		h.place = inTimed
		h.at = h.due()
		heap.Push(&f.timed, h)
	}
}

func (f *frontier) remove(h *host) {
	switch h.place {
	case inTimed:
		heap.Remove(&f.timed, h.index)
	case inIdle:
		f.idle.remove(h)
	}
	h.place = nowhere
}

// forget lets go of the host that has been idle longest when there are too many
// of them; but one whose pause is not over only when there are far too many.
func (f *frontier) forget() {
	if f.idle.len <= maxIdleHosts {
		return
	}
	h := f.idle.first
	f.idle.remove(h)
	if f.idle.len < maxHeldHosts && h.held() {
		f.idle.push(h)
		return
	}
	delete(f.hosts, h.key)
	delete(f.throttled, h)
	if len(f.spare) < 2*readBatch {
		*h = host{listed: h.listed, hops: h.hops, retries: h.retries}
		f.spare = append(f.spare, h)
	}
}

// held says that something about the host is worth remembering.
func (h *host) held() bool {
	return h.failures > 0 && h.down == nil || !h.until.IsZero() && h.until.After(time.Now())
}

// throttle is pause for a host that has asked for it.
func (f *frontier) throttle(h *host, d time.Duration) {
	now := time.Now()
	h.pause(now, d)
	if end := now.Add(d); end.After(h.askedUntil) {
		h.askedUntil = end
	}
	f.throttled[h] = true
}

// status is [Stage.Status].
func (f *frontier) status() Status {
	f.mu.Lock()
	defer f.mu.Unlock()
	s := Status{Taken: f.taken, Ended: f.over, Whole: f.ended && f.over == f.taken, InFlight: f.inFlight, Queued: f.queued}
	now := time.Now()
	for h := range f.throttled {
		left := h.askedUntil.Sub(now)
		if left <= 0 {
			delete(f.throttled, h)
			continue
		}
		s.Throttled++
		s.Longest = max(s.Longest, left)
	}
	s.Stalled = f.inFlight == 0 && f.ready.len() == 0 && s.Throttled > 0 && len(f.timed) <= s.Throttled
	for _, h := range f.hosts {
		if h.inFlight+h.waiting()+h.parked > 0 {
			s.Host = h.key
			break
		}
	}
	return s
}
