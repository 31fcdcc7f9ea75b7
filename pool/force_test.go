package pool_test

import (
	"context"
	"errors"
	"sync"
	"testing"
	"testing/synctest"

	"trawl/pool"
)

// mortal is an engine whose calls wait for their argument, or for its end.
type mortal struct {
	mu     sync.Mutex
	ends   []string // what has been called, in this order
	ended  chan struct{}
	closed bool
}

func (m *mortal) Call(_ context.Context, in <-chan string) (string, error) {
	select {
	case s := <-in:
		return s, nil
	case <-m.ended:
		return "", pool.ErrWorkerLost
	}
}

func (m *mortal) Terminate() { m.end("terminated") }
func (m *mortal) Kill()      { m.end("killed") }
func (m *mortal) Close() error {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	return nil
}

func (m *mortal) end(how string) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		how += " after Close"
	}
	if len(m.ends) == 0 {
		close(m.ended)
	}
	m.ends = append(m.ends, how)
}

func newMortal(t *testing.T, opts pool.Options) (*receiver, *mortal) {
	t.Helper()
	engine := &mortal{ended: make(chan struct{})}
	ex, err := pool.New(engine, opts)
	if err != nil {
		t.Fatal(err)
	}
	return ex, engine
}

func TestShutdownByForceEndsTheCallsThatRun(t *testing.T) {
	for mode, how := range map[pool.Mode]string{pool.Terminate: "terminated", pool.Kill: "killed", pool.Terminate | pool.Kill: "killed"} {
		synctest.Test(t, func(t *testing.T) {
			ex, engine := newMortal(t, pool.Options{Workers: 1, Window: 2})
			never := make(chan string)
			running, pending := submit(t, ex, never), submit(t, ex, never)
			synctest.Wait()
			waits := submitAside(t.Context(), ex, never)
			if err := ex.Shutdown(t.Context(), mode); err != nil {
				t.Errorf("Shutdown: %v", err)
			}
			if _, err := running.Result(t.Context()); !errors.Is(err, pool.ErrWorkerLost) {
				t.Errorf("the call that ran: %v, want ErrWorkerLost", err)
			}
			if _, err := pending.Result(t.Context()); err != pool.ErrCancelled {
				t.Errorf("the call that was pending: %v, want ErrCancelled", err)
			}
			synctest.Wait()
			if waits.err != pool.ErrShutdown {
				t.Errorf("Submit that waited: %v, want ErrShutdown", waits.err)
			}
			if len(engine.ends) != 1 || engine.ends[0] != how || !engine.closed {
				t.Errorf("the engine was %q, closed %v, want %s and closed", engine.ends, engine.closed, how)
			}
			if err := ex.Shutdown(t.Context(), mode); err != nil || len(engine.ends) != 1 { // it is closed
				t.Errorf("second Shutdown: %v; the engine was %q", err, engine.ends)
			}
		})
	}
}

// Somebody who drains finds out that it takes too long.
func TestShutdownByForceAfterOneThatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ex, engine := newMortal(t, pool.Options{Workers: 1})
		submit(t, ex, make(chan string))
		drained := make(chan error, 1)
		go func() { drained <- ex.Shutdown(t.Context(), pool.Drain) }()
		synctest.Wait()
		for _, mode := range []pool.Mode{pool.Terminate, pool.Kill} {
			if err := ex.Shutdown(t.Context(), mode|pool.NoWait); err != nil {
				t.Errorf("Shutdown: %v", err)
			}
		}
		if err := <-drained; err != nil {
			t.Errorf("Shutdown that waited: %v", err)
		}
		if engine.ends[0] != "terminated" || len(engine.ends) > 2 {
			t.Errorf("the engine was %q", engine.ends)
		}
	})
}

func TestShutdownByForceBeforeAnyCall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ex, engine := newMortal(t, pool.Options{Workers: 1})
		if err := ex.Shutdown(t.Context(), pool.Kill); err != nil {
			t.Errorf("Shutdown: %v", err)
		}
		if !engine.closed || len(engine.ends) != 0 {
			t.Errorf("the engine is closed %v and was %q, want closed and nothing to end", engine.closed, engine.ends)
		}
	})
}

func TestShutdownByForceInACallback(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ex, _ := newMortal(t, pool.Options{Workers: 2, Window: 2})
		never := make(chan string)
		other := submit(t, ex, never)
		_, err := ex.Submit(t.Context(), ready("a"), func(*pool.Future[string]) {
			if err := ex.Shutdown(t.Context(), pool.Kill); err != pool.ErrWouldDeadlock {
				t.Errorf("Shutdown that waits in a callback: %v, want ErrWouldDeadlock", err)
			}
			if other.State() != pool.Running {
				t.Errorf("a Shutdown that was refused has ended a call: %v", other)
			}
			if err := ex.Shutdown(t.Context(), pool.Kill|pool.NoWait); err != nil {
				t.Errorf("Shutdown in a callback: %v", err)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := other.Result(t.Context()); !errors.Is(err, pool.ErrWorkerLost) {
			t.Errorf("the other call: %v, want ErrWorkerLost", err)
		}
		if err := ex.Shutdown(t.Context(), pool.Drain); err != nil {
			t.Error(err)
		}
	})
}

// It goes on until it returns: only its own context could end it.
func TestShutdownByForceLeavesCallsOfThisProcess(t *testing.T) {
	within(t, pool.Options{Workers: 1, Window: 2}, receive, func(t *testing.T, ex *receiver) {
		gate := make(chan string)
		running, pending := submit(t, ex, gate), submit(t, ex, gate)
		synctest.Wait()
		if err := ex.Shutdown(t.Context(), pool.Kill|pool.NoWait); err != nil {
			t.Error(err)
		}
		if running.State() != pool.Running || !pending.Cancelled() {
			t.Errorf("after Shutdown by force: %v, %v", running, pending)
		}
		gate <- "a"
		if value, err := running.Result(t.Context()); value != "a" || err != nil {
			t.Errorf("the call that ran: %q, %v", value, err)
		}
	})
}
