package fetch

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"strings"
	"time"

	"golang.org/x/net/proxy"
)

// Ports of proxies whose URL names none; the keys are all schemes there are.
var proxyPorts = map[string]string{"http": "80", "https": "443", "socks5": "1080", "socks5h": "1080"}

// dialProxy connects to the proxy itself.
func (d *dialer) dialProxy(ctx context.Context, via *url.URL) (net.Conn, error) {
	addr := net.JoinHostPort(via.Hostname(), cmp.Or(via.Port(), proxyPorts[via.Scheme]))
	c, err := d.dialTCP(ctx, addr)
	if err == nil && via.Scheme == "https" {
		c, err = d.secureProxy(ctx, c, addr)
	}
	if err != nil {
		return nil, proxyError(err)
	}
	return c, nil
}

func (d *dialer) secureProxy(ctx context.Context, c net.Conn, addr string) (net.Conn, error) {
	t, err := d.secure(ctx, c, d.proxy, addr)
	if err != nil {
		return nil, err
	}
	return t, nil
}

// tunnel connects to addr by way of the proxy.
func (d *dialer) tunnel(ctx context.Context, via *url.URL, addr string) (net.Conn, error) {
	c, err := d.dialProxy(ctx, via)
	if err != nil {
		return nil, err
	}
	start := time.Now()
	stop := context.AfterFunc(ctx, func() { c.Close() })
	tunnelled := c
	if strings.HasPrefix(via.Scheme, "socks5") {
		err = connectSOCKS(ctx, c, via, addr)
	} else {
		tunnelled, err = connectHTTP(c, via, addr, d.greeting)
	}
	if !stop() {
		err = cmp.Or(err, context.Cause(ctx)) // c has been closed
	}
	if err != nil {
		c.Close()
		return nil, proxyError(err)
	}
	if tcp := innermost(c); tcp != nil {
		tcp.peer.connect += time.Since(start)
	}
	return tunnelled, nil
}

// connectSOCKS asks the proxy at the other end of c for addr (RFC 1928, RFC
// 1929). The proxy resolves the name, with socks5 as with socks5h.
func connectSOCKS(ctx context.Context, c net.Conn, via *url.URL, addr string) error {
	var auth *proxy.Auth
	if via.User != nil {
		password, _ := via.User.Password()
		auth = &proxy.Auth{User: via.User.Username(), Password: password}
	}
	d, err := proxy.SOCKS5("tcp", via.Host, auth, connected{c})
	if err != nil {
		return err
	}
	_, err = d.(proxy.ContextDialer).DialContext(ctx, "tcp", addr)
	return err
}

// connected is a dialer that has dialled.
type connected struct{ net.Conn }

func (c connected) Dial(string, string) (net.Conn, error) { return c.Conn, nil }

func (c connected) DialContext(context.Context, string, string) (net.Conn, error) { return c.Conn, nil }

// proxyStatus is the error of a proxy that has refused.
func proxyStatus(status int) *Error {
	return &Error{Class: Proxy, Detail: strings.TrimSpace(fmt.Sprintf("proxy answered %d %s", status, http.StatusText(status)))}
}

// proxyError is err, met on the way to or with a proxy.
func proxyError(err error) *Error {
	if e, ok := errors.AsType[*Error](err); ok {
		if e.Class == Proxy {
			return e
		}
		return &Error{Class: Proxy, Detail: "proxy: " + e.Detail}
	}
	if op, ok := errors.AsType[*net.OpError](err); ok && strings.HasPrefix(op.Op, "socks") {
		err = op.Err
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return &Error{Class: Proxy, Detail: "proxy: connection closed"}
	}
	if e := errnoError(err, Proxy); e != nil {
		return &Error{Class: Proxy, Detail: "proxy: " + e.Detail}
	}
	return &Error{Class: Proxy, Detail: "proxy: " + strings.TrimPrefix(gist(err), "unknown error ")}
}
