// Package broker is a NATS server inside the program, for a run that has none of its own.
package broker

import "errors"

// Options configures [Start].
type Options struct {
	Dir    string // folder for the server's store, its address and its credentials; made if need be, mode 0700
	Listen string // ADDR:PORT; "" is a free port of 127.0.0.1, the same again for a Dir that had one. Beyond loopback always with TLS
}

// Server is a running server.
type Server struct{}

// Start starts a server. If Dir is that of a server that has ended without Remove, workers
// that knew its address find it again: it has the same one, and what was stored.
func Start(opts Options) (*Server, error) { return nil, errors.New("not yet") }

// Address is what workers connect with, credentials and certificate included.
func (s *Server) Address() string { return "" }

// Close ends the server, and keeps Dir.
func (s *Server) Close() error { return nil }

// Remove ends the server and removes Dir.
func (s *Server) Remove() error { return nil }
