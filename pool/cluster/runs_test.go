package cluster_test

import (
	"testing"

	"trawl/pool/cluster/natstest"
)

// A server takes the folder of its streams away with the last of them.
func TestARunBeginsWhileTheLastOneEnds(t *testing.T) {
	t.Parallel()
	server := natstest.Start(t, natstest.Options{})
	conn := dial(t, server.URL())
	for range 50 { // about every twentieth failed when nobody waited for that
		if err := newEngine(t, conn, nil).engine.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAWorkerServesRunAfterRun(t *testing.T) {
	t.Parallel()
	server := natstest.Start(t, natstest.Options{})
	w := startWorker(t, server.URL()).serve(job{})
	for range 3 {
		r := newRun(t, server.URL(), 8, nil)
		r.awaitCapacity(8)
		r.want("upper a", "A")
		r.end()
	}
	w.leave()
}

func TestRunsOnOneServerDoNotMeet(t *testing.T) {
	t.Parallel()
	server := natstest.Start(t, natstest.Options{})
	a, b := newRun(t, server.URL(), 8, nil), newRun(t, server.URL(), 8, nil)
	for _, r := range []*run{a, b} {
		startWorker(t, server.URL()).serve(job{Run: r.name})
		r.awaitCapacity(8)
	}
	first, second := a.startLoad(100, 0), b.startLoad(100, 0)
	if again := first.finish() + second.finish(); again != 0 {
		t.Errorf("%d calls were made again", again)
	}
	for _, r := range []*run{a, b} {
		if workers := r.engine.Workers(); len(workers) != 1 {
			t.Errorf("the workers of one run are %+v", workers)
		}
	}
}
