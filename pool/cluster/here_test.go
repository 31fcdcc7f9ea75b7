package cluster

import (
	"context"
	"testing"

	"trawl/pool"
	"trawl/pool/cluster/natstest"
)

func newMaker(
	ctx context.Context, workers int, answers pool.Answers, fn func(context.Context, string) (string, error),
) (pool.Maker, error) {
	ex, err := pool.New(pool.Threads(fn), pool.Options{Workers: workers})
	if err != nil {
		return nil, err
	}
	return pool.NewMaker(ctx, pool.Worker[string, string, string]{Executor: ex, Done: pool.Outcome[string, string]}, answers)
}

// serveHere serves in this process, until the test ends, with calls that fn makes.
func serveHere(t *testing.T, conn *Conn, workers int, fn func(context.Context, string) (string, error)) {
	t.Helper()
	serve(t, conn, func(ctx context.Context, _ []byte, answers pool.Answers) (pool.Maker, error) {
		return newMaker(ctx, workers, answers, fn)
	})
}

func serve(t *testing.T, conn *Conn, start Start) {
	t.Helper()
	ctx, cancel := context.WithCancel(t.Context())
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		_ = Serve(ctx, nil, conn, start, WorkerOptions{Name: "here", Release: "1"})
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
}

// sendAlone sends a call that is to run alone.
func (e *Engine[In, Out]) sendAlone(t *testing.T, argument []byte) (*flight, *message) {
	t.Helper()
	e.mu.Lock()
	defer e.mu.Unlock()
	f := &flight{id: 1001, data: argument, answer: make(chan reply, 1)}
	f.message = &message{id: 1002, alone: true, calls: []uint64{f.id}, left: 1}
	e.flights[f.id], e.messages[f.message.id] = f, f.message
	e.again = append(e.again, f.message)
	wake(e.room)
	return f, f.message
}

// From when the coordinator hears that a worker is about to begin a call alone, it is blamed
// for the worker's death. So that is when nothing else runs.
func TestACallAloneIsBegunWhenTheOthersHaveEnded(t *testing.T) {
	t.Parallel()
	server := natstest.Start(t, natstest.Options{})
	e := newTestEngine(t, server)
	begun, release := make(chan string, 2), make(chan struct{})
	serveHere(t, e.conn, 2, func(_ context.Context, in string) (string, error) {
		begun <- in
		<-release
		return in, nil
	})
	e.call(t, "other")
	<-begun
	data, err := e.opts.In.Append(nil, "alone")
	if err != nil {
		t.Fatal(err)
	}
	f, m := e.sendAlone(t, data)
	e.await(t, "the message is stored", func() bool { return m.seq > 0 })
	stored := m.seen
	e.await(t, "the worker has the message", func() bool { return m.seen.After(stored) })
	if e.locked(func() bool { return m.holder != "" }) {
		t.Error("the worker has begun the call alone while another runs")
	}
	close(release)
	if r := <-f.answer; r.err != nil || <-begun != "alone" || m.holder == "" {
		t.Errorf("the call alone ends with %v, held by %q", r, m.holder)
	}
}
