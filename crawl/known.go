package crawl

import (
	"io"

	"trawl/fetch"
	"trawl/sinks"
)

// A rememberingList has its requests come with what is known of their pages. When that
// cannot be had it ends.
type rememberingList struct {
	*List
	pages    *sinks.Pages
	archived bool  // answers are archived: a page that no archive has is wanted, changed or not
	err      error // why it has ended before its time
}

// Next implements [fetch.List].
func (l *rememberingList) Next() (fetch.Request, error) {
	r, err := l.List.Next()
	if err != nil {
		return r, err
	}
	if r.Known, l.err = l.pages.Known(r.Asked); l.err != nil {
		return fetch.Request{}, io.EOF
	}
	if l.archived && r.Known != nil && r.Known.Payload == [32]byte{} {
		r.Known = withoutValidators(r.Known)
	}
	return r, nil
}

// withoutValidators is what is known but for that, so that the whole page will come.
func withoutValidators(k *fetch.Known) *fetch.Known {
	bare := *k
	bare.ETag, bare.LastModified = "", ""
	return &bare
}

// remembering is the run's list, with what is known if anybody wants to know, and, once
// that was read, why it is not whole.
func (c *crawl) remembering() (list fetch.List, unknown func() error) {
	if c.opts.Output.Pages == nil {
		return c.list, func() error { return nil }
	}
	l := &rememberingList{List: c.list, pages: c.opts.Output.Pages, archived: c.opts.Output.Format == sinks.WARC}
	return l, func() error { return l.err }
}
