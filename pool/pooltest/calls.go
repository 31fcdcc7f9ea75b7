package pooltest

import (
	"context"
	"errors"
	"strings"
	"testing"

	"trawl/pool"
)

var calls = []promise{
	{"ValueComesBack", testValueComesBack},
	{"ErrorKeepsItsType", testErrorKeepsItsType},
	{"ZeroErrorIsAnError", testZeroErrorIsAnError},
	{"PanicIsTheCallsError", testPanicIsTheCallsError},
	{"GoexitLosesNeitherFutureNorWorker", testGoexitLosesNeitherFutureNorWorker},
	{"CallGetsTheContextOfSubmit", testCallGetsTheContextOfSubmit},
	{"CallIsNotMadeAfterItsContext", testCallIsNotMadeAfterItsContext},
}

func testValueComesBack(t *testing.T, s setup) {
	ex := s.executor(t, pool.Options{Workers: 2})
	wantResult(t, submit(t, ex, "upper héllo"), "HÉLLO")
}

func testErrorKeepsItsType(t *testing.T, s setup) {
	ex := s.executor(t, pool.Options{Workers: 1})
	_, err := submit(t, ex, "fail 404").Result(t.Context())
	if e, ok := errors.AsType[*StatusError](err); !ok || e.Code != 404 {
		t.Errorf("Result of a 404: %v, want StatusError 404", err)
	}
}

func testZeroErrorIsAnError(t *testing.T, s setup) {
	ex := s.executor(t, pool.Options{Workers: 1})
	_, err := submit(t, ex, "fail 0").Result(t.Context())
	if e, ok := errors.AsType[*StatusError](err); !ok || *e != (StatusError{}) {
		t.Errorf("Result: %v, want the zero StatusError", err)
	}
}

func testPanicIsTheCallsError(t *testing.T, s setup) {
	ex := s.executor(t, pool.Options{Workers: 1})
	_, err := submit(t, ex, "panic out of cheese").Result(t.Context())
	p, ok := errors.AsType[*pool.PanicError](err)
	if !ok || p.Value != "out of cheese" || !strings.Contains(string(p.Stack), "pooltest.Call") {
		t.Errorf("Result of a panic: %#v, want a PanicError with value and stack", err)
	}
	wantResult(t, submit(t, ex, "upper on"), "ON")
}

func testGoexitLosesNeitherFutureNorWorker(t *testing.T, s setup) {
	ex := s.executor(t, pool.Options{Workers: 1})
	for range 3 {
		_, err := submit(t, ex, "exit").Result(t.Context())
		if p, ok := errors.AsType[*pool.PanicError](err); !ok || p.Value != "runtime.Goexit" {
			t.Errorf("Result of a Goexit: %v, want a PanicError that says so", err)
		}
		wantResult(t, submit(t, ex, "upper on"), "ON")
	}
}

func testCallGetsTheContextOfSubmit(t *testing.T, s setup) {
	ex := s.executor(t, pool.Options{Workers: 1})
	g := newGate(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	f, err := ex.Submit(ctx, g.call("a"))
	if err != nil {
		t.Fatal(err)
	}
	g.next()
	reason := errors.New("enough")
	cancel(reason)
	if _, err := f.Result(t.Context()); !errors.Is(err, reason) {
		t.Errorf("Result after the call's context: %v, want its cause", err)
	}
}

func testCallIsNotMadeAfterItsContext(t *testing.T, s setup) {
	ex := s.executor(t, pool.Options{Workers: 1})
	g := newGate(t)
	submit(t, ex, g.call("a"))
	a := g.next()
	ctx, cancel := context.WithCancelCause(t.Context())
	f, err := ex.Submit(ctx, "upper b")
	if err != nil {
		t.Fatal(err)
	}
	reason := errors.New("enough")
	cancel(reason)
	a.release()
	if v, err := f.Result(t.Context()); v != "" || !errors.Is(err, reason) {
		t.Errorf("Result: %q, %v, want the cause of the context and no value", v, err)
	}
	if got := f.State(); got != pool.Finished {
		t.Errorf("State: %v, want finished", got)
	}
}
