package pooltest

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"

	"trawl/pool"
)

var shutdowns = []promise{
	{"NoSubmitAfterShutdown", testNoSubmitAfterShutdown},
	{"ShutdownMakesAllCalls", testShutdownMakesAllCalls},
	{"ShutdownReturnsAfterTheLastCallback", testShutdownReturnsAfterTheLastCallback},
	{"ShutdownCancelsWhatIsPending", testShutdownCancelsWhatIsPending},
	{"GoexitWhileShutdownCancelsLosesNoCallback", testGoexitWhileShutdownCancels},
	{"ShutdownWithoutWaiting", testShutdownWithoutWaiting},
	{"ShutdownEndsWithItsContext", testShutdownEndsWithItsContext},
	{"ShutdownOfAnUnusedExecutor", testShutdownOfAnUnusedExecutor},
	{"ShutdownAfterACancel", testShutdownAfterACancel},
	{"SubmitWhileShutdownWaitsIsRefused", testSubmitWhileShutdownWaits},
	{"DeferredShutdownMakesAllCalls", testDeferredShutdown},
	{"ShutdownByForceCancelsWhatIsPending", testShutdownByForce},
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

func testShutdownCancelsWhatIsPending(t *testing.T, s setup) {
	ex := s.executor(t, pool.Options{Workers: 5, Window: 50})
	g := newGate(t)
	var all []*pool.Future[string]
	for range 50 {
		all = append(all, submit(t, ex, g.call("x")))
	}
	var holding []held
	for range 5 {
		holding = append(holding, g.next())
	}
	var cancelled atomic.Int64
	for _, f := range all {
		f.AddDoneCallback(func(f *pool.Future[string]) {
			if f.Cancelled() {
				cancelled.Add(1)
			}
		})
	}
	if err := ex.Shutdown(t.Context(), pool.CancelPending|pool.NoWait); err != nil {
		t.Error(err)
	}
	if got := cancelled.Load(); got != 45 {
		t.Errorf("callbacks of %d cancelled calls have run, want 45", got)
	}
	for _, h := range holding {
		h.release()
	}
	if err := ex.Shutdown(t.Context(), pool.Drain); err != nil {
		t.Error(err)
	}
	for i, f := range all[:5] {
		wantResult(t, f, "x")
		if got := f.State(); got != pool.Finished {
			t.Errorf("running call %d: %v, want finished", i, got)
		}
	}
}

func testGoexitWhileShutdownCancels(t *testing.T, s setup) {
	ex := s.executor(t, pool.Options{Workers: 1, Window: 5})
	g := newGate(t)
	submit(t, ex, g.call("a"))
	a := g.next()
	var ran atomic.Int64
	for range 4 {
		submit(t, ex, "upper b").AddDoneCallback(func(*pool.Future[string]) {
			ran.Add(1)
			runtime.Goexit()
		})
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		err := ex.Shutdown(t.Context(), pool.CancelPending)
		t.Errorf("Shutdown whose goroutine was ended returned %v", err)
	}()
	<-ended
	a.release()
	err := ex.Shutdown(t.Context(), pool.Drain)
	if _, ok := errors.AsType[*pool.PanicError](err); !ok || ran.Load() != 4 {
		t.Errorf("%d callbacks, Shutdown: %v, want 4 and what happened to them", ran.Load(), err)
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

func testSubmitCancelAndShutdownAtOnce(t *testing.T, s setup) {
	for _, mode := range []pool.Mode{pool.Drain, pool.CancelPending, pool.NoWait, pool.CancelPending | pool.NoWait} {
		for range 10 {
			hammer(t, s, mode)
		}
	}
}

// hammer has submitters go on until they are refused, some of which cancel, while
// several goroutines shut down.
func hammer(t *testing.T, s setup, mode pool.Mode) {
	ex := s.executor(t, pool.Options{Workers: 3, Window: 5})
	var submitted, called atomic.Int64
	var everybody sync.WaitGroup
	enough := make(chan struct{})
	for i := range 4 {
		everybody.Go(func() {
			for n := 1; ; n++ {
				f, err := ex.Submit(t.Context(), "upper a")
				if err != nil {
					if err != pool.ErrShutdown {
						t.Errorf("Submit: %v", err)
					}
					return
				}
				submitted.Add(1)
				f.AddDoneCallback(func(*pool.Future[string]) { called.Add(1) })
				if i%2 == 0 {
					f.Cancel()
				}
				if i == 0 && n == 50 {
					close(enough)
				}
			}
		})
	}
	<-enough
	for range 3 {
		everybody.Go(func() {
			if err := ex.Shutdown(t.Context(), mode); err != nil {
				t.Errorf("Shutdown: %v", err)
			}
		})
	}
	everybody.Wait()
	if err := ex.Shutdown(t.Context(), pool.Drain); err != nil {
		t.Errorf("last Shutdown: %v", err)
	}
	if submitted.Load() != called.Load() {
		t.Errorf("%d calls submitted, %d callbacks", submitted.Load(), called.Load())
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

// What becomes of the call that runs is the engine's affair.
func testShutdownByForce(t *testing.T, s setup) {
	for _, mode := range []pool.Mode{pool.Terminate, pool.Kill, pool.Terminate | pool.Kill} {
		ex := s.executor(t, pool.Options{Workers: 1, Window: 4})
		g := newGate(t)
		submit(t, ex, g.call("a"))
		a := g.next()
		var pending []*pool.Future[string]
		for range 3 {
			pending = append(pending, submit(t, ex, g.call("b")))
		}
		if err := ex.Shutdown(t.Context(), mode|pool.NoWait); err != nil {
			t.Errorf("Shutdown by force: %v", err)
		}
		for _, f := range pending {
			if !f.Cancelled() {
				t.Errorf("after Shutdown by force: %v", f)
			}
		}
		a.drop()
		for range 2 {
			if err := ex.Shutdown(t.Context(), mode); err != nil {
				t.Errorf("Shutdown by force, again: %v", err)
			}
		}
		g.wantNoMore()
	}
}
