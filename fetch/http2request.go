package fetch

import (
	"context"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"golang.org/x/net/http/httpguts"
)

// http2Banned are the fields that are about a connection of HTTP/1.1; in HTTP/2
// a message that has one is malformed (RFC 9113 §8.2.2).
var http2Banned = []string{"connection", "keep-alive", "proxy-connection", "transfer-encoding", "upgrade"}

// http2Request is q for the library. Its fields are sent in any order, Cookie as
// one field for each cookie (RFC 9113 §8.2.3).
func http2Request(ctx context.Context, q question) *http.Request {
	r := &http.Request{
		Method: q.method,
		URL:    &url.URL{Scheme: q.scheme, Host: q.target.host, Opaque: http2Path(q)},
		Host:   q.host,
		Header: http2Header(q.header),
	}
	return r.WithContext(ctx)
}

// http2Path makes net/url print the path as it is, whatever its escapes. It takes
// a leading "//" for an authority, so there it gets one, which the library takes
// off again.
func http2Path(q question) string {
	if !strings.HasPrefix(q.path, "//") {
		return q.path
	}
	host := q.host
	if ascii, err := httpguts.PunycodeHostPort(host); err == nil {
		host = ascii
	}
	return "//" + host + q.path
}

func http2Header(header []Field) http.Header {
	h := make(http.Header, len(header)+1)
	h["User-Agent"] = []string{""} // which is none; nil would be the library's own
	values := make([]string, len(header))
	for i, f := range header {
		name := http.CanonicalHeaderKey(f.Name)
		values[i] = f.Value
		switch {
		case slices.Contains(http2Banned, strings.ToLower(f.Name)), name == "Te" && f.Value != "trailers":
		case h[name] == nil || name == "User-Agent":
			h[name] = values[i : i+1 : i+1]
		default:
			h[name] = append(h[name], f.Value)
		}
	}
	return h
}
