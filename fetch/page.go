package fetch

import "time"

// Answer is the little that the [Stage] must know of a hop, whatever machine
// asked it.
type Answer struct {
	Status     int           // HTTP status; 0 is none
	Location   string        // the header as sent, of a 3xx answer
	RetryAfter time.Duration // how long the server asks to be left alone; 0 is not said
	Quota      time.Duration // how long until there is some again of a quota that is used up (RateLimit field); 0 is not said
	Robots     []byte        // the text of a robots.txt, if that was asked for: at most 500 KiB, the caller's own

	// NotModified says that the answer is a 304 to the validators of the request: the page
	// is the one that was known.
	NotModified bool
	Unreached   bool // there was no connection to the host, for which Err is why; not through a fault of this machine's
	Unheard     bool // the kept connection was dead: the request may be sent again, see [Request]

	ETag         string // header values as received; "" is not sent
	LastModified string

	Err      *Error    // why there is no page; nil if there is one, whatever its status
	Exchange *Exchange // as it was on the wire; nil unless the client captures it and there was an answer
	Timings
}

// Timings of one hop. Phases that did not take place (a kept connection) are 0.
type Timings struct {
	Start    time.Time
	Duration time.Duration // Start to the last byte of the body
	TTFB     time.Duration // Start to the first byte of the answer
	DNS      time.Duration
	Connect  time.Duration
	TLS      time.Duration
}

// Page is the answer to one hop.
type Page struct {
	Answer
	URL         string // of the hop
	Proto       string // "HTTP/1.1", "HTTP/2.0"
	IP          string // address of the peer, without port
	ContentType string // header value; "" is not sent
	WireBytes   int64  // of the body as transferred

	// Body is unpacked (no content encoding left). It belongs to the page until
	// Release; whoever wants to keep bytes of it copies them. It is read only for
	// statuses that the client accepts; HasBody says whether it was.
	Body    []byte
	HasBody bool

	release func()
}

// Release gives the memory of Body back, and leaves Exchange to who has taken it. The
// page must not be used afterwards. It may be called more than once.
func (p *Page) Release() {
	p.Body = nil
	if p.release != nil {
		p.release()
		p.release = nil
	}
}
