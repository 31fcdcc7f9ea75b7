package pooltest

import (
	"errors"
	"runtime"
	"slices"
	"sync/atomic"
	"testing"

	"trawl/pool"
)

var callbacks = []promise{
	{"CallbackGetsTheOutcome", testCallbackGetsTheOutcome},
	{"CallbacksRunInOrder", testCallbacksRunInOrder},
	{"CallbackRunsAtOnceAfterTheEnd", testCallbackRunsAtOnceAfterTheEnd},
	{"PanickingCallbackIsReportedAndTheNextRuns", testPanickingCallback},
	{"PanickingCallbackAfterTheEndIsReported", testPanickingCallbackAfterTheEnd},
	{"GoexitInACallbackIsReportedAndTheNextRuns", testGoexitInACallback},
	{"CallbackOfSubmitNeverRunsOnTheSubmitter", testCallbackOfSubmit},
	{"PlaceIsFreeOnlyAfterTheCallbacks", testPlaceIsFreeOnlyAfterTheCallbacks},
}

func testCallbackGetsTheOutcome(t *testing.T, s setup) {
	ex := s.executor(t, pool.Options{Workers: 1, Window: 5})
	g := newGate(t)
	submit(t, ex, g.call("a"))
	a := g.next()
	futures := []*pool.Future[string]{submit(t, ex, "upper b"), submit(t, ex, "fail 7"), submit(t, ex, "upper c")}
	got := make(chan string, 3)
	for _, f := range futures {
		f.AddDoneCallback(func(done *pool.Future[string]) {
			if done != f {
				t.Error("callback got another future")
			}
			value, err := done.Result(t.Context())
			if err != nil {
				value = err.Error()
			}
			got <- value
		})
	}
	futures[2].Cancel()
	if cancelled := <-got; cancelled != pool.ErrCancelled.Error() {
		t.Errorf("callback of a cancelled call got %q", cancelled)
	}
	a.release()
	if value, failure := <-got, <-got; value != "B" || failure != "status 7" {
		t.Errorf("callbacks got %q and %q, want B and status 7", value, failure)
	}
}

func testCallbacksRunInOrder(t *testing.T, s setup) {
	ex := s.executor(t, pool.Options{Workers: 1})
	g := newGate(t)
	f := submit(t, ex, g.call("a"))
	a := g.next()
	var got []int
	for i := range 5 {
		f.AddDoneCallback(func(*pool.Future[string]) { got = append(got, i) })
	}
	a.release()
	if err := ex.Shutdown(t.Context(), pool.Drain); err != nil {
		t.Fatal(err)
	}
	if !slices.Equal(got, []int{0, 1, 2, 3, 4}) {
		t.Errorf("callbacks ran in the order %v", got)
	}
}

func testCallbackRunsAtOnceAfterTheEnd(t *testing.T, s setup) {
	for name, f := range inEachState(t, s) {
		if !isClosed(f.Done()) {
			continue
		}
		ran, got := 0, ""
		f.AddDoneCallback(func(done *pool.Future[string]) {
			ran++
			value, err := done.Result(t.Context())
			if got = value; err != nil {
				got = err.Error()
			}
		})
		if ran != 1 {
			t.Errorf("%s: callback had run %d times when AddDoneCallback returned, want once", name, ran)
		}
		want := map[string]string{"succeeded": "A", "failed": "status 500", "cancelled": pool.ErrCancelled.Error()}[name]
		if got != want {
			t.Errorf("%s: callback got %q, want %q", name, got, want)
		}
	}
}

func testPanickingCallbackAfterTheEnd(t *testing.T, s setup) {
	var reported []string
	ex := s.executor(t, pool.Options{Workers: 1, OnPanic: func(p *pool.PanicError) { reported = append(reported, p.Value) }})
	f := submit(t, ex, "upper a")
	wantResult(t, f, "A")
	ran := false
	f.AddDoneCallback(func(*pool.Future[string]) { panic("oh") })
	f.AddDoneCallback(func(*pool.Future[string]) { ran = true })
	if !slices.Equal(reported, []string{"oh"}) || !ran {
		t.Errorf("OnPanic was told %q, the next callback ran %v", reported, ran)
	}
	if _, ok := errors.AsType[*pool.PanicError](ex.Shutdown(t.Context(), pool.Drain)); !ok {
		t.Error("Shutdown does not tell of the panic")
	}
}

func testPanickingCallback(t *testing.T, s setup) {
	testBrokenCallback(t, s, "oh", func() { panic("oh") })
}

func testGoexitInACallback(t *testing.T, s setup) {
	testBrokenCallback(t, s, "runtime.Goexit", runtime.Goexit)
}

func testBrokenCallback(t *testing.T, s setup, want string, broken func()) {
	reported := make(chan *pool.PanicError, 2)
	ex := s.executor(t, pool.Options{Workers: 1, Window: 4, OnPanic: func(p *pool.PanicError) { reported <- p }})
	g := newGate(t)
	submit(t, ex, g.call("a"))
	a := g.next()
	finished, cancelled := submit(t, ex, "upper b"), submit(t, ex, "upper c")
	ran := make(chan string, 2)
	for name, f := range map[string]*pool.Future[string]{"finished": finished, "cancelled": cancelled} {
		f.AddDoneCallback(func(*pool.Future[string]) { broken() })
		f.AddDoneCallback(func(*pool.Future[string]) { ran <- name })
	}
	cancelling := make(chan struct{})
	go func() { // of its own, as it may be ended
		defer close(cancelling)
		cancelled.Cancel()
	}()
	<-cancelling
	a.release()
	err := ex.Shutdown(t.Context(), pool.Drain)
	if p, ok := errors.AsType[*pool.PanicError](err); !ok || p.Value != want {
		t.Errorf("Shutdown: %v, want the panic %q", err, want)
	}
	if first, second := <-ran, <-ran; first != "cancelled" || second != "finished" {
		t.Errorf("the next callbacks ran for %s, %s, want cancelled, finished", first, second)
	}
	for range 2 {
		if p := <-reported; p.Value != want || len(p.Stack) == 0 {
			t.Errorf("OnPanic was told %q, want %q and a stack", p.Value, want)
		}
	}
}

// However short a call is: a callback that ends its goroutine does not end this
// one, and Shutdown has waited for all.
func testCallbackOfSubmit(t *testing.T, s setup) {
	ex := s.executor(t, pool.Options{Workers: 2, Window: 8})
	var ran atomic.Int64
	for range 1000 {
		_, err := ex.Submit(t.Context(), "upper a", func(*pool.Future[string]) {
			ran.Add(1)
			runtime.Goexit()
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := ex.Shutdown(t.Context(), pool.Drain); err == nil {
		t.Error("Shutdown says nothing of 1000 callbacks that ended their goroutines")
	}
	if got := ran.Load(); got != 1000 {
		t.Errorf("%d callbacks had run when Shutdown returned, want 1000", got)
	}
}

func testPlaceIsFreeOnlyAfterTheCallbacks(t *testing.T, s setup) {
	ex := s.executor(t, pool.Options{Workers: 1, Window: 1})
	g := newGate(t)
	f := submit(t, ex, g.call("a"))
	a := g.next()
	var whileRunning error
	f.AddDoneCallback(func(*pool.Future[string]) { _, whileRunning = ex.TrySubmit(t.Context(), "upper b") })
	a.release()
	wantResult(t, submit(t, ex, "upper c"), "C") // waits for the place
	if whileRunning != pool.ErrFull {
		t.Errorf("TrySubmit in a callback of a window of one: %v, want ErrFull", whileRunning)
	}
}
