//go:build linux

package main

import (
	"fmt"
	"math/rand/v2"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"

	"trawl/fetch/countingtest"
)

// clusterRun is a run on workers of its own that something befalls at random moments.
// Whatever it was, each URL must have one record, each host see its limit kept, and what was
// fetched for nothing be no more than what was in flight.
type clusterRun struct {
	nats  *natsServer
	site  *countingtest.Server
	dir   string
	pages []string
	rng   *rand.Rand

	cmd   *exec.Cmd
	said  *listener
	over  chan error
	hands []*hand
}

const (
	crowdHosts   = 8
	crowdLimit   = 4 // requests at once of each host
	crowdWorkers = 2
	crowdCalls   = crowdHosts * crowdLimit / crowdWorkers // of each worker at once
)

// clusterFault is something that befalls a run, and is over when it returns.
type clusterFault struct {
	name   string
	befall func(r *clusterRun, t *testing.T)
	beyond int // how many requests a host may see beyond its limit for a while, once
	again  int // how many a host may see that were made before

	lasts time.Duration // how long it takes, and the run must not be over before
}

var clusterFaults = []clusterFault{
	{name: "a worker is killed", befall: (*clusterRun).killOne, again: crowdLimit},
	{name: "all workers are killed", befall: (*clusterRun).killAll, again: crowdLimit},
	{name: "a worker is frozen", befall: (*clusterRun).freezeOne, beyond: crowdLimit, again: crowdLimit, lasts: 2 * lease},
	{name: "the coordinator is killed", befall: (*clusterRun).killCoordinator, beyond: crowdLimit, again: mostLost},
}

// Most of the time is that of leases.
func TestNoFaultOfAClusterLosesOrDoublesARecord(t *testing.T) {
	pages, times := 2_000, 2
	if raceDetector {
		pages, times = 600, 1
	}
	befall(t, pages, times, clusterFaults)
}

// befall has each fault befall a run of its own so many times.
func befall(t *testing.T, pages, times int, faults []clusterFault) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	tests := map[string]func(t *testing.T){}
	for i, f := range faults {
		tests[f.name] = func(t *testing.T) {
			r := newClusterRun(t, rand.New(rand.NewPCG(seed, uint64(i))), pages, f.lasts*time.Duration(times))
			r.suffer(t, f, times)
		}
	}
	alongside(t, tests)
}

// newClusterRun makes a run that takes so long at least.
func newClusterRun(t *testing.T, rng *rand.Rand, pages int, lasts time.Duration) *clusterRun {
	t.Helper()
	r := &clusterRun{nats: newNATS(t), dir: t.TempDir(), rng: rng}
	takes := max(5*time.Millisecond, lasts*crowdHosts*crowdLimit/time.Duration(pages))
	r.site = countingtest.Start(t, countingtest.Options{Takes: takes})
	for i := range pages {
		path := "page"
		if i%10 == 3 {
			path = "here"
		}
		r.pages = append(r.pages, fmt.Sprintf("h%d /%s/%d", i%crowdHosts, path, i))
	}
	return r
}

// requests are how many the run takes when nothing happens to it.
func (r *clusterRun) requests() int { return len(r.pages) + len(r.pages)/10 }

func (r *clusterRun) suffer(t *testing.T, f clusterFault, times int) {
	t.Helper()
	r.hands = r.nats.hire(t, crowdWorkers, "-c", fmt.Sprint(crowdCalls))
	r.start(t)
	part := r.requests() / times
	for i := range times {
		r.waitAsked(t, i*part+1+r.rng.IntN(part/2))
		f.befall(r, t)
	}
	last := time.Now()
	r.wantWhole(t)
	if took := time.Since(last); took > lease+unhurried { // that is few on a busy machine
		t.Errorf("it took %v more after the last fault", took)
	}
	r.wantManners(t, f, times)
	r.nats.wantEmpty(t)
}

func (r *clusterRun) start(t *testing.T, args ...string) {
	t.Helper()
	args = append(r.nats.coordinator("-f", "jsonl", "-o", "db.jsonl", "--host-concurrency", fmt.Sprint(crowdLimit)), args...)
	cmd, said, over := visitor(t, r.dir, r.site, r.pages, args...), &listener{}, make(chan error, 1)
	cmd.Stdout, cmd.Stderr = said, said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { over <- cmd.Wait() }()
	r.cmd, r.said, r.over = cmd, said, over
}

// waitAsked waits until the site has been asked so often, while the run lasts.
func (r *clusterRun) waitAsked(t *testing.T, n int) {
	t.Helper()
	eventuallyWithin(t, 2*time.Minute, fmt.Sprintf("the site is asked %d times", n), func() bool {
		if len(r.over) > 0 {
			t.Fatalf("the run is over when the site has been asked %d times of %d: %s", r.site.Asked(), n, r.said)
		}
		return r.site.Asked() >= n
	})
}

// killOne kills a worker; another one comes.
func (r *clusterRun) killOne(t *testing.T) {
	t.Helper()
	i := r.rng.IntN(len(r.hands))
	r.hands[i].kill()
	r.hands[i] = r.nats.hire(t, 1, "-c", fmt.Sprint(crowdCalls))[0]
}

// killAll kills all workers; others come.
func (r *clusterRun) killAll(t *testing.T) {
	t.Helper()
	for _, h := range r.hands {
		h.kill()
	}
	r.hands = r.nats.hire(t, crowdWorkers, "-c", fmt.Sprint(crowdCalls))
}

// freezeOne stops a worker for longer than its lease. Others have its calls then, or soon.
func (r *clusterRun) freezeOne(t *testing.T) {
	t.Helper()
	h := r.hands[r.rng.IntN(len(r.hands))]
	h.signal(t, syscall.SIGSTOP)
	<-time.After(lease + time.Duration(r.rng.Int64N(int64(lease/2))))
	h.signal(t, syscall.SIGCONT)
}

// killCoordinator kills the command, and has another one go on.
func (r *clusterRun) killCoordinator(t *testing.T) {
	t.Helper()
	r.cmd.Process.Kill()
	<-r.over
	r.start(t, "--resume")
}

// wantWhole waits for the run, and wants one record of each URL.
func (r *clusterRun) wantWhole(t *testing.T) {
	t.Helper()
	select {
	case err := <-r.over:
		if code := exitOf(t, err); code != exitOK || r.said.String() != "" {
			t.Errorf("exit %d, want 0 and silence: %s", code, r.said)
		}
	case <-time.After(2 * time.Minute):
		t.Fatalf("the run does not end: %s", r.said)
	}
	var urls []string
	for _, page := range r.pages {
		name, path, _ := strings.Cut(page, " ")
		urls = append(urls, r.site.URL(name, path))
	}
	onceEach(t, r.dir, "db.jsonl", urls)
}

// wantManners holds the server's log to what hosts may see.
func (r *clusterRun) wantManners(t *testing.T, f clusterFault, times int) {
	t.Helper()
	all := 0
	for host, log := range r.site.Log().Hosts() {
		if got := log.AtOnce(); got > crowdLimit+f.beyond {
			t.Errorf("%s has seen %d requests at once, want %d at most", host, got, crowdLimit+f.beyond)
		}
		seen, again := map[string]int{}, 0
		for _, q := range log {
			if seen[q.Path]++; seen[q.Path] > 1 {
				again++
			}
		}
		if again > times*f.again {
			t.Errorf("%s has seen %d requests again, want %d at most", host, again, times*f.again)
		}
		all += again
	}
	t.Logf("%d requests were made again, beside %d", all, r.requests())
}
