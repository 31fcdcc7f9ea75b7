// Package broker is a NATS server inside the program, for a run that has none of its own.
package broker

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/gofrs/flock"
	"github.com/nats-io/nats-server/v2/server"
)

// Options configures [Start].
type Options struct {
	Dir    string // folder for the server's store, its address and its credentials; made if need be, mode 0700
	Listen string // ADDR:PORT; "" is a free port of 127.0.0.1, the same again for a Dir that had one. Beyond loopback always with TLS
}

// Server is a running server.
type Server struct {
	dir   string
	lock  *flock.Flock
	nats  *server.Server
	log   *log
	id    identity
	moved bool
	close sync.Once
}

// Start starts a server. If Dir is that of a server that has ended without Remove, workers
// that knew its address find it again: it has the same one, and what was stored. What is
// damaged of that begins anew, as a broker holds nothing that cannot be had again.
//
// One Dir has one server at a time. An error of a Dir that cannot be used has an
// [fs.PathError] in it.
//
// The server of a Listen such as 0.0.0.0:4222 listens on all addresses of this machine. Its
// Address names the one from which packets to the internet would leave, which need not be the
// one that the workers can reach: then the line that they are given must be changed.
func Start(opts Options) (*Server, error) {
	s, err := start(opts)
	if err != nil {
		return nil, fmt.Errorf("start a NATS server: %w", err)
	}
	return s, nil
}

func start(opts Options) (*Server, error) {
	at, err := readPlace(opts.Listen)
	if err != nil {
		return nil, err
	}
	dir, err := makeDir(opts.Dir)
	if err != nil {
		return nil, err
	}
	lock, err := lockDir(dir)
	if err != nil {
		return nil, err
	}
	s := &Server{dir: dir, lock: lock}
	if err := s.start(at); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return s, nil
}

func makeDir(dir string) (string, error) {
	dir, err := filepath.Abs(dir)
	if err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return "", err
	}
	return dir, os.Chmod(dir, 0o700) // it may have been there
}

func (s *Server) start(at place) error {
	id, before, err := readIdentity(s.dir)
	if err != nil {
		return err
	}
	if at.secure && id.Certificate == "" {
		if err := id.certify(at); err != nil {
			return err
		}
	}
	if err := s.launch(at, id); err != nil {
		return err
	}
	told := id.Address
	id.move(at, s.port())
	s.id, s.moved = id, before && told != id.Address
	return id.write(s.dir)
}

// Address is what workers connect with, credentials and certificate included: it is secret.
func (s *Server) Address() string { return s.id.Address }

// Moved reports whether workers that knew an earlier server of Dir do not find this one: its
// port was taken, or it was to listen elsewhere, or what it left cannot be read.
func (s *Server) Moved() bool { return s.moved }

// Failed is closed when the server can store no more, the disk being full or broken. It says so
// to nobody else: what is sent to it remains without an answer. Nothing helps but another
// server.
func (s *Server) Failed() <-chan struct{} { return s.log.failed }

// Err is why Failed is closed, with what the disk says in it (syscall.ENOSPC); nil before.
func (s *Server) Err() error { return s.log.failure() }

// Close ends the server, and keeps Dir. It returns when nothing of it runs any more.
func (s *Server) Close() (err error) {
	s.close.Do(func() {
		s.end()
		err = s.lock.Unlock()
	})
	return err
}

// Remove ends the server and removes Dir, unless there are files of others in it.
func (s *Server) Remove() (err error) {
	s.close.Do(func() {
		s.end()
		err = s.remove()
	})
	return err
}

func (s *Server) end() {
	if s.nats != nil {
		s.nats.Shutdown()
		s.nats.WaitForShutdown()
	}
}

func (s *Server) remove() (err error) {
	for _, path := range []string{s.store(), s.path(addressFile), s.path(newAddressFile)} {
		err = errors.Join(err, os.RemoveAll(path))
	}
	// Nobody else gets the lock before the folder is gone, where a file can be removed that is open.
	open := os.RemoveAll(s.lock.Path())
	err = errors.Join(err, s.lock.Unlock())
	if open != nil {
		err = errors.Join(err, os.RemoveAll(s.lock.Path()))
	}
	if left, e := os.ReadDir(s.dir); e != nil || len(left) > 0 {
		return err
	}
	return errors.Join(err, os.Remove(s.dir))
}

func (s *Server) path(name string) string { return filepath.Join(s.dir, name) }

// store is the folder of the server itself.
func (s *Server) store() string { return s.path("store") }
