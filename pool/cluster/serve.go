package cluster

import (
	"context"
	"errors"

	"trawl/pool"
)

// Start makes what makes a run's calls, with what its coordinator has for workers
// ([Options].Setup). ctx is the life of the calls.
type Start func(ctx context.Context, setup []byte, answers pool.Answers) (pool.Maker, error)

// WorkerOptions configures [Serve].
type WorkerOptions struct {
	Name    string      // "" is the machine's name and the process's id
	Release string      // of the program: runs of another one are refused
	Run     string      // serve this run alone; "" is any, the oldest first
	Once    bool        // return when the first run has ended
	OnEvent func(Event) // one goroutine at a time; nil: nobody is told
}

// Serve makes the calls of the runs on the server, one run after the other, until stop is
// closed and what it has taken is finished, or at once when ctx ends, with its cause.
func Serve(ctx context.Context, stop <-chan struct{}, conn *Conn, start Start, opts WorkerOptions) error {
	return errors.New("not yet")
}
