package natstest_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"trawl/pool/cluster/natstest"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
	"go.uber.org/goleak"
)

func TestMain(m *testing.M) {
	natstest.Main()
	goleak.VerifyTestMain(m)
}

// stream makes a stream with a message.
func stream(t *testing.T, url string, replicas int) jetstream.Stream {
	t.Helper()
	js := connect(t, url)
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	s, err := js.CreateStream(ctx, jetstream.StreamConfig{Name: "things", Subjects: []string{"things"}, Replicas: replicas})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := js.Publish(ctx, "things", []byte("one")); err != nil {
		t.Fatal(err)
	}
	return s
}

func connect(t *testing.T, url string) jetstream.JetStream {
	t.Helper()
	conn, err := nats.Connect(url, nats.MaxReconnects(-1), nats.ReconnectWait(20*time.Millisecond))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	return js
}

// eventually tries until it succeeds.
func eventually(t *testing.T, what string, try func(context.Context) error) {
	t.Helper()
	var last error
	for deadline := time.Now().Add(30 * time.Second); time.Now().Before(deadline); {
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		last = try(ctx)
		cancel()
		if last == nil {
			return
		}
	}
	t.Fatalf("%s: %v", what, last)
}

func TestAServerThatIsStartedAgainHasWhatItHad(t *testing.T) {
	t.Parallel()
	server := natstest.Start(t, natstest.Options{})
	s := stream(t, server.URL(), 1)
	server.Kill()
	server.Restart()
	eventually(t, "one message after a restart", func(ctx context.Context) error {
		info, err := s.Info(ctx)
		if err == nil && info.State.Msgs != 1 {
			t.Fatalf("stream has %d messages, want 1", info.State.Msgs)
		}
		return err
	})
	server.Kill()
	server.DeleteStore()
	server.Restart()
	eventually(t, "no stream without a store", func(ctx context.Context) error {
		_, err := s.Info(ctx)
		if errors.Is(err, jetstream.ErrStreamNotFound) {
			return nil
		}
		if err == nil {
			t.Fatal("the stream is there, and its store was deleted")
		}
		return err
	})
}

func TestAClusterOutlivesItsLeader(t *testing.T) {
	t.Parallel()
	c := natstest.StartCluster(t, 3)
	s := stream(t, c.URL(), 3)
	first := c.Leader("things")
	c.Servers[first].Kill()
	eventually(t, "another leader", func(ctx context.Context) error {
		info, err := s.Info(ctx)
		if err == nil && info.State.Msgs != 1 {
			t.Fatalf("stream has %d messages, want 1", info.State.Msgs)
		}
		return err
	})
	c.Servers[first].Restart()
	c.Leader("things")
}

func TestAServerThatIsCutOffTakesNothing(t *testing.T) {
	t.Parallel()
	c := natstest.StartCluster(t, 3)
	stream(t, c.URL(), 3)
	first := c.Leader("things")
	js := connect(t, c.Servers[first].URL())
	others := connect(t, c.Servers[(first+1)%3].URL())
	c.CutOff(first)
	eventually(t, "a publish to the others", func(ctx context.Context) error {
		_, err := others.Publish(ctx, "things", []byte("two"))
		return err
	})
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if ack, err := js.Publish(ctx, "things", []byte("lost")); err == nil {
		t.Errorf("a server that is cut off takes a message: %+v", ack)
	}
	c.Heal(first)
	c.Leader("things")
	eventually(t, "a publish to the one that was cut off", func(ctx context.Context) error {
		_, err := js.Publish(ctx, "things", []byte("three"))
		return err
	})
}
