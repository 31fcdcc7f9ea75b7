package fetch

import (
	"context"
	"errors"
	"io"
	"time"
)

const (
	packedExtra = 1 << 20          // by how much a packed body may be larger than MaxSize
	captureTime = 10 * time.Second // how long a body may take that is wanted for its exchange alone
)

// readBody reads the body within its limits, unpacks it and puts it into page.
func (c *Client) readBody(ctx context.Context, r Request, q question, resp response, page *Page) *Error {
	l, own := c.loan(q)
	b := &body{loan: l}
	release := func() {
		b.recycle()
		if own {
			l.end()
		}
	}
	defer func() {
		if !page.HasBody { // a panic in a decoder comes by here too
			release()
		}
	}()
	if err := c.fillBody(ctx, q, resp, b, page); err == errTooLarge && c.cuts {
		b.bytes = wholeLines(b.bytes)
	} else if err != nil {
		return c.bodyError(ctx, r, err)
	}
	page.Body = b.bytes[:len(b.bytes):len(b.bytes)]
	page.HasBody = true
	if q.record != nil {
		q.record.shared = q.record.wire == b
	}
	page.release = release
	return nil
}

// loan is what the bodies of a hop are read within: its own, to be ended with the page, or
// the recorder's.
func (c *Client) loan(q question) (l *loan, own bool) {
	if q.record != nil {
		return &q.record.loan, false
	}
	return &loan{from: c.memory}, true
}

// bodyError says why there is no body. What is wrong with its bytes is said
// even if the time was over just then.
func (c *Client) bodyError(ctx context.Context, r Request, err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	if err == errTooLarge {
		return &Error{Class: TooLarge, Detail: "the body is over " + size(c.opts.MaxSize)}
	}
	return failure(ctx, r, reading, err)
}

// fillBody fills b with resp's body, unpacked.
func (c *Client) fillBody(ctx context.Context, q question, resp response, b *body, page *Page) error {
	if q.method == "HEAD" || resp.length == 0 || resp.status == 204 || resp.status == 304 {
		return nil
	}
	codings, fail := resp.codings()
	if fail != nil {
		if q.record != nil {
			c.receive(ctx, q, resp, b, c.opts.MaxSize, page)
		}
		return fail
	}
	if len(codings) == 0 {
		return c.receive(ctx, q, resp, b, c.opts.MaxSize, page)
	}
	packed := &body{loan: b.loan}
	defer packed.drop()
	err := c.receive(ctx, q, resp, packed, c.opts.MaxSize+packedExtra, page)
	if err == errTooLarge && c.cuts {
		err = nil // it unpacks to more than MaxSize too, or is torn
	}
	if err != nil || len(packed.bytes) == 0 {
		return err
	}
	return c.unpack(ctx, packed, codings, b)
}

// receive reads into b what was transferred.
func (c *Client) receive(ctx context.Context, q question, resp response, b *body, limit int64, page *Page) error {
	if resp.length > limit && !c.cuts {
		return errTooLarge
	}
	err := b.fill(ctx, resp.body, limit, resp.length)
	page.WireBytes = int64(len(b.bytes))
	if q.record != nil {
		q.record.read(b)
	}
	return err
}

// takeDown reads a body that is wanted for its exchange alone. It takes no more of the
// attempt's time than leaves some for what comes next.
func (c *Client) takeDown(ctx context.Context, r Request, q question, resp response, cancel context.CancelFunc) {
	limit := captureTime
	if r.Timeout > 0 {
		limit = min(limit, r.Timeout/2)
	}
	timer := time.AfterFunc(limit, cancel)
	defer timer.Stop()
	b := &body{loan: &q.record.loan}
	defer b.drop()
	if q.method != "HEAD" {
		c.receive(ctx, q, resp, b, c.opts.MaxSize, new(Page))
	}
}

// unpack fills b with what packed has. A body that is beyond the budget of memory
// does not queue: those before it may be waiting for what it holds.
func (c *Client) unpack(ctx context.Context, packed *body, codings []string, b *body) error {
	if !b.loan.beyond {
		if err := c.unpacking.Acquire(ctx, 1); err != nil {
			return err
		}
		defer c.unpacking.Release(1)
	}
	const usualRatio = 4
	err := unpack(ctx, packed.bytes, codings, func(r io.Reader) error {
		return b.fill(ctx, r, c.opts.MaxSize, usualRatio*int64(len(packed.bytes)))
	})
	if err != nil && ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}
