package fetch

import (
	"cmp"
	"time"
)

// DefaultConcurrency is how many requests are in flight at once, if nobody says
// otherwise.
const DefaultConcurrency = 128

// StageOptions are the limits that a [Stage] keeps. The zero value is polite.
type StageOptions struct {
	Concurrency     int           // requests in flight, all hosts together; 0 means DefaultConcurrency
	HostConcurrency int           // in flight per host; 0 means 8
	HostDelay       time.Duration // least time between the end of one request to a host and the start of the next, one at a time; 0 means none
	Rate            float64       // request starts a second, all hosts together; 0 means no limit

	Method       string        // "" means GET
	Timeout      time.Duration // of an attempt, including its redirects, not the wait for a host's turn; 0 means 30 s
	Accept       StatusSet     // what counts as success; the zero set is 200-299
	MaxRedirects int           // per attempt; 0 means 10, negative none: a redirect is then an answer as any other

	Retries      int           // attempts after the first; 0 means 2, negative none
	RetryWait    time.Duration // before the first retry, doubled each time, ±20 %; 0 means 1 s
	RetryMaxWait time.Duration // longest wait, also for Retry-After, Crawl-delay and RateLimit; 0 means 1 min
	RetryOn      RetryOn       // what is worth another try; the zero value means DefaultRetryOn

	Robots      RobotsRule
	Agent       string      // product token, under which robots.txt has rules; "" is "trawl"
	RobotsCache RobotsCache // nil is none

	HostMaxErrors int // connection failures in a row, after which a host is down for the rest of the run; 0 means 20, negative never

	KeepOrder bool        // start no position too far beyond the lowest that has not ended
	OnEvent   func(Event) // what happens but an ending; called by many goroutines at once
}

func (o StageOptions) withDefaults() StageOptions {
	o.Concurrency = cmp.Or(max(0, o.Concurrency), DefaultConcurrency)
	o.HostConcurrency = cmp.Or(max(0, o.HostConcurrency), 8)
	if o.HostDelay > 0 {
		o.HostConcurrency = 1
	}
	o.Timeout = cmp.Or(o.Timeout, 30*time.Second)
	o.MaxRedirects = max(0, cmp.Or(o.MaxRedirects, 10))
	o.Retries = max(0, cmp.Or(o.Retries, 2))
	o.RetryWait = cmp.Or(o.RetryWait, time.Second)
	o.RetryMaxWait = cmp.Or(o.RetryMaxWait, time.Minute)
	o.Agent = cmp.Or(o.Agent, "trawl")
	o.HostMaxErrors = max(0, cmp.Or(o.HostMaxErrors, 20))
	if o.RetryOn == nil {
		o.RetryOn = DefaultRetryOn
	}
	return o
}
