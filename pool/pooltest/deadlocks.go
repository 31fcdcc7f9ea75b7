package pooltest

import (
	"errors"
	"sync"
	"testing"

	"trawl/pool"
)

var deadlocks = []promise{
	{"CallbackThatCanOnlyWaitGetsAnError", testCallbackThatCanOnlyWait},
	{"CallbacksThatAllWaitGetAnError", testCallbacksThatAllWait},
	{"CallbackMayWaitWhileAWorkerIsFree", testCallbackMayWaitWhileAWorkerIsFree},
}

// waysToWait are the ways to wait for a future.
var waysToWait = map[string]func(*testing.T, *pool.Future[string]) error{
	"Result": func(t *testing.T, f *pool.Future[string]) error {
		_, err := f.Result(t.Context())
		return err
	},
	"Wait": func(t *testing.T, f *pool.Future[string]) error {
		_, _, err := pool.Wait(t.Context(), pool.AllCompleted, f)
		return err
	},
	"AsCompleted": func(t *testing.T, f *pool.Future[string]) (err error) {
		for _, err = range pool.AsCompleted(t.Context(), f) {
		}
		return err
	},
}

func isDeadlock(err error) bool { return errors.Is(err, pool.ErrWouldDeadlock) }

// inCallback runs what in a callback of a call that has ended, on its worker.
func inCallback(t *testing.T, ex *pool.Executor[string, string], what func()) {
	t.Helper()
	over := make(chan struct{})
	_, err := ex.Submit(t.Context(), "upper a", func(*pool.Future[string]) {
		defer close(over)
		what()
	})
	if err != nil {
		t.Fatal(err)
	}
	<-over
}

func testCallbackThatCanOnlyWait(t *testing.T, s setup) {
	for name, wait := range waysToWait {
		ex := s.executor(t, pool.Options{Workers: 1, Window: 2})
		var next *pool.Future[string]
		inCallback(t, ex, func() {
			next = submit(t, ex, "upper b")
			if err := wait(t, next); !isDeadlock(err) {
				t.Errorf("%s: %v, want ErrWouldDeadlock", name, err)
			}
		})
		wantResult(t, next, "B") // the worker has gone on
	}
}

// Each waits for a call that only another worker could make.
func testCallbacksThatAllWait(t *testing.T, s setup) {
	const workers = 3
	ex := s.executor(t, pool.Options{Workers: workers, Window: 2 * workers})
	var begun, over sync.WaitGroup
	begun.Add(workers)
	over.Add(workers)
	errs := make(chan error, workers)
	for range workers {
		_, err := ex.Submit(t.Context(), "upper a", func(*pool.Future[string]) {
			defer over.Done()
			begun.Done()
			begun.Wait()
			_, err := submit(t, ex, "upper b").Result(t.Context())
			errs <- err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	over.Wait()
	refused := 0
	for range workers {
		if err := <-errs; isDeadlock(err) {
			refused++
		} else if err != nil {
			t.Error(err)
		}
	}
	if refused == 0 {
		t.Error("all workers waited for calls that nobody could make")
	}
}

func testCallbackMayWaitWhileAWorkerIsFree(t *testing.T, s setup) {
	for name, wait := range waysToWait {
		ex := s.executor(t, pool.Options{Workers: 2, Window: 4})
		g := newGate(t)
		inCallback(t, ex, func() {
			next := submit(t, ex, g.call("b"))
			go func() { g.next().release() }()
			if err := wait(t, next); err != nil {
				t.Errorf("%s: %v", name, err)
			}
		})
	}
}
