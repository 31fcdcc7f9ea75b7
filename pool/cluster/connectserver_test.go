package cluster

import (
	"context"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/nats-io/nats-server/v2/server"
)

// startServer starts a server on 127.0.0.1, which ends with the test.
func startServer(t *testing.T, change func(*server.Options)) *server.Server {
	t.Helper()
	opts := &server.Options{
		Host: "127.0.0.1", Port: server.RANDOM_PORT,
		NoLog: true, NoSigs: true,
		JetStream: true, StoreDir: t.TempDir(),
	}
	if change != nil {
		change(opts)
	}
	s, err := server.NewServer(opts)
	if err != nil {
		t.Fatal(err)
	}
	s.Start()
	t.Cleanup(func() { stopServer(s) })
	if !s.ReadyForConnections(10 * time.Second) {
		t.Fatal("the server is not ready")
	}
	return s
}

func stopServer(s *server.Server) {
	s.Shutdown()
	s.WaitForShutdown()
}

// anywhere is the place of s without a scheme.
func anywhere(s *server.Server) string { return s.Addr().String() }

// connectTo connects, until the test ends.
func connectTo(t *testing.T, address string, opts ConnectOptions) *Conn {
	t.Helper()
	c, err := Connect(t.Context(), address, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(c.Close)
	return c
}

// events collects what a connection says.
type events struct {
	mu  sync.Mutex // guards all
	all []Kind
	new chan Event
}

func newEvents() *events { return &events{new: make(chan Event, 100)} }

func (e *events) add(one Event) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.all = append(e.all, one.Kind)
	e.new <- one
}

func (e *events) kinds() []Kind {
	e.mu.Lock()
	defer e.mu.Unlock()
	return slices.Clone(e.all)
}

// wait returns the next one.
func (e *events) wait(t *testing.T) Event {
	t.Helper()
	select {
	case one := <-e.new:
		return one
	case <-time.After(20 * time.Second):
		t.Fatalf("no event for 20 s; there were %v", e.kinds())
		return Event{}
	}
}

// refused is the error of a connection that is not to be had, however long one waits for it.
func refused(t *testing.T, address string) error {
	t.Helper()
	told := newEvents()
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	c, err := Connect(ctx, address, ConnectOptions{Wait: true, OnEvent: told.add})
	if err == nil {
		c.Close()
	}
	if len(told.kinds()) != 0 {
		t.Errorf("it is waited for a server that is of no use: %+v", told.wait(t))
	}
	return err
}
