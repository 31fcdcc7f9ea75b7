package pooltest

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"trawl/pool"

	"github.com/google/go-cmp/cmp"
)

var waits = []promise{
	{"WaitForTheFirst", testWaitForTheFirst},
	{"WaitForTheFirstOfSomeThatHaveEnded", testWaitForTheFirstOfSomeThatHaveEnded},
	{"WaitForTheFirstError", testWaitForTheFirstError},
	{"WaitForTheFirstErrorWhenSomeHaveEnded", testWaitForTheFirstErrorWhenSomeHaveEnded},
	{"WaitForTheFirstErrorWhenOneHasFailed", testWaitForTheFirstErrorWhenOneHasFailed},
	{"WaitForTheFirstErrorWhenThereIsNone", testWaitForTheFirstErrorWhenThereIsNone},
	{"WaitForAll", testWaitForAll},
	{"WaitForNothing", testWaitForNothing},
	{"WaitEndsWithItsContext", testWaitEndsWithItsContext},
	{"WaitGivesAFutureOnce", testWaitGivesAFutureOnce},
	{"WaitForAHundredThatEnd", testWaitForAHundredThatEnd},
	{"WaitRefusesWhatIsNoWhen", testWaitRefusesWhatIsNoWhen},
}

// waited is what a Wait returned, futures by their names in all.
type waited struct{ Done, Pending []string }

// wait is a Wait on a goroutine of its own.
func wait(t *testing.T, when pool.When, all named, names ...string) <-chan waited {
	t.Helper()
	got := make(chan waited, 1)
	futures := all.list(names...)
	go func() {
		done, pending, err := pool.Wait(t.Context(), when, futures...)
		if err != nil {
			t.Errorf("Wait: %v", err)
		}
		got <- waited{all.names(done), all.names(pending)}
	}()
	return got
}

func wantWaited(t *testing.T, got <-chan waited, want waited) {
	t.Helper()
	if diff := cmp.Diff(want, <-got); diff != "" {
		t.Errorf("Wait (-want +got):\n%s", diff)
	}
}

// named are futures by name.
type named map[string]*pool.Future[string]

func (n named) list(names ...string) (futures []*pool.Future[string]) {
	for _, name := range names {
		futures = append(futures, n[name])
	}
	return futures
}

func (n named) names(futures []*pool.Future[string]) (names []string) {
	for _, f := range futures {
		for name := range n {
			if n[name] == f {
				names = append(names, name)
			}
		}
	}
	return names
}

func testWaitForTheFirst(t *testing.T, s setup) {
	ex := s.executor(t, pool.Options{Workers: 2})
	g := newGate(t)
	all := named{"a": submit(t, ex, g.call("a")), "b": submit(t, ex, g.call("b"))}
	held := g.nextOf(2)
	got := wait(t, pool.FirstCompleted, all, "a", "b")
	held["b"].release()
	wantWaited(t, got, waited{Done: []string{"b"}, Pending: []string{"a"}})
}

func testWaitForTheFirstOfSomeThatHaveEnded(t *testing.T, s setup) {
	all := named(inEachState(t, s))
	got := wait(t, pool.FirstCompleted, all, "pending", "cancelled", "running", "succeeded")
	wantWaited(t, got, waited{Done: []string{"cancelled", "succeeded"}, Pending: []string{"pending", "running"}})
}

// What fails ends the wait; what succeeds or is cancelled does not.
func testWaitForTheFirstError(t *testing.T, s setup) {
	ex := s.executor(t, pool.Options{Workers: 3, Window: 5})
	g := newGate(t)
	all := named{
		"good": submit(t, ex, g.call("good")),
		"bad":  submit(t, ex, g.call("bad")),
		"slow": submit(t, ex, g.call("slow")),
	}
	held := g.nextOf(3)
	all["dropped"] = submit(t, ex, "upper x")
	got := wait(t, pool.FirstError, all, "good", "bad", "slow", "dropped")
	all["dropped"].Cancel()
	held["good"].release()
	<-all["good"].Done()
	held["bad"].drop()
	wantWaited(t, got, waited{Done: []string{"good", "bad", "dropped"}, Pending: []string{"slow"}})
}

func testWaitForTheFirstErrorWhenSomeHaveEnded(t *testing.T, s setup) {
	ex := s.executor(t, pool.Options{Workers: 2, Window: 4})
	g := newGate(t)
	all := named{"succeeded": submit(t, ex, "upper a")}
	wantResult(t, all["succeeded"], "A")
	all["bad"], all["slow"] = submit(t, ex, g.call("bad")), submit(t, ex, g.call("slow"))
	held := g.nextOf(2)
	all["cancelled"] = submit(t, ex, "upper b")
	all["cancelled"].Cancel()
	got := wait(t, pool.FirstError, all, "succeeded", "cancelled", "bad", "slow")
	held["bad"].drop()
	wantWaited(t, got, waited{Done: []string{"succeeded", "cancelled", "bad"}, Pending: []string{"slow"}})
}

