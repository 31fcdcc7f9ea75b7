// Package hostile is a server that does to its client what servers do on the web by
// accident or on purpose: each fault on a host of its own, beside good pages, and with
// what may come of it. Only tests import it.
package hostile

import (
	"crypto/tls"
	"net"
	"sync"
	"testing"
)

// Server is the server, on loopback: one listener for each fault.
type Server struct {
	faults []*Fault
	other  *Fault // the host that others redirect to
	trust  *authority

	done    chan struct{} // closed when the test is over
	serving sync.WaitGroup

	mu    sync.Mutex
	conns map[net.Conn]bool // those open
}

// Start starts a server, which ends with the test.
func Start(tb testing.TB) *Server {
	tb.Helper()
	s := &Server{trust: newAuthority(tb), done: make(chan struct{}), conns: map[net.Conn]bool{}}
	tb.Cleanup(s.close)
	for _, d := range designs() {
		f := &Fault{Name: d.name, Kind: d.kind, Want: d.want, PerAttempt: max(d.hops, 1), design: d, server: s}
		f.listen(tb)
		f.URLs = f.listed()
		f.Good = f.neighbours()
		if d.name == elsewhere {
			s.other = f
		}
		s.faults = append(s.faults, f)
	}
	for _, f := range s.faults {
		s.serving.Go(f.accept)
	}
	return s
}

// Faults are all there are, in an order that stays.
func (s *Server) Faults() []*Fault { return s.faults }

// CACert is the certificate, as PEM, that a client must trust to take those of the
// server which are in order.
func (s *Server) CACert() []byte { return s.trust.pem }

// close closes everything and waits for it.
func (s *Server) close() {
	close(s.done)
	for _, f := range s.faults {
		f.listener.Close()
	}
	s.mu.Lock()
	for c := range s.conns {
		c.Close()
	}
	s.mu.Unlock()
	s.serving.Wait()
}

// keep has close close c, until release; it is false if that is over.
func (s *Server) keep(c net.Conn) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.done:
		return false
	default:
	}
	s.conns[c] = true
	return true
}

func (s *Server) release(c net.Conn) {
	c.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.conns, c)
}

// config is what a fault's host says in a TLS handshake.
func (s *Server) config(d design) *tls.Config {
	config := &tls.Config{Certificates: []tls.Certificate{s.trust.made[d.certificate]}, NextProtos: []string{"http/1.1"}}
	if d.overHTTP2() {
		config.NextProtos = []string{"h2"}
	}
	if d.config != nil {
		d.config(config)
	}
	return config
}
