package cluster_test

import (
	"testing"
	"time"

	"trawl/pool/cluster/natstest"
)

// threeServers is a run of three replicas, with a coordinator and two workers that are
// connected to a server each.
func threeServers(t *testing.T) (*natstest.Cluster, *run) {
	t.Helper()
	c := natstest.StartCluster(t, 3)
	r := newRun(t, c.Servers[0].URL(), 64, func(o *options) { o.Replicas, o.Lease = 3, time.Second })
	for _, s := range c.Servers[1:] {
		startWorker(t, s.URL()).serve(job{Capacity: 16, Run: r.name})
	}
	r.awaitCapacity(32)
	return c, r
}

// streams are the names of a run's streams.
func (r *run) streams() (jobs, results string) {
	return "trawl_" + r.name + "_jobs", "trawl_" + r.name + "_results"
}

func TestCallsOutliveTheLeaderOfThreeServers(t *testing.T) {
	t.Parallel()
	c, r := threeServers(t)
	jobs, results := r.streams()
	load := r.startLoad(1500, 20*time.Millisecond)
	again := 0
	for i, stream := range []string{jobs, results} {
		load.after(300 + 600*i)
		leader := c.Leader(stream)
		c.Servers[leader].Kill()
		load.after(600 + 600*i) // without it
		c.Servers[leader].Restart()
	}
	if again = load.finish(); again > 2*64 {
		t.Errorf("%d calls were made again, want at most a window, 64, for each server", again)
	}
}

func TestCallsOutliveAServerThatIsCutOff(t *testing.T) {
	t.Parallel()
	for i, who := range []string{"the coordinator's", "a worker's"} {
		t.Run(who, func(t *testing.T) {
			t.Parallel()
			c, r := threeServers(t)
			load := r.startLoad(1000, 20*time.Millisecond)
			load.after(200)
			c.CutOff(i)
			<-time.After(3 * time.Second) // longer than the leases
			c.Heal(i)
			if again := load.finish(); again > 64 {
				t.Errorf("%d calls were made again, want at most the window, 64", again)
			}
		})
	}
}

func TestCallsOutliveALeaderThatIsCutOff(t *testing.T) {
	t.Parallel()
	c, r := threeServers(t)
	load := r.startLoad(1000, 20*time.Millisecond)
	load.after(200)
	_, results := r.streams()
	leader := c.Leader(results)
	c.CutOff(leader)
	<-time.After(5 * time.Second) // the others have another leader
	c.Heal(leader)
	if again := load.finish(); again > 64 {
		t.Errorf("%d calls were made again, want at most the window, 64", again)
	}
}
