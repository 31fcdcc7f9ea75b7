// Package pooltest holds the promises of [pool.Executor] that do not depend on
// where its calls run: an engine that passes keeps them. The test of an engine is one line:
//
//	func TestThreads(t *testing.T) { pooltest.Run(t, newThreads) }
//
// The table concurrent-futures.md says which of them answers to which test of Python's
// concurrent.futures.
package pooltest

import (
	"context"
	"testing"

	"trawl/pool"
)

// Run tests all promises, each on engines of its own from newEngine. What such
// an engine must run, wherever that is, is [Call]. newEngine may change the options of
// the executor that the engine is for, to give the promise what it wants.
func Run(t *testing.T, newEngine func(t testing.TB, w Want, opts *pool.Options) pool.Engine[string, string]) {
	for _, promises := range [][]promise{
		calls, futures, snapshots, callbacks, windows, waits, completions, maps, chunks, inits, deadlocks, shutdowns, cancels,
	} {
		for _, p := range promises {
			t.Run(p.name, func(t *testing.T) { p.test(t, setup{newEngine}) })
		}
	}
}

// Want is what a promise asks of the engine that it is tested with.
type Want struct {
	Init string // what each worker gives [Call] before its first call; "" is nothing
}

type promise struct {
	name string
	test func(*testing.T, setup)
}

// setup makes what a promise is tested with.
type setup struct {
	newEngine func(testing.TB, Want, *pool.Options) pool.Engine[string, string]
}

// executor is shut down with the test; its engine must then have been closed
// once.
func (s setup) executor(t *testing.T, opts pool.Options) *pool.Executor[string, string] {
	t.Helper()
	return s.executorWith(t, Want{}, opts)
}

func (s setup) executorWith(t *testing.T, w Want, opts pool.Options) *pool.Executor[string, string] {
	t.Helper()
	engine := &watched{Engine: s.newEngine(t, w, &opts), t: t}
	ex, err := pool.New(engine, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		_ = ex.Shutdown(context.WithoutCancel(t.Context()), pool.CancelPending) // its error is the test's business
		if got := engine.closed.Load(); got != 1 {
			t.Errorf("engine was closed %d times, want once", got)
		}
	})
	return ex
}

func submit(t *testing.T, ex *pool.Executor[string, string], in string) *pool.Future[string] {
	t.Helper()
	f, err := ex.Submit(t.Context(), in)
	if err != nil {
		t.Fatalf("Submit(%q): %v", in, err)
	}
	return f
}

func wantResult(t *testing.T, f *pool.Future[string], want string) {
	t.Helper()
	if got, err := f.Result(t.Context()); got != want || err != nil {
		t.Errorf("Result: %q, %v, want %q", got, err, want)
	}
}
