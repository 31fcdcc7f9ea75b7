package fetch

//lint:file-ignore SA1019 what golang.org/x/net calls deprecated here is how it is given a connection; net/http wants to dial itself

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"sync"
	"time"

	"golang.org/x/net/http2"
)

const (
	http2Streams = 100              // that one connection carries at once
	http2Room    = 512 << 10        // bytes of one stream that may wait to be read
	http2Ping    = 30 * time.Second // of silence, to learn whether the server is still there
	http2Grace   = 250 * time.Millisecond
	http2Window  = 1<<16 - 1 // of a connection at first, RFC 9113 §6.9.2
)

// errUnprocessed is what an error of an exchange is if the server has surely not
// processed the request: it may be sent again, whatever its method (RFC 9113
// §8.7). Beneath is an *Error that says why.
var errUnprocessed = errors.New("not processed")

func unprocessed(e *Error) error { return fmt.Errorf("%w: %w", errUnprocessed, e) }

// http2Transport is the settings that all connections share. The window of a
// connection is that of all its streams together, so that a stream which nobody
// reads cannot keep the others waiting.
var http2Transport = sync.OnceValues(func() (*http2.Transport, error) {
	transport, err := http2.ConfigureTransports(&http.Transport{HTTP2: &http.HTTP2Config{
		MaxReceiveBufferPerStream:     http2Room,
		MaxReceiveBufferPerConnection: http2Streams*http2Room - http2Window,
		SendPingTimeout:               http2Ping,
	}})
	if err != nil {
		return nil, err
	}
	transport.DisableCompression = true
	transport.MaxHeaderListSize = http2Head
	return transport, nil
})

// An http2Conn is an HTTP/2 connection, used by many goroutines at once. It
// sends each request at most once. What speaks on it is golang.org/x/net/http2;
// what the server says is judged by the screen, before.
type http2Conn struct {
	client *http2.ClientConn
	screen *http2Screen

	mu       sync.Mutex // guards what follows
	inFlight int        // reservations, and exchanges up to the end of their bodies
	asked    bool       // there has been a reservation
}

// newHTTP2 speaks HTTP/2 on c, which it owns from now on: an error closes it.
func newHTTP2(c net.Conn) (*http2Conn, error) {
	transport, err := http2Transport()
	if err != nil {
		c.Close()
		return nil, fmt.Errorf("speak HTTP/2: %w", err)
	}
	h := &http2Conn{screen: newHTTP2Screen(c)}
	if h.client, err = transport.NewClientConn(h.screen); err != nil {
		return nil, answerError(err, false)
	}
	return h, nil
}

// reserve makes room for one request, which exchange uses up. It reports false
// if there is none: the connection carries as many as it may, or is closing, or
// dead. A new connection has room even if it is dead by now: the first exchange
// says why.
func (h *http2Conn) reserve() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.inFlight >= http2Streams || h.asked && !h.screen.open() || !h.client.ReserveNewRequest() {
		return false
	}
	h.asked = true
	h.inFlight++
	return true
}

func (h *http2Conn) free() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.inFlight--
}

// quiet reports whether nothing is in flight.
func (h *http2Conn) quiet() bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.inFlight == 0
}

// usable reports whether the connection may ever take another request. One that
// takes none although nothing is in flight never will, as far as anybody knows.
func (h *http2Conn) usable() bool {
	return h.screen.open() && (!h.quiet() || h.client.CanTakeNewRequest())
}

// close ends the connection and what is in flight. Its goroutines end with it,
// if not at once.
func (h *http2Conn) close() { h.client.Close() }

// exchange asks q, using up one reservation. It ends with ctx, and so does the
// body, which the caller closes. Errors, and those of the body, are an *Error,
// which may be errUnprocessed, or ctx's cause.
func (h *http2Conn) exchange(ctx context.Context, q question) (response, error) {
	x := newHTTP2Exchange(ctx, h, q.method == http.MethodHead)
	answer, err := h.client.RoundTrip(x.request(q))
	if err != nil {
		defer x.end()
		resp, _ := x.response()
		return resp, x.judge(err)
	}
	body := &http2Body{exchange: x, from: answer.Body}
	resp, err := x.response()
	if err == nil && x.bodiless() {
		_, err = io.Copy(io.Discard, body) // to learn that it has none
	}
	if err != nil {
		body.Close()
		return resp, err
	}
	resp.body = body
	return resp, nil
}
