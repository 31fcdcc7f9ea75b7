//go:build linux

package main

import (
	"math/rand/v2"
	"testing"

	"trawl/sinks"
)

// As TestARunThatIsKilledIsResumed is with the other executors: the coordinator is killed at
// random moments, with a server that outlives it and with the one inside it, which does not.
func TestACoordinatorThatIsKilledIsResumed(t *testing.T) {
	urls, kills := 4_000, 4
	if raceDetector {
		urls, kills = 1_000, 3
	}
	killCoordinators(t, urls, kills)
}

func killCoordinators(t *testing.T, urls, kills int) {
	seed := rand.Uint64()
	t.Logf("seed %d", seed)
	program, site := plainTrawl(t), newPartedSite(t)
	l := newMixedList(site, urls, mixture{steady: true})
	unhurt := unhurtRun(t, program, site, l)
	tests := map[string]func(t *testing.T){}
	for i, c := range []struct {
		format sinks.Format
		inside bool // the server is
	}{
		{sinks.Text, false}, {sinks.JSONL, true}, {sinks.SQLite, false}, {sinks.CSV, true},
	} {
		name := string(c.format) + " server=apart"
		if c.inside {
			name = string(c.format) + " server=inside"
		}
		tests[name] = func(t *testing.T) {
			v := &victim{site: site, program: program, list: l, unhurt: unhurt, format: c.format, waits: true, options: []string{"--executor", inCluster}}
			v.rng = rand.New(rand.NewPCG(seed, uint64(i)))
			var n *natsServer
			if !c.inside {
				n = newNATS(t)
				v.options = n.coordinator()
				for range 2 {
					hire(t, program, n.url, "-c", "32")
				}
			}
			v.run(t, kills, v.anyMoment)
			if n != nil && v.kills.over == 0 { // or nobody was left to remove anything
				n.wantEmpty(t)
			}
			t.Logf("killed %+v times; a part has fetched %d pages in vain at most", v.kills, v.lost)
		}
	}
	alongside(t, tests)
}
