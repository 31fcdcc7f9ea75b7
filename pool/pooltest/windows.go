package pooltest

import (
	"fmt"
	"testing"

	"trawl/pool"
)

var windows = []promise{
	{"NoMoreCallsAtOnceThanWorkers", testNoMoreCallsAtOnceThanWorkers},
	{"TrySubmitNeverWaits", testTrySubmitNeverWaits},
	{"CancelMakesRoom", testCancelMakesRoom},
	{"CallsRunInTheOrderOfSubmit", testCallsRunInTheOrderOfSubmit},
	{"SubmitWaitsForRoom", testSubmitWaitsForRoom},
}

func testNoMoreCallsAtOnceThanWorkers(t *testing.T, s setup) {
	const workers = 3
	ex := s.executor(t, pool.Options{Workers: workers, Window: 15 * workers})
	g := newGate(t)
	var all []*pool.Future[string]
	for i := range 15 * workers {
		all = append(all, submit(t, ex, g.call(fmt.Sprint(i))))
	}
	running := func() (n int) {
		for _, f := range all {
			if f.Running() {
				n++
			}
		}
		return n
	}
	var holding []held
	for range workers {
		holding = append(holding, g.next())
	}
	if n := running(); n != workers {
		t.Errorf("%d calls run, want all %d workers", n, workers)
	}
	for range len(all) - workers {
		holding[0].release()
		holding = append(holding[1:], g.next())
		if n := running(); n > workers {
			t.Errorf("%d calls run, want at most %d", n, workers)
		}
	}
	for _, h := range holding {
		h.release()
	}
	for i, f := range all {
		wantResult(t, f, fmt.Sprint(i))
	}
}

func testTrySubmitNeverWaits(t *testing.T, s setup) {
	ex := s.executor(t, pool.Options{Workers: 1, Window: 2})
	g := newGate(t)
	submit(t, ex, g.call("a"))
	submit(t, ex, "upper b")
	if f, err := ex.TrySubmit(t.Context(), "upper c"); f != nil || err != pool.ErrFull {
		t.Errorf("TrySubmit to a full window: %v, %v, want ErrFull", f, err)
	}
	g.next().release()
}

func testCancelMakesRoom(t *testing.T, s setup) {
	ex := s.executor(t, pool.Options{Workers: 1, Window: 2})
	g := newGate(t)
	submit(t, ex, g.call("a"))
	g.next()
	for range 100 {
		f, err := ex.TrySubmit(t.Context(), "upper b")
		if err != nil {
			t.Fatal(err)
		}
		f.Cancel()
	}
}

func testCallsRunInTheOrderOfSubmit(t *testing.T, s setup) {
	ex := s.executor(t, pool.Options{Workers: 1, Window: 10})
	g := newGate(t)
	for i := range 10 {
		submit(t, ex, g.call(fmt.Sprint(i)))
	}
	for i := range 10 {
		h := g.next()
		if h.name != fmt.Sprint(i) {
			t.Errorf("call %s runs in place %d", h.name, i)
		}
		h.release()
	}
}

func testSubmitWaitsForRoom(t *testing.T, s setup) {
	ex := s.executor(t, pool.Options{Workers: 2, Window: 3})
	for i := range 500 {
		f := submit(t, ex, fmt.Sprintf("upper x%d", i))
		f.AddDoneCallback(func(f *pool.Future[string]) {
			if got, err := f.Result(t.Context()); got != fmt.Sprintf("X%d", i) || err != nil {
				t.Errorf("call %d: %q, %v", i, got, err)
			}
		})
	}
	if err := ex.Shutdown(t.Context(), pool.Drain); err != nil {
		t.Error(err)
	}
}
