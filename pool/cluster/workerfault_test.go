//go:build unix

package cluster_test

import (
	"errors"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"trawl/pool"
	"trawl/pool/cluster"
	"trawl/pool/cluster/natstest"
)

func TestAWorkerThatIsKilledLosesNoCall(t *testing.T) {
	t.Parallel()
	server := natstest.Start(t, natstest.Options{})
	r := newRun(t, server.URL(), 64, shortLease)
	workers := r.startWorkers(server.URL(), 2, 16)
	load := r.startLoad(2000, 20*time.Millisecond)
	const kills = 5
	for i := range kills {
		load.after(i * 2000 / kills)
		<-time.After(rand.N(100 * time.Millisecond))
		workers[i%2].kill()
		workers[i%2] = startWorker(t, server.URL()).serve(job{Capacity: 16, Run: r.name})
	}
	if again := load.finish(); again > kills*16 {
		t.Errorf("%d calls were made again, want at most what the killed workers had, %d", again, kills*16)
	}
	if r.told(cluster.Gone) == 0 {
		t.Errorf("nobody was told of workers that are gone: %v", r.allTold())
	}
}

func TestAllWorkersAreKilledAndNewOnesGoOn(t *testing.T) {
	t.Parallel()
	server := natstest.Start(t, natstest.Options{})
	r := newRun(t, server.URL(), 64, shortLease)
	workers := r.startWorkers(server.URL(), 2, 16)
	load := r.startLoad(600, 20*time.Millisecond)
	load.after(200)
	for _, w := range workers {
		w.kill()
	}
	r.awaitCapacity(0)
	r.startWorkers(server.URL(), 2, 16)
	if again := load.finish(); again > 32 {
		t.Errorf("%d calls were made again, want at most what the workers had, 32", again)
	}
}

// A worker that sleeps for longer than its lease wakes to find that others have its
// calls.
func TestAWorkerThatIsFrozenBeyondItsLeaseCostsWhatItHad(t *testing.T) {
	t.Parallel()
	server := natstest.Start(t, natstest.Options{})
	r := newRun(t, server.URL(), 64, shortLease)
	workers := r.startWorkers(server.URL(), 2, 16)
	load := r.startLoad(1500, 20*time.Millisecond)
	const times = 2
	for i := range times {
		load.after(100 + 600*i)
		frozen := workers[i%2].cmd.Process
		if err := frozen.Signal(syscall.SIGSTOP); err != nil {
			t.Fatal(err)
		}
		r.awaitCapacity(16)
		load.after(400 + 600*i)
		if err := frozen.Signal(syscall.SIGCONT); err != nil {
			t.Fatal(err)
		}
		r.awaitCapacity(32)
	}
	const had = 16 + 8 // in flight, and finished but not yet handed in: that is a message's at most
	if again := load.finish(); again > times*had {
		t.Errorf("%d calls were made again, want at most what the frozen workers had, %d", again, times*had)
	}
	if r.told(cluster.Gone) == 0 || r.told(cluster.Back) == 0 {
		t.Errorf("nobody was told that a worker was gone and is back: %v", r.allTold())
	}
}

func TestACallThatKillsItsWorkersIsCondemnedAlone(t *testing.T) {
	t.Parallel()
	server := natstest.Start(t, natstest.Options{})
	r := newRun(t, server.URL(), 64, shortLease)
	workers := r.startWorkers(server.URL(), 2, 16)
	deaths := filepath.Join(t.TempDir(), "deaths")
	poison, err := r.Submit(t.Context(), "die "+deaths+" x")
	if err != nil {
		t.Fatal(err)
	}
	load := r.startLoad(1000, 10*time.Millisecond)
	replaceTheDead(t, workers, poison.Done(), func() *worker {
		return startWorker(t, server.URL()).serve(job{Capacity: 16, Run: r.name})
	})
	_, err = poison.Result(t.Context())
	lost, ok := errors.AsType[*pool.WorkerLostError](err)
	if !ok {
		t.Fatalf("a call that kills its workers ends with %v, want a WorkerLostError", err)
	}
	load.finish()
	data, err := os.ReadFile(deaths)
	if err != nil {
		t.Fatal(err)
	}
	// Three with others, two alone; one more if a machine is so busy that its message was sent again.
	if n := len(strings.Fields(string(data))); lost.Runs < 3 || n < lost.Runs || n > 6 {
		t.Errorf("%d workers died under the call, which says %d (%v), want 3 to 6", n, lost.Runs, lost)
	}
	if r.told(cluster.Alone) == 0 {
		t.Errorf("nobody was told that calls run alone: %v", r.allTold())
	}
}

// replaceTheDead keeps two workers alive, until done.
func replaceTheDead(t *testing.T, workers []*worker, done <-chan struct{}, start func() *worker) {
	t.Helper()
	late := time.After(patience)
	for {
		select {
		case <-workers[0].over:
			workers[0] = start()
		case <-workers[1].over:
			workers[1] = start()
		case <-done:
			return
		case <-late:
			t.Fatal("a call that kills its workers does not end")
		}
	}
}

// A worker whose executor is broken leaves its calls to others, and fails none.
func TestAWorkerThatCanMakeNoCallsLeavesThemToOthers(t *testing.T) {
	t.Parallel()
	server := natstest.Start(t, natstest.Options{})
	r := newRun(t, server.URL(), 64, shortLease)
	r.startWorkers(server.URL(), 2, 16)
	load := r.startLoad(300, 10*time.Millisecond)
	load.after(50)
	r.want("break "+filepath.Join(t.TempDir(), "broken"), "made")
	load.finish()
	r.awaitTold(cluster.Refused)
}
