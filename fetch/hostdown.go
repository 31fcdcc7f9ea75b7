package fetch

import (
	"fmt"
	"time"
)

// maxDownHosts is how many hosts are remembered to be down. One that is forgotten gets
// another chance.
const maxDownHosts = 64 * 1024

// downHosts are the hosts that are given up.
type downHosts struct {
	why   map[string]*Error
	order queue[string]
}

func (d *downHosts) add(host string, why *Error) {
	if d.why == nil {
		d.why = map[string]*Error{}
	}
	if d.order.len() == maxDownHosts {
		delete(d.why, d.order.pop())
	}
	d.why[host] = why
	d.order.push(host)
}

// hear takes note of what an answer, or that there is none, says of its host. It reports
// whether the host is now down.
func (f *frontier) hear(h *host, a *Answer) bool {
	if a.Status != 0 {
		h.failures = 0
	}
	if !a.Unreached || h.down != nil {
		return false
	}
	if h.failures++; f.opts.HostMaxErrors == 0 || h.failures < f.opts.HostMaxErrors {
		return false
	}
	h.down = &Error{Class: HostDown, Detail: fmt.Sprintf("given up after %d connection failures in a row: %s", h.failures, a.Err.Detail)}
	f.down.add(h.key, h.down)
	return true
}

// giveUp ends what waits for hosts that are down, as much as a turn may.
func (f *frontier) giveUp() {
	for f.fallen.len() > 0 && len(f.denied) < turnSize {
		h := f.fallen.first()
		if h.waiting() > 0 {
			f.deny(h, h.pop(h.turn()), h.down)
			continue
		}
		f.fallen.pop()
		h.place = nowhere
		f.settle(h)
	}
}

// A denial is a position that has ended without its last request having been sent.
type denial struct {
	r   Request
	end Ending
}

// deny ends a request that has been popped.
func (f *frontier) deny(h *host, waited queued, why *Error) {
	f.leave(h, &waited)
	r := waited.Request
	if r.Robots {
		f.learn(f.origins.all[originOf(&r)], *noRobots(why, time.Now()))
		return
	}
	err := *why
	err.URL = r.URL
	end := Ending{Err: &err, Start: r.Started, Spent: r.Spent, Retryable: err.Class == HostDown || f.opts.RetryOn.Has(&err)}
	if r.Started.IsZero() { // the attempt has not begun
		end.Start = time.Now()
		r.Attempt--
		r.Tried = r.Tried[:max(0, min(len(r.Tried), r.Attempt-1))]
	}
	f.denied = append(f.denied, denial{r, end})
}

// told counts positions of whose end somebody has been told.
func (f *frontier) told(denied []denial) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range denied {
		f.finish(denied[i].r.Position)
	}
}
