package crawl

import (
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTheCountsTellOfWorkersElsewhere(t *testing.T) {
	s := NewStats()
	if c := s.Counts(); c.Elsewhere || c.Workers != nil {
		t.Errorf("a run in this process: %+v, want no workers elsewhere", c)
	}
	var now []WorkerStatus
	s.WatchWorkers(func() []WorkerStatus { return now })
	if c := s.Counts(); !c.Elsewhere || len(c.Workers) != 0 {
		t.Errorf("before a worker has come: elsewhere is %v with %v, want true with none", c.Elsewhere, c.Workers)
	}
	now = []WorkerStatus{{Name: "beta", Capacity: 128, InFlight: 100, Rate: 410}, {Name: "alpha", Slow: true}}
	if diff := cmp.Diff(now, s.Counts().Workers); diff != "" {
		t.Errorf("two workers (-want +got):\n%s", diff)
	}
	s.WatchWorkers(nil)
	if c := s.Counts(); c.Elsewhere || c.Workers != nil {
		t.Errorf("after the last is taken back: %+v, want no workers elsewhere", c)
	}
}

// What is asked for the workers may itself wait for whoever is counting.
func TestTheCountersAreFreeWhileWorkersAreAskedFor(t *testing.T) {
	s := NewStats()
	s.WatchWorkers(func() []WorkerStatus {
		s.Add(page(1, "https://example.com/", 0))
		return nil
	})
	var asking sync.WaitGroup
	for range 10 {
		asking.Go(func() { s.Counts() })
	}
	asking.Wait()
	if got := s.Counts().Pages; got != 11 {
		t.Errorf("%d pages, want 11", got)
	}
}
