package pool

import (
	"context"
	"testing"
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
	if err := ex.Shutdown(t.Context(), Drain); err != nil {
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
