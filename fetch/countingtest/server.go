// Package countingtest has two servers that count what they are asked, one of HTTP/1.1 and
// one of HTTP/2 over TLS, for tests of what a host sees of its limits.
//
// What a server can know of its client: it reads a request later than it was sent, and
// stamps its end before it has written the answer, hence before the client has it. So what
// it takes for the time of a request lies within the client's own. Of requests at once it
// never sees too many, and of the pause between two never too little: both may be asserted
// to the nanosecond, and a test of them fails for no reason of the machine's.
package countingtest

import (
	"context"
	"encoding/pem"
	"io"
	"log"
	"net"
	"net/http/httptest"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// Options say what a server is like. The zero value is one of HTTP/1.1 that answers at
// once and has no robots.txt.
type Options struct {
	HTTP2  bool          // over TLS, and nothing else
	Takes  time.Duration // how long an answer takes, so that requests meet
	Robots string        // the robots.txt of every host; "" is 404
}

// Server counts. Every name that ends in .example.com is a host of it, if a client is told
// its address; see [Server.Host].
type Server struct {
	opts   Options
	server *httptest.Server
	start  time.Time
	conns  atomic.Int64
	closed chan struct{}

	mu       sync.Mutex
	requests []Request
	seen     map[string]bool          // "host path" of what goes well the second time
	meeting  map[string]chan struct{} // by host: closed when all are there
	met      map[string]int
}

// Request is what the server has seen of one, its times since the server's start.
type Request struct {
	Host   string // with its port
	Path   string // and query
	Agent  string // the User-Agent
	Proto  string
	Conn   int64 // which connection, from 1
	Status int   // of the answer; 0 is that the connection was broken instead

	Begin, End time.Duration // read; before its answer was written
}

// Start starts a server, which ends with the test.
func Start(tb testing.TB, opts Options) *Server {
	tb.Helper()
	s := &Server{
		opts: opts, start: time.Now(), closed: make(chan struct{}), seen: map[string]bool{},
		meeting: map[string]chan struct{}{}, met: map[string]int{},
	}
	s.server = httptest.NewUnstartedServer(s)
	s.server.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.server.Config.ConnContext = func(ctx context.Context, _ net.Conn) context.Context {
		return context.WithValue(ctx, s, s.conns.Add(1))
	}
	s.server.EnableHTTP2 = opts.HTTP2
	if opts.HTTP2 {
		s.server.StartTLS()
	} else {
		s.server.Start()
	}
	tb.Cleanup(func() {
		close(s.closed)
		s.server.CloseClientConnections()
		s.server.Close()
	})
	return s
}

// Host is the authority of a host of the server: of "a", "a.example.com:41234". At that
// port it has the address 127.0.0.1.
func (s *Server) Host(name string) string { return name + ".example.com:" + s.port() }

// URL is that of a path of a host; see [Server.ServeHTTP].
func (s *Server) URL(name, path string) string { return s.scheme() + s.Host(name) + path }

// Resolve is the value of --resolve for a host.
func (s *Server) Resolve(name string) string { return s.Host(name) + ":127.0.0.1" }

// CACert is the certificate, as PEM, that its clients must trust; nil if it has none.
func (s *Server) CACert() []byte {
	if !s.opts.HTTP2 {
		return nil
	}
	return pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.server.Certificate().Raw})
}

func (s *Server) scheme() string {
	if s.opts.HTTP2 {
		return "https://"
	}
	return "http://"
}

func (s *Server) port() string {
	addr := s.server.Listener.Addr().String()
	return addr[strings.LastIndexByte(addr, ':')+1:]
}

// Log is what the server was asked so far, in the order in which it ended.
func (s *Server) Log() Log {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append(Log(nil), s.requests...)
}

// Asked is how many requests have ended so far.
func (s *Server) Asked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.requests)
}
