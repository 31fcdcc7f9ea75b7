package fetch

import "time"

// An Event tells what a stage does beside ending positions.
type Event struct {
	Kind    EventKind
	Request Request       // the one answered
	Answer  Answer        // to it
	Next    string        // Redirected: the URL of the next hop
	Wait    time.Duration // Retried: before the next attempt; Throttled: the host's pause
}

// EventKind is the kind of an [Event].
type EventKind int

// The kinds of events.
const (
	Redirected EventKind = iota
	Retried
	Throttled // the host has asked for a pause
	GivenUp   // the host is down: the request was the last of too many that could not be connected
)

// Status is what a [Stage] is doing at one moment.
type Status struct {
	Taken     int64         // positions taken from the list so far
	Ended     int64         // of them: successes, failures, refused, denied
	Whole     bool          // the list is at its end, and every position has ended
	InFlight  int           // requests, those for a robots.txt too
	Queued    int           // requests that wait for their hosts, or for a robots.txt
	Throttled int           // hosts that have asked for a pause which is not over
	Longest   time.Duration // what is left of the longest such pause
	Stalled   bool          // nothing is in flight, and such pauses are all that is waited for
	Host      string        // one host that is waited for; "" is none
}
