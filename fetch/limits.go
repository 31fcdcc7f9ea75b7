package fetch

import "time"

// StageOptions are the limits that a [Stage] keeps. The zero value is polite.
type StageOptions struct {
	Concurrency     int           // requests in flight, all hosts together; 0 means 128
	HostConcurrency int           // in flight per host; 0 means 8
	HostDelay       time.Duration // from the end of a request to a host to the start of its next, one at a time; 0 means none
	Rate            float64       // request starts a second, all hosts together; 0 means no limit

	Method       string        // "" means GET
	Timeout      time.Duration // of an attempt, its redirects included, waiting for a host's turn not; 0 means 30 s
	Accept       StatusSet     // what counts as success; the zero set is 200-299
	MaxRedirects int           // per attempt; 0 means 10, negative none: a redirect is then an answer as any other

	Retries      int           // attempts after the first; 0 means 2, negative none
	RetryWait    time.Duration // before the first retry, doubled each time, ±20 %; 0 means 1 s
	RetryMaxWait time.Duration // longest wait, also for Retry-After; 0 means 1 min
	RetryOn      RetryOn       // what is worth another try; the zero value means DefaultRetryOn

	KeepOrder bool        // start no position too far beyond the lowest that has not ended
	OnEvent   func(Event) // a redirect, a retry or a pause; called by many goroutines at once
}

// An Event tells what a stage does with an answer that is not the last.
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
)

// Status is what a [Stage] is doing at one moment.
type Status struct {
	Taken     int64         // positions taken from the list so far
	Whole     bool          // the list is at its end, and every position has ended
	InFlight  int           // requests
	Queued    int           // requests that wait for their hosts
	Throttled int           // hosts that have asked for a pause which is not over
	Longest   time.Duration // what is left of the longest such pause
	Stalled   bool          // nothing is in flight, and such pauses are all that is waited for
	Host      string        // one host that is waited for; "" is none
}

const (
	readBatch    = 64        // lines taken from the list at once
	maxQueued    = 100_000   // requests read ahead
	maxQueuedMem = 16 << 20  // their bytes
	sameHosts    = 10_000    // requests read ahead without meeting a new host
	maxIdleHosts = 1_024     // hosts remembered that nothing waits for
	maxHeldHosts = 16 * 1024 // and those among them whose pause is not over
	orderWindow  = 4_096     // positions that KeepOrder lets run ahead
)

func (o StageOptions) withDefaults() StageOptions {
	o.Concurrency = or(o.Concurrency, 128)
	o.HostConcurrency = or(o.HostConcurrency, 8)
	if o.HostDelay > 0 {
		o.HostConcurrency = 1
	}
	o.Timeout = or(o.Timeout, 30*time.Second)
	o.MaxRedirects = max(0, or(o.MaxRedirects, 10))
	o.Retries = max(0, or(o.Retries, 2))
	o.RetryWait = or(o.RetryWait, time.Second)
	o.RetryMaxWait = or(o.RetryMaxWait, time.Minute)
	if o.RetryOn == nil {
		o.RetryOn = DefaultRetryOn
	}
	return o
}

func or[T int | time.Duration](v, zero T) T {
	if v == 0 {
		return zero
	}
	return v
}
