package crawl

import "time"

// maxThrottled is how many hosts that have asked for a pause are told apart. The
// pauses of later ones count, they themselves do not.
const maxThrottled = 16 * 1024

// pauses adds up those that hosts have asked for.
type pauses struct {
	over map[string]time.Time // host → when its pause is over
	time time.Duration        // in all
}

// add counts the part of a pause by which it outlasts the one that the host is
// in.
func (p *pauses) add(host string, now time.Time, d time.Duration) {
	over, known := p.over[host]
	if over.Before(now) {
		over = now
	}
	if longer := now.Add(d).Sub(over); longer > 0 {
		p.time += longer
		over = over.Add(longer)
	}
	if known || len(p.over) < maxThrottled {
		p.over[host] = over
	}
}
