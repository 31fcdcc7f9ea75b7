package main

import (
	"os"
	"runtime/debug"
	"strconv"
)

// What a run may need, beside which trawl is small.
const (
	usualMemory   = 180 << 20 // with the usual options: bodies, and one large page that is being parsed
	usualRequests = 256       // in flight; a connection has its buffers, and
	requestMemory = 256 << 10 // the first bytes of a body
	usualPage     = 10 << 20  // --max-size
	pagesBeyond   = 3         // that may be in memory in whatever budget
)

// memoryLimit is the memory from which on garbage is to be collected more often. What
// is alive must not come near it in any honest run, or nothing else would be done.
func (c *config) memoryLimit() int64 {
	return usualMemory +
		int64(max(0, c.Concurrency-usualRequests))*requestMemory +
		max(0, c.MaxSize-usualPage)*pagesBeyond
}

// limitMemory sets the limit, in the worker processes too, which inherit the variable; if
// somebody else has set it, that holds.
func (c *config) limitMemory() {
	const variable = "GOMEMLIMIT"
	if os.Getenv(variable) != "" {
		return
	}
	limit := c.memoryLimit()
	debug.SetMemoryLimit(limit)
	os.Setenv(variable, strconv.FormatInt(limit, 10)) // a name and a value that the system takes
}

// bodyMemory is for bodies: half of the usual if trees are built of them, which take
// the more. 0 is the usual.
func (c *config) bodyMemory() int64 {
	if len(c.Select) == 0 || c.Concurrency > usualRequests {
		return 0
	}
	return 24 << 20
}
