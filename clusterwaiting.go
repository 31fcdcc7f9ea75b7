package main

import (
	"time"

	"trawl/display"
	"trawl/pool/cluster"
)

// unheardLong is how long nothing is heard of any worker before that is worth a word to who
// sees no progress, which says it by itself.
const unheardLong = 20 * time.Second

// startHint is the command line of a worker for the user's server, without its secrets.
func (g *gathering) startHint() string { return "trawl worker --nats " + cleanNATS(g.cfg.NATS) }

// introduce has -v say what the run is called, for --run of a worker, and where it is.
func (g *gathering) introduce(run string) {
	if g.cfg.Verbose > 0 {
		g.say("trawl: run " + run + " is on its server; what works for it:  " + g.startHint())
	}
}

// watchWorkers says, once a wait, that a run on the user's server has no worker: it would
// wait for ever without a word.
func (g *gathering) watchWorkers(workers func() []cluster.WorkerStatus) {
	if g.mode() != display.None {
		return
	}
	tick := time.NewTicker(time.Second)
	defer tick.Stop()
	heard, told := time.Now(), false
	for {
		select {
		case <-g.over:
			return
		case <-tick.C:
		}
		switch {
		case hearsAny(workers()):
			heard, told = time.Now(), false
		case !told && time.Since(heard) >= unheardLong:
			told = true
			g.warn(&message{what: "nothing is heard of any worker for " + display.Span(unheardLong) + ", and the run waits (" + g.cfg.where("nats") + ")",
				hints: []string{"Start one:  " + g.startHint()}})
		}
	}
}

func hearsAny(workers []cluster.WorkerStatus) bool {
	for _, w := range workers {
		if time.Since(w.Heard) <= lease {
			return true
		}
	}
	return false
}
