// Package natstest starts NATS servers for tests: real ones, each in a process of its own,
// which is the test binary again, so that a server can be killed, started again, robbed of its
// store, and cut off from the others of its cluster. All traffic is on loopback.
package natstest

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// Options configures [Start].
type Options struct {
	Config string // more of the server's configuration file: users, TLS, limits
}

// Server is a server with JetStream. Its methods are for the test's own goroutine.
type Server struct {
	t    testing.TB
	dir  string // of its configuration and its store
	port int
	cmd  *exec.Cmd // nil while it does not run
	life io.Closer // the process ends when it is closed, or when this process has ended
}

// Start starts a server, which ends with the test. TestMain has called [Main].
func Start(t testing.TB, opts Options) *Server {
	t.Helper()
	s := newServer(t)
	s.configure("trawl-test", opts.Config)
	s.Restart()
	return s
}

func newServer(t testing.TB) *Server {
	t.Helper()
	s := &Server{t: t, dir: t.TempDir(), port: freePort(t)}
	t.Cleanup(s.Kill)
	return s
}

// configure writes the configuration file.
func (s *Server) configure(name, more string) {
	s.t.Helper()
	config := fmt.Sprintf("listen: %q\nserver_name: %q\njetstream { store_dir: %q }\n%s\n", s.Host(), name, s.store(), more)
	if err := os.WriteFile(s.config(), []byte(config), 0o600); err != nil {
		s.t.Fatal(err)
	}
}

func (s *Server) config() string { return filepath.Join(s.dir, "nats.conf") }

func (s *Server) store() string { return filepath.Join(s.dir, "store") }

// Host is the server's address, 127.0.0.1:4222 or so.
func (s *Server) Host() string { return fmt.Sprintf("127.0.0.1:%d", s.port) }

// URL is what clients connect to that need no credentials.
func (s *Server) URL() string { return "nats://" + s.Host() }

// Restart starts the server that was killed, with the port that it had, and with its
// store, unless that was deleted.
func (s *Server) Restart() {
	s.t.Helper()
	s.spawn(s.t.Output())
}

func (s *Server) spawn(stderr io.Writer) {
	s.t.Helper()
	cmd := exec.Command(os.Args[0])
	cmd.Env = append(os.Environ(), variable+"="+s.config(), "GORACE=atexit_sleep_ms=0")
	cmd.Stderr = stderr
	life, err := cmd.StdinPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	stdout, err := cmd.StdoutPipe()
	if err != nil {
		s.t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	s.cmd, s.life = cmd, life
	if line, err := bufio.NewReader(stdout).ReadString('\n'); line != ready {
		s.t.Fatalf("NATS server does not start: it says %q, %v", line, err)
	}
}

// Kill ends the server without asking it, if it runs.
func (s *Server) Kill() {
	if s.cmd == nil {
		return
	}
	if err := s.cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
		s.t.Errorf("kill NATS server: %v", err)
	}
	_ = s.cmd.Wait() // which says that it was killed
	s.life.Close()
	s.cmd = nil
}

// Process is the process of a server that runs, for signals.
func (s *Server) Process() *os.Process { return s.cmd.Process }

// DeleteStore deletes all streams and what is in them, of a server that was killed.
func (s *Server) DeleteStore() {
	s.t.Helper()
	if s.cmd != nil {
		s.t.Fatal("the store of a NATS server that runs is not deleted")
	}
	if err := os.RemoveAll(s.store()); err != nil {
		s.t.Fatal(err)
	}
}

// freePort is a port that nobody listens on, and that the system gives to no connection: what
// connects again and again while a server is away could have it otherwise, and would
// meet itself there.
func freePort(t testing.TB) int {
	t.Helper()
	for deadline := time.Now().Add(10 * time.Second); time.Now().Before(deadline); {
		port := 10_000 + rand.IntN(20_000)
		l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port))
		if err != nil {
			continue
		}
		l.Close()
		return port
	}
	t.Fatal("no port is free")
	return 0
}

// quoted is a list of addresses as configuration files have them.
func quoted(addresses []string) string {
	var list []string
	for _, a := range addresses {
		list = append(list, fmt.Sprintf("%q", "nats-route://"+a))
	}
	return "[" + strings.Join(list, ", ") + "]"
}
