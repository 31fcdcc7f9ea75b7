package main

import (
	"fmt"

	"github.com/dustin/go-humanize"
)

const (
	otherFiles = 64 // files that a run may have beside one for each request in flight: looking up names, idle connections
	leastFiles = 16 // and those that it must have: list, results, errors, standard streams

	workerFiles   = 4                          // that the coordinator has of a worker process
	startingFiles = leastFiles + 2*workerFiles // and while one is being started
)

// filesBeside is how many of the allowed files are for others than the requests in
// flight.
func filesBeside(allowed uint64) int {
	return max(leastFiles, min(otherFiles, int(allowed/4)))
}

// fitFiles makes the concurrency, and the number of worker processes, fit a system that
// allows so many open files. It returns nil if the concurrency fits already, else a message
// that tells what the run goes on with. The limit is each process's own, so it is the same
// with worker processes, one of which may have all requests.
func (c *config) fitFiles(allowed uint64) *message {
	if workers := max(1, (int(allowed)-startingFiles)/workerFiles); c.workers() > workers {
		c.Processes = workers
	}
	asked, fits := c.Concurrency, max(1, int(allowed)-filesBeside(allowed))
	if asked <= fits {
		return nil
	}
	c.Concurrency = fits
	needed, raised := asked+otherFiles, 4096
	for raised < needed {
		raised *= 2
	}
	return &message{
		what: fmt.Sprintf("this system allows %d open files; --concurrency %d needs about %s",
			allowed, asked, humanize.Comma(int64(needed))),
		hints: []string{fmt.Sprintf("Running with %d instead. Raise it with: ulimit -n %d", c.Concurrency, raised)},
	}
}

// idleConnections is how many idle connections are kept beside so many requests
// in flight: what the open files allow, but no more than are of use.
func idleConnections(inFlight int, allowed uint64) int {
	return max(1, min(max(256, inFlight), int(allowed)-filesBeside(allowed)-inFlight))
}
