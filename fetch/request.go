package fetch

import (
	"encoding/json"
	"time"
	"unsafe"
)

// Position says where a URL came from. The URL lines of a list are counted from
// 1: bad ones too, blank lines and comments not.
type Position struct {
	Source int   // 0 is the list; there is no other yet
	Index  int64 // among the lines that the run takes: by this it is known what has ended
	Seq    int64 // among all lines: seq in a record
}

// Request is one hop to be asked. It is plain data, so that it can travel to
// another process; the strings are shared and never changed.
type Request struct {
	Position
	Asked string // the URL as the record shows it: the list's spelling if that is printable ASCII, else URL
	URL   string // the URL of this hop: absolute, serialised, without fragment
	Host  string // its host: name in lower case and punycode, and port unless 80 or 443
	File  string // the list's name; "argument" for a URL on the command line
	Line  int64  // the line in File, from 1; for "argument" its number among them

	ListSum uint64 // checksum of the list up to this position

	Method  string        // "" is GET
	Timeout time.Duration // for this hop: what is left of the attempt; 0 is no limit
	Extra   *Extra        // what the line said beside its URL; nil if nothing

	Foreign bool // a redirect has left the listed URL's scheme, host or port: no credentials
	Robots  bool // it asks for a robots.txt, whose text is wanted: the request is the stage's own, and no position's

	// Once has a client not send the request again if the kept connection that it was sent
	// on was dead: who has set it is told by Unheard, and may set Fresh, which is a
	// connection of its own.
	Once, Fresh bool

	Attempt   int           // which one of this URL, from 1
	Tried     []int         // statuses of the attempts before this one; 0 is no answer
	Started   time.Time     // of the attempt's first hop; zero while this is it
	Spent     time.Duration // by the attempt's hops before this one
	Redirects []string      // the URLs of the attempt's hops before this one, oldest first
	Waited    time.Duration // how long limits and retry pauses have held this URL back so far

	Known *Known // what an earlier run knew of the listed URL; nil is nothing, or that nobody wants to know

	Exchanges []*Exchange // of this URL's hops and attempts so far; nil unless they are captured
}

// mem is what the request costs while it waits, in bytes.
func (r *Request) mem() int {
	n := int(unsafe.Sizeof(*r)) + len(r.URL) + len(r.Asked)
	n += len(r.Exchanges) * int(unsafe.Sizeof(Exchange{})) // their bytes count elsewhere
	n += r.Known.mem()
	n += len(r.Tried) * int(unsafe.Sizeof(r.Attempt))
	for _, url := range r.Redirects {
		n += len(url)
	}
	if r.Extra == nil {
		return n
	}
	n += len(r.Extra.Meta)
	for _, f := range r.Extra.Header {
		n += len(f.Name) + len(f.Value)
	}
	return n
}

// Extra is what a JSON line of a list says beside its URL.
type Extra struct {
	Header  []Field         // sent after, and instead of equally named, headers of the run
	Timeout time.Duration   // instead of the run's; 0 is the run's
	Meta    json.RawMessage // copied into the record untouched; nil if none
}
