package cluster

import (
	"context"
	"errors"
	"testing"
	"time"

	"trawl/pool"
	"trawl/pool/cluster/natstest"
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

// A worker that is stopped while its server is away waits for that for a lease, after which
// others have its calls anyway, and not for ever.
func TestAWorkerThatIsStoppedWithoutAServerEnds(t *testing.T) {
	t.Parallel()
	server := natstest.Start(t, natstest.Options{})
	e := newTestEngine(t, server)
	conn, err := Connect(t.Context(), server.URL(), ConnectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	begun, release := make(chan string, 1), make(chan struct{})
	start := func(ctx context.Context, _ []byte, answers pool.Answers) (pool.Maker, error) {
		return newMaker(ctx, 1, answers, func(_ context.Context, in string) (string, error) {
			begun <- in
			<-release
			return in, nil
		})
	}
	stop, ended := make(chan struct{}), make(chan error, 1)
	go func() { ended <- Serve(t.Context(), stop, conn, start, WorkerOptions{Release: "1"}) }()
	e.call(t, "a")
	<-begun
	server.Kill()
	close(stop)
	close(release)
	select {
	case err := <-ended:
		if !errors.Is(err, ErrAway) {
			t.Errorf("Serve: %v, want %v", err, ErrAway)
		}
	case <-time.After(soon):
		t.Fatal("the worker has not ended")
	}
}
