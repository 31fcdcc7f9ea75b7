package pool

import (
	"sync"
	"testing"
)

// crew is goroutines that are inside, each with its number, until the test ends.
func crew(t *testing.T, in *insiders, worker ...bool) (ids []uint64) {
	t.Helper()
	over := make(chan struct{})
	var all sync.WaitGroup
	entered := make(chan uint64)
	for _, w := range worker {
		all.Go(func() {
			id := in.enter(w)
			defer in.leave(id)
			entered <- id
			<-over
		})
		ids = append(ids, <-entered)
	}
	t.Cleanup(func() { close(over); all.Wait() })
	return ids
}

func never() bool { return false }

func TestTheLastWorkerMayNotWait(t *testing.T) {
	in := newInsiders(3)
	ids := crew(t, in, true, true, true)
	for i, id := range ids {
		if got, want := in.begin(id, never), i < 2; got != want {
			t.Errorf("worker %d may wait: %v, want %v", i, got, want)
		}
	}
	if in.begin(ids[2], never) {
		t.Error("the last worker may wait when it asks again")
	}
	in.finish(ids[0])
	if !in.begin(ids[2], never) || in.begin(ids[0], never) {
		t.Error("not the last but another worker is refused")
	}
}

// It will move, but has not yet.
func TestAWorkerWhoseWaitIsOverIsFree(t *testing.T) {
	in := newInsiders(2)
	ids := crew(t, in, true, true)
	over := false
	if !in.begin(ids[0], func() bool { return over }) {
		t.Fatal("the first of two workers may not wait")
	}
	over = true
	if !in.begin(ids[1], never) {
		t.Error("the second may not, although the first will move")
	}
}

func TestAWorkerThatHasNotBegunIsFree(t *testing.T) {
	in := newInsiders(2) // one of them is not hired
	ids := crew(t, in, true)
	if !in.begin(ids[0], never) {
		t.Error("a worker may not wait although another can be hired")
	}
}

func TestWhoIsNoWorkerMayAlwaysWait(t *testing.T) {
	in := newInsiders(1)
	ids := crew(t, in, true, false)
	if !in.begin(ids[1], never) || !in.begin(0, never) {
		t.Error("a goroutine that is no worker may not wait")
	}
	if in.begin(ids[0], never) {
		t.Error("the only worker may wait")
	}
}
