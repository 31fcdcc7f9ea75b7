package pool

import (
	"context"
	"runtime"
	"testing"
	"weak"
)

func upper(_ context.Context, in string) (string, error) { return in, nil }

func TestFutureEndsOnce(t *testing.T) {
	f := new(Future[string])
	f.settle(Finished)
	for _, s := range []State{Finished, Cancelled} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("a finished future was made %v", s)
				}
			}()
			f.settle(s)
		}()
	}
	if f.State() != Finished {
		t.Errorf("State: %v, want finished", f.State())
	}
}

func TestFutureHasNoChannelUntilSomebodyWaits(t *testing.T) {
	ex := newThreads(t, Options{Workers: 1}, upper)
	f, err := ex.Submit(t.Context(), "a")
	if err != nil {
		t.Fatal(err)
	}
	f.AddDoneCallback(func(f *Future[string]) {
		if _, err := f.Result(t.Context()); err != nil {
			t.Error(err)
		}
	})
	if err := ex.Shutdown(t.Context(), Wait); err != nil {
		t.Fatal(err)
	}
	if f.done != nil {
		t.Error("a channel was made that nobody waits on")
	}
	<-f.Done()
}

func newThreads[In, Out any](t *testing.T, opts Options, call func(context.Context, In) (Out, error)) *Executor[In, Out] {
	t.Helper()
	ex, err := New(Threads(call), opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := ex.Shutdown(context.WithoutCancel(t.Context()), CancelPending); err != nil {
			t.Error(err)
		}
	})
	return ex
}

// page is large enough to have an allocation of its own.
type page struct{ body [1 << 12]byte }

func wantFreed(t *testing.T, what string, p weak.Pointer[page]) {
	t.Helper()
	for range 100 {
		runtime.GC()
		if p.Value() == nil {
			return
		}
	}
	t.Errorf("%s is still referred to", what)
}

func TestEndedFutureKeepsNeitherArgumentNorContextNorCallback(t *testing.T) {
	gate := make(chan struct{})
	ex := newThreads(t, Options{Workers: 1, Window: 4}, func(context.Context, *page) (int, error) {
		<-gate
		return 1, nil
	})
	type key struct{}
	submit := func() (f *Future[int], argument, value, captured weak.Pointer[page]) {
		in, inContext, inCallback := new(page), new(page), new(page)
		f, err := ex.Submit(context.WithValue(t.Context(), key{}, inContext), in)
		if err != nil {
			t.Fatal(err)
		}
		for range 3 {
			f.AddDoneCallback(func(*Future[int]) { inCallback.body[0]++ })
		}
		return f, weak.Make(in), weak.Make(inContext), weak.Make(inCallback)
	}
	finished, argument1, value1, captured1 := submit()
	cancelled, argument2, value2, captured2 := submit()
	if argument1.Value() == nil || captured2.Value() == nil {
		t.Error("freed before the end")
	}
	cancelled.Cancel()
	close(gate)
	if _, err := finished.Result(t.Context()); err != nil {
		t.Fatal(err)
	}
	wantFreed(t, "argument of a finished call", argument1)
	wantFreed(t, "context of a finished call", value1)
	wantFreed(t, "callback of a finished call", captured1)
	wantFreed(t, "argument of a cancelled call", argument2)
	wantFreed(t, "context of a cancelled call", value2)
	wantFreed(t, "callback of a cancelled call", captured2)
	runtime.KeepAlive(finished)
	runtime.KeepAlive(cancelled)
}

func TestIdleExecutorKeepsNoFuture(t *testing.T) {
	ex := newThreads(t, Options{Workers: 2}, func(context.Context, int) (*page, error) { return new(page), nil })
	result := func() weak.Pointer[page] {
		f, err := ex.Submit(t.Context(), 1)
		if err != nil {
			t.Fatal(err)
		}
		p, err := f.Result(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return weak.Make(p)
	}
	for range 3 {
		wantFreed(t, "result", result())
	}
}

func TestMapKeepsNoResult(t *testing.T) {
	ex := newThreads(t, Options{Workers: 2, Window: 4}, func(context.Context, int) (*page, error) { return new(page), nil })
	items := func(yield func(int) bool) {
		for i := 0; i < 8 && yield(i); i++ {
		}
	}
	var before weak.Pointer[page]
	for p, err := range ex.Map(t.Context(), items) {
		if err != nil {
			t.Fatal(err)
		}
		if before != (weak.Pointer[page]{}) {
			wantFreed(t, "result that was yielded before", before)
		}
		before = weak.Make(p)
	}
}
