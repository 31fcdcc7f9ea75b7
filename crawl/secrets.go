package crawl

import (
	"errors"
	"slices"
	"sync/atomic"

	"trawl/fetch"
)

// ErrSecret is why a run ends that would have to send a request with secrets of its own, a line's
// header fields or a URL's user and password, to a worker over a connection that others can read. What has not ended remains.
var ErrSecret = errors.New("header fields or a password would go over a connection that is neither encrypted nor local")

// hasSecrets reports whether a field may be one. A field without a value takes one away.
func hasSecrets(header []fetch.Field) bool {
	return slices.ContainsFunc(header, func(f fetch.Field) bool { return f.Value != "" && !f.Harmless() })
}

// guardedCodec is a hopCodec that lets secrets out only if they stay secret.
type guardedCodec struct {
	hopCodec
	private atomic.Bool
}

func (c *guardedCodec) Append(dst []byte, r fetch.Request) ([]byte, error) {
	if !c.private.Load() && tellsWho(&r) {
		return dst, ErrSecret
	}
	return c.hopCodec.Append(dst, r)
}

// tellsWho reports whether the line of r has secrets. A user in the URL of a redirect is its
// server's, or else that of the listed URL, which did not get so far.
func tellsWho(r *fetch.Request) bool {
	return r.Extra != nil && hasSecrets(r.Extra.Header) || len(r.Redirects) == 0 && fetch.WithoutSecrets(r.URL) != r.URL
}
