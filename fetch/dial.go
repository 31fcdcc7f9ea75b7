package fetch

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"
)

// A dialer makes connections: DNS, TCP, proxy, TLS, in this order and within
// one limit of time. Its errors are of type *Error. It is used by many goroutines
// at once.
type dialer struct {
	names    *resolver
	guard    guard
	tcp      net.Dialer // of one address
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
	d := &dialer{
		names:    newResolver(opts.NameServer, opts.ConnectTimeout),
		resolve:  opts.Resolve,
		timeout:  opts.ConnectTimeout,
		origin:   origin,
		proxy:    proxy,
		onlyH2:   opts.HTTP == HTTP2,
		greeting: opts.UserAgent,
	}
	d.tcp.KeepAlive = -1 // an answer has a deadline, and nobody misses a connection that died idle
	if opts.DenyPrivate {
		d.guard = notPublic
		d.tcp.ControlContext = d.guard.control
	}
	return d
}

// close ends what looks names up and waits for it. It is called after the last
// dial has returned.
func (d *dialer) close() { d.names.close() }

// A route is how a server is reached.
type route struct {
	via     *url.URL // proxy; nil is none
	forward bool     // the proxy is asked for the page, not for a tunnel
}

// dial connects to addr ("name:port") by the route, with TLS if secure. What it
// gives is a *conn or wraps one. It ends with ctx, and then has some error.
func (d *dialer) dial(ctx context.Context, addr string, secure bool, way route) (net.Conn, error) {
	limited, cancel := context.WithTimeout(ctx, d.timeout)
	defer cancel()
	c, err := d.connect(limited, addr, secure, way)
	if err == nil {
		return c, nil
	}
	if deadline, _ := limited.Deadline(); !time.Now().Before(deadline) {
		<-limited.Done() // which may be a moment behind
	}
	if e, ok := errors.AsType[*Error](err); ok && e.Class == DNS {
		return nil, err // silence of the name server has a class of its own
	}
	if limited.Err() != nil && ctx.Err() == nil {
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
	addrs, port, lookup, err := d.addresses(ctx, addr)
	if err != nil {
		return nil, err
	}
	start := time.Now()
	c, err := d.dialAny(ctx, addrs, port)
	if err != nil {
		return nil, dialError(err)
	}
	return &conn{Conn: c, peer: peer{
		ip:      ipOf(c.RemoteAddr()),
		dns:     lookup,
		connect: time.Since(start),
	}}, nil
}

// addresses are those that may be connected to for addr ("name:port"), in their
// order; lookup is what it took to find them.
func (d *dialer) addresses(ctx context.Context, addr string) (addrs []netip.Addr, port uint16, lookup time.Duration, err error) {
	name, digits, _ := net.SplitHostPort(addr)
	n, err := strconv.ParseUint(digits, 10, 16)
	if err != nil {
		return nil, 0, 0, &Error{Class: Connect, Detail: "no such port"}
	}
	if literal, err := netip.ParseAddr(name); err == nil {
		addrs = []netip.Addr{literal}
	} else if addrs, lookup, err = d.names.addresses(ctx, name); err != nil {
		return nil, 0, 0, err
	}
	addrs, err = d.guard.permitted(addrs)
	return addrs, uint16(n), lookup, err
}

// dialAny connects to one of the addresses.
func (d *dialer) dialAny(ctx context.Context, addrs []netip.Addr, port uint16) (net.Conn, error) {
	dialOne := func(ctx context.Context, addr netip.Addr) (net.Conn, error) {
		return d.tcp.DialContext(ctx, "tcp", netip.AddrPortFrom(addr, port).String())
	}
	if len(addrs) == 1 {
		return dialOne(ctx, addrs[0])
	}
	r := race{dial: dialOne, left: addrs, tries: make(chan try)}
	return r.run(ctx)
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
	asked := false
	config.GetClientCertificate = func(*tls.CertificateRequestInfo) (*tls.Certificate, error) {
		asked = true
		return new(tls.Certificate), nil // none
	}
	t := tls.Client(c, config)
	if err := t.HandshakeContext(ctx); err != nil {
		c.Close()
		return nil, tlsError(err, asked)
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
