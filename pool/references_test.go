package pool

import (
	"context"
	"runtime"
	"testing"
	"weak"
)

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
	for p, err := range ex.Map(t.Context(), items, MapOptions{}) {
		if err != nil {
			t.Fatal(err)
		}
		if before != (weak.Pointer[page]{}) {
			wantFreed(t, "result that was yielded before", before)
		}
		before = weak.Make(p)
	}
}

func TestMapInChunksKeepsNeitherArgumentNorResult(t *testing.T) {
	pages := map[int]weak.Pointer[page]{} // arguments that are made, by number
	ex := newThreads(t, Options{Workers: 1, Window: 2}, func(_ context.Context, in *page) (*page, error) {
		if n := in.body[0]; n%3 > 0 { // in its chunk the one before has been made
			wantFreed(t, "argument of the item before", pages[int(n)-1])
		}
		return new(page), nil
	})
	items := func(yield func(*page) bool) {
		for n := range 9 {
			p := new(page)
			p.body[0] = byte(n)
			pages[n] = weak.Make(p)
			if !yield(p) {
				return
			}
		}
	}
	var before weak.Pointer[page]
	for p, err := range ex.Map(t.Context(), items, MapOptions{Chunk: 3, Ahead: 3}) {
		if err != nil {
			t.Fatal(err)
		}
		if before != (weak.Pointer[page]{}) {
			wantFreed(t, "result that was yielded before", before)
		}
		before = weak.Make(p)
	}
}

// The slice is the caller's: who takes a future out has it freed.
func TestAsCompletedKeepsNoFutureThatItHasYielded(t *testing.T) {
	gate := make(chan struct{}, 8)
	ex := newThreads(t, Options{Workers: 2, Window: 8}, func(context.Context, int) (*page, error) {
		<-gate
		return new(page), nil
	})
	var futures []*Future[*page]
	for range 8 {
		f, err := ex.Submit(t.Context(), 1)
		if err != nil {
			t.Fatal(err)
		}
		futures = append(futures, f)
	}
	var before weak.Pointer[page]
	gate <- struct{}{}
	for f, err := range AsCompleted(t.Context(), futures...) {
		if err != nil {
			t.Fatal(err)
		}
		for i := range futures {
			if futures[i] == f {
				futures[i] = nil
			}
		}
		if before != (weak.Pointer[page]{}) {
			wantFreed(t, "future that was yielded before", before)
		}
		p, err := f.Result(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		before = weak.Make(p)
		gate <- struct{}{}
	}
}

// What is pending is all that a wait which has ended could keep alive, and does not.
func TestAPendingFutureKeepsNothingOfAWaitThatHasEnded(t *testing.T) {
	gate := make(chan struct{})
	ex := newThreads(t, Options{Workers: 1, Window: 3}, func(_ context.Context, in int) (*page, error) {
		if in > 0 {
			<-gate
		}
		return new(page), nil
	})
	defer close(gate)
	finished, err := ex.Submit(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	p, err := finished.Result(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	result := weak.Make(p)
	pending, err := ex.Submit(t.Context(), 1)
	if err != nil {
		t.Fatal(err)
	}
	if _, _, err := Wait(t.Context(), FirstCompleted, pending, finished); err != nil {
		t.Fatal(err)
	}
	wantFreed(t, "result of a future that was waited for", result)
	runtime.KeepAlive(pending)
}

// Nothing but Shutdown ends the workers; an executor that never had a call has none.
func TestAnUnusedExecutorHoldsNothing(t *testing.T) {
	unused := func() weak.Pointer[page] {
		p := new(page)
		ex, err := New(Threads(func(context.Context, int) (byte, error) { return p.body[0], nil }), Options{})
		if err != nil {
			t.Fatal(err)
		}
		if ex.hired != 0 {
			t.Errorf("%d workers without a call", ex.hired)
		}
		return weak.Make(p)
	}
	wantFreed(t, "what an unused executor's engine holds", unused())
}
