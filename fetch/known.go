package fetch

import "time"

// Known is what an earlier run has learned of a listed URL, by which this one can tell
// whether its page has changed. It is shared by copies of a request and never changed.
type Known struct {
	URL          string    // the one that answered, after redirects, without secrets: validators go to no other
	ETag         string    // as received; "" is none
	LastModified string    // as received; "" is none
	SHA256       [32]byte  // of the decoded body; zero is not known
	Payload      [32]byte  // SHA-256 of the body as transferred, if it was captured; zero is not known
	Bytes        int64     // of the decoded body
	Time         time.Time // when it was answered, to the microsecond
	Gone         bool      // it answered 404 or 410, after there had been a page; all above but URL and Time is zero
}
