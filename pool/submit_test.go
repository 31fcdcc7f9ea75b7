package pool_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"trawl/pool"
)

type receiver = pool.Executor[<-chan string, string]

// waiting is a Submit on a goroutine of its own.
type waiting struct {
	future *pool.Future[string]
	err    error
	done   bool
}

func submitAside(ctx context.Context, ex *receiver, in <-chan string) *waiting {
	w := new(waiting)
	go func() {
		w.future, w.err = ex.Submit(ctx, in)
		w.done = true
	}()
	synctest.Wait()
	return w
}

func TestSubmitWaitsWhileTheWindowIsFull(t *testing.T) {
	within(t, pool.Options{Workers: 1, Window: 2}, receive, func(t *testing.T, ex *receiver) {
		gate := make(chan string)
		submit(t, ex, gate)
		submit(t, ex, gate)
		w := submitAside(t.Context(), ex, gate)
		<-time.After(time.Hour) // of the bubble: however long it takes
		if w.done {
			t.Fatalf("Submit to a full window returned %v, %v", w.future, w.err)
		}
		gate <- "a"
		synctest.Wait()
		if !w.done || w.err != nil || w.future.State() != pool.Pending {
			t.Errorf("Submit after a call has ended: returned %v, %v, %v", w.done, w.future, w.err)
		}
	})
}

func TestSubmitsAreAdmittedInTheirOrder(t *testing.T) {
	within(t, pool.Options{Workers: 1, Window: 1}, receive, func(t *testing.T, ex *receiver) {
		gate := make(chan string)
		first := submit(t, ex, gate)
		var line []*waiting
		for range 5 {
			line = append(line, submitAside(t.Context(), ex, gate))
		}
		last := first
		for i := range line {
			gate <- "a"
			synctest.Wait()
			for j, w := range line {
				if w.done != (j <= i) {
					t.Fatalf("after %d calls Submit %d of the line has returned: %v", i+1, j+1, w.done)
				}
			}
			if last.State() != pool.Finished {
				t.Errorf("call %d: %v", i+1, last)
			}
			last = line[i].future
		}
	})
}

func TestSubmitEndsWithItsContext(t *testing.T) {
	within(t, pool.Options{Workers: 1, Window: 1}, receive, func(t *testing.T, ex *receiver) {
		gate := make(chan string)
		submit(t, ex, gate)
		reason := errors.New("enough")
		ctx, cancel := context.WithTimeoutCause(t.Context(), time.Minute, reason)
		defer cancel()
		begun := time.Now()
		if _, err := ex.Submit(ctx, gate); err != reason || time.Since(begun) != time.Minute {
			t.Errorf("Submit: %v after %v, want the cause of its context after a minute", err, time.Since(begun))
		}
		if _, err := ex.Submit(ctx, gate); err != reason {
			t.Errorf("Submit with a context that has ended: %v", err)
		}
		if _, err := ex.TrySubmit(ctx, gate); err != reason {
			t.Errorf("TrySubmit with a context that has ended: %v", err)
		}
		next := submitAside(t.Context(), ex, gate) // who left does not hold the line up
		gate <- "a"
		synctest.Wait()
		if !next.done || next.err != nil {
			t.Errorf("next Submit: %v, %v", next.done, next.err)
		}
	})
}

func TestShutdownEndsSubmitsThatWait(t *testing.T) {
	for _, mode := range []pool.Mode{pool.NoWait, pool.CancelPending | pool.NoWait} {
		within(t, pool.Options{Workers: 1, Window: 2}, receive, func(t *testing.T, ex *receiver) {
			gate := make(chan string, 2)
			defer close(gate)
			submit(t, ex, gate)
			submit(t, ex, gate)
			line := []*waiting{submitAside(t.Context(), ex, gate), submitAside(t.Context(), ex, gate)}
			if err := ex.Shutdown(t.Context(), mode); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
			for _, w := range line {
				if !w.done || w.err != pool.ErrShutdown || w.future != nil {
					t.Errorf("Submit: %v, %v, %v, want ErrShutdown", w.done, w.future, w.err)
				}
			}
		})
	}
}

func TestShutdownWaitsForBackgroundAfterItsContext(t *testing.T) {
	within(t, pool.Options{Workers: 1, Window: 3}, receive, func(t *testing.T, ex *receiver) {
		gate := make(chan string)
		var ended []string
		for range 3 {
			submit(t, ex, gate).AddDoneCallback(func(f *pool.Future[string]) {
				value, _ := f.Result(t.Context())
				ended = append(ended, value)
			})
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := ex.Shutdown(ctx, pool.Drain); err != context.DeadlineExceeded {
			t.Errorf("Shutdown: %v, want the end of its context", err)
		}
		for _, s := range []string{"a", "b", "c"} {
			gate <- s
		}
		if err := ex.Shutdown(t.Context(), pool.Drain); err != nil {
			t.Error(err)
		}
		if !slices.Equal(ended, []string{"a", "b", "c"}) {
			t.Errorf("calls ended: %q", ended)
		}
	})
}

func TestRoomThatACancelMakesFindsAWorker(t *testing.T) {
	within(t, pool.Options{Workers: 1, Window: 1}, receive, func(t *testing.T, ex *receiver) {
		var next *waiting
		callback := func(f *pool.Future[string]) {
			if f.Cancelled() {
				next = submitAside(t.Context(), ex, ready("b")) // waits for the place; the worker has become idle
			}
		}
		for next == nil { // until a Cancel is faster than the worker
			f := submit(t, ex, ready("a"))
			f.AddDoneCallback(callback)
			f.Cancel()
			synctest.Wait()
		}
		if !next.done || next.err != nil || next.future.State() != pool.Finished {
			t.Errorf("Submit that waited: %v, %v, %v", next.done, next.future, next.err)
		}
	})
}
