package main

import (
	"fmt"

	"github.com/dustin/go-humanize"
)

const otherFiles = 64 // files that a run needs beside one for each request in flight

// fitFiles makes the concurrency fit a system that allows so many open files. It
// returns nil if it fits already, else a message that tells what the run goes on
// with. The limit is each process's own, so it is the same with worker processes, one
// of which may have all requests.
func (c *config) fitFiles(allowed uint64) *message {
	needed := uint64(c.Concurrency) + otherFiles
	if needed <= allowed {
		return nil
	}
	asked := c.Concurrency
	c.Concurrency = max(1, int(allowed)-otherFiles)
	raised := 4096
	for uint64(raised) < needed {
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
	return max(1, min(max(256, inFlight), int(allowed)-otherFiles-inFlight))
}
