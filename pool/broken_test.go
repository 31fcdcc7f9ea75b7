package pool_test

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"strings"
	"testing"
	"testing/synctest"

	"trawl/pool"
)

// errInit is what an Init of these tests fails with.
var errInit = errors.New("no cheese")

func wantBrokenBy(t *testing.T, what string, err, reason error) {
	t.Helper()
	broken, ok := errors.AsType[*pool.BrokenError](err)
	if !ok || !errors.Is(err, pool.ErrBroken) || !errors.Is(broken.Err, reason) {
		t.Errorf("%s: %v, want a BrokenError because of %v", what, err, reason)
	}
}

func TestInitThatFailsLetsRunningCallsGoOn(t *testing.T) {
	inits := 0
	var gate chan struct{} // of the bubble
	opts := pool.Options{Workers: 2, Window: 4, Name: "milk", Init: func() error {
		if inits++; inits == 1 {
			return nil
		}
		<-gate
		return errInit
	}}
	within(t, opts, receive, func(t *testing.T, ex *receiver) {
		gate = make(chan struct{})
		gate1 := make(chan string)
		running := submit(t, ex, gate1)
		synctest.Wait()
		var others []*pool.Future[string]
		called := 0
		for range 3 {
			f, err := ex.Submit(t.Context(), ready("b"), func(*pool.Future[string]) { called++ })
			if err != nil {
				t.Fatal(err)
			}
			others = append(others, f)
		}
		waits := submitAside(t.Context(), ex, ready("c")) // the window is full
		close(gate)
		synctest.Wait()
		for _, f := range others {
			_, err := f.Result(t.Context())
			wantBrokenBy(t, "Result of a call that was not made", err, errInit)
		}
		if called != 3 {
			t.Errorf("%d callbacks of calls that were not made, want 3", called)
		}
		wantBrokenBy(t, "Submit that waited", waits.err, errInit)
		if _, err := ex.Submit(t.Context(), ready("d")); err == nil || err.Error() != "executor is broken: init of milk-2: no cheese" {
			t.Errorf("Submit: %v", err)
		}
		if got := running.State(); got != pool.Running {
			t.Errorf("the call that ran is %v", got)
		}
		gate1 <- "a"
		if value, err := running.Result(t.Context()); value != "a" || err != nil {
			t.Errorf("the call that ran: %q, %v", value, err)
		}
	})
}

func TestInitThatDoesNotReturnBreaksTheExecutor(t *testing.T) {
	for want, init := range map[string]func() error{
		"oh":             func() error { panic("oh") },
		"runtime.Goexit": func() error { runtime.Goexit(); return nil },
	} {
		within(t, pool.Options{Workers: 1, Window: 2, Init: init}, echo, func(t *testing.T, ex *pool.Executor[string, string]) {
			for range 2 {
				f, err := ex.Submit(t.Context(), "a")
				if err == nil {
					_, err = f.Result(t.Context())
				}
				p, ok := errors.AsType[*pool.PanicError](err)
				if !errors.Is(err, pool.ErrBroken) || !ok || p.Value != want || !strings.Contains(string(p.Stack), "TestInitThatDoesNotReturn") {
					t.Errorf("after an Init with %s: %v, want a BrokenError with the panic and its stack", want, err)
				}
			}
		})
	}
}

func TestASlowInitHoldsNobodyUp(t *testing.T) {
	inits := 0
	var gate chan struct{} // of the bubble
	opts := pool.Options{Workers: 2, Window: 4, Init: func() error {
		if inits++; inits == 1 {
			<-gate
		}
		return nil
	}}
	within(t, opts, receive, func(t *testing.T, ex *receiver) {
		gate = make(chan struct{})
		slow := submit(t, ex, ready("a"))
		synctest.Wait()
		if inits != 1 {
			t.Errorf("%d workers were started for one call", inits)
		}
		for range 3 {
			if value, err := submit(t, ex, ready("b")).Result(t.Context()); value != "b" || err != nil {
				t.Errorf("call beside a slow Init: %q, %v", value, err)
			}
		}
		if slow.State().String() != "running" {
			t.Errorf("the call that waits for Init: %v", slow)
		}
		close(gate)
		if value, err := slow.Result(t.Context()); value != "a" || err != nil {
			t.Errorf("the call that waited for Init: %q, %v", value, err)
		}
	})
}

