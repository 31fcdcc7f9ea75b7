package crawl

import (
	"maps"
	"sync"
	"time"

	"trawl/fetch"
	"trawl/parse"
)

// Stats are the counters of one run. [NewStats] makes them; every method may be
// called by many goroutines at once. What they take is bounded, however long
// the list.
type Stats struct {
	started time.Time

	mu      sync.Mutex // guards all below
	status  func() fetch.Status
	workers func() []WorkerStatus // elsewhere; nil: there are none
	stopped string                // why
	before  int64                 // URLs that have ended in earlier parts of the run
	all     tally                 // but for the time since started
	events  tally                 // those that came since the last frame
	framed  time.Time             // when that was
}

// NewStats starts the clock.
func NewStats() *Stats {
	now := time.Now()
	return &Stats{started: now, framed: now}
}

// Add counts records that are on disk. It keeps nothing of them.
func (s *Stats) Add(recs ...parse.Record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range recs {
		s.all.add(&recs[i])
	}
}

// Event counts what a stage tells of pauses that hosts ask for. Attempts that are followed
// by another, and their answers, are counted with the record that ends the URL: a run that
// is killed before, and resumed, makes them again.
func (s *Stats) Event(e fetch.Event) {
	if e.Kind != fetch.Throttled {
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	longer, over := s.all.Pauses.add(e.Request.Host, time.Now(), e.Wait)
	s.events.Pauses.count(e.Request.Host, longer, over)
}

// Counts are the few of a run's figures that can be asked for often.
type Counts struct {
	Pages, Failed, Skipped int64
	Bytes                  int64 // of decoded bodies
	Retries                int64 // of URLs that have ended
	P95                    time.Duration
	Elapsed                time.Duration
	Stage                  fetch.Status // the zero Status before the stage has begun
	Before                 int64        // URLs that have ended before this part of the run

	Elsewhere bool           // the run's jobs are for workers elsewhere
	Workers   []WorkerStatus // those, in the order in which they came; empty: none is there
}

// Done is how many URLs have ended.
func (c Counts) Done() int64 { return c.Pages + c.Failed + c.Skipped }

// Counts returns the figures as they are now.
func (s *Stats) Counts() Counts {
	stage := s.stage()
	workers, elsewhere := s.elsewhere()
	s.mu.Lock()
	defer s.mu.Unlock()
	return Counts{
		Pages: s.all.Pages, Failed: s.all.Failed, Skipped: s.all.Skipped,
		Bytes: s.all.Bytes, Retries: s.all.Retries, P95: s.all.Latency.Quantile(0.95),
		Elapsed: s.all.Elapsed + time.Since(s.started), Stage: stage, Before: s.before,
		Elsewhere: elsewhere, Workers: workers,
	}
}

// Snapshot returns all figures as they are now. It belongs to the caller.
func (s *Stats) Snapshot() Summary {
	left := s.left()
	s.mu.Lock()
	defer s.mu.Unlock()
	t := &s.all
	return Summary{
		Started: s.started, Elapsed: t.Elapsed + time.Since(s.started), Stopped: s.stopped,
		Pages: t.Pages, Failed: t.Failed, Skipped: t.Skipped, Remaining: left,
		Bytes: t.Bytes, Retries: t.Retries, Retried: t.Retried, RetriedOK: t.RetriedOK,
		ThrottledHosts: int64(len(t.Pauses.Over)), ThrottledTime: t.Pauses.Time,
		New: t.New, Changed: t.Changed, Gone: t.Gone, Unfetched: t.Unfetched,
		Skips:       maps.Clone(t.Skips),
		Status:      t.Statuses.byStatus(),
		Responses:   t.Statuses.responses(),
		Classes:     t.Failures.classes(),
		Failures:    t.Failures.told(),
		BadLines:    t.Failures.Bad.told(failureKind{Class: fetch.BadURL}),
		Latency:     latencyOf(&t.Latency),
		Slowest:     t.Slowest.told(),
		HostsMissed: t.Slowest.Missed,
	}
}

func latencyOf(s *Sketch) Latency {
	return Latency{
		P50: s.Quantile(0.50),
		P90: s.Quantile(0.90),
		P95: s.Quantile(0.95),
		P99: s.Quantile(0.99),
		Max: s.Max,
	}
}

// watch makes the counters know the stage that feeds them.
func (s *Stats) watch(status func() fetch.Status) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.status = status
}

func (s *Stats) stage() fetch.Status {
	s.mu.Lock()
	status := s.status
	s.mu.Unlock()
	if status == nil {
		return fetch.Status{}
	}
	return status() // without the lock: the stage has one of its own
}

// left is how many positions the stage has taken that have not ended.
func (s *Stats) left() int64 {
	taken := s.stage().Taken
	s.mu.Lock()
	defer s.mu.Unlock()
	return max(0, taken-(s.all.urls()-s.before))
}

// stop notes what has ended the run before its list did.
func (s *Stats) stop(why string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.stopped = why
}
