package crawl

import "time"

// WorkerStatus is what a worker elsewhere was doing when it was last heard of.
type WorkerStatus struct {
	Name     string        // as it calls itself: whatever it likes
	Capacity int           // jobs at once
	InFlight int           // jobs that it has
	Rate     float64       // jobs a second that it has ended, over the last seconds
	Slow     bool          // much slower than the others for what it has
	Silent   time.Duration // how long nothing has been heard of it, if that is too long; 0 is not
}

// WatchWorkers has [Stats.Counts] tell of workers elsewhere. workers returns those that the
// run has now, in the order in which they came, and what it returns is the caller's; it may
// be called by many goroutines at once, and by each Counts from now on, after the run too.
// nil: the run has none elsewhere, as in the beginning.
func (s *Stats) WatchWorkers(workers func() []WorkerStatus) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.workers = workers
}

// elsewhere asks for the workers, if the run has them elsewhere.
func (s *Stats) elsewhere() (workers []WorkerStatus, ok bool) {
	s.mu.Lock()
	ask := s.workers
	s.mu.Unlock()
	if ask == nil {
		return nil, false
	}
	return ask(), true // without the lock: who is asked has one of its own
}
