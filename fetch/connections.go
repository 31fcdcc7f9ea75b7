package fetch

import (
	"context"
	"net/url"
	"slices"
	"strings"
	"sync"
)

// connections are those of a client, in use and idle. They are used by many
// goroutines at once.
type connections struct {
	dialer  *dialer
	proxies proxyFunc // nil is none
	version Version
	perHost int // idle connections kept per endpoint

	mu    sync.Mutex // guards what follows, and each of hosts
	hosts map[endpoint]*hostConns
	idle  idleConns
}

// An exchanger makes exchanges over one connection.
type exchanger interface {
	// exchange sends q and reads the head of the answer. ctx ends it, and the
	// body, which the caller closes. An error that is an *Error has its class;
	// others are judged by answerError; with one the response says how far it
	// came. again is true if q may be sent once more, on another connection.
	exchange(ctx context.Context, q question, way route) (resp response, again bool, err error)
}

func newConnections(opts ClientOptions, proxies proxyFunc, d *dialer) *connections {
	return &connections{
		dialer:  d,
		proxies: proxies,
		version: opts.HTTP,
		perHost: opts.HostConnections,
		hosts:   map[endpoint]*hostConns{},
		idle:    idleConns{most: opts.Connections},
	}
}

// exchange asks q over a connection, kept or new. It asks once more over a new one
// if the kept one was dead before the first byte of an answer (RFC 9110 §9.2.2),
// or the server says that it has not looked at the request (RFC 9113 §8.7); unless that
// is for others to do, in their time.
func (x *connections) exchange(ctx context.Context, q question) (response, error) {
	way, err := x.route(q.target)
	if err != nil {
		return response{phase: connecting}, err
	}
	at := endpoint{addr: q.addr, secure: q.scheme == "https", way: way}
	if way.forward {
		at.addr = ""
	}
	resp, again, err := x.try(ctx, q, at, q.fresh)
	again = again && ctx.Err() == nil
	if again && !q.once {
		resp, _, err = x.try(ctx, q, at, true)
	}
	resp.unheard = again && q.once
	if err == nil && way.forward && resp.status == 407 {
		if q.record != nil {
			q.record.forget()
		}
		resp.header = slices.Clone(resp.header) // closing gives it away
		resp.body.Close()
		return resp, proxyStatus(resp.status)
	}
	return resp, err
}

// try is one exchange; it may be over a kept connection unless fresh.
func (x *connections) try(ctx context.Context, q question, at endpoint, fresh bool) (response, bool, error) {
	c, err := x.get(ctx, at, fresh)
	if err != nil {
		return response{phase: connecting}, false, err
	}
	return c.exchange(ctx, q, at.way)
}

// route finds the proxy for t. An http page is asked of an http proxy itself,
// in absolute form (RFC 9112 §3.2.2), unless it has to be asked in HTTP/2.
func (x *connections) route(t target) (route, error) {
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
	forward := t.scheme == "http" && x.version != HTTP2 && !strings.HasPrefix(via.Scheme, "socks5")
	return route{via: via, forward: forward}, nil
}
