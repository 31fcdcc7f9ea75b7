package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"

	"trawl/crawl"
	"trawl/display"
	"trawl/pool"
)

// workerCommand is what trawl gives itself as its one argument in the worker
// processes of --executor process. It is not for users.
const workerCommand = "worker"

// serve is what a worker process does. It leaves the signals that may be sent to
// all of a run's processes at once to the one that started it, and ends with that.
func serve(stderr *os.File) int {
	signal.Ignore(workerIgnores...)
	if err := crawl.Serve(context.Background(), nil); err != nil {
		fmt.Fprintln(stderr, "cannot serve:", err)
		return exitBug
	}
	return exitOK
}

// workerSaid passes on a line that a worker has printed.
func (s *screen) workerSaid(worker, line string) {
	s.say("trawl: " + display.Clean(worker) + ": " + display.Clean(line))
}

// workerDied tells of a worker that has died.
func (s *screen) workerDied(died *pool.WorkerLostError) {
	s.say("trawl: " + display.Clean(died.Worker+" died ("+died.State+") and is replaced"))
}

// cannotStart is the message for worker processes that the system does not give, or
// that end at once.
func (c *config) cannotStart(err *pool.BrokenError) *message {
	return &message{
		what:  "cannot start worker processes: " + shown(err.Err.Error()) + " (" + c.where("executor") + ")",
		hints: []string{"Look at the memory that is free and at ulimit -a, or use --executor thread. What was fetched before that is kept."},
		code:  exitWorkers,
	}
}
