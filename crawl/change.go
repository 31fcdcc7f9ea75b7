package crawl

import (
	"net/http"

	"trawl/fetch"
	"trawl/parse"
)

// compare says what has become of the page since the last run that ended, and what is to
// be known of it from now on: of an answer that is the URL's last one.
func compare(rec *parse.Record, r *fetch.Request, a *fetch.Answer) {
	switch {
	case isGone(rec):
		if r.Known != nil && !r.Known.Gone {
			rec.Change = parse.Gone
			rec.Known = &fetch.Known{URL: r.Known.URL, Time: r.Known.Time, Gone: true}
		}
	case rec.Class != "": // what it is like now is not known
	case a.NotModified:
		rec.Skipped = parse.Unchanged
		rec.Known = refreshed(r, a)
	default:
		comparePage(rec, r, a)
	}
}

// isGone is true of a failure by which the server says that there is no page (RFC 9110
// §15.5.5, §15.5.11).
func isGone(rec *parse.Record) bool {
	return rec.Class == fetch.HTTPStatus && (rec.Status == http.StatusNotFound || rec.Status == http.StatusGone)
}

// comparePage is compare for a page that has come.
func comparePage(rec *parse.Record, r *fetch.Request, a *fetch.Answer) {
	now, before := knownOf(rec, r, a), r.Known
	switch {
	case before == nil || before.Gone:
		rec.Change, rec.Known = parse.New, now
	case !isSame(before, now, r.Method):
		rec.Change, rec.Known = parse.Changed, now
	default:
		rec.Skipped = parse.Unchanged
		if now.URL == before.URL && now.Payload == before.Payload {
			now.Time = before.Time // of the first one that is like it
		}
		if *now != *before {
			rec.Known = now
		}
	}
}

// isSame compares bodies. Where none was asked for there are validators alone, and a page
// without them may be another one.
func isSame(before, now *fetch.Known, method string) bool {
	if method == http.MethodHead {
		return now.ETag+now.LastModified != "" && now.ETag == before.ETag && now.LastModified == before.LastModified
	}
	return now.Fingerprint != [16]byte{} && now.Fingerprint == before.Fingerprint
}

// refreshed is what a 304 changes of what is known (RFC 9111 §3.2); nil is nothing.
func refreshed(r *fetch.Request, a *fetch.Answer) *fetch.Known {
	now := *r.Known
	if etag := validator(a.ETag, maxETag); etag != "" {
		now.ETag = etag
	}
	if modified := validator(a.LastModified, maxLastModified); modified != "" {
		now.LastModified = modified
	}
	if now == *r.Known {
		return nil
	}
	return &now
}

// knownOf is what is known of a page that has come.
func knownOf(rec *parse.Record, r *fetch.Request, a *fetch.Answer) *fetch.Known {
	known := &fetch.Known{
		URL:          fetch.WithoutSecrets(r.URL),
		ETag:         validator(a.ETag, maxETag),
		LastModified: validator(a.LastModified, maxLastModified),
		Fingerprint:  rec.Fingerprint,
		Bytes:        rec.Bytes,
		Time:         a.Start.UTC().Truncate(1000),
	}
	if x := a.Exchange; x != nil && x.Truncated == "" {
		known.Payload, known.Time = x.BodySum, x.Start.UTC().Truncate(1000)
	}
	return known
}

const (
	maxETag         = 1 << 10 // bytes
	maxLastModified = 64
)

// validator is a field's value if it can be sent back as it was received; else "".
func validator(value string, longest int) string {
	if len(value) > longest {
		return ""
	}
	for i := range len(value) {
		if value[i] < ' ' || value[i] > '~' {
			return ""
		}
	}
	return value
}
