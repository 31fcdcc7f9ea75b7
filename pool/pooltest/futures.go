package pooltest

import (
	"context"
	"errors"
	"testing"

	"trawl/pool"
)

var futures = []promise{
	{"FutureInEachState", testFutureInEachState},
	{"CancelOnlyWhatIsPending", testCancelOnlyWhatIsPending},
	{"CancelledCallIsNeverMade", testCancelledCallIsNeverMade},
	{"ResultEndsWithItsContext", testResultEndsWithItsContext},
	{"ResultWaitsForTheEnd", testResultWaitsForTheEnd},
	{"DoneIsClosedAtTheEnd", testDoneIsClosedAtTheEnd},
}

// inEachState returns a future of each kind, in an executor of one worker that is held.
func inEachState(t *testing.T, s setup) map[string]*pool.Future[string] {
	ex := s.executor(t, pool.Options{Workers: 1, Window: 5})
	g := newGate(t)
	futures := map[string]*pool.Future[string]{
		"succeeded": submit(t, ex, "upper a"),
		"failed":    submit(t, ex, "fail 500"),
		"running":   submit(t, ex, g.call("held")),
		"cancelled": submit(t, ex, "upper b"),
	}
	g.next()
	futures["cancelled"].Cancel()
	futures["pending"] = submit(t, ex, "upper c")
	return futures
}

func testFutureInEachState(t *testing.T, s setup) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	futures := inEachState(t, s)
	for _, want := range []struct {
		name  string
		state pool.State
		text  string
		value string
		err   error
	}{
		{"pending", pool.Pending, "Future(pending)", "", context.Canceled},
		{"running", pool.Running, "Future(running)", "", context.Canceled},
		{"cancelled", pool.Cancelled, "Future(cancelled)", "", pool.ErrCancelled},
		{"succeeded", pool.Finished, "Future(finished)", "A", nil},
		{"failed", pool.Finished, "Future(finished: status 500)", "", &StatusError{500}},
	} {
		f := futures[want.name]
		if got := f.State(); got != want.state {
			t.Errorf("%s: State %v, want %v", want.name, got, want.state)
		}
		if got := f.Running(); got != (want.state == pool.Running) {
			t.Errorf("%s: Running %v", want.name, got)
		}
		if got := f.Cancelled(); got != (want.state == pool.Cancelled) {
			t.Errorf("%s: Cancelled %v", want.name, got)
		}
		if got := f.String(); got != want.text {
			t.Errorf("%s: String %q, want %q", want.name, got, want.text)
		}
		if got := isClosed(f.Done()); got != (want.state >= pool.Cancelled) {
			t.Errorf("%s: Done is closed %v", want.name, got)
		}
		value, err := f.Result(ended)
		if value != want.value || !sameError(err, want.err) {
			t.Errorf("%s: Result without waiting %q, %v, want %q, %v", want.name, value, err, want.value, want.err)
		}
	}
}

func isClosed(done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
		return false
	}
}

func sameError(got, want error) bool {
	if status, ok := errors.AsType[*StatusError](want); ok {
		e, ok := errors.AsType[*StatusError](got)
		return ok && *e == *status
	}
	return errors.Is(got, want)
}

func testCancelOnlyWhatIsPending(t *testing.T, s setup) {
	futures := inEachState(t, s)
	for name, want := range map[string]bool{
		"pending": true, "cancelled": true, "running": false, "succeeded": false, "failed": false,
	} {
		state := futures[name].State()
		if name == "pending" {
			state = pool.Cancelled
		}
		for range 2 {
			if got := futures[name].Cancel(); got != want {
				t.Errorf("%s: Cancel %v, want %v", name, got, want)
			}
		}
		if got := futures[name].State(); got != state {
			t.Errorf("%s: State after Cancel %v, want %v", name, got, state)
		}
	}
}

func testCancelledCallIsNeverMade(t *testing.T, s setup) {
	ex := s.executor(t, pool.Options{Workers: 1, Window: 4})
	g := newGate(t)
	submit(t, ex, g.call("a"))
	a := g.next()
	b := submit(t, ex, g.call("b"))
	submit(t, ex, g.call("c"))
	if !b.Cancel() {
		t.Fatal("Cancel of a pending call: false")
	}
	a.release()
	if got := g.next().name; got != "c" {
		t.Errorf("call %q was made, want c", got)
	}
}

func testResultEndsWithItsContext(t *testing.T, s setup) {
	ex := s.executor(t, pool.Options{Workers: 1})
	g := newGate(t)
	f := submit(t, ex, g.call("a"))
	a := g.next()
	ctx, cancel := context.WithCancelCause(t.Context())
	got := make(chan error)
	go func() {
		_, err := f.Result(ctx)
		got <- err
	}()
	reason := errors.New("enough")
	cancel(reason)
	if err := <-got; err != reason {
		t.Errorf("Result: %v, want the cause of its context", err)
	}
	a.release()
	wantResult(t, f, "a") // the call has gone on
}

func testDoneIsClosedAtTheEnd(t *testing.T, s setup) {
	ex := s.executor(t, pool.Options{Workers: 1})
	g := newGate(t)
	f := submit(t, ex, g.call("a"))
	a := g.next()
	done := f.Done()
	if isClosed(done) {
		t.Error("Done is closed while the call runs")
	}
	a.release()
	<-done
	if got := f.State(); got != pool.Finished {
		t.Errorf("State after Done: %v", got)
	}
}

// awaitAside is a Result on a goroutine of its own: value or error.
func awaitAside(t *testing.T, f *pool.Future[string]) <-chan string {
	got := make(chan string, 1)
	go func() {
		value, err := f.Result(t.Context())
		if err != nil {
			value = err.Error()
		}
		got <- value
	}()
	return got
}

func testResultWaitsForTheEnd(t *testing.T, s setup) {
	ex := s.executor(t, pool.Options{Workers: 2, Window: 3})
	g := newGate(t)
	all := named{"good": submit(t, ex, g.call("good")), "bad": submit(t, ex, g.call("bad")+"; fail 4")}
	held := g.nextOf(2)
	all["dropped"] = submit(t, ex, "upper x")
	got := map[string]<-chan string{}
	for name, f := range all {
		got[name] = awaitAside(t, f)
	}
	all["dropped"].Cancel() // both workers are held
	held["good"].release()
	held["bad"].release()
	for name, want := range map[string]string{"good": "good", "bad": "status 4", "dropped": pool.ErrCancelled.Error()} {
		if value := <-got[name]; value != want {
			t.Errorf("Result of %s: %q, want %q", name, value, want)
		}
	}
}
