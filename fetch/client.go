package fetch

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"time"

	"golang.org/x/sync/semaphore"
)

const (
	drainSize = 16 << 10               // so much of a body that nobody wants is read,
	drainTime = 200 * time.Millisecond // for so long, to keep its connection
)

// Client asks for pages, one hop at a time. It keeps connections and is used by
// many goroutines at once.
type Client struct {
	opts     ClientOptions
	header   []Field // what every request sends
	exchange exchanger
	memory   *budget

	// unpacking bounds the decoders that run at once, each of which may hold
	// 16 MiB of state. A body is unpacked when it has come whole, so that no
	// decoder waits for a server.
	unpacking *semaphore.Weighted
}

// NewClient refuses options that cannot be meant. The environment is asked for
// proxies now and not again.
func NewClient(opts ClientOptions) (*Client, error) {
	opts = opts.withDefaults()
	if err := opts.check(); err != nil {
		return nil, fmt.Errorf("new client: %w", err)
	}
	proxies, err := newProxies(opts)
	if err != nil {
		return nil, fmt.Errorf("new client: %w", err)
	}
	_, largest := roomClass(opts.MaxSize)
	return &Client{
		opts:      opts,
		header:    runHeader(opts),
		exchange:  newNetHTTP(opts, proxies),
		memory:    newBudget(max(opts.BodyMemory, largest)),
		unpacking: semaphore.NewWeighted(int64(runtime.GOMAXPROCS(0))),
	}, nil
}

// Close closes the connections that are idle. It is called after the last
// GetPage has returned.
func (c *Client) Close() error {
	c.exchange.close()
	return nil
}

// GetPage makes one hop: it asks for r.URL and follows nothing. The body is read
// if the status is in Accept and the answer is no redirect that will be followed
// (301, 302, 303, 307 or 308 with a Location). It ends with r.Timeout.
//
// The error is the cause of ctx's end, and there is none before: whatever else
// goes wrong is the page's own Err, beside what was known until then. A page
// whose HasBody is true must be released.
func (c *Client) GetPage(ctx context.Context, r Request) (Page, error) {
	page := Page{URL: r.URL}
	page.Start = time.Now()
	err := c.getPage(ctx, r, &page)
	page.Duration = time.Since(page.Start)
	if err == nil {
		return page, nil
	}
	if ctx.Err() != nil {
		return Page{}, context.Cause(ctx)
	}
	err.URL = r.URL
	page.Err = err
	return page, nil
}

// getPage leaves in page what it learns, step by step.
func (c *Client) getPage(ctx context.Context, r Request, page *Page) *Error {
	q, fail := c.question(r)
	if fail != nil {
		return fail
	}
	ctx, cancel := hopContext(ctx, r.Timeout)
	defer cancel()

	c.tellQuestion(r, q)
	a, err := c.exchange.exchange(ctx, q)
	page.take(a)
	if err != nil {
		return failure(ctx, r, a.phase, err)
	}
	defer a.body.Close()
	c.tellAnswer(r, a)
	if a.status < 200 {
		return &Error{Class: Protocol, Detail: fmt.Sprintf("unexpected status %d", a.status)}
	}

	if !c.wants(a) {
		drain(a, cancel)
		return nil
	}
	return c.readBody(ctx, r, q, a, page)
}

func hopContext(ctx context.Context, limit time.Duration) (context.Context, context.CancelFunc) {
	if limit == 0 {
		return context.WithCancel(ctx)
	}
	return context.WithTimeout(ctx, limit)
}

func (c *Client) wants(a answer) bool {
	followed := c.opts.Follow && isRedirect(a.status) && a.get("Location") != ""
	return c.opts.Accept.Has(a.status) && !followed
}

// drain reads a body that nobody wants to its end if that is near, so that the
// connection can be used again.
func drain(a answer, cancel context.CancelFunc) {
	if a.length > drainSize {
		return
	}
	timer := time.AfterFunc(drainTime, cancel)
	defer timer.Stop()
	io.CopyN(io.Discard, a.body, drainSize+1)
}
