package fetch

import "time"

// An upshot is what an answer means: for its URL, its host, and the origin whose
// robots.txt it is.
type upshot struct {
	end   Ending
	wait  time.Duration // before another attempt
	pause time.Duration // that the host asks for
	found *finding      // of a robots.txt; nil if there is nothing new
}

// done is [Stage.Done].
func (f *frontier) done(r *Request, a *Answer) Ending {
	next := *r
	if a.Exchange != nil {
		next.Exchanges = append(next.Exchanges, a.Exchange)
	}
	opts := &f.opts
	if r.Robots {
		opts = &f.robots
	}
	out := upshot{end: opts.judge(&next, a)}
	if !out.end.Again && out.end.Err == nil && a.Quota == 0 && !r.Robots { // nearly all
		f.settleAnswer(r, &next, a, &out)
		return out.end
	}
	if out.end.Err != nil {
		out.wait = opts.backoff(r.Attempt, a.RetryAfter)
	}
	out.pause = opts.pause(a, out.wait)
	if r.Robots && !out.end.Again {
		f.read(r, a, &out)
	}
	fell := f.settleAnswer(r, &next, a, &out)
	opts.tell(r, &next, a, &out)
	if fell {
		opts.event(Event{Kind: GivenUp, Request: *r, Answer: *a})
	}
	out.end.Again = out.end.Again || r.Robots // which is no position's ending
	return out.end
}

// settleAnswer gives the slot back, and puts the request where it is asked next, if it
// is. It reports whether the host is now down.
func (f *frontier) settleAnswer(r, next *Request, a *Answer, out *upshot) (fell bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	h := f.release(r)
	if out.pause > 0 {
		f.throttle(h, out.pause)
	}
	fell = f.hear(h, a)
	f.settle(h)
	switch {
	case out.found != nil:
		f.learn(f.origins.all[originOf(r)], *out.found)
		f.paceBy(r)
	case !out.end.Again:
		f.finish(r.Position)
	case out.end.Err == nil: // a redirect
		h := f.host(next.Host)
		f.enqueue(h, &h.hops, next)
	default:
		f.retry(f.host(next.Host), next, out.wait)
	}
	f.signal()
	return fell
}
