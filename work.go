package main

import (
	"context"
	"errors"
	"os"
	"time"

	"trawl/crawl"
	"trawl/display"
	"trawl/fetch"
	"trawl/pool"
	"trawl/pool/cluster"
)

// work is what `trawl worker` does: it returns the exit code.
func (c *config) work(stderr *os.File) int {
	log := newWorkerLog(c, stderr)
	log.warn(c.fitFiles(openFiles()))
	c.limitMemory()
	leave := watchForEnd(log)
	defer leave.close()
	w := workerOf(c)
	over := make(chan error, 1) // in a goroutine, since a parser may be where no context reaches
	go func() { over <- w.serve(leave.ctx, leave.stop, log) }()
	select {
	case err := <-over:
		return log.end(leave, err)
	case <-leave.lost:
		return log.end(leave, errInterrupted)
	}
}

// A worker makes the jobs of runs that are elsewhere.
type worker struct {
	address string // of the server, with its secrets
	run     string // the one that it serves; "" is any
	once    bool
	options crawl.WorkerOptions
}

func workerOf(c *config) worker {
	w := worker{address: c.NATS, run: c.WorkerRun, once: c.Once, options: crawl.WorkerOptions{
		Concurrency: c.Concurrency,
		Connections: idleConnections(c.Concurrency, openFiles()),
		BodyMemory:  c.bodyMemory(),
	}}
	if c.Executor == inProcesses {
		w.options.Processes = &crawl.ProcessOptions{
			Processes: c.workers(),
			Memory:    c.ProcessMemory,
			Args:      []string{os.Args[0], workerCommand},
		}
	}
	return w
}

// serve serves runs until stop is closed and what it has taken is finished, or at once
// when ctx ends. A server that is not there is waited for.
func (w worker) serve(ctx context.Context, stop <-chan struct{}, log *workerLog) error {
	if w.options.Processes != nil {
		log.watch(w.options.Processes)
	}
	conn, err := w.connect(ctx, stop, log)
	if conn == nil || err != nil {
		return err
	}
	defer conn.Close()
	log.note("connected to " + display.Clean(conn.Addr()) + ", " + display.Plural(int64(w.options.Concurrency), "page", "pages") + " at once")
	start := func(ctx context.Context, setup []byte, answers pool.Answers) (pool.Maker, error) {
		return crawl.NewWorker(ctx, setup, answers, w.options)
	}
	return cluster.Serve(ctx, stop, conn, start, cluster.WorkerOptions{Release: fetch.Release, Run: w.run, Once: w.once, OnEvent: log.eventLog().tell})
}

// connect returns nil if it is stopped before there is a server.
func (w worker) connect(ctx context.Context, stop <-chan struct{}, log *workerLog) (*cluster.Conn, error) {
	ctx, cancel := untilClosed(ctx, stop)
	defer cancel()
	conn, err := cluster.Connect(ctx, w.address, cluster.ConnectOptions{Name: "trawl worker", Wait: true, OnEvent: log.eventLog().tell})
	switch {
	case err == nil:
		return conn, nil
	case errors.Is(err, errStopped):
		return nil, nil
	case ctx.Err() != nil:
		return nil, err
	}
	return nil, &message{what: display.Clean(err.Error()), hints: []string{"See 'trawl help worker' and 'trawl help environment'."}, code: exitUsage}
}

var errStopped = errors.New("stopped")

// untilClosed is a context that also ends, with errStopped, when stop is closed.
func untilClosed(ctx context.Context, stop <-chan struct{}) (until context.Context, cancel func()) {
	ctx, end := context.WithCancelCause(ctx)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		select {
		case <-stop:
			end(errStopped)
		case <-ctx.Done():
		}
	}()
	return ctx, func() { end(nil); <-watched }
}

// stamped is a line of a log, as a progress line is.
func stamped(line string) string { return time.Now().UTC().Format(time.RFC3339) + "  " + line }