// exhaustible is an engine that has so many calls in it.
type exhaustible struct {
	calls chan struct{}
}

var errExhausted = errors.New("exhausted")

func (e exhaustible) Call(ctx context.Context, in string) (string, error) {
	select {
	case <-e.calls:
		return in, nil
	default:
		return "", &pool.BrokenError{Err: errExhausted}
	}
}

func (e exhaustible) Broken() error {
	if len(e.calls) > 0 {
		return nil
	}
	return errExhausted
}

func (e exhaustible) Close() error { return nil }

func newExhaustible(t *testing.T, calls int, opts pool.Options) *pool.Executor[string, string] {
	t.Helper()
	engine := exhaustible{make(chan struct{}, calls)}
	for range calls {
		engine.calls <- struct{}{}
	}
	ex, err := pool.New(engine, opts)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ex.Shutdown(context.WithoutCancel(t.Context()), pool.Drain) }) // its error is the test's business
	return ex
}

func TestAnEngineThatGivesUpBreaksTheExecutor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ex := newExhaustible(t, 2, pool.Options{Workers: 1, Window: 10})
		gate := make(chan struct{})
		first, err := ex.Submit(t.Context(), "a", func(*pool.Future[string]) { <-gate })
		if err != nil {
			t.Fatal(err)
		}
		all := []*pool.Future[string]{first}
		var ended []int
		for i := range 9 {
			f, err := ex.Submit(t.Context(), "a", func(*pool.Future[string]) {
				ended = append(ended, i)
				if i == 5 {
					runtime.Goexit() // the others are told nevertheless
				}
			})
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, f)
		}
		close(gate)
		for i, f := range all {
			_, err := f.Result(t.Context())
			if i >= 2 {
				wantBrokenBy(t, "Result", err, errExhausted)
			} else if err != nil {
				t.Errorf("call %d: %v", i, err)
			}
		}
		_, err = ex.Submit(t.Context(), "b")
		wantBrokenBy(t, "Submit", err, errExhausted)
		synctest.Wait()
		if want := []int{0, 1, 2, 3, 4, 5, 6, 7, 8}; !slices.Equal(ended, want) {
			t.Errorf("callbacks ran for the calls %v, want %v", ended, want)
		}
		if err := ex.Shutdown(t.Context(), pool.Drain); err == nil || !strings.Contains(err.Error(), "runtime.Goexit") {
			t.Errorf("Shutdown: %v, want what the callback did", err)
		}
	})
}

func TestAnEngineThatGivesUpInAChunkBreaksTheExecutor(t *testing.T) {
	ex := newExhaustible(t, 4, pool.Options{Workers: 1, Window: 2})
	var got []string
	for value, err := range ex.Map(t.Context(), slices.Values([]string{"a", "b", "c", "d", "e", "f"}), pool.MapOptions{Chunk: 3}) {
		if err != nil {
			wantBrokenBy(t, "item", err, errExhausted)
			value = "broken"
		}
		got = append(got, value)
	}
	if want := []string{"a", "b", "c", "d", "broken", "broken"}; !slices.Equal(got, want) {
		t.Errorf("Map: %q, want %q", got, want)
	}
	_, err := ex.Submit(t.Context(), "g")
	wantBrokenBy(t, "Submit", err, errExhausted)
}

// It is the error of another executor that the call has used.
func TestACallOfThisProcessBreaksNothing(t *testing.T) {
	call := func(context.Context, string) (string, error) { return "", &pool.BrokenError{Err: errExhausted} }
	within(t, pool.Options{Workers: 1}, call, func(t *testing.T, ex *pool.Executor[string, string]) {
		for range 3 {
			_, err := submit(t, ex, "a").Result(t.Context())
			wantBrokenBy(t, "Result", err, errExhausted)
		}
	})
}

func TestBrokenErrorSaysWhatBroke(t *testing.T) {
	err := &pool.BrokenError{Err: errExhausted}
	if got, want := err.Error(), "executor is broken: exhausted"; got != want {
		t.Errorf("BrokenError: %q, want %q", got, want)
	}
	if !errors.Is(err, pool.ErrBroken) || !errors.Is(err, errExhausted) || errors.Is(err, pool.ErrShutdown) {
		t.Error("BrokenError is not what it should be")
	}
}
