package crawl

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"time"

	"trawl/fetch"
	"trawl/parse"
	"trawl/pool"
	"trawl/sinks"
)

// Crawl fetches every URL of the list and appends a record for each. It returns
// when the last record is on disk: after the list, after stop is closed and what
// was in flight has finished, or within a second with the cause when ctx ends;
// but not before a system call that keeps it, which is the opening of a FIFO or a
// write to a pipe that nobody reads. It closes the list.
//
// A page that cannot be had is no error but a record; an error is a results file
// that cannot be written (*[sinks.Error]) or the end of ctx. The summary is true
// in every case.
func Crawl(ctx context.Context, stop <-chan struct{}, list *List, opts Options) (Summary, error) {
	ctx, abort := context.WithCancelCause(ctx)
	defer abort(nil)
	c := newCrawl(ctx, opts)
	client, err := fetch.NewClient(c.opts.Client)
	if err != nil {
		return c.stats.Snapshot(), errors.Join(err, list.Close())
	}
	defer client.Close()
	c.out, err = sinks.Open(c.opts.Output)
	if err != nil {
		return c.stats.Snapshot(), errors.Join(err, list.Close())
	}
	whole, err := c.run(stop, abort, list, pool.Threads(client.GetPage))
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
	stage *fetch.Stage[fetch.Page]
	out   *sinks.Writer
	late  atomic.Bool // MaxDuration is over
}

func newCrawl(ctx context.Context, opts Options) *crawl {
	c := &crawl{ctx: ctx, opts: opts.withDefaults()}
	c.stats = c.opts.Stats
	c.opts.Stage.OnEvent = c.counted(opts.Stage.OnEvent)
	c.opts.Output.OnCommit = c.committed
	return c
}

type engine = pool.Engine[fetch.Request, fetch.Page]

// run takes the list through the engine. It reports whether every position of
// the list has ended.
func (c *crawl) run(stop <-chan struct{}, abort context.CancelCauseFunc, list *List, engine engine) (whole bool, err error) {
	workers := c.opts.Stage.Concurrency
	pages, err := pool.New(engine, pool.Options{Workers: workers, Window: workers})
	if err != nil {
		return false, errors.Join(err, list.Close())
	}
	c.stage = fetch.NewStage(pages, c.parsePage, c.refused, c.opts.Stage)
	c.stats.watch(c.stage.Status)

	intake, unwatch := c.watch(stop, abort)
	defer unwatch()
	err = c.stage.Run(c.ctx, intake, list)
	err = errors.Join(err, c.shutdown(pages))
	return err == nil && c.stage.Status().Whole && !list.Truncated() && list.Err() == nil, err
}

// shutdown waits for the last callback. After an abort that takes no longer than
// a page takes to be parsed, and is not waited for longer than a second.
func (c *crawl) shutdown(pages *pool.Executor[fetch.Request, fetch.Page]) error {
	err := pages.Shutdown(c.ctx, pool.Drain)
	if c.ctx.Err() == nil {
		return err
	}
	ctx, cancel := context.WithTimeout(context.WithoutCancel(c.ctx), time.Second)
	defer cancel()
	return pages.Shutdown(ctx, pool.CancelPending)
}

