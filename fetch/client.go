package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"runtime"
	"time"

	"golang.org/x/sync/semaphore"
)

const (
	drainSize = 16 << 10               // bytes of an unwanted body that are read to keep its connection,
	drainTime = 200 * time.Millisecond // and how long that may take
)

// Client asks for pages, one hop at a time. It keeps connections and is used by
// many goroutines at once.
type Client struct {
	opts   ClientOptions
	header []Field // what every request sends
	conns  *connections
	memory *budget

	// unpacking bounds the decoders that run at once, each of which may hold
	// 16 MiB of state. A body is unpacked when it has come whole, so that no
	// decoder waits for a server.
	unpacking *semaphore.Weighted

	cuts bool // of a body over MaxSize the whole lines that fit are read, which is no failure
}

// NewClient refuses options that make no sense. It looks into the environment
// for proxies, once and for all.
func NewClient(opts ClientOptions) (*Client, error) {
	opts = opts.withDefaults()
	if err := opts.check(); err != nil {
		return nil, fmt.Errorf("new client: %w", err)
	}
	proxies, err := newProxies(opts)
	if err != nil {
		return nil, fmt.Errorf("new client: %w", err)
	}
	roots, err := opts.roots()
	if err != nil {
		return nil, fmt.Errorf("new client: %w", err)
	}
	_, largest := roomClass(opts.MaxSize)
	return &Client{
		opts:      opts,
		header:    runHeader(opts),
		conns:     newConnections(opts, proxies, newDialer(opts, roots)),
		memory:    newBudget(max(opts.BodyMemory, largest)),
		unpacking: semaphore.NewWeighted(int64(runtime.GOMAXPROCS(0))),
	}, nil
}

// Close closes the connections that are idle. It is called after the last
// GetPage has returned. Its error is always nil.
func (c *Client) Close() error {
	c.conns.close()
	return nil
}

// GetPage makes one hop: it asks for r.URL and follows nothing. The body is read
// if the status is in Accept and the answer is no redirect that will be followed
// (301, 302, 303, 307 or 308 with a Location). It ends with r.Timeout.
//
// The error is the cause of ctx's end, and there is none before: whatever else
// goes wrong is the page's own Err, beside what was known until then. A page
// whose HasBody is true or that has an Exchange must be released, and the exchange
// after it.
//
// With r.Robots the answer has Robots instead of a body, whatever Accept, Follow and MaxSize
// are, and no Exchange.
func (c *Client) GetPage(ctx context.Context, r Request) (Page, error) {
	if r.Robots {
		return c.getRobots(ctx, r)
	}
	return c.getHop(ctx, r)
}

func (c *Client) getHop(ctx context.Context, r Request) (Page, error) {
	page := Page{URL: r.URL}
	var record *recorder
	if c.opts.Capture != nil {
		record = c.newRecorder(r)
		defer record.discard()
	}
	page.Start = time.Now()
	err := c.getPage(ctx, r, &page, record)
	page.Duration = time.Since(page.Start)
	if err != nil && ctx.Err() != nil {
		return Page{}, context.Cause(ctx)
	}
	if err != nil {
		err.URL = r.URL
		page.Err = err
	}
	if record != nil {
		record.finish(&page)
	}
	return page, nil
}

// getPage leaves in page what it learns, step by step.
func (c *Client) getPage(ctx context.Context, r Request, page *Page, record *recorder) *Error {
	q, fail := c.question(r)
	if fail != nil {
		return fail
	}
	ctx, cancel := hopContext(ctx, r.Timeout)
	defer cancel()
	if record != nil {
		record.ctx = ctx
		q.record = record
	}

	c.tellQuestion(r, q)
	resp, err := c.conns.exchange(ctx, q)
	page.take(resp)
	if err != nil {
		fail = failure(ctx, r, resp.phase, err)
		_, waited := errors.AsType[othersFailure](err)
		page.Unreached = !waited && fail.unreached(resp)
		page.Unheard = resp.unheard
		return fail
	}
	defer resp.body.Close()
	c.tellResponse(r, resp)
	page.NotModified = q.conditional && resp.status == http.StatusNotModified
	if resp.status < 200 {
		return &Error{Class: Protocol, Detail: fmt.Sprintf("unexpected status %d", resp.status)}
	}

	if !page.NotModified && c.wants(resp) {
		return c.readBody(ctx, r, q, resp, page)
	}
	if c.follows(resp) && resp.contradicts("Location") { // browsers refuse it too: one of them may be forged
		fail = &Error{Class: BadRedirect, Detail: "redirect to several URLs"}
	}
	switch {
	case record != nil:
		c.takeDown(ctx, r, q, resp, cancel)
	case fail == nil:
		drain(resp, cancel)
	}
	return fail
}

func hopContext(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	if limit == 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, limit)
}

func (c *Client) wants(resp response) bool { return c.opts.Accept.Has(resp.status) && !c.follows(resp) }

func (c *Client) follows(resp response) bool {
	return c.opts.Follow && isRedirect(resp.status) && resp.get("Location") != ""
}

// drain reads a body that nobody wants to its end if that is near, so that the
// connection can be used again.
func drain(resp response, cancel context.CancelFunc) {
	if resp.length > drainSize {
		return
	}
	timer := time.AfterFunc(drainTime, cancel)
	defer timer.Stop()
	io.CopyN(io.Discard, resp.body, drainSize+1)
}
