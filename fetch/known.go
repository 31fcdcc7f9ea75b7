package fetch

import (
	"slices"
	"time"
	"unsafe"
)

// Known is what an earlier run has learned of a listed URL, by which this one can tell
// whether its page has changed. It is shared by copies of a request and never changed.
type Known struct {
	URL          string    // the one that answered, after redirects, without secrets: validators go to no other
	ETag         string    // as received; "" is none
	LastModified string    // as received; "" is none
	Fingerprint  [16]byte  // of the decoded body; zero is not known
	Payload      [32]byte  // SHA-256 of the body as transferred, if it was captured; zero is not known
	Bytes        int64     // of the decoded body
	Time         time.Time // when it was answered, to the microsecond
	Gone         bool      // it answered 404 or 410, after there had been a page; all above but URL and Time is zero
}

// Validators are what makes this hop conditional (RFC 9110 §13.1): ETag and Last-Modified
// of what is known, if the hop goes to the URL that they are of, and asks for nothing else
// than the page. Both are "" if it is not conditional.
func (r *Request) Validators() (etag, lastModified string) {
	k := r.Known
	if k == nil || k.Gone || r.Method != "" && r.Method != "GET" && r.Method != "HEAD" || WithoutSecrets(r.URL) != k.URL {
		return "", ""
	}
	return k.ETag, k.LastModified
}

// mem is what it costs, in bytes.
func (k *Known) mem() int {
	if k == nil {
		return 0
	}
	return int(unsafe.Sizeof(*k)) + len(k.URL) + len(k.ETag) + len(k.LastModified)
}

// preconditions are fields by which a user makes a request conditional himself, or asks
// for something that is compared with no whole page.
var preconditions = []string{"If-None-Match", "If-Modified-Since", "If-Match", "If-Unmodified-Since", "If-Range", "Range"}

// ifChanged adds the validators of r, unless the user has his own.
func (q *question) ifChanged(r *Request) {
	etag, modified := r.Validators()
	if etag == "" && modified == "" || slices.ContainsFunc(preconditions, func(name string) bool { return hasField(q.header, name) }) {
		return
	}
	q.conditional = true
	q.header = slices.Clip(q.header) // it is shared
	if etag != "" {
		q.header = append(q.header, Field{"If-None-Match", etag})
	}
	if modified != "" {
		q.header = append(q.header, Field{"If-Modified-Since", modified})
	}
}
