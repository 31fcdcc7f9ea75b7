package crawl

import (
	"context"
	"errors"

	"trawl/fetch"
	"trawl/parse"
	"trawl/pool"
)

// parsePage is the done-callback of a get_page that has run in this process: a
// page becomes a record, the stage learns how it went, and the URL's last answer
// is appended.
func (c *crawl) parsePage(r fetch.Request, job *pool.Future[fetch.Page]) {
	page, err := pageOf(c.ctx, r.URL, job)
	if err != nil { // the run is being aborted
		c.stage.Abandon(r)
		return
	}
	var rec parse.Record
	defer func() { // though the parser ends the goroutine
		page.Release()
		c.finish(&r, page.Answer, &rec)
	}()
	parser{c.opts.Parse, c.opts.ParsePage}.parse(&page, &rec)
}

// pageOf is what a get_page gave; a panic in it is the page's error. The error is
// that it gave nothing, because ctx or its own context has ended.
func pageOf(ctx context.Context, url string, job *pool.Future[fetch.Page]) (fetch.Page, error) {
	page, err := job.Result(ctx)
	if panicked, ok := errors.AsType[*pool.PanicError](err); ok {
		page.URL = url
		page.Err = &fetch.Error{URL: url, Class: fetch.Callback, Detail: "get_page: " + panicked.Value}
		return page, nil
	}
	return page, err
}

// finish tells the stage of an answer, and appends the record if it was the URL's
// last one.
func (c *crawl) finish(r *fetch.Request, answer fetch.Answer, rec *parse.Record) {
	end := c.stage.Done(*r, answer)
	if end.Again {
		return
	}
	if end.Err != nil {
		rec.Fail(end.Err)
	}
	fill(rec, r, end)
	if answer.Exchange != nil {
		rec.Exchanges = append(rec.Exchanges, answer.Exchange)
	}
	if c.opts.Output.Pages != nil {
		compare(rec, r, &answer)
	}
	c.append(rec)
}

// refused ends a position for which the list has no request.
func (c *crawl) refused(r fetch.Request, err error) {
	bad, ok := errors.AsType[*fetch.Error](err)
	if !ok { // ErrDuplicate
		c.append(&parse.Record{Seq: r.Seq, Index: r.Index, ListSum: r.ListSum, Skipped: parse.Duplicate})
		return
	}
	rec := parse.Record{Class: bad.Class, Error: bad.Detail}
	fill(&rec, &r, fetch.Ending{Err: bad})
	c.append(&rec)
}

// denied ends a position whose last request was not sent.
func (c *crawl) denied(r fetch.Request, end fetch.Ending) {
	var rec parse.Record
	rec.Fail(end.Err)
	fill(&rec, &r, end)
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
		if recs[i].Skipped == "" {
			c.opts.OnRecord(&recs[i])
		}
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
	rec.Seq, rec.Index, rec.URL = r.Seq, r.Index, r.Asked
	rec.File, rec.Line, rec.ListSum = r.File, r.Line, r.ListSum
	rec.Attempts, rec.Tried, rec.Waited = r.Attempt, r.Tried, r.Waited
	rec.Retryable = end.Retryable
	rec.Exchanges = r.Exchanges
	rec.Before, rec.Change, rec.Known = r.Known, "", nil
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
