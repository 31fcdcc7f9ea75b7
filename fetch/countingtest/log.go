package countingtest

import (
	"cmp"
	"math"
	"slices"
	"time"
)

// Log is what a server was asked.
type Log []Request

// Hosts takes the log apart by host, each in the order in which requests came.
func (l Log) Hosts() map[string]Log {
	hosts := map[string]Log{}
	for _, q := range l {
		hosts[q.Host] = append(hosts[q.Host], q)
	}
	for _, of := range hosts {
		slices.SortFunc(of, func(a, b Request) int { return cmp.Compare(a.Begin, b.Begin) })
	}
	return hosts
}

// AtOnce is the highest number of requests at one time.
func (l Log) AtOnce() (peak int) { return l.atOnce(func(Request) bool { return true }) }

// Streams is the highest number of requests at one time on one connection.
func (l Log) Streams() (peak int) {
	for conn := range l.Connections() {
		peak = max(peak, l.atOnce(func(q Request) bool { return q.Conn == conn }))
	}
	return peak
}

// Connections are those that requests came on, and how many on each.
func (l Log) Connections() map[int64]int {
	conns := map[int64]int{}
	for _, q := range l {
		conns[q.Conn]++
	}
	return conns
}

func (l Log) atOnce(counts func(Request) bool) (peak int) {
	type step struct {
		at time.Duration
		by int
	}
	var steps []step
	for _, q := range l {
		if counts(q) {
			steps = append(steps, step{q.Begin, 1}, step{q.End, -1})
		}
	}
	slices.SortFunc(steps, func(a, b step) int { return cmp.Or(cmp.Compare(a.at, b.at), cmp.Compare(a.by, b.by)) })
	now := 0
	for _, s := range steps {
		now += s.by
		peak = max(peak, now)
	}
	return peak
}

// Pause is the shortest time from the end of a request that is after to the start of the
// next, whatever that is. It is negative if the two overlap, and math.MaxInt64 if there is
// none. A nil after is every request. The log is that of one host.
func (l Log) Pause(after func(Request) bool) time.Duration {
	shortest := time.Duration(math.MaxInt64)
	for i := 1; i < len(l); i++ {
		if last := l[i-1]; after == nil || after(last) {
			shortest = min(shortest, l[i].Begin-last.End)
		}
	}
	return shortest
}

// Starts finds the time in which requests were certainly sent at the highest rate, for a
// client that may send perSecond, and one more: by how many it has sent too many. It is
// negative or zero for one that keeps to it.
//
// When a request was sent the server cannot know; but for a client that asks each host one
// thing at a time it was after the host's request before that has ended, and before this
// one was read. What lies between two such moments was sent between them.
func (l Log) Starts(perSecond float64) (excess float64) {
	type span struct{ from, to time.Duration }
	var sent []span
	for _, of := range l.Hosts() {
		for i := 1; i < len(of); i++ {
			sent = append(sent, span{of[i-1].End, of[i].Begin})
		}
	}
	slices.SortFunc(sent, func(a, b span) int { return cmp.Compare(a.to, b.to) })
	excess = math.Inf(-1)
	for _, first := range sent {
		n := 0
		for _, s := range sent {
			if s.from < first.from {
				continue
			}
			n++
			excess = max(excess, float64(n)-1-perSecond*(s.to-first.from).Seconds())
		}
	}
	return excess
}

// PerSecond is the highest number of requests that began within one second, as the server
// has seen it: a busy machine makes it higher than what was sent.
func (l Log) PerSecond() (most int) {
	sorted := slices.SortedFunc(slices.Values(l), func(a, b Request) int { return cmp.Compare(a.Begin, b.Begin) })
	from := 0
	for i, q := range sorted {
		for q.Begin-sorted[from].Begin >= time.Second {
			from++
		}
		most = max(most, i-from+1)
	}
	return most
}
