package hostile

import (
	"net"
	"sync"
	"testing"

	"trawl/fetch"
)

// A Fault is one thing that a server does to its client.
type Fault struct {
	Name       string // in words; no two have the same
	Kind       Kind
	URLs       []string // to be listed; the same may come of each
	Good       []Page   // pages of the same host, none of which the fault may cost
	Want       Want
	PerAttempt int // requests that one attempt at one of the URLs may take

	design   design
	server   *Server
	listener net.Listener

	mu   sync.Mutex
	seen Seen
}

// A Kind is what a fault aims at.
type Kind string

// The kinds.
const (
	None      Kind = "none" // no fault: the pages must be had
	Hang      Kind = "hang"
	Size      Kind = "size"
	Framing   Kind = "framing"
	Encoding  Kind = "encoding"
	Redirects Kind = "redirects"
	HTTP2     Kind = "HTTP/2"
	HTML      Kind = "HTML"
	LargeHTML Kind = "large HTML" // pages of 6 MB
	Injection Kind = "injection"
	TLS       Kind = "TLS"
)

// Want is what may come of a fault: a failure of one of the classes, or a page of one of
// the sizes.
type Want struct {
	Classes []fetch.Class
	Sizes   []int64 // in characters

	// Parse is whether a page of such a size may also be a failure of class callback
	// when a selector asks for its tree: a parser has bounds.
	Parse bool
}

// A Page is what a good URL must come to.
type Page struct {
	URL   string
	Size  int64 // in characters
	Title string
}

// Seen is what a fault's host has seen of its clients.
type Seen struct {
	Connections int
	Requests    int // for the fault's own URLs
	Resendable  int // of them: those that a client may send once more, as nobody has answered

	// Taken is the most that was written to one connection for a fault: what the client
	// has read, and what fits into the system's buffers at either end.
	Taken int64

	// Odd are requests that no client may send.
	Odd []string
}

// Seen is what the host has seen until now.
func (f *Fault) Seen() Seen {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.seen
}

func (f *Fault) note(add func(*Seen)) {
	f.mu.Lock()
	defer f.mu.Unlock()
	add(&f.seen)
}

func (f *Fault) listen(tb testing.TB) {
	tb.Helper()
	listen := f.design.listen
	if listen == nil {
		listen = func(testing.TB) (net.Listener, error) { return net.Listen("tcp4", "127.0.0.1:0") }
	}
	l, err := listen(tb)
	if err != nil {
		tb.Fatal(err)
	}
	f.listener = l
}

// accept serves connections until the test ends.
func (f *Fault) accept() {
	if f.design.deaf {
		return
	}
	for {
		c, err := f.listener.Accept()
		if err != nil {
			return
		}
		if !f.server.keep(c) {
			c.Close()
			return
		}
		f.note(func(s *Seen) { s.Connections++ })
		f.server.serving.Go(func() {
			defer f.server.release(c)
			f.serve(c.(*net.TCPConn))
		})
	}
}

// secure is whether the host speaks TLS.
func (f *Fault) secure() bool { return f.design.secure || f.design.overHTTP2() }

// origin is "http://127.0.0.1:PORT".
func (f *Fault) origin() string {
	if f.secure() {
		return "https://" + f.listener.Addr().String()
	}
	return "http://" + f.listener.Addr().String()
}

func (f *Fault) listed() (urls []string) {
	paths := f.design.paths
	if paths == nil && f.Kind != None {
		paths = []string{"/"}
	}
	for _, path := range paths {
		urls = append(urls, f.origin()+path)
	}
	return urls
}
