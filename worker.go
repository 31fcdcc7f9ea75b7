package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"

	"trawl/crawl"
)

// workerCommand is what trawl gives itself as its one argument in the worker processes of
// --executor process. It is not for users.
const workerCommand = "worker"

// serve is what a worker process does. It leaves the signals that may be sent to all of a
// run's processes at once to the coordinator, and ends with that.
func serve(stderr *os.File) int {
	signal.Ignore(workerIgnores...)
	if err := crawl.Serve(context.Background(), nil); err != nil {
		fmt.Fprintln(stderr, "cannot serve:", err)
		return exitBug
	}
	return exitOK
}
