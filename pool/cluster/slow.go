package cluster

import (
	"math"
	"slices"
	"strconv"
	"time"
)

const (
	slowPart   = 4                // a worker is slow below this part of the others' pace
	slowAfter  = 10 * time.Second // if it has been for so long
	slowCalls  = 4                // with so many calls in flight at least: fewer may be a few slow servers
	slowStatus = 3 * time.Second  // an older status says nothing: there is one each second
)

// slow says which of the workers are slow now: those with slowCalls in flight or more whose
// pace is below a quarter of the median of the others' paces. A pace is the calls a second
// for each call in flight, which is one by the time that a call takes; so a worker that
// has been given less to do is not slow. A worker that has nothing to do has no pace, and
// where all stand still none is slow.
func slow(all []WorkerStatus) []bool {
	var sorted []float64
	for _, w := range all {
		if p, ok := pace(w); ok {
			sorted = append(sorted, p)
		}
	}
	slices.Sort(sorted)
	slow := make([]bool, len(all))
	for i, w := range all {
		p, ok := pace(w)
		slow[i] = ok && w.InFlight >= slowCalls && p*slowPart < medianOfOthers(sorted, p)
	}
	return slow
}

func pace(w WorkerStatus) (p float64, ok bool) {
	return perSecond(w) / float64(max(1, w.InFlight)), perSecond(w) > 0 || w.InFlight >= slowCalls
}

// perSecond is the worker's rate, if that is a number.
func perSecond(w WorkerStatus) float64 {
	if w.Rate > 0 && !math.IsInf(w.Rate, 0) {
		return w.Rate
	}
	return 0
}

// medianOfOthers is the median of the sorted values without one that is v; the lower one
// of two. It is 0 if there are no others.
func medianOfOthers(sorted []float64, v float64) float64 {
	others := len(sorted) - 1
	if others < 1 {
		return 0
	}
	middle := (others - 1) / 2
	if at, _ := slices.BinarySearch(sorted, v); middle >= at {
		middle++
	}
	return sorted[middle]
}

// observeSlow is called with mu held, about once a second.
func (e *Engine[In, Out]) observeSlow(now time.Time) {
	for _, event := range e.members.observeSlow(now) {
		e.told.event(event)
	}
}

// observeSlow sets Slow of the workers that have been slow for slowAfter, whenever they
// were looked at, and unsets that of the others. It returns the events of those that have
// become so.
func (m *members) observeSlow(now time.Time) (events []Event) {
	var heard []*member
	var all []WorkerStatus
	for _, instance := range m.order {
		w := m.all[instance]
		if now.Sub(w.Heard) < slowStatus {
			heard, all = append(heard, w), append(all, w.WorkerStatus)
		} else {
			w.Slow, w.slowFrom = false, time.Time{}
		}
	}
	for i, is := range slow(all) {
		if heard[i].spell(is, now) {
			events = append(events, Event{Kind: Slow, Worker: heard[i].Name, Detail: compared(all, i)})
		}
	}
	return events
}

// spell notes whether the worker is slow now, and reports whether it has just been for long
// enough.
func (w *member) spell(slow bool, now time.Time) (news bool) {
	switch {
	case !slow:
		w.slowFrom = time.Time{}
	case w.slowFrom.IsZero():
		w.slowFrom = now
	}
	was := w.Slow
	w.Slow = slow && now.Sub(w.slowFrom) >= slowAfter
	return w.Slow && !was
}

// compared is the rate of a worker, and the median of the others' rates, for people.
func compared(all []WorkerStatus, i int) string {
	var rates []float64
	for _, w := range all {
		if _, ok := pace(w); ok {
			rates = append(rates, perSecond(w))
		}
	}
	slices.Sort(rates)
	own := perSecond(all[i])
	return people(own) + "/s, the others " + people(medianOfOthers(rates, own)) + "/s"
}

// people is a rate without digits that nobody reads.
func people(rate float64) string {
	if rate < 9.95 {
		return strconv.FormatFloat(rate, 'f', 1, 64)
	}
	return strconv.FormatFloat(rate, 'f', 0, 64)
}
