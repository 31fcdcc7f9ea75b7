package fetch

import (
	"context"
	"crypto/tls"
	"net"
	"slices"
	"strings"
)

// An endpoint is where a connection leads to.
type endpoint struct {
	addr   string // "" is the proxy of way itself
	secure bool
	way    route
}

// hostConns are the connections to an endpoint. They are forgotten with the last.
type hostConns struct {
	endpoint endpoint
	version  Version // that the server speaks; Auto is to be seen
	open     int     // connections, those that are being made too

	idle    []*http1Conn  // the one that was used last at the end
	shared  []*sharedConn // that may have room
	dialing *dialing      // nil is none
}

// A dialing is a connection in the making that others may share when it is there.
type dialing struct {
	done chan struct{}
	err  error // set before done is closed; nil if it was not the server's fault
}

// othersFailure is why a connection could not be made that somebody else has tried to
// make: it is one failure, however many have waited for it.
type othersFailure struct{ error }

func (f othersFailure) Unwrap() error { return f.error }

// get finds a connection to an endpoint, or makes one.
func (x *connections) get(ctx context.Context, at endpoint, fresh bool) (exchanger, error) {
	for {
		if c := x.takeIdle(at, fresh); c != nil {
			return c, nil
		}
		shared, d, mine := x.join(at)
		switch {
		case shared != nil:
			return shared, nil
		case mine || d == nil:
			return x.dial(ctx, at, d)
		}
		select {
		case <-d.done:
			if d.err != nil {
				return nil, othersFailure{d.err}
			}
		case <-ctx.Done():
			return nil, context.Cause(ctx)
		}
	}
}

// takeIdle gives the connection to an endpoint that was used last, if there is one
// on which nothing has come meanwhile. If a fresh one is asked for, there is none.
func (x *connections) takeIdle(at endpoint, fresh bool) *http1Conn {
	if fresh {
		return nil
	}
	for {
		c := x.popIdle(at)
		if c == nil || c.silent() {
			return c
		}
		c.done(c, false)
	}
}

func (x *connections) popIdle(at endpoint) *http1Conn {
	x.mu.Lock()
	defer x.mu.Unlock()
	h := x.hosts[at]
	if h == nil || len(h.idle) == 0 {
		return nil
	}
	c := h.idle[len(h.idle)-1]
	x.unpark(&c.parked)
	return c
}

// join gives a connection to an endpoint that has room for one more request, which
// is taken; or else one in the making that may have. If that is the caller's, or
// there is none, there is room for the caller to make one.
func (x *connections) join(at endpoint) (c *sharedConn, d *dialing, mine bool) {
	x.mu.Lock()
	defer x.mu.Unlock()
	h := x.hosts[at]
	if h == nil {
		h = &hostConns{endpoint: at, version: x.speaks(at)}
		x.hosts[at] = h
	}
	h.open++ // now, so that h is not forgotten with a connection that turns out to be dead
	if c := x.reserve(h); c != nil {
		h.open--
		return c, nil, false
	}
	if h.dialing != nil {
		h.open--
		return nil, h.dialing, false
	}
	if h.version != HTTP1 {
		h.dialing = &dialing{done: make(chan struct{})}
	}
	return nil, h.dialing, true
}

// speaks is the version that is spoken at an endpoint that nobody has been to.
func (x *connections) speaks(at endpoint) Version {
	if x.version == Auto && (!at.secure || at.way.forward) {
		return HTTP1
	}
	return x.version
}

// reserve takes room in a shared connection; nil if there is none.
func (x *connections) reserve(h *hostConns) *sharedConn {
	for _, c := range slices.Clone(h.shared) {
		if c.reserve() {
			x.unpark(&c.parked)
			c.users++
			return c
		}
		x.retire(c)
	}
	return nil
}

// dial makes the connection for which join has made room.
func (x *connections) dial(ctx context.Context, at endpoint, d *dialing) (exchanger, error) {
	one, shared, err := x.connect(ctx, at)
	x.mu.Lock()
	defer x.mu.Unlock()
	h := x.hosts[at]
	if d != nil {
		h.dialing = nil
		if ctx.Err() == nil {
			d.err = err
		}
		close(d.done)
	}
	switch {
	case err != nil:
		x.left(h)
		return nil, err
	case shared == nil:
		h.version = HTTP1
		one.parked = parked{host: h, tcp: one.tcp, one: one}
		return one, nil
	}
	h.version = HTTP2
	shared.parked = parked{host: h, tcp: shared.tcp, shared: shared}
	h.shared = append(h.shared, shared)
	if !shared.reserve() {
		x.end(&shared.parked)
		return nil, &Error{Class: Reset, Detail: "the server takes no request (HTTP/2)"}
	}
	shared.users++
	return shared, nil
}

// connect makes a connection. If that takes more files than there are, those that
// are idle are given up for it.
func (x *connections) connect(ctx context.Context, at endpoint) (*http1Conn, *sharedConn, error) {
	c, err := x.dialer.dial(ctx, at.addr, at.secure, at.way)
	if e, ok := err.(*Error); ok && strings.HasSuffix(e.Detail, noFiles) && x.giveUpIdle() {
		c, err = x.dialer.dial(ctx, at.addr, at.secure, at.way)
	}
	if err != nil {
		return nil, nil, err
	}
	tcp := innermost(c)
	if !x.isHTTP2(c) {
		return newHTTP1(c, tcp, x.put), nil, nil
	}
	h, err := newHTTP2(c)
	if err != nil {
		c.Close()
		return nil, nil, answerError(err, false)
	}
	return nil, &sharedConn{http2Conn: h, connections: x, tcp: tcp, peer: tcp.peer}, nil
}

// isHTTP2 reports what was agreed on, in the TLS handshake or by the user.
func (x *connections) isHTTP2(c net.Conn) bool {
	t, secure := c.(*tls.Conn)
	return x.version == HTTP2 || secure && t.ConnectionState().NegotiatedProtocol == "h2"
}
