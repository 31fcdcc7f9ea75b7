package fetch

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/http/httptrace"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// A dialer makes connections: DNS, TCP, proxy, TLS, in this order and within
// one limit of time. Its errors are of type *Error.
type dialer struct {
	tcp      net.Dialer // tries the addresses of both families in parallel (RFC 8305)
	resolve  map[string]string
	timeout  time.Duration
	origin   *tls.Config // for the servers asked
	proxy    *tls.Config // for https proxies: without ALPN
	onlyH2   bool
	greeting string // the User-Agent that a proxy is shown
}

func newDialer(opts ClientOptions, roots *x509.CertPool) *dialer {
	proxy := &tls.Config{
		MinVersion:         tls.VersionTLS12,
		RootCAs:            roots,
		InsecureSkipVerify: opts.Insecure,
		ClientSessionCache: tls.NewLRUClientSessionCache(256),
	}
	origin := proxy.Clone()
	origin.NextProtos = map[Version][]string{
		Auto:  {"h2", "http/1.1"},
		HTTP1: {"http/1.1"},
		HTTP2: {"h2"},
	}[opts.HTTP]
	return &dialer{
		// Go's own resolver: a lookup of the C library cannot be abandoned and
		// holds a thread for as long as it likes.
		tcp:      net.Dialer{Resolver: &net.Resolver{PreferGo: true, Dial: dialNameServer}},
		resolve:  opts.Resolve,
		timeout:  opts.ConnectTimeout,
		origin:   origin,
		proxy:    proxy,
		onlyH2:   opts.HTTP == HTTP2,
		greeting: opts.UserAgent,
	}
}

// dialNameServer connects to a name server until ctx ends. Go's resolver waits
// for an answer for 5 s, whether anybody still wants it or not.
func dialNameServer(ctx context.Context, network, address string) (net.Conn, error) {
	var d net.Dialer
	c, err := d.DialContext(ctx, network, address)
	if err != nil {
		return nil, err
	}
	context.AfterFunc(ctx, func() { c.Close() })
	return c, nil
}

// A route is how a server is reached.
type route struct {
	via     *url.URL // proxy; nil is none
	forward bool     // the proxy is asked for the page, not for a tunnel
}

// dial connects to addr ("name:port") by the route, with TLS if secure. What it
// gives is a *conn or wraps one.
func (d *dialer) dial(ctx context.Context, addr string, secure bool, way route) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	c, err := d.connect(ctx, addr, secure, way)
	if err == nil {
		return c, nil
	}
	if e, ok := errors.AsType[*Error](err); ok && e.Class == DNS {
		return nil, err // silence of the name server has a class of its own
	}
	if deadline, _ := ctx.Deadline(); !time.Now().Before(deadline) { // ctx.Err may be a moment behind
		return nil, &Error{Class: Timeout, Detail: "no connection within " + span(d.timeout), Limit: d.timeout}
	}
	return nil, err
}

func (d *dialer) connect(ctx context.Context, addr string, secure bool, way route) (net.Conn, error) {
	var c net.Conn
	var err error
	switch {
	case way.forward:
		return d.dialProxy(ctx, way.via)
	case way.via != nil:
		c, err = d.tunnel(ctx, way.via, addr)
	default:
		c, err = d.dialTCP(ctx, d.resolved(addr))
	}
	if err != nil || !secure {
		return c, err
	}
	t, err := d.secure(ctx, c, d.origin, addr)
	if err != nil {
		return nil, err
	}
	if d.onlyH2 && t.ConnectionState().NegotiatedProtocol != "h2" {
		t.Close()
		return nil, &Error{Class: Protocol, Detail: "the server does not speak HTTP/2"}
	}
	return t, nil
}

// resolved is addr with the address that the user wants for it.
func (d *dialer) resolved(addr string) string {
	address, ok := d.resolve[strings.ToLower(addr)]
	if !ok {
		return addr
	}
	_, port, _ := net.SplitHostPort(addr)
	return net.JoinHostPort(strings.Trim(address, "[]"), port)
}

// A conn is a TCP connection that knows what making it took.
type conn struct {
	net.Conn
	peer peer
}

func (d *dialer) dialTCP(ctx context.Context, addr string) (net.Conn, error) {
	var lookup time.Time
	var dns time.Duration
	ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{
		DNSStart: func(httptrace.DNSStartInfo) { lookup = time.Now() },
		DNSDone:  func(httptrace.DNSDoneInfo) { dns = time.Since(lookup) },
	})
	start := time.Now()
	c, err := d.tcp.DialContext(ctx, "tcp", addr)
	if err != nil {
		return nil, dialError(err)
	}
	return &conn{Conn: c, peer: peer{
		ip:      ipOf(c.RemoteAddr()),
		dns:     dns,
		connect: time.Since(start) - dns,
	}}, nil
}

// ipOf is an address without port and zone.
func ipOf(addr net.Addr) string {
	ap, err := netip.ParseAddrPort(addr.String())
	if err != nil {
		return ""
	}
	return ap.Addr().Unmap().WithZone("").String()
}

// secure makes c a TLS connection to the name in addr, or closes it.
func (d *dialer) secure(ctx context.Context, c net.Conn, config *tls.Config, addr string) (*tls.Conn, error) {
	start := time.Now()
	config = config.Clone()
	config.ServerName, _, _ = net.SplitHostPort(addr)
	t := tls.Client(c, config)
	if err := t.HandshakeContext(ctx); err != nil {
		c.Close()
		return nil, tlsError(err)
	}
	if tcp := innermost(c); tcp != nil {
		tcp.peer.tls += time.Since(start) // += for the proxy's and the server's own
	}
	return t, nil
}

// innermost is the TCP connection below TLS and tunnels.
func innermost(c net.Conn) *conn {
	for {
		switch layer := c.(type) {
		case *conn:
			return layer
		case interface{ NetConn() net.Conn }:
			c = layer.NetConn()
		default:
			return nil
		}
	}
}
