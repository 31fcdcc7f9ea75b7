package parse

import (
	"cmp"
	"encoding/json"
	"time"

	"trawl/fetch"
)

// Record is what is kept of one URL: a page if Class and Skipped are "", a failure
// if Class is not. It is small, plain data and holds no body.
type Record struct {
	Seq       int64    // number of the line among all of the list
	Index     int64    // among those that the run takes, if it does not take all; else it may be 0
	URL       string   // as asked for
	FinalURL  string   // after redirects; "" if there were none
	Redirects []string // the hops between
	Status    int      // of the last answer; 0 is none

	HasSize   bool  // Size has a value: the page's body was counted
	Size      int64 // characters of the decoded text; of a body that is no text its bytes
	HasBody   bool  // Bytes and WireBytes have a value: a body was read whole
	Bytes     int64 // of the decoded body
	WireBytes int64 // of the body as transferred

	ContentType   string
	Title         string
	Proto, IP     string
	ETag          string
	LastModified  string
	SHA256        string   // of the decoded body; hex, "" if not asked for
	Fingerprint   [16]byte // of the decoded body, see [Options]; zero if not asked for
	fetch.Timings          // of the last attempt: Start of its first hop, Duration to its last byte; the zero Start is none

	Attempts int           // 1 is no retry
	Tried    []int         // statuses of the attempts before the last; 0 is no answer
	Waited   time.Duration // held back by limits and retry pauses

	Class     fetch.Class // "" is a page
	Error     string      // prose
	Retryable bool
	Limit     time.Duration // that a timeout has met; 0 is not known

	// Skipped is why there is no record by intention: Duplicate, of which all but Seq, Index
	// and ListSum is zero, or Unchanged. It tells only that the position has ended.
	Skipped string

	Change string       // New or Changed, of a page; Gone, of a failure; "" if nobody wanted to know
	Known  *fetch.Known // what is to be known of the URL from now on; nil is what was known before
	Before *fetch.Known // what was known before; nil is nothing

	Meta json.RawMessage // copied from the list; nil if none
	Data json.RawMessage // a JSON object from --select; nil if none

	// Exchanges is what was on the wire, of every hop and attempt that had an answer,
	// oldest first; nil unless it is captured. They are released by who archives them.
	Exchanges []*fetch.Exchange

	// What the errors file needs beside.
	File    string // where the URL stands
	Line    int64
	Header  []fetch.Field
	Timeout time.Duration // the line's own; 0 is none

	ListSum uint64 // checksum of the list up to this position
}

// Position is the number of the record's line among those that the run takes, from 1: none
// of them is missing when the run has ended, as may be of Seq.
func (rec *Record) Position() int64 { return cmp.Or(rec.Index, rec.Seq) }

// Why there is no record.
const (
	Duplicate = "duplicate" // the URL was listed before
	Unchanged = "unchanged" // its page is as an earlier run knew it
)

// What has become of a URL since an earlier run.
const (
	New     = "new"
	Changed = "changed"
	Gone    = "gone" // there was a page, and the server says now that there is none
)

// Fail makes the record a failure, with the error's class, prose and limit.
func (rec *Record) Fail(err *fetch.Error) {
	rec.Class = err.Class
	rec.Error = Clean(err.Detail)
	rec.Limit = err.Limit
}
