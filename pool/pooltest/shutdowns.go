package pooltest

import (
	"context"
	"errors"
	"sync/atomic"
	"testing"

	"trawl/pool"
)

var shutdowns = []promise{
	{"NoSubmitAfterShutdown", testNoSubmitAfterShutdown},
	{"ShutdownMakesAllCalls", testShutdownMakesAllCalls},
	{"ShutdownReturnsAfterTheLastCallback", testShutdownReturnsAfterTheLastCallback},
	{"ShutdownWithoutWaiting", testShutdownWithoutWaiting},
	{"ShutdownEndsWithItsContext", testShutdownEndsWithItsContext},
	{"ShutdownOfAnUnusedExecutor", testShutdownOfAnUnusedExecutor},
	{"ShutdownAfterACancel", testShutdownAfterACancel},
	{"SubmitWhileShutdownWaitsIsRefused", testSubmitWhileShutdownWaits},
	{"DeferredShutdownMakesAllCalls", testDeferredShutdown},
	{"SubmitCancelAndShutdownAtOnce", testSubmitCancelAndShutdownAtOnce},
}

func testNoSubmitAfterShutdown(t *testing.T, s setup) {
	ex := s.executor(t, pool.Options{Workers: 1})
	f := submit(t, ex, "upper a")
	for range 2 {
		if err := ex.Shutdown(t.Context(), pool.Drain); err != nil {
			t.Error(err)
		}
	}
	if f, err := ex.Submit(t.Context(), "upper b"); f != nil || err != pool.ErrShutdown {
		t.Errorf("Submit after Shutdown: %v, %v, want ErrShutdown", f, err)
	}
	if f, err := ex.TrySubmit(t.Context(), "upper b"); f != nil || err != pool.ErrShutdown {
		t.Errorf("TrySubmit after Shutdown: %v, %v, want ErrShutdown", f, err)
	}
	wantResult(t, f, "A")
}

func testShutdownMakesAllCalls(t *testing.T, s setup) {
	ex := s.executor(t, pool.Options{Workers: 3, Window: 50})
	var all []*pool.Future[string]
	for range 50 {
		all = append(all, submit(t, ex, "upper a"))
	}
	if err := ex.Shutdown(t.Context(), pool.Drain); err != nil {
		t.Fatal(err)
	}
	for i, f := range all {
		if got := f.String(); got != "Future(finished)" {
			t.Errorf("future %d after Shutdown: %s", i, got)
		}
	}
}

func testShutdownReturnsAfterTheLastCallback(t *testing.T, s setup) {
	ex := s.executor(t, pool.Options{Workers: 4, Window: 50})
	g := newGate(t)
	held := submit(t, ex, g.call("a"))
	a := g.next()
	var ran atomic.Int64
	count := func(*pool.Future[string]) { ran.Add(1) }
	held.AddDoneCallback(count)
	a.release()
	for range 49 {
		submit(t, ex, g.call("b")).AddDoneCallback(count)
	}
	go func() {
		for range 49 {
			g.next().release()
		}
	}()
	if err := ex.Shutdown(t.Context(), pool.Drain); err != nil {
		t.Fatal(err)
	}
	if got := ran.Load(); got != 50 {
		t.Errorf("%d callbacks had run when Shutdown returned, want 50", got)
	}
}

func testShutdownWithoutWaiting(t *testing.T, s setup) {
	ex := s.executor(t, pool.Options{Workers: 1})
	g := newGate(t)
	held, pending := submit(t, ex, g.call("a")), submit(t, ex, "upper b")
	a := g.next()
	if err := ex.Shutdown(t.Context(), pool.NoWait); err != nil {
		t.Error(err)
	}
	if held.State() != pool.Running || pending.State() != pool.Pending {
		t.Errorf("after Shutdown without waiting: %v, %v", held, pending)
	}
	a.release()
	wantResult(t, held, "a")
	wantResult(t, pending, "B")
}

func testShutdownEndsWithItsContext(t *testing.T, s setup) {
	ex := s.executor(t, pool.Options{Workers: 1})
	g := newGate(t)
	f := submit(t, ex, g.call("a"))
	a := g.next()
	ctx, cancel := context.WithCancelCause(t.Context())
	reason := errors.New("enough")
	cancel(reason)
	if err := ex.Shutdown(ctx, pool.Drain); err != reason {
		t.Errorf("Shutdown: %v, want the cause of its context", err)
	}
	a.release()
	if err := ex.Shutdown(t.Context(), pool.Drain); err != nil {
		t.Errorf("second Shutdown: %v", err)
	}
	if err := ex.Shutdown(ctx, pool.Drain); err != nil {
		t.Errorf("Shutdown of what has ended, with a context that has: %v", err)
	}
	wantResult(t, f, "a")
}

func testShutdownOfAnUnusedExecutor(t *testing.T, s setup) {
	ex := s.executor(t, pool.Options{})
	if err := ex.Shutdown(t.Context(), pool.Drain); err != nil {
		t.Error(err)
	}
}

func testShutdownAfterACancel(t *testing.T, s setup) {
	ex := s.executor(t, pool.Options{Workers: 1})
	f := submit(t, ex, "upper a")
	f.Cancel() // or not: the worker may have been faster
	if err := ex.Shutdown(t.Context(), pool.Drain); err != nil {
		t.Error(err)
	}
	if !isClosed(f.Done()) {
		t.Errorf("%v after Shutdown", f)
	}
}

// A call that is still running when Shutdown has begun is followed by no other.
func testSubmitWhileShutdownWaits(t *testing.T, s setup) {
	ex := s.executor(t, pool.Options{Workers: 1, Window: 4})
	g := newGate(t)
	refused := make(chan error, 1)
	_, err := ex.Submit(t.Context(), g.call("a"), func(*pool.Future[string]) {
		_, err := ex.Submit(t.Context(), "upper b")
		refused <- err
	})
	if err != nil {
		t.Fatal(err)
	}
	a := g.next()
	if err := ex.Shutdown(t.Context(), pool.NoWait); err != nil {
		t.Error(err)
	}
	a.release()
	if err := <-refused; err != pool.ErrShutdown {
		t.Errorf("Submit in a callback after Shutdown: %v, want ErrShutdown", err)
	}
}

func testDeferredShutdown(t *testing.T, s setup) {
	var all []*pool.Future[string]
	func() {
		ex := s.executor(t, pool.Options{Workers: 2, Window: 10})
		defer func() {
			if err := ex.Shutdown(t.Context(), pool.Drain); err != nil {
				t.Error(err)
			}
		}()
		for range 10 {
			all = append(all, submit(t, ex, "upper a"))
		}
	}()
	for i, f := range all {
		if state, value, err := f.Snapshot(); state != pool.Finished || value != "A" || err != nil {
			t.Errorf("call %d after the deferred Shutdown: %v, %q, %v", i, state, value, err)
		}
	}
}
