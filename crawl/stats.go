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
	mu       sync.Mutex // guards all below
	status   func() fetch.Status
	sum      Summary // the plain counters; what is derived is filled in by Snapshot
	statuses statuses
	latency  Sketch
	failures failures
	slowest  slowest
	pauses   pauses
}

// NewStats starts the clock.
func NewStats() *Stats {
	return &Stats{
		sum:      Summary{Started: time.Now(), Skips: map[string]int64{}},
		failures: failures{kinds: map[failureKind]*failureGroup{}, classes: map[fetch.Class]int64{}},
		slowest:  slowest{hosts: map[string]*Sketch{}},
		pauses:   pauses{over: map[string]time.Time{}},
	}
}

// Add counts records that are on disk. It keeps nothing of them.
func (s *Stats) Add(recs ...parse.Record) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for i := range recs {
		s.add(&recs[i])
	}
}

func (s *Stats) add(rec *parse.Record) {
	if rec.Class == "" {
		s.sum.Pages++
	} else {
		s.sum.Failed++
		s.failures.add(rec)
	}
	if rec.HasBody {
		s.sum.Bytes += rec.Bytes
	}
	s.addRetries(rec)
	s.addAnswer(rec)
}

func (s *Stats) addRetries(rec *parse.Record) {
	if rec.Attempts < 2 {
		return
	}
	s.sum.Retries += int64(rec.Attempts - 1)
	s.sum.Retried++
	if rec.Class == "" {
		s.sum.RetriedOK++
	}
}

func (s *Stats) addAnswer(rec *parse.Record) {
	s.statuses.last[statusIndex(rec.Status)]++
	if rec.Status == 0 {
		return
	}
	s.latency.Add(rec.Duration)
	if rec.Class == "" {
		s.slowest.add(rec)
	}
}

// Skip counts a position that has no record by intention. There are few reasons:
// "duplicate".
func (s *Stats) Skip(reason string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sum.Skipped++
	s.sum.Skips[reason]++
}

// Event counts what a stage tells of answers that are not a URL's last: those of
// attempts that are followed by another (the retries themselves are counted with
// the record that ends the URL), and pauses that hosts ask for.
func (s *Stats) Event(e fetch.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch e.Kind {
	case fetch.Retried:
		s.statuses.tried[statusIndex(e.Answer.Status)/100]++
	case fetch.Throttled:
		s.pauses.add(e.Request.Host, time.Now(), e.Wait)
	}
}

// Counts are the few of a run's figures that can be asked for often.
type Counts struct {
	Pages, Failed, Skipped int64
	Bytes                  int64 // of decoded bodies
	Retries                int64 // of URLs that have ended
	P95                    time.Duration
	Elapsed                time.Duration
	Stage                  fetch.Status // the zero Status before the stage has begun
}

// Done is how many URLs have ended.
func (c Counts) Done() int64 { return c.Pages + c.Failed + c.Skipped }

// Counts returns the figures as they are now.
func (s *Stats) Counts() Counts {
	stage := s.stage()
	s.mu.Lock()
	defer s.mu.Unlock()
	return Counts{
		Pages: s.sum.Pages, Failed: s.sum.Failed, Skipped: s.sum.Skipped,
		Bytes: s.sum.Bytes, Retries: s.sum.Retries, P95: s.latency.Quantile(0.95),
		Elapsed: time.Since(s.sum.Started), Stage: stage,
	}
}

// Snapshot returns all figures as they are now. It belongs to the caller.
func (s *Stats) Snapshot() Summary {
	left := s.left()
	s.mu.Lock()
	defer s.mu.Unlock()
	sum := s.sum
	sum.Elapsed = time.Since(sum.Started)
	sum.Remaining = left
	sum.ThrottledHosts, sum.ThrottledTime = int64(len(s.pauses.over)), s.pauses.time
	sum.Skips = maps.Clone(sum.Skips)
	sum.Status = s.statuses.byStatus()
	sum.Responses = s.statuses.responses()
	sum.Classes = maps.Clone(s.failures.classes)
	sum.Failures = s.failures.told()
	sum.BadLines = s.failures.bad.told(failureKind{class: fetch.BadURL})
	sum.Latency = latencyOf(&s.latency)
	sum.Slowest = s.slowest.told()
	sum.HostsMissed = s.slowest.missed
	return sum
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
	return max(0, taken-s.sum.URLs())
}

// stop notes what has ended the run before its list did.
func (s *Stats) stop(why string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.sum.Stopped = why
}
