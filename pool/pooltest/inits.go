package pooltest

import (
	"errors"
	"testing"

	"trawl/pool"
)

var inits = []promise{
	{"InitRunsBeforeTheFirstCall", testInitRunsBeforeTheFirstCall},
	{"FailedInitBreaksTheExecutor", testFailedInitBreaksTheExecutor},
}

func testInitRunsBeforeTheFirstCall(t *testing.T, s setup) {
	const name = "InitRunsBeforeTheFirstCall"
	ex := s.executorWith(t, Want{Init: "set " + name + " ready"}, pool.Options{Workers: 2, Window: 10})
	var all []*pool.Future[string]
	for range 10 {
		all = append(all, submit(t, ex, "get "+name))
	}
	for _, f := range all {
		wantResult(t, f, "ready")
	}
}

func testFailedInitBreaksTheExecutor(t *testing.T, s setup) {
	g := newGate(t)
	ex := s.executorWith(t, Want{Init: g.call("init") + "; fail 3"}, pool.Options{Workers: 1, Window: 4})
	var all []*pool.Future[string]
	called := make(chan error, 4)
	for range 4 {
		f, err := ex.Submit(t.Context(), "upper a", func(f *pool.Future[string]) {
			_, err := f.Result(t.Context())
			called <- err
		})
		if err != nil {
			t.Fatal(err)
		}
		all = append(all, f)
	}
	g.next().release()
	for i, f := range all {
		_, err := f.Result(t.Context())
		wantBroken(t, "Result", err)
		wantBroken(t, "Result in the callback", <-called)
		if f.State() != pool.Finished {
			t.Errorf("call %d: %v", i, f)
		}
	}
	_, err := ex.Submit(t.Context(), "upper b")
	wantBroken(t, "Submit", err)
	_, err = ex.TrySubmit(t.Context(), "upper b")
	wantBroken(t, "TrySubmit", err)
	g.close() // a worker that is started meanwhile need not wait there
	if err := ex.Shutdown(t.Context(), pool.Drain); err != nil {
		t.Errorf("Shutdown of a broken executor: %v", err)
	}
	if _, err := ex.Submit(t.Context(), "upper c"); err != pool.ErrShutdown {
		t.Errorf("Submit after Shutdown: %v, want ErrShutdown", err)
	}
}

// wantBroken is for an error that says that the executor is broken, and why.
func wantBroken(t *testing.T, what string, err error) {
	t.Helper()
	why, ok := errors.AsType[*StatusError](err)
	if !errors.Is(err, pool.ErrBroken) || !ok || why.Code != 3 {
		t.Errorf("%s: %v, want ErrBroken because of status 3", what, err)
	}
}
