package crawl

import (
	"context"
	"errors"
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
	c := newCrawl(ctx, stop, list, opts)
	defer c.abort(nil)
	err := c.take()
	if c.out == nil { // it has not begun
		err = errors.Join(err, giveUpOutput(c.opts.Output))
	}
	err = errors.Join(err, list.Close())
	return c.summary(), err
}

// giveUpOutput is for a run that has not begun.
func giveUpOutput(o sinks.Options) (err error) {
	if o.Pages != nil {
		err = o.Pages.Close()
	}
	if o.Journal != nil {
		err = errors.Join(err, o.Journal.Remove())
	}
	return err
}

// crawl is one run.
type crawl struct {
	ctx   context.Context // the run's life: for callbacks, which get none
	abort context.CancelCauseFunc
	stop  <-chan struct{} // from outside
	list  *List
	opts  Options
	stats *Stats
	stage stage
	out   *sinks.Writer // nil until there is an executor: no file is made before
	room  *room         // nil: jobs run on this machine

	endArchive func() error // of archives
	whole      bool         // the list was met to its end, and the files are what they are for

	intake    context.Context // ends when no position is begun any more; its cause is why
	endIntake context.CancelCauseFunc
}

var (
	errStopped = errors.New("stopped")
	errLate    = errors.New("MaxDuration is over")
)

// A stage is what callbacks need of a [fetch.Stage], whatever its jobs give.
type stage interface {
	Done(fetch.Request, fetch.Answer) fetch.Ending
	Abandon(fetch.Request)
	Status() fetch.Status
}

func newCrawl(ctx context.Context, stop <-chan struct{}, list *List, opts Options) *crawl {
	c := &crawl{stop: stop, list: list, opts: opts.withDefaults(), endArchive: func() error { return nil }}
	c.ctx, c.abort = context.WithCancelCause(ctx)
	c.intake, c.endIntake = context.WithCancelCause(context.Background()) // not of ctx: an abort is no stop
	c.stats = c.opts.Stats
	c.opts.Stage.OnEvent = c.counted(opts.Stage.OnEvent)
	c.opts.Output.OnCommit = c.committed
	c.opts.Output.Figures = c.stats.figures
	return c
}

// take takes the list to its end, where the options say. It refuses options that
// make no sense before it makes a file.
func (c *crawl) take() (err error) {
	if j := c.opts.Output.Journal; j != nil && c.opts.Output.Resume {
		if err := c.stats.restore(j.Interrupted().Figures); err != nil {
			return err
		}
	}
	if c.endArchive, err = c.archives(); err != nil {
		return err
	}
	defer func() { err = errors.Join(err, c.endArchive()) }()
	switch {
	case c.opts.Elsewhere != nil:
		return c.elsewhere()
	case c.opts.Processes != nil:
		return c.inProcesses()
	}
	return c.inThreads()
}

func (c *crawl) inThreads() error {
	client, err := fetch.NewClient(c.opts.Client)
	if err != nil {
		return err
	}
	return run(c, inClient(client), c.parsePage)
}

// run takes the list through an engine, which it closes; callback is every job's
// done-callback.
func run[Out any](
	c *crawl, engine pool.Engine[fetch.Request, Out], callback func(fetch.Request, *pool.Future[Out]),
) error {
	workers := c.workersWanted()
	jobs, err := pool.New(engine, pool.Options{Workers: workers, Window: workers})
	if err != nil {
		return errors.Join(err, engine.Close())
	}
	c.out, err = sinks.Open(c.opts.Output)
	if err != nil {
		return errors.Join(err, c.shutdown(jobs))
	}
	stage := fetch.NewStage(jobs, callback, c.refused, c.denied, c.opts.Stage)
	c.stage = stage
	c.stats.watch(stage.Status)
	c.room.open(stage.Resize, engine)

	unwatch := c.watch()
	list, unknown := c.remembering()
	err = errors.Join(stage.Run(c.ctx, c.intake.Done(), list), unknown())
	err = errors.Join(err, c.shutdown(jobs))
	unwatch()
	if why := context.Cause(c.intake); errors.Is(why, ErrSecret) || errors.Is(why, pool.ErrBroken) && !errors.Is(err, pool.ErrBroken) {
		err = errors.Join(err, why)
	}
	return errors.Join(err, c.close(err == nil))
}

// close commits the last records, and closes the files; well says that nothing has gone
// wrong until now.
func (c *crawl) close(well bool) error {
	well = c.out.Drain() == nil && c.endArchive() == nil && well // before the journal goes, or nobody would after a crash
	sum := c.summary()
	end := sinks.End{
		Whole: well && c.stage.Status().Whole && !c.list.Truncated() && c.list.Err() == nil && !c.isStopped(),
		URLs:  sum.URLs(), Pages: sum.Pages, Failed: sum.Failed, Skipped: sum.Skipped, Bytes: sum.Bytes,
		Unchanged: sum.Unchanged(), Gone: sum.Gone,
	}
	if c.opts.ExitCode != nil {
		end.Exit = c.opts.ExitCode(sum)
	}
	ctx, done := c.untilStopped()
	defer done()
	err := c.out.Close(ctx, end)
	c.whole = end.Whole && err == nil
	if errors.Is(err, errStopped) {
		return nil
	}
	return err
}

// isStopped says whether stop is closed. A run that was stopped is one that can be resumed,
// though it may have finished its list.
func (c *crawl) isStopped() bool {
	select {
	case <-c.stop:
		return true
	default:
		return false
	}
}

// untilStopped is a context that ends with the run's, or at stop.
func (c *crawl) untilStopped() (ctx context.Context, done func()) {
	ctx, end := context.WithCancelCause(c.ctx)
	watched := make(chan struct{})
	go func() {
		defer close(watched)
		select {
		case <-c.stop:
			end(errStopped)
		case <-ctx.Done():
		}
	}()
	return ctx, func() { end(nil); <-watched }
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

// watch ends the intake at stop or MaxDuration, and aborts the run when the writer
// fails.
func (c *crawl) watch() (unwatch func()) {
	over, unwatched := make(chan struct{}), make(chan struct{})
	stop := c.stop
	var deadline <-chan time.Time
	if c.opts.MaxDuration > 0 {
		deadline = time.After(c.opts.MaxDuration)
	}
	go func() {
		defer close(unwatched)
		for {
			select {
			case <-stop:
				c.endIntake(errStopped)
				stop = nil
			case <-deadline:
				c.endIntake(errLate)
			case <-c.room.changes():
				if err := c.room.broken(); err != nil { // though nothing may be in flight that could tell
					c.endIntake(err)
				}
			case <-c.opts.Reopen:
				c.out.Reopen()
			case <-c.out.Failed():
				c.abort(c.out.Err())
				return
			case <-over:
				return
			}
		}
	}()
	return func() { close(over); <-unwatched }
}

// summary is the run's, when it has ended.
func (c *crawl) summary() Summary {
	switch {
	case c.list.Truncated():
		c.stats.stop("--max-pages")
	case context.Cause(c.intake) == errLate && !c.stage.Status().Whole:
		c.stats.stop("--max-duration")
	}
	sum := c.stats.Snapshot()
	sum.Whole = c.whole
	if c.out != nil {
		sum.SideFile = c.out.SideFile()
	}
	return sum
}
