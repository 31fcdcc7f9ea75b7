package pool_test

import (
	"context"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"trawl/pool"
)

// inCallback runs f in a done-callback of a call, on the worker.
func inCallback(t *testing.T, ex *receiver, f func()) {
	t.Helper()
	gate := make(chan string)
	over := make(chan struct{})
	submit(t, ex, gate).AddDoneCallback(func(*pool.Future[string]) {
		defer close(over)
		f()
	})
	gate <- "a"
	<-over
}

// ready is the argument of a call that returns at once.
func ready(value string) <-chan string {
	c := make(chan string, 1)
	c <- value
	return c
}

func TestSubmitInACallbackOfAFullWindowIsRefused(t *testing.T) {
	within(t, pool.Options{Workers: 1, Window: 1}, receive, func(t *testing.T, ex *receiver) {
		inCallback(t, ex, func() {
			if f, err := ex.Submit(t.Context(), ready("b")); f != nil || err != pool.ErrWouldDeadlock {
				t.Errorf("Submit: %v, %v, want ErrWouldDeadlock", f, err)
			}
			if f, err := ex.TrySubmit(t.Context(), ready("b")); f != nil || err != pool.ErrFull {
				t.Errorf("TrySubmit: %v, %v, want ErrFull", f, err)
			}
		})
		if value, err := submit(t, ex, ready("c")).Result(t.Context()); value != "c" || err != nil {
			t.Errorf("next call: %q, %v", value, err)
		}
	})
}

func TestSubmitInACallbackWithRoom(t *testing.T) {
	within(t, pool.Options{Workers: 1, Window: 3}, receive, func(t *testing.T, ex *receiver) {
		var b, c *pool.Future[string]
		inCallback(t, ex, func() {
			var err error
			if b, err = ex.Submit(t.Context(), ready("b")); err != nil {
				t.Errorf("Submit: %v", err)
			}
			if c, err = ex.TrySubmit(t.Context(), ready("c")); err != nil {
				t.Errorf("TrySubmit: %v", err)
			}
		})
		for _, f := range []*pool.Future[string]{b, c} {
			if _, err := f.Result(t.Context()); err != nil {
				t.Error(err)
			}
		}
	})
}

func TestAllCallbacksSubmitAtOnce(t *testing.T) {
	within(t, pool.Options{Workers: 3, Window: 3}, receive, func(t *testing.T, ex *receiver) {
		gate := make(chan string)
		var all sync.WaitGroup
		all.Add(3)
		refused := make(chan error, 3)
		for range 3 {
			submit(t, ex, gate).AddDoneCallback(func(*pool.Future[string]) {
				all.Done()
				all.Wait()
				_, err := ex.Submit(t.Context(), ready("b"))
				refused <- err
			})
		}
		close(gate)
		seen := 0
		for range 3 {
			if err := <-refused; err == pool.ErrWouldDeadlock {
				seen++
			} else if err != nil {
				t.Errorf("Submit: %v", err)
			}
		}
		if seen == 0 {
			t.Error("three callbacks had room in a full window")
		}
	})
}

func TestShutdownInACallbackIsRefused(t *testing.T) {
	within(t, pool.Options{Workers: 1, Window: 1}, receive, func(t *testing.T, ex *receiver) {
		inCallback(t, ex, func() {
			for _, mode := range []pool.Mode{pool.Drain, pool.CancelPending} {
				if err := ex.Shutdown(t.Context(), mode); err != pool.ErrWouldDeadlock {
					t.Errorf("Shutdown: %v, want ErrWouldDeadlock", err)
				}
			}
		})
		submit(t, ex, ready("b")) // it was not shut down
		inCallback(t, ex, func() {
			if err := ex.Shutdown(t.Context(), pool.NoWait); err != nil {
				t.Errorf("Shutdown without waiting: %v", err)
			}
		})
	})
}

