package fetch

import (
	"bytes"
	"context"

	"trawl/robots"
)

// forRobots is the client as it asks for a robots.txt: of whose body the beginning is
// read, which is nothing's page and stands in no archive.
func (c *Client) forRobots() *Client {
	asks := *c
	asks.opts.Accept = StatusSet{}
	asks.opts.Follow = true
	asks.opts.MaxSize = robots.MaxSize
	asks.opts.Capture = nil
	asks.cuts = true
	return &asks
}

// getRobots is GetPage for a robots.txt.
func (c *Client) getRobots(ctx context.Context, r Request) (Page, error) {
	page, err := c.forRobots().getHop(ctx, r)
	page.Robots = bytes.Clone(page.Body)
	page.HasBody = false
	page.Release()
	return page, err
}

// wholeLines is a text that was cut, without what may be the beginning of a line.
func wholeLines(text []byte) []byte { return text[:bytes.LastIndexAny(text, "\r\n")+1] }
