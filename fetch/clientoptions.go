package fetch

import (
	"cmp"
	"crypto/x509"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"
)

// Version says which versions of HTTP a [Client] speaks.
type Version int

// The versions.
const (
	Auto  Version = iota // HTTP/2 where the server offers it in its TLS handshake, else HTTP/1.1
	HTTP1                // HTTP/1.1 only
	HTTP2                // HTTP/2 only: for https a server without it fails, for http it is taken for granted (RFC 9113 §3.3)
)

var versionNames = []string{Auto: "auto", HTTP1: "1.1", HTTP2: "2"}

// ParseVersion reads "auto", "1.1" or "2".
func ParseVersion(s string) (Version, error) {
	v := slices.Index(versionNames, s)
	if v < 0 {
		return Auto, fmt.Errorf("%q is not a version of HTTP: want auto, 1.1 or 2", s)
	}
	return Version(v), nil
}

// String is the version as ParseVersion reads it.
func (v Version) String() string { return versionNames[v] }

// DefaultUserAgent is what a client calls itself if nobody says otherwise: a product, by
// whose name robots.txt rules are looked up (RFC 9309 §2.2.1), and where it comes from.
const DefaultUserAgent = "trawl/" + Release + " (+" + Home + ")"

const (
	// DefaultConnections is how many idle connections a client keeps if nobody says otherwise.
	DefaultConnections = 256

	// DefaultBodyMemory is how many bytes of bodies a client has in memory if nobody says otherwise.
	DefaultBodyMemory = 64 << 20
)

// ClientOptions configures a [Client]. The zero value is usable.
type ClientOptions struct {
	UserAgent string  // "" is DefaultUserAgent
	Header    []Field // sent after, and instead of equally named, defaults; a field without a value removes the default

	Proxy *url.URL // http, https, socks5 or socks5h, for every request; nil is what HTTP_PROXY, HTTPS_PROXY and NO_PROXY say

	ConnectTimeout time.Duration // DNS, TCP, proxy and TLS together; 0 is 10 s
	MaxSize        int64         // bytes of a decoded body; 0 is 10 MiB

	Accept StatusSet // whose bodies are read
	Follow bool      // redirects will be followed: their bodies are not read

	HTTP     Version
	Insecure bool              // certificates are not verified
	CACert   []byte            // PEM: certificates that are trusted beside the system's; nil is none
	Resolve  map[string]string // "host:port" to the IP address that is used for it; not with a proxy

	// NameServer ("ip:port") is asked for addresses instead of the system's name
	// servers; "" is those. Both are asked by Go's own resolver, which reads
	// /etc/hosts first.
	NameServer string

	// DenyPrivate has requests to addresses that are not public fail with class
	// Denied: loopback, private, link-local, metadata services and whatever else
	// the IANA special-purpose address registries say is not globally reachable.
	// It looks at the address that a connection is made to, of each hop. NewClient
	// refuses it together with a proxy, which connects by itself.
	DenyPrivate bool

	Connections     int   // idle connections kept, all hosts together; 0 is DefaultConnections
	HostConnections int   // idle connections kept per host; 0 is 8
	BodyMemory      int64 // bytes of bodies in memory at once; 0 is DefaultBodyMemory, at least one body of MaxSize fits

	// Capture has each answer come with its [Exchange], which is kept there. It means
	// HTTP1, and that bodies are read that are not read otherwise (of redirects and of
	// statuses that are not in Accept): up to MaxSize, in half of the request's time and
	// 10 s at most; what goes wrong then is only said in the exchange. Nil is none.
	Capture *Spool

	// OnHead is called with the head of each request before it is sent and of
	// each answer when it has come, as lines without their ends: secrets are
	// masked, control characters escaped. It is called by many goroutines at
	// once. Nil is none.
	OnHead func(r Request, head string)
}

func (o ClientOptions) withDefaults() ClientOptions {
	o.UserAgent = cmp.Or(o.UserAgent, DefaultUserAgent)
	o.ConnectTimeout = cmp.Or(o.ConnectTimeout, 10*time.Second)
	o.MaxSize = cmp.Or(o.MaxSize, 10<<20)
	o.Connections = cmp.Or(o.Connections, DefaultConnections)
	o.HostConnections = cmp.Or(o.HostConnections, 8)
	o.BodyMemory = cmp.Or(o.BodyMemory, DefaultBodyMemory)
	if o.Capture != nil && o.HTTP == Auto {
		o.HTTP = HTTP1
	}
	return o
}

// Agent is the User-Agent that requests have; "" is none.
func (o ClientOptions) Agent() string {
	for _, f := range runHeader(o.withDefaults()) {
		if strings.EqualFold(f.Name, "User-Agent") {
			return f.Value
		}
	}
	return ""
}

// check refuses what makes no sense. It says nothing of Proxy, which
// newProxies looks at together with the environment.
func (o ClientOptions) check() error {
	if min(int64(o.ConnectTimeout), o.MaxSize, int64(o.Connections), int64(o.HostConnections), o.BodyMemory) < 0 {
		return errors.New("a limit is negative")
	}
	if o.HTTP < Auto || o.HTTP > HTTP2 {
		return fmt.Errorf("no version of HTTP has the number %d", int(o.HTTP))
	}
	if o.Capture != nil && o.HTTP != HTTP1 {
		return errors.New("only HTTP/1.1 can be captured")
	}
	if err := checkHeader(append([]Field{{"User-Agent", o.UserAgent}}, o.Header...)); err != nil {
		return err
	}
	for hostport, address := range o.Resolve {
		if err := checkResolve(hostport, address); err != nil {
			return err
		}
	}
	if o.NameServer != "" {
		if _, err := netip.ParseAddrPort(o.NameServer); err != nil {
			return fmt.Errorf("name server %q: want ip:port", o.NameServer)
		}
	}
	return nil
}

// roots are the certificates that are trusted; nil is the system's.
func (o ClientOptions) roots() (*x509.CertPool, error) {
	if o.CACert == nil {
		return nil, nil
	}
	pool, err := x509.SystemCertPool()
	if err != nil { // a system that has none
		pool = x509.NewCertPool()
	}
	if !pool.AppendCertsFromPEM(o.CACert) {
		return nil, errors.New("CACert holds no certificate")
	}
	return pool, nil
}

func checkResolve(hostport, address string) error {
	if _, _, err := net.SplitHostPort(hostport); err != nil {
		return fmt.Errorf("resolve %q: want host:port", hostport)
	}
	if _, err := netip.ParseAddr(strings.Trim(address, "[]")); err != nil {
		return fmt.Errorf("resolve %s: %q is not an IP address", hostport, address)
	}
	return nil
}