func TestACallThatWaitsForItsExecutorIsRefused(t *testing.T) {
	var ex *pool.Executor[string, string]
	call := func(ctx context.Context, in string) (string, error) {
		if err := ex.Shutdown(ctx, pool.Drain); err != pool.ErrWouldDeadlock {
			t.Errorf("Shutdown in a call: %v, want ErrWouldDeadlock", err)
		}
		_, err := ex.Submit(ctx, in)
		return in, err
	}
	within(t, pool.Options{Workers: 1, Window: 1}, call, func(t *testing.T, own *pool.Executor[string, string]) {
		ex = own
		if _, err := submit(t, ex, "a").Result(t.Context()); err != pool.ErrWouldDeadlock {
			t.Errorf("Submit in a call: %v, want ErrWouldDeadlock", err)
		}
	})
}

func TestSubmitInACallbackOfCancelIsRefused(t *testing.T) {
	within(t, pool.Options{Workers: 1, Window: 2}, receive, func(t *testing.T, ex *receiver) {
		gate := make(chan string)
		defer close(gate)
		submit(t, ex, gate)
		pending := submit(t, ex, gate)
		pending.AddDoneCallback(func(*pool.Future[string]) { // on this goroutine, while the call has its place
			if _, err := ex.Submit(t.Context(), gate); err != pool.ErrWouldDeadlock {
				t.Errorf("Submit: %v, want ErrWouldDeadlock", err)
			}
			if err := ex.Shutdown(t.Context(), pool.Drain); err != pool.ErrWouldDeadlock {
				t.Errorf("Shutdown: %v, want ErrWouldDeadlock", err)
			}
		})
		pending.Cancel()
		submit(t, ex, gate) // the goroutine may again, and there is room
		waits := submitAside(t.Context(), ex, gate)
		gate <- "a"
		synctest.Wait()
		if !waits.done || waits.err != nil {
			t.Errorf("Submit on another goroutine: returned %v, %v", waits.done, waits.err)
		}
	})
}

func TestSubmitInACallbackAfterTheEndMayWait(t *testing.T) {
	within(t, pool.Options{Workers: 1, Window: 1}, receive, func(t *testing.T, ex *receiver) {
		gate := make(chan string, 1)
		gate <- "a"
		ended := submit(t, ex, gate)
		<-ended.Done()
		submit(t, ex, gate) // fills the window
		time.AfterFunc(time.Hour, func() { gate <- "b" })
		ended.AddDoneCallback(func(*pool.Future[string]) { // on this goroutine, which holds no place
			if _, err := ex.Submit(t.Context(), gate); err != nil {
				t.Errorf("Submit: %v", err)
			}
		})
		gate <- "c"
	})
}

func TestAGoroutineOfACallbackMayWait(t *testing.T) {
	within(t, pool.Options{Workers: 1, Window: 1}, receive, func(t *testing.T, ex *receiver) {
		got := make(chan error, 1)
		inCallback(t, ex, func() {
			go func() {
				_, err := ex.Submit(t.Context(), ready("b"))
				got <- err
			}()
			<-time.After(time.Hour) // of the bubble
		})
		if err := <-got; err != nil {
			t.Errorf("Submit: %v", err)
		}
	})
}

func TestWorkersOfTwoExecutorsMayWaitForEachOther(t *testing.T) {
	within(t, pool.Options{Workers: 1, Window: 1}, receive, func(t *testing.T, other *receiver) {
		gate := make(chan string, 2)
		submit(t, other, gate)
		ex, err := pool.New(pool.Threads(receive), pool.Options{Workers: 1, Window: 1})
		if err != nil {
			t.Fatal(err)
		}
		time.AfterFunc(time.Hour, func() { gate <- "a"; gate <- "b" })
		inCallback(t, ex, func() {
			if _, err := other.Submit(t.Context(), gate); err != nil {
				t.Errorf("Submit to another executor: %v", err)
			}
		})
		if err := ex.Shutdown(t.Context(), pool.Drain); err != nil {
			t.Error(err)
		}
	})
}
