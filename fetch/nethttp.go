package fetch

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"strings"
	"sync/atomic"
	"time"
)

const (
	maxHead     = 256 << 10        // bytes of an answer's head, those of 1xx answers before it included
	idleTimeout = 90 * time.Second // how long a connection is kept for nothing
	streamRoom  = 512 << 10        // bytes of an HTTP/2 stream that may wait to be read
	pingAfter   = 30 * time.Second // of silence on an HTTP/2 connection, to learn whether it is still there
)

// netHTTP is the exchanger that net/http does. It repeats a request by itself
// when a kept connection turns out to be closed before the answer's first byte.
// It writes to the standard logger when a server sends what nobody asked for,
// for which it has no other place.
type netHTTP struct {
	transport *http.Transport
	dialer    *dialer
	proxies   proxyFunc // nil is none
	onlyH2    bool
}

func newNetHTTP(opts ClientOptions, proxies proxyFunc, roots *x509.CertPool) *netHTTP {
	x := &netHTTP{dialer: newDialer(opts, roots), proxies: proxies, onlyH2: opts.HTTP == HTTP2}
	var speaks http.Protocols
	speaks.SetHTTP1(opts.HTTP != HTTP2)
	speaks.SetHTTP2(opts.HTTP != HTTP1)
	speaks.SetUnencryptedHTTP2(opts.HTTP == HTTP2)
	x.transport = &http.Transport{
		Proxy:                  func(r *http.Request) (*url.URL, error) { return hopOf(r.Context()).forwarder(), nil },
		DisableCompression:     true,
		MaxIdleConns:           opts.Connections,
		MaxIdleConnsPerHost:    opts.HostConnections,
		IdleConnTimeout:        idleTimeout,
		MaxResponseHeaderBytes: maxHead,
		Protocols:              &speaks,
		HTTP2:                  &http.HTTP2Config{MaxReceiveBufferPerStream: streamRoom, SendPingTimeout: pingAfter},
	}
	x.transport.DialContext = func(ctx context.Context, _, addr string) (net.Conn, error) {
		return x.dial(ctx, addr, false)
	}
	x.transport.DialTLSContext = func(ctx context.Context, _, addr string) (net.Conn, error) {
		return x.dial(ctx, addr, true)
	}
	return x
}

// dial is called by the transport with a context that outlives the hop; the
// hop's own ends the attempt.
func (x *netHTTP) dial(ctx context.Context, addr string, secure bool) (net.Conn, error) {
	h := hopOf(ctx)
	return x.dialer.dial(h.ctx, addr, secure, h.way)
}

func (x *netHTTP) close() { x.transport.CloseIdleConnections() }

func (x *netHTTP) exchange(ctx context.Context, q question) (response, error) {
	way, err := x.route(q.target)
	if err != nil {
		return response{phase: connecting}, err
	}
	ctx, giveUp := context.WithCancelCause(ctx) // ends with its parent at the latest
	h := &hop{ctx: ctx, giveUp: giveUp, way: way, onlyH2: x.onlyH2, phase: connecting}
	answer, err := x.transport.RoundTrip(h.request(q))
	if err != nil {
		if why, ok := errors.AsType[*Error](context.Cause(ctx)); ok {
			err = why
		}
		return h.response(), err
	}
	if way.forward && answer.StatusCode == http.StatusProxyAuthRequired {
		answer.Body.Close()
		return h.response(), proxyStatus(answer.StatusCode)
	}
	resp := h.response()
	resp.status = answer.StatusCode
	resp.proto = fmt.Sprintf("HTTP/%d.%d", answer.ProtoMajor, answer.ProtoMinor)
	resp.header = fields(answer.Header)
	resp.length = answer.ContentLength
	resp.body = answer.Body
	resp.phase = reading
	return resp, nil
}

