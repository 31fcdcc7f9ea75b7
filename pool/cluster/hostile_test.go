package cluster_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"trawl/pool/cluster"
	"trawl/pool/cluster/natstest"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// stranger is somebody else on the server.
func stranger(t *testing.T, address string) (*nats.Conn, jetstream.JetStream) {
	t.Helper()
	conn, err := nats.Connect(address)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	js, err := jetstream.New(conn)
	if err != nil {
		t.Fatal(err)
	}
	return conn, js
}

// overhear gives the first messages on a subject, with their headers but without what tells
// the server that they are the same again.
func overhear(t *testing.T, conn *nats.Conn, subject string) <-chan *nats.Msg {
	t.Helper()
	heard := make(chan *nats.Msg, 10_000)
	s, err := conn.ChanSubscribe(subject, heard)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Unsubscribe() })
	if err := conn.Flush(); err != nil {
		t.Fatal(err)
	}
	return heard
}

// store has a stream take the message.
func store(t *testing.T, js jetstream.JetStream, subject string, data []byte) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if _, err := js.Publish(ctx, subject, data); err != nil {
		t.Fatalf("publish to %s: %v", subject, err)
	}
}

func TestAMessageThatComesTwiceCompletesItsCallsOnce(t *testing.T) {
	t.Parallel()
	server := natstest.Start(t, natstest.Options{})
	r := newRun(t, server.URL(), 32, nil)
	conn, js := stranger(t, server.URL())
	jobs, results := overhear(t, conn, "trawl."+r.name+".jobs"), overhear(t, conn, "trawl."+r.name+".results")
	r.startWorkers(server.URL(), 2, 16)
	load := r.startLoad(400, 5*time.Millisecond)
	for range 10 {
		for _, heard := range []<-chan *nats.Msg{jobs, results} {
			select {
			case m := <-heard:
				store(t, js, m.Subject, m.Data)
			case <-time.After(patience):
				t.Fatal("nothing is said on the wire")
			}
		}
	}
	load.finish()
	r.awaitTold(cluster.Dropped)
	r.want("upper later", "LATER")
}

func TestGarbageOnEachSubjectIsDroppedAndTold(t *testing.T) {
	t.Parallel()
	server := natstest.Start(t, natstest.Options{})
	r := newRun(t, server.URL(), 32, nil)
	w := startWorker(t, server.URL()).serve(job{Capacity: 16})
	r.awaitCapacity(16)
	conn, js := stranger(t, server.URL())
	real := overhear(t, conn, "trawl."+r.name+".jobs")
	r.want("upper a", "A")
	message := (<-real).Data
	other := append([]byte{}, message...)
	other[len("trawl")]++ // the version
	garbage := [][]byte{nil, []byte("x"), []byte("trawl"), message[:6], message[:len(message)-1], append(message[:len(message):len(message)], 0), other}
	load := r.startLoad(300, 5*time.Millisecond)
	dropped := 0
	for _, g := range garbage {
		for _, subject := range []string{"jobs", "results"} {
			store(t, js, "trawl."+r.name+"."+subject, g)
		}
		dropped++ // by the coordinator: results
		for _, subject := range []string{"hello", "status", "remain", "cancel", "end", "failed"} {
			if err := conn.PublishRequest("trawl."+r.name+"."+subject, conn.NewInbox(), g); err != nil {
				t.Fatal(err)
			}
			if subject != "cancel" && subject != "end" {
				dropped++
			}
		}
	}
	load.finish()
	r.until(fmt.Sprintf("%d messages are dropped", dropped), func() bool { return r.told(cluster.Dropped) >= dropped })
	for range garbage {
		for range 3 { // jobs, cancel, end
			w.await(cluster.Dropped)
		}
	}
	r.want("upper later", "LATER")
}

// Nothing that is too large for a message is too large for a result.
func TestLargeResultsComeInParts(t *testing.T) {
	t.Parallel()
	for name, config := range map[string]string{"usual": "", "tiny": "max_payload: 65536"} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			server := natstest.Start(t, natstest.Options{Config: config})
			r := newRun(t, server.URL(), 8, nil)
			r.startWorkers(server.URL(), 1, 8)
			for _, n := range []int{1, 60_000, 65_536, 1 << 20, 5 << 20} {
				got, err := r.result(fmt.Sprintf("large %d", n))
				if len(got) != n || err != nil {
					t.Errorf("a result of %d bytes: %d, %v", n, len(got), err)
				}
			}
			argument := make([]byte, 6<<20)
			for i := range argument {
				argument[i] = 'x'
			}
			if _, err := r.result("length " + string(argument)); err == nil {
				t.Error("an argument larger than a message is taken")
			}
			for _, n := range []int{1, 10_000, 60_000} {
				r.want("length "+string(argument[:n]), fmt.Sprint(n))
			}
		})
	}
}
