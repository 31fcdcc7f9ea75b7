package cluster

import (
	"context"
	"testing"
	"time"

	"trawl/pool"
	"trawl/pool/cluster/natstest"
)

// A worker that is to leave takes nothing more, and offers nothing.
func TestAWorkerThatLeavesOffersWhatItHasLeft(t *testing.T) {
	s := newSession(&worker{told: newNotices(nil, nil)}, "r")
	var err error
	s.maker, err = newMaker(t.Context(), 8, s, func(ctx context.Context, _ string) (string, error) {
		<-ctx.Done()
		return "", context.Cause(ctx)
	})
	if err != nil {
		t.Fatal(err)
	}
	s.alive = time.Now()
	s.lease = time.Hour
	data, err := pool.CBOR[string]().Append(nil, "x")
	if err != nil {
		t.Fatal(err)
	}
	j := job{Message: 7, Calls: []jobCall{{ID: 1, Argument: data}, {ID: 2, Argument: data}}}
	h, _ := s.hold(&j, nil)
	s.begin(h, &j)
	if q := s.status(); q.Capacity != 8 || q.InFlight != 2 {
		t.Errorf("it offers %d with %d in flight, want 8 and 2", q.Capacity, q.InFlight)
	}
	s.draining = true
	if q := s.status(); q.Capacity != 2 || q.InFlight != 2 {
		t.Errorf("when it leaves it offers %d with %d in flight, want 2 and 2", q.Capacity, q.InFlight)
	}
	s.leave(context.Canceled)
	s.maker.Close()
}

// With nobody to say what remains of a message that has come again, it is given back.
func TestAWorkerLeavesThoughItsCoordinatorIsGone(t *testing.T) {
	t.Parallel()
	e := newTestEngine(t, natstest.Start(t, natstest.Options{}))
	stop, ended := make(chan struct{}), make(chan error, 1)
	begun := make(chan struct{}, 1)
	go func() {
		ended <- Serve(t.Context(), stop, e.conn, func(ctx context.Context, _ []byte, answers pool.Answers) (pool.Maker, error) {
			return newMaker(ctx, 4, answers, func(context.Context, string) (string, error) {
				begun <- struct{}{}
				return "", nil
			})
		}, WorkerOptions{Name: "here", Release: "1"})
	}()
	e.await(t, "the worker has joined", func() bool { return e.capacity == 4 })
	e.end() // it answers nobody any more
	e.crew.Wait()
	ctx, cancel := context.WithTimeout(t.Context(), soon)
	defer cancel()
	m := seal(jobCodec, job{Epoch: e.epoch, Message: 1 << 40, Alone: true, Calls: []jobCall{{ID: 1 << 40}}})
	if _, err := e.conn.js.Publish(ctx, e.names.subject(jobs), m); err != nil {
		t.Fatal(err)
	}
	for { // until the worker has it
		c, err := e.conn.js.Consumer(ctx, e.names.jobsStream(), workersConsumer)
		if err != nil {
			t.Fatal(err)
		}
		if c.CachedInfo().NumAckPending > 0 {
			break
		}
		<-time.After(5 * time.Millisecond)
	}
	close(stop)
	select {
	case err := <-ended:
		if err != nil || len(begun) > 0 {
			t.Errorf("Serve: %v; %d calls were begun", err, len(begun))
		}
	case <-ctx.Done():
		t.Fatal("the worker does not leave")
	}
}
