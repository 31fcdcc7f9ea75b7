package pooltest

import (
	"errors"
	"runtime"
	"sync/atomic"
	"testing"

	"trawl/pool"
)

var cancels = []promise{
	{"ShutdownCancelsWhatIsPending", testShutdownCancelsWhatIsPending},
	{"GoexitWhileShutdownCancelsLosesNoCallback", testGoexitWhileShutdownCancels},
	{"ShutdownByForceCancelsWhatIsPending", testShutdownByForce},
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
