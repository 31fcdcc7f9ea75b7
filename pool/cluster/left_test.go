package cluster

import (
	"context"
	"testing"

	"trawl/pool"
)

// A worker asks what remains of a message and is stopped meanwhile: its maker would fail the
// calls.
func TestAWorkerThatHasLeftBeginsNothingOfWhatItHolds(t *testing.T) {
	s := newSession(&worker{told: newNotices(nil, nil)}, "r")
	ex, err := pool.New(pool.Threads(func(context.Context, string) (string, error) { return "", nil }), pool.Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	s.maker, err = pool.NewMaker(t.Context(), pool.Worker[string, string, string]{Executor: ex, Done: pool.Outcome[string, string]}, s)
	if err != nil {
		t.Fatal(err)
	}
	j := job{Message: 7, Calls: []jobCall{{ID: 1}}}
	h, _ := s.hold(&j, nil)
	s.leave(context.Canceled)
	s.maker.Close()
	s.begin(h, &j)
	if len(s.calls) != 0 || len(s.results) != 0 {
		t.Errorf("%d calls run and %d have ended, want none", len(s.calls), len(s.results))
	}
}
