package crawl

import (
	"fmt"
	"sync/atomic"

	"trawl/fetch"
)

// hopCodec takes to a worker process what get_page must know of a request. The rest
// (position, redirects, meta) stays with the coordinator. What it decodes has a number
// of its own as Index, so that a worker can tell its jobs apart.
type hopCodec struct{ decoded atomic.Int64 }

func hop(w *wire, r *fetch.Request, header *[]fetch.Field) {
	wireText(w, &r.URL)
	wireText(w, &r.Method)
	wireNumber(w, &r.Timeout)
	wireNumber(w, &r.Spent)
	wireFlag(w, &r.Foreign)
	wireFlag(w, &r.Robots)
	wireFlag(w, &r.Once)
	wireFlag(w, &r.Fresh)
	wireList(w, header, wireField)
	validators(w, r)
}

// validators carries of what is known of the page what the hop is to send.
func validators(w *wire, r *fetch.Request) {
	etag, modified := r.Validators()
	wireText(w, &etag)
	wireText(w, &modified)
	if w.reading && etag+modified != "" {
		r.Known = &fetch.Known{URL: fetch.WithoutSecrets(r.URL), ETag: etag, LastModified: modified}
	}
}

func (*hopCodec) Append(dst []byte, r fetch.Request) ([]byte, error) {
	var header []fetch.Field
	if r.Extra != nil {
		header = r.Extra.Header
	}
	w := wire{data: dst}
	hop(&w, &r, &header)
	return w.data, nil
}

func (c *hopCodec) Decode(data []byte) (r fetch.Request, _ error) {
	var header []fetch.Field
	w := wire{data: data, reading: true}
	hop(&w, &r, &header)
	if err := w.end(); err != nil {
		return fetch.Request{}, fmt.Errorf("request: %w", err)
	}
	r.Index = c.decoded.Add(1)
	if header != nil {
		r.Extra = &fetch.Extra{Header: header}
	}
	return r, nil
}
