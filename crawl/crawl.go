package crawl

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"time"

	"trawl/fetch"
	"trawl/pool"
	"trawl/sinks"
)

// Crawl fetches every URL of the list and appends a record for each. It returns
// when the last record is on disk: after the list, after stop is closed and what
// was in flight has finished, or within a second with the cause when ctx ends;
// but not before a system call that keeps it, which is the opening of a FIFO or a
// write to a pipe that nobody reads. It closes the list. No worker process is left
// when it returns.
//
// A page that cannot be had is no error but a record; an error is a results file
// that cannot be written (*[sinks.Error]), worker processes that cannot be started
// ([pool.ErrBroken]: the rest of the list remains), or the end of ctx. The summary
// is true in every case.
func Crawl(ctx context.Context, stop <-chan struct{}, list *List, opts Options) (Summary, error) {
	ctx, abort := context.WithCancelCause(ctx)
	defer abort(nil)
	c := newCrawl(ctx, opts)
	take, err := c.place()
	if err != nil {
		return c.stats.Snapshot(), errors.Join(err, list.Close())
	}
	c.out, err = sinks.Open(c.opts.Output)
	if err != nil {
		return c.stats.Snapshot(), errors.Join(err, list.Close())
	}
	whole, err := take(stop, abort, list)
	err = errors.Join(err, c.out.Close(whole))
	switch {
	case list.Truncated():
		c.stats.stop("--max-pages")
	case c.late.Load() && !c.stage.Status().Whole:
		c.stats.stop("--max-duration")
	}
	sum := c.stats.Snapshot()
	sum.SideFile = c.out.SideFile()
	return sum, err
}

// crawl is one run.
type crawl struct {
	ctx   context.Context // the run's life: for callbacks, which get none
	opts  Options
	stats *Stats
	stage stage
	out   *sinks.Writer
	late  atomic.Bool // MaxDuration is over

	breaking sync.Once
	broken   chan struct{} // closed when nothing can be run any more
	brokenBy error         // why; set before
}

// A stage is what callbacks need of a [fetch.Stage], whatever its jobs give.
type stage interface {
	Done(fetch.Request, fetch.Answer) fetch.Ending
	Abandon(fetch.Request)
	Status() fetch.Status
}

func newCrawl(ctx context.Context, opts Options) *crawl {
	c := &crawl{ctx: ctx, opts: opts.withDefaults(), broken: make(chan struct{})}
	c.stats = c.opts.Stats
	c.opts.Stage.OnEvent = c.counted(opts.Stage.OnEvent)
	c.opts.Output.OnCommit = c.committed
	return c
}

// taker takes a list to its end at one place. It reports whether every position
// of the list has ended.
type taker func(stop <-chan struct{}, abort context.CancelCauseFunc, list *List) (whole bool, err error)

// place decides where the jobs are made. It refuses options that make no sense.
func (c *crawl) place() (taker, error) {
	if c.opts.Processes != nil {
		return c.processes()
	}
	client, err := fetch.NewClient(c.opts.Client)
	if err != nil {
		return nil, err
	}
	return func(stop <-chan struct{}, abort context.CancelCauseFunc, list *List) (bool, error) {
		defer client.Close()
		return run(c, stop, abort, list, pool.Threads(client.GetPage), c.parsePage)
	}, nil
}

// run takes the list through an engine; callback is every job's done-callback.
func run[Out any](
	c *crawl, stop <-chan struct{}, abort context.CancelCauseFunc, list *List,
	engine pool.Engine[fetch.Request, Out], callback func(fetch.Request, *pool.Future[Out]),
) (whole bool, err error) {
	workers := c.opts.Stage.Concurrency
	jobs, err := pool.New(engine, pool.Options{Workers: workers, Window: workers})
	if err != nil {
		return false, errors.Join(err, list.Close())
	}
	stage := fetch.NewStage(jobs, callback, c.refused, c.opts.Stage)
	c.stage = stage
	c.stats.watch(stage.Status)

	intake, unwatch := c.watch(stop, abort)
	defer unwatch()
	err = stage.Run(c.ctx, intake, list)
	err = c.whyBroken(errors.Join(err, c.shutdown(jobs)))
	return err == nil && stage.Status().Whole && !list.Truncated() && list.Err() == nil, err
}

// shutdown waits for the last callback. After an abort worker processes are killed,
// which nobody wants anything of any more; in threads that takes no longer than a page
// takes to be parsed, and is not waited for longer than a second.
func (c *crawl) shutdown(jobs interface {
	Shutdown(context.Context, pool.Mode) error
}) error {
	err := jobs.Shutdown(c.ctx, pool.Drain)
	if c.ctx.Err() == nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.ctx), time.Second)
	defer cancel()
	return jobs.Shutdown(ctx, pool.Kill)
}

// watch closes the intake at the first of stop, MaxDuration and the engine's end,
// and aborts the run when the writer fails.
func (c *crawl) watch(stop <-chan struct{}, abort context.CancelCauseFunc) (intake <-chan struct{}, unwatch func()) {
	stopped := make(chan struct{})
	over, unwatched := make(chan struct{}), make(chan struct{})
	var deadline <-chan time.Time
	if c.opts.MaxDuration > 0 {
		deadline = time.After(c.opts.MaxDuration)
	}
	go func() {
		defer close(unwatched)
		broken := c.broken
		end := func() {
			close(stopped)
			stop, deadline, broken = nil, nil, nil
		}
		for {
			select {
			case <-stop:
				end()
			case <-deadline:
				c.late.Store(true)
				end()
			case <-broken:
				end()
			case <-c.out.Failed():
				abort(c.out.Err())
				return
			case <-over:
				return
			}
		}
	}()
	return stopped, func() { close(over); <-unwatched }
}
