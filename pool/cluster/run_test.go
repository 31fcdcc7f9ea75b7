package cluster_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"trawl/pool"
	"trawl/pool/cluster"
)

type options = cluster.Options[string, string]

// run is a run, seen from its coordinator.
type run struct {
	*pool.Executor[string, string]
	name   string
	engine *cluster.Engine[string, string]

	t        testing.TB
	capacity atomic.Int64
	mu       sync.Mutex // guards events
	events   []cluster.Event
}

// newRun makes a run with an executor of so many workers, which is shut down with the test.
func newRun(t testing.TB, address string, workers int, change func(*options)) *run {
	t.Helper()
	r := newEngine(t, dial(t, address), change)
	ex, err := pool.New(r.engine, pool.Options{Workers: workers, Window: 2 * workers})
	if err != nil {
		t.Fatal(err)
	}
	r.Executor = ex
	t.Cleanup(r.end)
	return r
}

// end ends the run by force.
func (r *run) end() { _ = r.Shutdown(context.WithoutCancel(r.t.Context()), pool.Kill) }

// newEngine makes a run whose engine is the caller's.
func newEngine(t testing.TB, conn *cluster.Conn, change func(*options)) *run {
	t.Helper()
	r := &run{name: newRunName(), t: t}
	opts := options{
		Run: r.name, Release: release,
		OnCapacity: func(calls int) { r.capacity.Store(int64(calls)) },
		OnEvent:    r.tell,
	}
	if change != nil {
		change(&opts)
	}
	r.name = opts.Run
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	engine, err := cluster.New(ctx, conn, opts)
	if err != nil {
		t.Fatal(err)
	}
	r.engine = engine
	return r
}

// dial connects until the test ends.
func dial(t testing.TB, address string) *cluster.Conn {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), patience)
	defer cancel()
	conn, err := cluster.Connect(ctx, address, cluster.ConnectOptions{Name: "coordinator"})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	return conn
}

func (r *run) tell(e cluster.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.events = append(r.events, e)
}

// told is how often the coordinator was told something.
func (r *run) told(kind cluster.Kind) (n int) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, e := range r.events {
		if e.Kind == kind {
			n++
		}
	}
	return n
}

func (r *run) allTold() []cluster.Event {
	r.mu.Lock()
	defer r.mu.Unlock()
	return append([]cluster.Event(nil), r.events...)
}

// awaitCapacity waits until workers offer so many calls.
func (r *run) awaitCapacity(calls int) {
	r.t.Helper()
	r.until(fmt.Sprintf("workers offer %d calls", calls), func() bool { return r.capacity.Load() == int64(calls) })
}

func (r *run) awaitTold(kind cluster.Kind) {
	r.t.Helper()
	r.until(fmt.Sprintf("the coordinator is told %s", kind), func() bool { return r.told(kind) > 0 })
}

// until waits until something is so.
func (r *run) until(what string, is func() bool) {
	r.t.Helper()
	if !eventually(is) {
		r.t.Fatalf("waited in vain until %s; told: %v; workers: %+v", what, r.allTold(), r.engine.Workers())
	}
}

// result makes a call and waits for it.
func (r *run) result(in string) (string, error) {
	r.t.Helper()
	ctx, cancel := context.WithTimeout(r.t.Context(), patience)
	defer cancel()
	f, err := r.Submit(ctx, in)
	if err != nil {
		r.t.Fatalf("Submit: %v", err)
	}
	value, err := f.Result(ctx)
	if ctx.Err() != nil {
		r.t.Fatalf("the call %.80q has not ended; told: %v", in, r.allTold())
	}
	return value, err
}

func (r *run) want(in, want string) {
	r.t.Helper()
	if got, err := r.result(in); got != want || err != nil {
		r.t.Errorf("%.80q: %.80q, %v, want %.80q", in, got, err, want)
	}
}

// patience is how long a test waits for what must happen.
const patience = 60 * time.Second

// until waits until something is so.
func until(t testing.TB, what string, is func() bool) {
	t.Helper()
	if !eventually(is) {
		t.Fatalf("waited in vain until %s", what)
	}
}

func eventually(is func() bool) bool {
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	late := time.NewTimer(patience)
	defer late.Stop()
	for !is() {
		select {
		case <-tick.C:
		case <-late.C:
			return false
		}
	}
	return true
}
