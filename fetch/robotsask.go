package fetch

import (
	"strings"
	"time"

	"trawl/robots"
)

// decideAtOnce is how many of the requests that have waited for a robots.txt are decided
// when it comes, at most. The others are when their turn comes: if the rules were forgotten until
// then, they have to be asked for again, but each time some get through.
const decideAtOnce = 64

// allows decides about the first request of a host's line by the robots.txt of its
// origin. One that is not allowed is taken out: it waits with its origin, or is denied.
func (f *frontier) allows(h *host, from line, t *turn) bool {
	url := h.front(from).URL
	if isRobots(url) {
		return true // RFC 9309 §2.2.2: no rule is about it
	}
	now := time.Now()
	if t.began.IsZero() {
		t.began = now
	}
	o := f.origins.of(url)
	if !o.until.After(now) {
		f.park(o, h, from, t)
		return false
	}
	h.pace(o.key, f.crawlDelay(o))
	if why := o.forbids(url); why != nil {
		f.deny(h, h.pop(from), why)
		return false
	}
	return true
}

// isRobots reports whether url is that of a robots.txt.
func isRobots(url string) bool {
	rest, ok := strings.CutSuffix(url, robotsPath)
	return ok && strings.Count(rest, "/") == 2
}

// originOf is the origin whose robots.txt r asks for, perhaps elsewhere by now.
func originOf(r *Request) string { return strings.TrimSuffix(r.Asked, robotsPath) }

// park has the first request of a host's line wait for the robots.txt of its origin,
// which is asked for if it is not yet.
func (f *frontier) park(o *origin, h *host, from line, t *turn) {
	o.parked.push(h.pop(from))
	o.host = h
	h.parked++
	t.parked++
	if o.asked {
		return
	}
	f.origins.ask(o)
	if f.opts.RobotsCache != nil {
		t.lookUp = append(t.lookUp, o.key)
	} else {
		f.ask(o)
	}
}

// ask puts the request for a robots.txt into the queue of its host.
func (f *frontier) ask(o *origin) {
	url := o.key + robotsPath
	r := Request{Asked: url, URL: url, Host: HostOf(url), Robots: true}
	f.robots.first(&r, 1)
	h := f.host(r.Host)
	f.enqueue(h, &h.hops, &r)
}

// lookUp asks the cache for an origin's robots.txt, and else has its server asked. It is
// for the submitting goroutine.
func (f *frontier) lookUp(key string) {
	file, ok := f.opts.RobotsCache.Get(key)
	var found finding
	if now := time.Now(); ok && !file.Fetched.After(now) {
		if found = f.opts.found(file); !found.until.After(now) {
			found = finding{}
		}
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if o := f.origins.all[key]; found.rules != nil {
		f.learn(o, found)
	} else {
		f.ask(o)
	}
}

// read says what the answer means for an origin, the last one to a request for its
// robots.txt. A redirect too many is one that leads nowhere, RFC 9309 §2.3.1.2.
func (f *frontier) read(r *Request, a *Answer, out *upshot) {
	now := time.Now()
	if err := out.end.Err; err != nil && err.Class != HTTPStatus && err.Class != TooManyRedirects && err.Class != BadRedirect {
		out.found = noRobots(err, now)
		return
	}
	file := robots.File{Origin: originOf(r), Status: a.Status, Text: a.Robots, Fetched: now}
	found := f.opts.found(file)
	out.found = &found
	if f.opts.RobotsCache != nil && found.until.Sub(now) > robotsTrouble {
		f.keep(file)
	}
}

// noRobots is that a robots.txt cannot be had.
func noRobots(err *Error, now time.Time) *finding {
	fail := *err
	fail.Detail = "robots.txt: " + err.Detail
	return &finding{fail: &fail, until: now.Add(robotsTrouble)}
}

// keep has the submitting goroutine give a file to the cache.
func (f *frontier) keep(file robots.File) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fresh = append(f.fresh, file)
}

// learn notes what was found out about an origin's robots.txt. What has waited for it
// goes back to the front of its host's queue.
func (f *frontier) learn(o *origin, what finding) {
	f.origins.learn(o, what)
	h := o.host
	h.parked -= o.parked.len()
	h.pace(o.key, f.crawlDelay(o))
	decided := f.decide(o, h)
	h.giveBack(decided)
	h.giveBack(o.parked)
	o.host, o.parked = nil, queue[queued]{}
	f.settle(h)
}

// decide takes the first requests that wait for an origin's robots.txt out of its queue,
// and gives those that are allowed.
func (f *frontier) decide(o *origin, h *host) (allowed queue[queued]) {
	if h.down != nil {
		return allowed // that comes first
	}
	begin := time.Now()
	for n := 0; n < decideAtOnce && o.parked.len() > 0 && (n == 0 || time.Since(begin) < turnTime); n++ {
		r := o.parked.pop()
		if why := o.forbids(r.URL); why != nil {
			f.deny(h, r, why)
			continue
		}
		r.allowed = true
		allowed.push(r)
	}
	return allowed
}

// crawlDelay is the least time between requests to the host of an origin.
func (f *frontier) crawlDelay(o *origin) time.Duration {
	return min(o.delay(), f.opts.RetryMaxWait)
}

// paceBy lets the host rest after the request for its robots.txt as the rules want it,
// which nobody knew when it was answered.
func (f *frontier) paceBy(r *Request) {
	h := f.host(HostOf(r.Asked))
	if h.delay > 0 {
		h.pause(time.Now(), h.delay)
		f.settle(h)
	}
}
