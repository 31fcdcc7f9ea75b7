package pool

import (
	"context"
	"errors"
	"runtime"
	"slices"
	"testing"
	"testing/synctest"
)

// gated are futures of calls that wait for the test; the last of them are pending.
func gated(t *testing.T, workers, n int) (futures []*Future[int], gate chan int) {
	t.Helper()
	gate = make(chan int)
	ex := newThreads(t, Options{Workers: workers, Window: n}, func(ctx context.Context, _ int) (int, error) {
		select {
		case v := <-gate:
			return v, nil
		case <-ctx.Done():
			return 0, context.Cause(ctx)
		}
	})
	for i := range n {
		f, err := ex.Submit(t.Context(), i)
		if err != nil {
			t.Fatal(err)
		}
		futures = append(futures, f)
	}
	synctest.Wait()
	return futures, gate
}

func watchers[Out any](f *Future[Out]) (n int) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for l := f.watchers; l != nil; l = l.next {
		n++
	}
	return n
}

func wantWatchers(t *testing.T, when string, want int, futures []*Future[int]) {
	t.Helper()
	for i, f := range futures {
		if got := watchers(f); got != want {
			t.Errorf("%s: future %d has %d watchers, want %d", when, i, got, want)
		}
	}
}

func TestAWaitThatEndsEarlyLeavesNothingOnTheFutures(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		futures, gate := gated(t, 1, 5)
		ctx, cancel := context.WithCancel(t.Context())
		for _, when := range []When{FirstCompleted, FirstError, AllCompleted} {
			go Wait(ctx, when, slices.Concat(futures, futures)...)
		}
		go func() {
			for range AsCompleted(ctx, futures...) {
			}
		}()
		synctest.Wait()
		wantWatchers(t, "while four wait", 4, futures)
		cancel()
		synctest.Wait()
		wantWatchers(t, "after the context", 0, futures)

		over := make(chan struct{})
		go func() {
			defer close(over)
			if _, _, err := Wait(t.Context(), FirstCompleted, futures...); err != nil {
				t.Error(err)
			}
		}()
		go func() {
			for range AsCompleted(t.Context(), futures...) {
				break
			}
		}()
		gate <- 1
		<-over
		synctest.Wait()
		wantWatchers(t, "after the first", 0, futures)
	})
}

func TestAsCompletedWhoseBodyPanicsLeavesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		futures, gate := gated(t, 1, 3)
		go func() { gate <- 1 }()
		func() {
			defer func() {
				if got := recover(); got != "enough" {
					t.Errorf("panic of the body came back as %v", got)
				}
			}()
			for range AsCompleted(t.Context(), futures...) {
				panic("enough")
			}
		}()
		wantWatchers(t, "after the panic", 0, futures)
	})
}

func TestWhoLeavesAFutureDisturbsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		futures, gate := gated(t, 1, 1)
		var leave []context.CancelFunc
		got := make([]error, 5)
		for i := range got {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			leave = append(leave, cancel)
			go func() { _, _, got[i] = Wait(ctx, AllCompleted, futures...) }()
			synctest.Wait()
		}
		for left, i := range []int{2, 0, 4} { // from the middle and from both ends
			leave[i]()
			synctest.Wait()
			wantWatchers(t, "after some have left", 4-left, futures)
		}
		gate <- 1
		synctest.Wait()
		for i, err := range got {
			if left := i%2 == 0; errors.Is(err, context.Canceled) != left {
				t.Errorf("Wait %d: %v", i, err)
			}
		}
		wantWatchers(t, "after the end", 0, futures)
	})
}

func TestWaitingNeedsNoGoroutineForAFuture(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		futures, _ := gated(t, 1, 1000)
		ctx, cancel := context.WithCancel(t.Context())
		before := runtime.NumGoroutine()
		go Wait(ctx, AllCompleted, futures...)
		go func() {
			for range AsCompleted(ctx, futures...) {
			}
		}()
		synctest.Wait()
		if more := runtime.NumGoroutine() - before; more > 2 {
			t.Errorf("%d goroutines for two that wait", more)
		}
		cancel()
		synctest.Wait()
	})
}

func TestWaitForFuturesOfSeveralExecutors(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		one, gate := gated(t, 1, 2)
		other, otherGate := gated(t, 1, 2)
		all := slices.Concat(one, other)
		go func() {
			for _, c := range []chan int{gate, otherGate, gate, otherGate} {
				c <- 1
			}
		}()
		done, pending, err := Wait(t.Context(), AllCompleted, all...)
		if !slices.Equal(done, all) || pending != nil || err != nil {
			t.Errorf("Wait: %v, %v, %v", done, pending, err)
		}
	})
}