// route finds the proxy for t. An http page is asked of an http proxy itself,
// in absolute form (RFC 9112 §3.2.2), unless it has to be asked in HTTP/2.
func (x *netHTTP) route(t target) (route, error) {
	if x.proxies == nil {
		return route{}, nil
	}
	via, err := x.proxies(&url.URL{Scheme: t.scheme, Host: t.host})
	if err != nil {
		return route{}, proxyError(err)
	}
	if via == nil {
		return route{}, nil
	}
	forward := t.scheme == "http" && !x.onlyH2 && !strings.HasPrefix(via.Scheme, "socks5")
	return route{via: via, forward: forward}, nil
}

// A hop is what one exchange leaves while it is made: the transport passes it
// to its callbacks by the context.
type hop struct {
	ctx    context.Context // of the exchange, which the transport hides from a dial
	giveUp context.CancelCauseFunc
	way    route
	onlyH2 bool
	phase  phase
	peer   peer
	sent   int                       // how often the transport has begun to send the request
	first  atomic.Pointer[time.Time] // set by the connection's goroutine
}

type hopKey struct{}

func hopOf(ctx context.Context) *hop { return ctx.Value(hopKey{}).(*hop) }

// forwarder is the proxy that the transport itself must know of.
func (h *hop) forwarder() *url.URL {
	if h.way.forward {
		return h.way.via
	}
	return nil
}

func (h *hop) request(q question) *http.Request {
	ctx := context.WithValue(h.ctx, hopKey{}, h)
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		GetConn: func(string) { h.phase = connecting },
		GotConn: h.connected,
		GotFirstResponseByte: func() {
			now := time.Now()
			h.first.CompareAndSwap(nil, &now)
		},
	})
	r := &http.Request{
		Method: q.method,
		URL:    &url.URL{Scheme: q.scheme, Host: q.target.host, Opaque: opaque(q.target, h.way)},
		Host:   q.host,
		Header: httpHeader(q.header),
	}
	return r.WithContext(ctx)
}

// connected is called when there is a connection. Over HTTP/2 the transport
// repeats a request whose stream is refused for a minute, with growing pauses;
// here that ends with the first pause, as retries are the stage's.
func (h *hop) connected(info httptrace.GotConnInfo) {
	h.phase = waiting
	h.sent++
	if h.sent > 2 && h.speaksHTTP2(info.Conn) {
		h.giveUp(&Error{Class: Reset, Detail: "the server refuses the stream (HTTP/2)"})
	}
	c := innermost(info.Conn)
	switch {
	case c == nil:
	case info.Reused:
		h.peer = peer{ip: c.peer.ip}
	default:
		h.peer = c.peer
	}
}

func (h *hop) speaksHTTP2(c net.Conn) bool {
	t, ok := c.(*tls.Conn)
	return h.onlyH2 || ok && t.ConnectionState().NegotiatedProtocol == "h2"
}

// response is what is known of the answer without having its head.
func (h *hop) response() response {
	resp := response{phase: h.phase, peer: h.peer}
	if first := h.first.Load(); first != nil {
		resp.firstByte = *first
	}
	return resp
}

// opaque makes net/url print the path as it is, whatever its escapes. It takes
// a leading "//" for an authority, so there, and for a proxy, it gets one: the
// absolute form, which every server understands.
func opaque(t target, way route) string {
	if way.forward || strings.HasPrefix(t.path, "//") {
		return "//" + t.host + t.path
	}
	return t.path
}

func httpHeader(header []Field) http.Header {
	h := make(http.Header, len(header)+1)
	h["User-Agent"] = []string{""} // which is none; nil would be net/http's own
	values := make([]string, len(header))
	for i, f := range header {
		name := http.CanonicalHeaderKey(f.Name)
		values[i] = f.Value
		if h[name] == nil || name == "User-Agent" {
			h[name] = values[i : i+1 : i+1]
		} else {
			h[name] = append(h[name], f.Value)
		}
	}
	return h
}

func fields(h http.Header) []Field {
	header := make([]Field, 0, len(h))
	for name, values := range h {
		for _, value := range values {
			header = append(header, Field{name, value})
		}
	}
	return header
}
