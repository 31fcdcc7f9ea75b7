package broker

import (
	"crypto/tls"
	"errors"
	"net"
	"os"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// launch has the server run, where it was before if at does not say it.
func (s *Server) launch(at place, id identity) error {
	chosen := at.port != 0
	if !chosen {
		at.port = id.Port
	}
	err := s.run(at, id)
	var taken *net.OpError
	if errors.As(err, &taken) && !chosen && at.port != 0 {
		at.port = 0
		err = s.run(at, id)
	}
	if err == nil || isDisk(err) || errors.As(err, &taken) {
		return err
	}
	// What is left in the store is of no use. A part of it would be in the way later: a
	// consumer whose state is damaged can neither be used nor made anew.
	if err := os.RemoveAll(s.store()); err != nil {
		return err
	}
	return s.run(at, id)
}

// readyWithin is how long a server may take to accept connections; it takes milliseconds,
// and longer with a large store.
const readyWithin = time.Minute

func (s *Server) run(at place, id identity) error {
	if err := os.MkdirAll(s.store(), 0o700); err != nil {
		return err
	}
	opts, err := s.options(at, id)
	if err != nil {
		return err
	}
	s.log = newLog(s.store())
	s.nats, err = server.NewServer(opts)
	if err != nil {
		return err
	}
	s.nats.SetLogger(s.log, false, false)
	s.nats.Start()
	if err := s.log.cannotStart(); err != nil {
		s.end()
		return err
	}
	if !s.nats.ReadyForConnections(readyWithin) {
		s.end()
		return errors.New("it does not become ready")
	}
	return nil
}

func (s *Server) port() int { return s.nats.Addr().(*net.TCPAddr).Port }

// options has nothing that listens but the one port, and nothing that touches the process.
func (s *Server) options(at place, id identity) (*server.Options, error) {
	opts := &server.Options{
		Host: at.host, Port: at.port,
		Username: user, Password: id.Password,
		NoSigs:    true,
		JetStream: true, StoreDir: s.store(),
		// The store is as large as the disk; nothing of ours is in memory. A limit of 0
		// would be made of what the machine has just now.
		JetStreamMaxStore: 1 << 60, JetStreamMaxMemory: 1 << 24,
		DisableJetStreamBanner: true,
		TLSTimeout:             5, AuthTimeout: 10, // seconds; the default of 2 is short for a busy machine
	}
	if at.port == 0 {
		opts.Port = server.RANDOM_PORT
	}
	if !at.secure {
		return opts, nil
	}
	pair, err := id.pair()
	if err != nil {
		return nil, err
	}
	opts.TLSConfig = &tls.Config{Certificates: []tls.Certificate{pair}, MinVersion: tls.VersionTLS13}
	return opts, nil
}
