package crawl

import "time"

// maxThrottled is how many hosts that have asked for a pause are told apart. The
// pauses of later ones count, they themselves do not.
const maxThrottled = 16 * 1024

// pauses adds up those that hosts have asked for.
type pauses struct {
	Over map[string]time.Time `cbor:"1,keyasint,omitempty"` // host → when its pause is over
	Time time.Duration        `cbor:"2,keyasint,omitempty"` // in all
}

// add counts the part of a pause by which it outlasts the one that the host is
// in, which it returns with the time when that is over.
func (p *pauses) add(host string, now time.Time, d time.Duration) (longer time.Duration, over time.Time) {
	over = p.Over[host]
	if over.Before(now) {
		over = now
	}
	longer = max(0, now.Add(d).Sub(over))
	over = over.Add(longer)
	p.count(host, longer, over)
	return longer, over
}

func (p *pauses) count(host string, longer time.Duration, over time.Time) {
	p.Time += longer
	p.until(host, over)
}

func (p *pauses) until(host string, over time.Time) {
	if p.Over == nil {
		p.Over = map[string]time.Time{}
	}
	if _, known := p.Over[host]; known || len(p.Over) < maxThrottled {
		p.Over[host] = over
	}
}

func (p *pauses) merge(o *pauses) {
	p.Time += o.Time
	for host, over := range o.Over {
		p.until(host, over)
	}
}
