package cluster

import (
	"context"
	"errors"
	"testing"
	"time"

	"trawl/pool/cluster/natstest"
)

const soon = 30 * time.Second // in which must happen what a test waits for

// newTestEngine makes an engine of a short lease on the server.
func newTestEngine(t *testing.T, server *natstest.Server) *Engine[string, string] {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), soon)
	defer cancel()
	conn, err := Connect(ctx, server.URL(), ConnectOptions{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(conn.Close)
	e, err := New(ctx, conn, Options[string, string]{Run: "r", Release: "1", Lease: 500 * time.Millisecond})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		e.Kill()
		_ = e.Close() // the server may be gone
	})
	return e
}

// locked is what fn says while nothing changes.
func (e *Engine[In, Out]) locked(fn func() bool) bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return fn()
}

func (e *Engine[In, Out]) await(t *testing.T, what string, is func() bool) {
	t.Helper()
	for late := time.Now().Add(soon); !e.locked(is); <-time.After(2 * time.Millisecond) {
		if time.Now().After(late) {
			t.Fatalf("waited in vain until %s", what)
		}
	}
}

// offer has the engine hear of a worker.
func (e *Engine[In, Out]) offer(t *testing.T, instance string, capacity int, messages ...uint64) {
	t.Helper()
	q := statusRequest{Instance: instance, Name: instance, Epoch: e.epoch, Capacity: capacity, Messages: messages}
	if _, err := e.note(seal(statusRequestCodec, q)); err != nil {
		t.Fatal(err)
	}
}

// call has a call made, which ends with the test.
func (e *Engine[In, Out]) call(t *testing.T, in In) {
	ended := make(chan struct{})
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		defer close(ended)
		_, _ = e.Call(ctx, in)
	}()
	t.Cleanup(func() {
		cancel()
		<-ended
	})
}

// one is the message that has been sent.
func (e *Engine[In, Out]) one() (m *message) {
	for _, m = range e.messages {
	}
	return m
}

// A server that was away has not refused to store anything, however long that was.
func TestAServerThatIsAwayForLongBreaksNothing(t *testing.T) {
	t.Parallel()
	server := natstest.Start(t, natstest.Options{})
	e := newTestEngine(t, server)
	server.Kill()
	e.await(t, "the connection is lost", func() bool { return !e.conn.nats.IsConnected() })
	e.offer(t, "a", 8)
	e.call(t, "x")
	e.await(t, "a message is not stored", func() bool { m := e.one(); return m != nil && !m.doubt.IsZero() })
	e.ageTrouble(2 * patience)
	<-time.After(3 * beat(e.opts.Lease))
	server.Restart()
	e.await(t, "the message is stored", func() bool { return e.broken != nil || e.one().seq > 0 })
	if err := e.Broken(); err != nil {
		t.Errorf("the engine is broken: %v", err)
	}
}

// What a worker has was stored, though nothing was heard of that.
func TestAMessageThatAWorkerHasIsStored(t *testing.T) {
	t.Parallel()
	e := newTestEngine(t, natstest.Start(t, natstest.Options{}))
	e.offer(t, "a", 8)
	e.call(t, "x")
	e.await(t, "a message is stored", func() bool { m := e.one(); return m != nil && m.seq > 0 })
	m := e.one()
	e.notStored(m, errors.New("no answer"))
	e.offer(t, "a", 8, m.id)
	e.ageTrouble(2 * patience)
	e.watchMessages(time.Now())
	if err := e.Broken(); err != nil {
		t.Errorf("the engine is broken: %v", err)
	}
}

// A server that is there and does not store for long is of no use.
func TestAServerThatStoresNothingForLongBreaksTheEngine(t *testing.T) {
	t.Parallel()
	e := newTestEngine(t, natstest.Start(t, natstest.Options{}))
	e.offer(t, "a", 8)
	e.call(t, "x")
	e.await(t, "a message is stored", func() bool { m := e.one(); return m != nil && m.seq > 0 })
	full := errors.New("the disk is full")
	e.notStored(e.one(), full)
	e.ageTrouble(2 * patience)
	e.watchMessages(time.Now())
	if err := e.Broken(); !errors.Is(err, ErrStore) || !errors.Is(err, full) {
		t.Errorf("the engine is broken by %v, want ErrStore", err)
	}
}

// ageTrouble has the server not have stored what it has not for so much longer.
func (e *Engine[In, Out]) ageTrouble(by time.Duration) {
	e.locked(func() bool {
		for _, m := range e.messages {
			m.since = m.since.Add(-by)
		}
		return true
	})
}
