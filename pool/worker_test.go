package pool

import (
	"context"
	"testing"
	"testing/synctest"
)

func TestWorkersStartWhenCallsCome(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gate := make(chan struct{})
		ex := newThreads(t, Options{Workers: 4}, func(context.Context, int) (int, error) {
			<-gate
			return 0, nil
		})
		for want := range 5 {
			if ex.hired != want {
				t.Errorf("%d workers after %d calls", ex.hired, want)
			}
			if _, err := ex.Submit(t.Context(), 1); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		if ex.hired != 4 {
			t.Errorf("%d workers after 5 calls, want 4", ex.hired)
		}
		close(gate)
	})
}

func TestIdleWorkerIsUsedAgain(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ex := newThreads(t, Options{Workers: 4}, upper)
		for range 10 {
			if _, err := ex.Submit(t.Context(), "a"); err != nil {
				t.Fatal(err)
			}
			synctest.Wait()
		}
		if ex.hired != 1 {
			t.Errorf("%d workers for calls one after the other, want 1", ex.hired)
		}
	})
}

func TestIdleWorkerThatWorkedLastComesFirst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		gates := []chan uint64{make(chan uint64), make(chan uint64), make(chan uint64)}
		ex := newThreads(t, Options{Workers: 3}, func(_ context.Context, gate <-chan uint64) (uint64, error) {
			<-gate
			return goroutineID(), nil
		})
		var futures []*Future[uint64]
		for _, gate := range gates {
			f, err := ex.Submit(t.Context(), gate)
			if err != nil {
				t.Fatal(err)
			}
			futures = append(futures, f)
		}
		for _, i := range []int{1, 2, 0} {
			close(gates[i])
			synctest.Wait()
		}
		last, err := futures[0].Result(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		f, err := ex.Submit(t.Context(), gates[0])
		if err != nil {
			t.Fatal(err)
		}
		if got, err := f.Result(t.Context()); got != last || err != nil {
			t.Errorf("worker %d, %v, want %d, which became idle last", got, err, last)
		}
	})
}

func TestShutdownEndsTheWorkers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ex := newThreads(t, Options{Workers: 8, Window: 8}, func(_ context.Context, in <-chan int) (int, error) { return <-in, nil })
		gate := make(chan int)
		for range 8 {
			if _, err := ex.Submit(t.Context(), gate); err != nil {
				t.Fatal(err)
			}
		}
		synctest.Wait()
		if len(ex.inside.places) != 8 {
			t.Errorf("%d workers make 8 calls", len(ex.inside.places))
		}
		close(gate)
		synctest.Wait() // all are idle
		if err := ex.Shutdown(t.Context(), Drain); err != nil {
			t.Fatal(err)
		}
		if len(ex.inside.places) != 0 {
			t.Errorf("%d workers after Shutdown", len(ex.inside.places))
		}
	})
}

func TestShutdownWithoutWaitingEndsTheWorkers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for _, mode := range []Mode{NoWait, NoWait | CancelPending, NoWait | Terminate} {
			gate := make(chan struct{})
			ex := newThreads(t, Options{Workers: 5}, func(context.Context, int) (int, error) {
				<-gate
				return 0, nil
			})
			for range 10 {
				if _, err := ex.Submit(t.Context(), 1); err != nil {
					t.Fatal(err)
				}
			}
			synctest.Wait()
			if err := ex.Shutdown(t.Context(), mode); err != nil {
				t.Fatal(err)
			}
			if n := len(ex.inside.places); n != 5 {
				t.Errorf("%d workers make the calls that are left, want 5", n)
			}
			close(gate)
			synctest.Wait()
			if n := len(ex.inside.places); n != 0 || !isClosed(ex.ended) {
				t.Errorf("%d workers after the last call", n)
			}
		}
	})
}

func TestGoroutineID(t *testing.T) {
	own := goroutineID()
	if own == 0 || goroutineID() != own {
		t.Errorf("goroutineID: %d, then %d", own, goroutineID())
	}
	other := make(chan uint64)
	go func() { other <- goroutineID() }()
	if got := <-other; got == 0 || got == own {
		t.Errorf("goroutineID of another: %d, own %d", got, own)
	}
}
