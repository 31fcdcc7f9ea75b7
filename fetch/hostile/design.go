package hostile

import (
	"crypto/tls"
	"net"
	"slices"
	"sync"
	"testing"

	"trawl/fetch"
)

// A design is how a fault is made.
type design struct {
	name  string
	kind  Kind
	want  Want
	paths []string // of the URLs that are listed; nil is "/"
	hops  int      // redirects may take so many requests; 0 is one

	greeting acts             // for a connection, before anything is read of it; then it is closed
	answer   acts             // to a request; then the connection is closed, but after keep
	streams  func(*stream)    // to a request over HTTP/2
	frames   func(*multiplex) // for an HTTP/2 connection, when it has been made
	resend   bool             // over HTTP/2: a request has surely not been processed,
	breaks   bool             // or the first answer leaves the connection unfit for those after it
	good     []string         // kinds of good pages on the same host; nil is the usual ones if there is an answer, else none
	foreign  bool             // other hosts redirect to it, so credentials must not come

	listen func(testing.TB) (net.Listener, error) // nil is on a free port of 127.0.0.1
	deaf   bool                                   // connections are not accepted

	secure      bool // TLS
	certificate certificate
	config      func(*tls.Config) // changes it
}

// overHTTP2 reports whether the host speaks nothing else.
func (d design) overHTTP2() bool { return d.streams != nil || d.frames != nil }

// designs are those of all faults, made when the first server starts.
var designs = sync.OnceValue(func() []design {
	return slices.Concat(
		hosts,
		of(Hang, hangs, deafness()),
		of(Size, sizes),
		of(Framing, heads, lengths, transfers, chunks, bodiless, glued, ends),
		of(Encoding, codings(), bombs()),
		of(Redirects, redirects),
		of(HTTP2, connections2, streams2, headers2, flows2),
		of(HTML, pages(100_000, named), pages(100_000, others)),
		of(LargeHTML, pages(6_000_000, named)),
		of(Injection, injections),
		of(TLS, handshakes, certificates),
	)
})

// of gives designs their kind, and those that have no other the usual good pages on
// their host.
func of(kind Kind, groups ...[]design) (all []design) {
	for _, d := range slices.Concat(groups...) {
		d.kind = kind
		if d.answer != nil && d.good == nil {
			d.good = usualKinds
		}
		switch kind {
		case LargeHTML:
			d.name = "a large page: " + d.name
		case Injection:
			d.name = "injection: " + d.name
		}
		all = append(all, d)
	}
	return all
}

// fails is for a fault of which only a failure can come.
func fails(classes ...fetch.Class) Want { return Want{Classes: classes} }

// gives is for a fault that must not cost the page.
func gives(sizes ...int64) Want { return Want{Sizes: sizes} }

// or is for a fault where a standard, or none, leaves more to the client.
func (w Want) or(classes ...fetch.Class) Want {
	w.Classes = append(slices.Clone(w.Classes), classes...)
	return w
}
