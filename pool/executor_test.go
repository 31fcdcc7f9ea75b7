package pool_test

import (
	"context"
	"errors"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"

	"trawl/pool"
)

// within runs test on an executor of the process in a bubble of its own time,
// and shuts the executor down.
func within[In, Out any](t *testing.T, opts pool.Options, call func(context.Context, In) (Out, error), test func(*testing.T, *pool.Executor[In, Out])) {
	t.Helper()
	synctest.Test(t, func(t *testing.T) {
		ex, err := pool.New(pool.Threads(call), opts)
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { // when the context of the test has ended, and with it what receive waits for
			if err := ex.Shutdown(context.WithoutCancel(t.Context()), pool.CancelPending); err != nil {
				t.Errorf("Shutdown: %v", err)
			}
		})
		test(t, ex)
	})
}

// receive is a call that waits for its argument.
func receive(ctx context.Context, in <-chan string) (string, error) {
	select {
	case s := <-in:
		return s, nil
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

// echo is a call that returns at once.
func echo(_ context.Context, in string) (string, error) { return in, nil }

func submit[In, Out any](t *testing.T, ex *pool.Executor[In, Out], in In) *pool.Future[Out] {
	t.Helper()
	f, err := ex.Submit(t.Context(), in)
	if err != nil {
		t.Fatalf("Submit: %v", err)
	}
	return f
}

func TestNewRefusesWhatMakesNoSense(t *testing.T) {
	for _, opts := range []pool.Options{{Workers: -1}, {Window: -1}, {Workers: 4, Window: 3}} {
		ex, err := pool.New(pool.Threads(echo), opts)
		if ex != nil || err == nil {
			t.Errorf("New(%+v): %v, %v, want an error", opts, ex, err)
		}
	}
}

func TestWorkersByDefault(t *testing.T) {
	want := min(32, runtime.GOMAXPROCS(0)+4)
	if got := pool.DefaultWorkers(); got != want {
		t.Fatalf("DefaultWorkers: %d, want %d", got, want)
	}
	within(t, pool.Options{}, receive, func(t *testing.T, ex *pool.Executor[<-chan string, string]) {
		gate := make(chan string)
		defer close(gate)
		var all []*pool.Future[string]
		for range 2 * want { // the window by default
			all = append(all, submit(t, ex, gate))
		}
		if _, err := ex.TrySubmit(t.Context(), gate); err != pool.ErrFull {
			t.Errorf("TrySubmit after %d calls: %v, want ErrFull", len(all), err)
		}
		synctest.Wait()
		running := 0
		for _, f := range all {
			if f.Running() {
				running++
			}
		}
		if running != want {
			t.Errorf("%d calls run, want %d", running, want)
		}
	})
}

type brokenEngine struct{ pool.Engine[string, string] }

var errBroken = errors.New("broken")

func (brokenEngine) Close() error { return errBroken }

func TestShutdownTellsWhatCloseAndCallbacksGave(t *testing.T) {
	gate := make(chan struct{})
	call := func(_ context.Context, in string) (string, error) {
		<-gate
		return in, nil
	}
	ex, err := pool.New(brokenEngine{pool.Threads(call)}, pool.Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	f := submit(t, ex, "a")
	for range 20 {
		f.AddDoneCallback(func(*pool.Future[string]) { panic(errors.New("oh")) })
	}
	close(gate)
	for range 2 {
		err := ex.Shutdown(t.Context(), pool.Drain)
		if !errors.Is(err, errBroken) {
			t.Errorf("Shutdown: %v, want the error of Close", err)
		}
		text := err.Error()
		if strings.Count(text, "panic: oh") != 8 || !strings.Contains(text, "callback: 12 more panics") {
			t.Errorf("Shutdown: %v, want 8 panics and the number of the others", err)
		}
	}
}

func TestSubmitIsOneAllocation(t *testing.T) {
	ex, err := pool.New(pool.Threads(echo), pool.Options{Workers: 2})
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{}, 1) // the callback may run on this goroutine
	callback := func(*pool.Future[string]) { done <- struct{}{} }
	if got := testing.AllocsPerRun(200, func() {
		submit(t, ex, "a").AddDoneCallback(callback)
		<-done
	}); got > 1 {
		t.Errorf("Submit, call and callback: %v allocations, want 1", got)
	}
	if err := ex.Shutdown(t.Context(), pool.Drain); err != nil {
		t.Error(err)
	}
}
