package pooltest

import (
	"context"
	"errors"
	"slices"
	"testing"

	"trawl/pool"
)

var completions = []promise{
	{"AsCompletedYieldsEachAsItEnds", testAsCompletedYieldsEachAsItEnds},
	{"AsCompletedYieldsFirstWhatHasEnded", testAsCompletedYieldsFirstWhatHasEnded},
	{"AsCompletedEndsWithItsContext", testAsCompletedEndsWithItsContext},
	{"AsCompletedYieldsAFutureOnce", testAsCompletedYieldsAFutureOnce},
	{"AsCompletedCountsTheUnfinished", testAsCompletedCountsTheUnfinished},
	{"AsCompletedBeginsAnewEachTime", testAsCompletedBeginsAnewEachTime},
	{"AsCompletedOfNothing", testAsCompletedOfNothing},
}

func testAsCompletedYieldsEachAsItEnds(t *testing.T, s setup) {
	ex := s.executor(t, pool.Options{Workers: 3})
	g := newGate(t)
	all := named{}
	for _, name := range []string{"a", "b", "c"} {
		all[name] = submit(t, ex, g.call(name))
	}
	held := g.nextOf(3)
	order := []string{"b", "c", "a"}
	held[order[0]].release()
	i := 0
	for f, err := range pool.AsCompleted(t.Context(), all.list("a", "b", "c")...) {
		if err != nil || f != all[order[i]] {
			t.Fatalf("future %d: %v, %v, want %s", i, all.names([]*pool.Future[string]{f}), err, order[i])
		}
		wantResult(t, f, order[i])
		if i++; i < len(order) {
			held[order[i]].release()
		}
	}
	if i != len(order) {
		t.Errorf("%d futures came, want %d", i, len(order))
	}
}

func testAsCompletedYieldsFirstWhatHasEnded(t *testing.T, s setup) {
	all := named(inEachState(t, s))
	want := []string{"failed", "cancelled", "succeeded", "pending"}
	var got []*pool.Future[string]
	for f, err := range pool.AsCompleted(t.Context(), all.list("failed", "pending", "cancelled", "succeeded")...) {
		if err != nil {
			t.Fatal(err)
		}
		if got = append(got, f); len(got) == 3 {
			all["pending"].Cancel()
		}
	}
	if names := all.names(got); !slices.Equal(names, want) {
		t.Errorf("AsCompleted: %q, want %q", names, want)
	}
}

func testAsCompletedEndsWithItsContext(t *testing.T, s setup) {
	all := named(inEachState(t, s))
	reason := errors.New("enough")
	ctx, cancel := context.WithCancelCause(t.Context())
	defer cancel(nil)
	var got []*pool.Future[string]
	var failure error
	for f, err := range pool.AsCompleted(ctx, all.list("running", "succeeded")...) {
		if failure != nil {
			t.Error("AsCompleted went on after the end of its context")
		}
		if failure = err; err == nil {
			got = append(got, f)
		}
		cancel(reason)
	}
	if names := all.names(got); !slices.Equal(names, []string{"succeeded"}) || !errors.Is(failure, reason) {
		t.Errorf("AsCompleted: %q, %v, want what has ended and the cause of the context", names, failure)
	}
	if all["running"].State() != pool.Running {
		t.Errorf("the call that is unfinished is %v", all["running"])
	}
}

func testAsCompletedYieldsAFutureOnce(t *testing.T, s setup) {
	ex := s.executor(t, pool.Options{Workers: 1})
	g := newGate(t)
	f := submit(t, ex, g.call("a"))
	a := g.next()
	came := make(chan int)
	go func() {
		n := 0
		for range pool.AsCompleted(t.Context(), f, f, f) {
			n++
		}
		came <- n
	}()
	a.release()
	if n := <-came; n != 1 {
		t.Errorf("a future that was given three times came %d times", n)
	}
}

func testAsCompletedCountsTheUnfinished(t *testing.T, s setup) {
	all := named(inEachState(t, s))
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	var last error
	for _, err := range pool.AsCompleted(ctx, all.list("pending", "succeeded", "running", "failed", "running")...) {
		last = err
	}
	if want := "2 (of 4) futures unfinished: context canceled"; last == nil || last.Error() != want {
		t.Errorf("AsCompleted: %v, want %s", last, want)
	}
}

func testAsCompletedBeginsAnewEachTime(t *testing.T, s setup) {
	all := named(inEachState(t, s))
	completed := pool.AsCompleted(t.Context(), all.list("succeeded", "running", "failed")...)
	for range 3 {
		for f, err := range completed {
			if f != all["succeeded"] || err != nil {
				t.Errorf("the first future: %v, %v", f, err)
			}
			break
		}
	}
}

func testAsCompletedOfNothing(t *testing.T, _ setup) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	for f, err := range pool.AsCompleted[string](ended) {
		t.Errorf("AsCompleted of nothing: %v, %v", f, err)
	}
}
