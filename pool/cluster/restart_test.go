package cluster_test

import (
	"strings"
	"testing"
	"time"

	"trawl/pool/cluster"
	"trawl/pool/cluster/natstest"
)

// shortLease is that of tests in which a lease runs out.
func shortLease(o *options) { o.Lease = time.Second }

// startWorkers starts processes that serve the run, and waits for them.
func (r *run) startWorkers(address string, n, capacity int) (workers []*worker) {
	r.t.Helper()
	for range n {
		workers = append(workers, startWorker(r.t, address).serve(job{Capacity: capacity, Run: r.name}))
	}
	r.awaitCapacity(n * capacity)
	return workers
}

func TestAServerThatIsKilledAndRestartedCostsNoCall(t *testing.T) {
	t.Parallel()
	server := natstest.Start(t, natstest.Options{})
	r := newRun(t, server.URL(), 64, shortLease)
	r.startWorkers(server.URL(), 2, 16)
	load := r.startLoad(1500, 20*time.Millisecond)
	for _, calls := range []int{100, 500, 900} {
		load.after(calls)
		server.Kill()
		server.Restart()
	}
	if again := load.finish(); again > 3*32 {
		t.Errorf("%d calls were made again, want at most what the workers have at once, 32, a restart", again)
	}
}

func TestAServerThatIsAwayForLongerThanALeaseCostsNoCall(t *testing.T) {
	t.Parallel()
	server := natstest.Start(t, natstest.Options{})
	r := newRun(t, server.URL(), 64, shortLease)
	r.startWorkers(server.URL(), 2, 16)
	load := r.startLoad(500, 20*time.Millisecond)
	load.after(100)
	server.Kill()
	<-time.After(2 * time.Second) // two leases
	server.Restart()
	if again := load.finish(); again > 32 {
		t.Errorf("%d calls were made again, want at most what the workers have at once, 32", again)
	}
}

func TestAStoreThatIsLostCostsOneWindowAtMost(t *testing.T) {
	t.Parallel()
	server := natstest.Start(t, natstest.Options{})
	r := newRun(t, server.URL(), 64, shortLease)
	r.startWorkers(server.URL(), 2, 16)
	load := r.startLoad(1000, 20*time.Millisecond)
	load.after(300)
	server.Kill()
	server.DeleteStore()
	server.Restart()
	if again := load.finish(); again > 64 {
		t.Errorf("%d calls were made again, want at most the window, 64", again)
	}
	r.want("upper later", "LATER")
	for _, e := range r.allTold() { // what is made again has a second result, which nobody waits for
		if e.Kind == cluster.Dropped && !strings.HasSuffix(e.Detail, "that nobody waits for") {
			t.Errorf("a message was dropped as none of ours: %v", r.allTold())
		}
	}
}

// The server is away, and its store with it, while the coordinator submits, and while
// nothing at all is in flight.
func TestAStoreThatIsLostWhileNothingIsInFlightCostsNothing(t *testing.T) {
	t.Parallel()
	server := natstest.Start(t, natstest.Options{})
	r := newRun(t, server.URL(), 8, shortLease)
	r.startWorkers(server.URL(), 1, 8)
	r.want("upper a", "A")
	server.Kill()
	server.DeleteStore()
	server.Restart()
	r.want("upper b", "B")
}