// watch closes the intake at the first of stop and MaxDuration, and aborts the
// run when the writer fails.
func (c *crawl) watch(stop <-chan struct{}, abort context.CancelCauseFunc) (intake <-chan struct{}, unwatch func()) {
	stopped := make(chan struct{})
	over, unwatched := make(chan struct{}), make(chan struct{})
	var deadline <-chan time.Time
	if c.opts.MaxDuration > 0 {
		deadline = time.After(c.opts.MaxDuration)
	}
	go func() {
		defer close(unwatched)
		for {
			select {
			case <-stop:
				close(stopped)
				stop, deadline = nil, nil
			case <-deadline:
				c.late.Store(true)
				close(stopped)
				stop, deadline = nil, nil
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

// parsePage is the done-callback of every get_page: a page becomes a record, the
// stage learns how it went, and the URL's last answer is appended.
func (c *crawl) parsePage(r fetch.Request, job *pool.Future[fetch.Page]) {
	page, err := job.Result(c.ctx)
	if panicked, ok := errors.AsType[*pool.PanicError](err); ok {
		page.Err = &fetch.Error{URL: r.URL, Class: fetch.Callback, Detail: "get_page: " + panicked.Value}
	} else if err != nil { // the run is being aborted
		c.stage.Abandon(r)
		return
	}
	var rec parse.Record
	defer func() { c.finish(&r, &page, &rec) }() // though ParsePage ends the goroutine
	rec = c.parse(&page)
}

// finish tells the stage of a page that has been parsed, and appends the record
// if this was its URL's last answer.
func (c *crawl) finish(r *fetch.Request, page *fetch.Page, rec *parse.Record) {
	page.Release()
	end := c.stage.Done(*r, page.Answer)
	if end.Again {
		return
	}
	if end.Err != nil {
		*rec = parse.Failure(page, end.Err)
	}
	fill(rec, r, end)
	c.append(rec)
}

// parse makes the record of a page that is a success; for any other it returns
// the zero Record. What goes wrong becomes the page's error, a panic too: a page
// that breaks its parser is that URL's failure.
func (c *crawl) parse(page *fetch.Page) (rec parse.Record) {
	if page.Err != nil || !c.opts.Stage.Accept.Has(page.Status) || c.stage.Redirects(page.Answer) {
		return rec
	}
	returned := false
	defer func() {
		if returned {
			return
		}
		why := errors.New("runtime.Goexit")
		if p := recover(); p != nil {
			why = fmt.Errorf("panic: %v", p)
		}
		page.Err = callbackError(page.URL, why)
	}()
	var err error
	if own := c.opts.ParsePage; own != nil {
		copied := *page // so that the page itself does not escape to the heap when there is no own
		rec, err = own(&copied, c.opts.Parse)
	} else {
		rec, err = parse.ParsePage(page, c.opts.Parse)
	}
	returned = true
	if err != nil {
		page.Err = callbackError(page.URL, err)
	}
	return rec
}

func callbackError(url string, err error) *fetch.Error {
	return &fetch.Error{URL: url, Class: fetch.Callback, Detail: "parse_page: " + err.Error()}
}

// refused ends a position for which the list has no request.
func (c *crawl) refused(r fetch.Request, err error) {
	bad, ok := errors.AsType[*fetch.Error](err)
	if !ok { // ErrDuplicate
		c.out.Skip(r.Index)
		c.stats.Skip("duplicate")
		return
	}
	rec := parse.Record{Class: bad.Class, Error: bad.Detail}
	fill(&rec, &r, fetch.Ending{Err: bad})
	c.append(&rec)
}

// append gives the record to the writer. It fails only when the run is ending
// for that reason: then the position is one of those that remain.
func (c *crawl) append(rec *parse.Record) { _ = c.out.Append(c.ctx, *rec) }

// committed counts what is on disk.
func (c *crawl) committed(recs []parse.Record) {
	c.stats.Add(recs...)
	if c.opts.OnRecord == nil {
		return
	}
	for i := range recs {
		c.opts.OnRecord(&recs[i])
	}
}

// counted is onEvent, which may be nil, after the statistics have had the event.
func (c *crawl) counted(onEvent func(fetch.Event)) func(fetch.Event) {
	return func(e fetch.Event) {
		c.stats.Event(e)
		if onEvent != nil {
			onEvent(e)
		}
	}
}

// fill adds what the record has from the request to what it has from the page.
func fill(rec *parse.Record, r *fetch.Request, end fetch.Ending) {
	rec.Seq, rec.URL = r.Index, r.Asked
	rec.File, rec.Line = r.File, r.Line
	rec.Attempts, rec.Waited = r.Attempt, r.Waited
	rec.Retryable = end.Retryable
	if len(r.Redirects) > 0 {
		rec.FinalURL, rec.Redirects = r.URL, r.Redirects[1:]
	}
	if !end.Start.IsZero() {
		rec.Start = end.Start
	}
	if rec.Duration > 0 {
		rec.Duration += end.Spent
	}
	if rec.TTFB > 0 {
		rec.TTFB += end.Spent
	}
	if r.Extra != nil {
		rec.Meta, rec.Header, rec.Timeout = r.Extra.Meta, r.Extra.Header, r.Extra.Timeout
	}
}
