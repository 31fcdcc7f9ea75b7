package cluster

import (
	"context"
	"errors"
	"net"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nats.go"
)

func TestConnectSaysWhereItIs(t *testing.T) {
	s := startServer(t, nil)
	c := connectTo(t, anywhere(s), ConnectOptions{Name: "trawl, a test"})
	if want := "nats://" + anywhere(s); c.Addr() != want {
		t.Errorf("Addr: %s, want %s", c.Addr(), want)
	}
	if !c.Private() {
		t.Error("a connection that does not leave this machine is not private")
	}
	conns, err := s.Connz(nil)
	if err != nil || len(conns.Conns) != 1 || conns.Conns[0].Name != "trawl, a test" {
		t.Errorf("the server knows the connections %v (%v), want one of the given name", conns, err)
	}
}

func TestAServerThatIsRestartedIsFoundAgain(t *testing.T) {
	s := startServer(t, nil)
	place := anywhere(s)
	told := newEvents()
	c := connectTo(t, "nats://who:secret@"+place, ConnectOptions{OnEvent: told.add})
	heard := make(chan bool, 10)
	stop := c.notify(func(connected bool) { heard <- connected })
	other := make(chan bool, 10)
	c.notify(func(connected bool) { other <- connected })

	port := s.Addr().(*net.TCPAddr).Port
	stopServer(s)
	lost := told.wait(t)
	if lost.Kind != Disconnected || !strings.HasPrefix(lost.Detail, "nats://"+place+":") || strings.Contains(lost.Detail, "secret") {
		t.Errorf("told %+v of a server that has ended", lost)
	}
	if <-heard || <-other {
		t.Error("listeners heard of a connection, want of a loss")
	}
	if err := c.nats.Publish("subject", nil); !errors.Is(err, nats.ErrReconnectBufExceeded) {
		t.Errorf("sending without a server: %v, want %v", err, nats.ErrReconnectBufExceeded)
	}
	if !c.Private() {
		t.Error("a connection that is lost is no longer private")
	}
	stop()
	startServer(t, func(o *server.Options) { o.Port = port })
	if back := told.wait(t); back != (Event{Kind: Connected, Detail: "nats://" + place}) {
		t.Errorf("told %+v of a server that is there again", back)
	}
	if !<-other {
		t.Error("a listener heard of a loss, want of a connection")
	}
	if len(heard) != 0 {
		t.Error("a listener that was stopped hears more")
	}
	if _, err := c.js.AccountInfo(t.Context()); err != nil {
		t.Error(err)
	}
	c.Close()
	if want := []Kind{Disconnected, Connected}; !cmp.Equal(want, told.kinds()) {
		t.Errorf("told %v, want %v", told.kinds(), want)
	}
}

func TestConnectEndsWithItsContext(t *testing.T) {
	silent, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer silent.Close()
	ctx, cancel := context.WithCancelCause(t.Context())
	enough := errors.New("enough")
	go func() {
		conn, err := silent.Accept()
		cancel(enough)
		if err == nil {
			defer conn.Close()
		}
	}()
	if _, err := Connect(ctx, silent.Addr().String(), ConnectOptions{Wait: true}); !errors.Is(err, enough) {
		t.Errorf("Connect: %v, want the context's cause", err)
	}
}
