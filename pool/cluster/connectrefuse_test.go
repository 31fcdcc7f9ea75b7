package cluster

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"golang.org/x/sync/errgroup"
)

func TestAServerWithoutJetStreamIsRefused(t *testing.T) {
	s := startServer(t, func(o *server.Options) { o.JetStream = false })
	err := refused(t, anywhere(s))
	if !errors.Is(err, jetstream.ErrJetStreamNotEnabled) || !strings.Contains(err.Error(), "nats-server -js") {
		t.Errorf("Connect: %v, want an error that says how to start it", err)
	}
}

func TestAUserWhoMayNotUseJetStreamIsRefused(t *testing.T) {
	s := startServer(t, func(o *server.Options) {
		o.Users = []*server.User{{Username: "me", Password: "x", Permissions: &server.Permissions{Publish: &server.SubjectPermission{Deny: []string{"$JS.>"}}}}}
	})
	err := refused(t, "me:x@"+anywhere(s))
	if !errors.Is(err, nats.ErrPermissionViolation) || !strings.Contains(err.Error(), "$JS.API") {
		t.Errorf("Connect: %v, want an error that names the subject", err)
	}
}

// freePort is one at which nobody listens.
func freePort(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

func TestAServerThatIsNotThereIsAnError(t *testing.T) {
	place := net.JoinHostPort("127.0.0.1", "1")
	_, err := Connect(t.Context(), "nats://me:hush@"+place, ConnectOptions{})
	if err == nil || !strings.Contains(err.Error(), "nats://"+place) || !strings.Contains(err.Error(), "connection refused") || strings.Contains(err.Error(), "hush") {
		t.Errorf("Connect: %v, want an error that says where and why", err)
	}
}

func TestAServerThatIsNotThereYetIsWaitedFor(t *testing.T) {
	port := freePort(t)
	told := newEvents()
	connected := make(chan error, 1)
	place := (&net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: port}).String()
	go func() {
		c, err := Connect(t.Context(), place, ConnectOptions{Wait: true, OnEvent: told.add})
		if err == nil {
			c.Close()
		}
		connected <- err
	}()
	if e := told.wait(t); e.Kind != Disconnected || !strings.Contains(e.Detail, "connection refused") {
		t.Errorf("told %+v", e)
	}
	startServer(t, func(o *server.Options) { o.Port = port })
	if err := <-connected; err != nil {
		t.Fatal(err)
	}
	if e := told.wait(t); e != (Event{Kind: Connected, Detail: "nats://" + place}) || len(told.kinds()) != 2 {
		t.Errorf("told %+v, in all %v", e, told.kinds())
	}
}

func TestOneServerOfSeveralIsEnough(t *testing.T) {
	s := startServer(t, nil)
	c := connectTo(t, "nats://127.0.0.1:1,nats://"+anywhere(s), ConnectOptions{})
	if c.Addr() != "nats://"+anywhere(s) {
		t.Errorf("connected to %s", c.Addr())
	}
}

// A server that is frozen keeps its connections: what it leaves unanswered tells.
func TestAFrozenServerIsNoticed(t *testing.T) {
	place, freeze := startProxy(t, anywhere(startServer(t, nil)))
	told := newEvents()
	connectTo(t, place, ConnectOptions{OnEvent: told.add})
	freeze()
	if e := told.wait(t); e.Kind != Disconnected || !strings.Contains(e.Detail, nats.ErrStaleConnection.Error()) {
		t.Errorf("told %+v", e)
	}
}

// startProxy passes on what goes to a server and comes from it, until it freezes.
func startProxy(t *testing.T, to string) (place string, freeze func()) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	var frozen sync.RWMutex
	var running errgroup.Group
	pass := func(dst, src net.Conn) {
		text := make([]byte, 4096)
		for {
			n, err := src.Read(text)
			frozen.RLock()
			_, e := dst.Write(text[:n])
			frozen.RUnlock()
			if err != nil || e != nil {
				return
			}
		}
	}
	running.Go(func() error {
		for {
			from, err := l.Accept()
			if err != nil {
				return nil
			}
			server, err := net.Dial("tcp", to)
			if err != nil {
				from.Close()
				continue
			}
			for _, c := range []io.Closer{from, server} {
				context.AfterFunc(ctx, func() { c.Close() })
			}
			running.Go(func() error { pass(server, from); return nil })
			running.Go(func() error { pass(from, server); return nil })
		}
	})
	var once sync.Once
	thaw := func() {}
	t.Cleanup(func() { l.Close(); cancel(); thaw(); running.Wait() })
	return l.Addr().String(), func() { once.Do(func() { frozen.Lock(); thaw = frozen.Unlock }) }
}