func testWaitForTheFirstErrorWhenOneHasFailed(t *testing.T, s setup) {
	all := named(inEachState(t, s))
	got := wait(t, pool.FirstError, all, "running", "failed")
	wantWaited(t, got, waited{Done: []string{"failed"}, Pending: []string{"running"}})
}

func testWaitForTheFirstErrorWhenThereIsNone(t *testing.T, s setup) {
	ex := s.executor(t, pool.Options{Workers: 2})
	all := named{"a": submit(t, ex, "upper a"), "b": submit(t, ex, "upper b")}
	wantWaited(t, wait(t, pool.FirstError, all, "a", "b"), waited{Done: []string{"a", "b"}})
}

func testWaitForAll(t *testing.T, s setup) {
	ex := s.executor(t, pool.Options{Workers: 2, Window: 5})
	g := newGate(t)
	all := named{"good": submit(t, ex, g.call("good")), "bad": submit(t, ex, g.call("bad"))}
	held := g.nextOf(2)
	all["later"], all["cancelled"] = submit(t, ex, "upper c"), submit(t, ex, "upper d")
	got := wait(t, pool.AllCompleted, all, "good", "bad", "later", "cancelled")
	all["cancelled"].Cancel()
	held["bad"].drop()
	<-all["later"].Done()
	held["good"].release()
	wantWaited(t, got, waited{Done: []string{"good", "bad", "later", "cancelled"}})
	all = named(inEachState(t, s))
	wantWaited(t, wait(t, pool.AllCompleted, all, "failed", "succeeded"), waited{Done: []string{"failed", "succeeded"}})
}

func testWaitForNothing(t *testing.T, _ setup) {
	for _, when := range []pool.When{pool.FirstCompleted, pool.FirstError, pool.AllCompleted} {
		wantWaited(t, wait(t, when, named{}), waited{})
	}
}

func testWaitEndsWithItsContext(t *testing.T, s setup) {
	all := named(inEachState(t, s))
	reason := errors.New("enough")
	for _, when := range []pool.When{pool.FirstCompleted, pool.FirstError, pool.AllCompleted} {
		ctx, cancel := context.WithCancelCause(t.Context())
		cancel(reason)
		done, pending, err := pool.Wait(ctx, when, all.list("running", "pending")...)
		got := waited{all.names(done), all.names(pending)}
		if diff := cmp.Diff(waited{Pending: []string{"running", "pending"}}, got); diff != "" || err != reason {
			t.Errorf("Wait: %v, want the cause of its context; (-want +got):\n%s", err, diff)
		}
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(reason)
	done, pending, err := pool.Wait(ctx, pool.AllCompleted, all.list("succeeded", "running")...)
	got := waited{all.names(done), all.names(pending)}
	if diff := cmp.Diff(waited{[]string{"succeeded"}, []string{"running"}}, got); diff != "" || err != reason {
		t.Errorf("Wait: %v, want the cause of its context; (-want +got):\n%s", err, diff)
	}
	if _, _, err := pool.Wait(ctx, pool.AllCompleted, all.list("succeeded", "failed", "cancelled")...); err != nil {
		t.Errorf("Wait for what has ended, with a context that has: %v", err)
	}
}

func testWaitGivesAFutureOnce(t *testing.T, s setup) {
	ex := s.executor(t, pool.Options{Workers: 1})
	g := newGate(t)
	all := named{"a": submit(t, ex, g.call("a"))}
	a := g.next()
	for _, when := range []pool.When{pool.FirstCompleted, pool.FirstError, pool.AllCompleted} {
		got := wait(t, when, all, "a", "a", "a")
		defer wantWaited(t, got, waited{Done: []string{"a"}})
	}
	a.release()
	wantResult(t, all["a"], "a")
	wantWaited(t, wait(t, pool.AllCompleted, all, "a", "a"), waited{Done: []string{"a"}})
}

func testWaitForAHundredThatEnd(t *testing.T, s setup) {
	ex := s.executor(t, pool.Options{Workers: 4, Window: 100})
	var all []*pool.Future[string]
	for i := range 100 {
		all = append(all, submit(t, ex, fmt.Sprintf("upper x%d", i)))
	}
	for _, when := range []pool.When{pool.FirstError, pool.AllCompleted} {
		done, pending, err := pool.Wait(t.Context(), when, all...)
		if len(done) != 100 || pending != nil || err != nil {
			t.Errorf("Wait: %d done, %d pending, %v", len(done), len(pending), err)
		}
	}
}

func testWaitRefusesWhatIsNoWhen(t *testing.T, s setup) {
	ex := s.executor(t, pool.Options{Workers: 1})
	f := submit(t, ex, "upper a")
	for _, when := range []pool.When{-1, pool.AllCompleted + 1} {
		if done, pending, err := pool.Wait(t.Context(), when, f); done != nil || pending != nil || err == nil {
			t.Errorf("Wait(%d): %v, %v, %v, want an error", when, done, pending, err)
		}
	}
}
