package pool_test

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"

	"trawl/pool"
)

func TestMapReadsAWindowAhead(t *testing.T) {
	within(t, pool.Options{Workers: 1, Window: 3}, receive, func(t *testing.T, ex *receiver) {
		gate := make(chan string)
		read, yielded := 0, 0
		items := func(yield func(<-chan string) bool) {
			for read < 10 {
				read++
				if !yield(gate) {
					return
				}
			}
		}
		over := make(chan struct{})
		go func() {
			defer close(over)
			for _, err := range ex.Map(t.Context(), items, pool.MapOptions{}) {
				if err != nil {
					t.Error(err)
				}
				yielded++
			}
		}()
		for i := range 10 {
			synctest.Wait()
			if want := min(3+i, 10); read != want || yielded != i {
				t.Errorf("after %d calls: %d items read, %d yielded, want %d and %d", i, read, yielded, want, i)
			}
			gate <- "a"
		}
		<-over
	})
}

func TestMapStartsWhenRangedOver(t *testing.T) {
	within(t, pool.Options{Workers: 1}, echo, func(t *testing.T, ex *pool.Executor[string, string]) {
		ex.Map(t.Context(), func(func(string) bool) { t.Error("items are read before somebody ranges") }, pool.MapOptions{})
	})
}

func TestMapOfItemsThatPanicLeavesNothing(t *testing.T) {
	within(t, pool.Options{Workers: 1, Window: 4}, receive, func(t *testing.T, ex *receiver) {
		never := make(chan string)
		var results []error
		func() {
			defer func() {
				if got := recover(); got != "no more" {
					t.Errorf("panic of the items came back as %v", got)
				}
			}()
			for _, err := range ex.Map(t.Context(), func(yield func(<-chan string) bool) {
				yield(never)
				yield(never)
				panic("no more")
			}, pool.MapOptions{}) {
				results = append(results, err)
			}
		}()
		if results != nil {
			t.Errorf("results: %v", results)
		}
		if err := ex.Shutdown(t.Context(), pool.Drain); err != nil { // no call is left that waits
			t.Error(err)
		}
	})
}

func TestMapBodyThatPanicsLeavesNothing(t *testing.T) {
	within(t, pool.Options{Workers: 1, Window: 2}, receive, func(t *testing.T, ex *receiver) {
		never := make(chan string)
		items := slices.Values([]<-chan string{ready("a"), never, never, never})
		func() {
			defer func() {
				if got := recover(); got != "enough" {
					t.Errorf("panic of the body came back as %v", got)
				}
			}()
			for range ex.Map(t.Context(), items, pool.MapOptions{}) {
				panic("enough")
			}
		}()
		if err := ex.Shutdown(t.Context(), pool.Drain); err != nil {
			t.Error(err)
		}
	})
}

func TestShutdownCancelsWhatMapHasAhead(t *testing.T) {
	within(t, pool.Options{Workers: 1, Window: 3}, receive, func(t *testing.T, ex *receiver) {
		gate := make(chan string)
		var got []error
		over := make(chan struct{})
		go func() {
			defer close(over)
			for _, err := range ex.Map(context.WithoutCancel(t.Context()), slices.Values([]<-chan string{gate, gate, gate, gate}), pool.MapOptions{}) {
				got = append(got, err)
			}
		}()
		synctest.Wait()
		if err := ex.Shutdown(t.Context(), pool.CancelPending|pool.NoWait); err != nil {
			t.Error(err)
		}
		gate <- "a"
		<-over
		if want := []error{nil, pool.ErrCancelled, pool.ErrCancelled, pool.ErrShutdown}; !slices.Equal(got, want) {
			t.Errorf("Map: %v, want %v", got, want)
		}
	})
}

func TestMapLeftEarlyMakesRoomAtOnce(t *testing.T) {
	gate := make(chan struct{})
	stubborn := func(_ context.Context, in int) (int, error) { // does not look at its context
		if in > 0 {
			<-gate
		}
		return in, nil
	}
	ex, err := pool.New(pool.Threads(stubborn), pool.Options{Workers: 1, Window: 3})
	if err != nil {
		t.Fatal(err)
	}
	for range ex.Map(t.Context(), slices.Values([]int{0, 1, 2, 3}), pool.MapOptions{}) {
		break
	}
	for range 2 { // beside the one that runs
		if _, err := ex.TrySubmit(t.Context(), 4); err != nil {
			t.Errorf("TrySubmit after the loop was left: %v", err)
		}
	}
	close(gate)
	if err := ex.Shutdown(t.Context(), pool.Drain); err != nil {
		t.Error(err)
	}
}

func TestMapSaysOnceThatItsContextHasEnded(t *testing.T) {
	within(t, pool.Options{Workers: 2, Window: 3}, receive, func(t *testing.T, ex *receiver) {
		never := make(chan string)
		reason := errors.New("enough")
		ctx, cancel := context.WithCancelCause(t.Context())
		defer cancel(nil)
		var got []error
		for _, err := range ex.Map(ctx, slices.Values([]<-chan string{ready("a"), never, ready("c"), never}), pool.MapOptions{}) {
			got = append(got, err)
			cancel(reason)
			synctest.Wait() // all calls have ended, one with the reason
		}
		if want := []error{nil, reason}; !slices.Equal(got, want) {
			t.Errorf("Map: %v, want %v", got, want)
		}
	})
}
