package fetch

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"time"

	"golang.org/x/net/http2"
)

// An http2Exchange is one request and its answer.
type http2Exchange struct {
	conn   *http2Conn
	ctx    context.Context // the caller's
	within context.Context // the library's; ends with ctx, with a fault of the answer, or with the exchange
	cancel context.CancelFunc
	calm   func() bool // takes back that the end of within hurries writes
	stream *http2Stream
}

func newHTTP2Exchange(ctx context.Context, h *http2Conn, head bool) *http2Exchange {
	x := &http2Exchange{conn: h, ctx: ctx}
	x.within, x.cancel = context.WithCancel(ctx)
	x.calm = context.AfterFunc(x.within, h.screen.hurry)
	x.stream = &http2Stream{head: head, cancel: x.cancel, length: -1}
	return x
}

// request is q; while it is being encoded the screen learns whose the next
// stream is.
func (x *http2Exchange) request(q question) *http.Request {
	return http2Request(httptrace.WithClientTrace(x.within, &httptrace.ClientTrace{
		WroteHeaderField: func(string, []string) { x.conn.screen.expect(x.stream) },
	}), q)
}

// end gives up what is left of the exchange, and its reservation.
func (x *http2Exchange) end() {
	x.calm()
	x.cancel()
	x.conn.screen.release(x.stream)
	x.conn.free()
}

func (x *http2Exchange) bodiless() bool {
	x.conn.screen.mu.Lock()
	defer x.conn.screen.mu.Unlock()
	return x.stream.bodiless()
}

// response is what is known of the answer, and its fault.
func (x *http2Exchange) response() (response, error) {
	x.conn.screen.mu.Lock()
	defer x.conn.screen.mu.Unlock()
	st := x.stream
	resp := response{phase: waiting, firstByte: st.firstByte}
	if st.headed {
		resp.phase = reading
		resp.status, resp.proto, resp.header, resp.length = st.status, "HTTP/2.0", st.header, st.length
	}
	return resp, st.err
}

// judge says why the exchange has ended, for which the library says err; io.EOF
// is a body that is complete. What the screen has seen comes first.
func (x *http2Exchange) judge(err error) error {
	screen, st := x.conn.screen, x.stream
	if code, ok := errors.AsType[http2.ConnectionError](err); ok {
		screen.fail(http2Violation(http2.ErrCode(code)))
	}
	screen.mu.Lock()
	defer screen.mu.Unlock()
	switch {
	case st.err != nil:
		return st.err
	case st.ended && (err == io.EOF || st.bodiless()):
		return io.EOF
	case x.ctx.Err() != nil:
		return context.Cause(x.ctx)
	case st.id == 0 || st.unsent:
		return screen.notSent(err)
	}
	if fault, ok := errors.AsType[http2.StreamError](err); ok {
		return http2Violation(fault.Code)
	}
	return screen.lost(err, st.headed)
}

// notSent says why a request was not sent. If nothing ever was on this
// connection and it does not speak HTTP/2, sending it again is no use.
// It is called with mu held.
func (s *http2Screen) notSent(err error) error {
	text := err.Error()
	if strings.HasPrefix(text, "http2: invalid ") || strings.HasPrefix(text, "http2: request header list ") {
		return &Error{Class: Protocol, Detail: "the request cannot be sent (HTTP/2: " + gist(err) + ")"}
	}
	switch {
	case s.refusal != nil:
		return unprocessed(s.refusal)
	case s.err == nil && text == "http2: client conn not usable":
		return unprocessed(&Error{Class: Reset, Detail: "the server takes no more requests (HTTP/2)"})
	}
	if e, ok := errors.AsType[*Error](s.err); ok && s.last == 0 {
		return e
	}
	return unprocessed(&Error{Class: Reset, Detail: s.lost(err, false).Detail})
}

// lost says why the connection has ended, to an answer that is not to blame. The
// library has texts for that, but no types. It is called with mu held.
func (s *http2Screen) lost(err error, reading bool) *Error {
	if e, ok := errors.AsType[*Error](s.err); ok {
		return http2Lost(e)
	}
	if s.err != nil {
		return answerError(s.err, reading)
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return answerError(err, reading)
	}
	return answerError(net.ErrClosed, reading)
}

// An http2Body is the body of an answer. Its errors are judged.
type http2Body struct {
	exchange *http2Exchange
	from     io.ReadCloser
	err      error // what reading has ended with
	closed   bool
}

func (b *http2Body) Read(p []byte) (int, error) {
	if b.err != nil {
		return 0, b.err
	}
	n, err := b.from.Read(p)
	if err != nil {
		b.err = b.exchange.judge(err)
	}
	return n, b.err
}

// Close resets the stream if the answer has not come to its end. It waits for
// the library to be done with the stream, but not long.
func (b *http2Body) Close() error {
	if b.closed {
		return nil
	}
	b.closed = true
	patience := time.AfterFunc(http2Grace, b.exchange.cancel)
	defer patience.Stop()
	b.from.Close()
	b.exchange.end()
	return nil
}
