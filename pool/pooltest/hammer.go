package pooltest

import (
	"sync"
	"sync/atomic"
	"testing"

	"trawl/pool"
)

func testSubmitCancelAndShutdownAtOnce(t *testing.T, s setup) {
	for _, mode := range []pool.Mode{pool.Drain, pool.CancelPending, pool.NoWait, pool.CancelPending | pool.NoWait} {
		for range 10 {
			hammer(t, s, mode)
		}
	}
}

// hammer has submitters go on until they are refused, some of which cancel, while
// several goroutines shut down.
func hammer(t *testing.T, s setup, mode pool.Mode) {
	ex := s.executor(t, pool.Options{Workers: 3, Window: 5})
	var submitted, called atomic.Int64
	var everybody sync.WaitGroup
	enough := make(chan struct{})
	for i := range 4 {
		everybody.Go(func() {
			for n := 1; ; n++ {
				f, err := ex.Submit(t.Context(), "upper a")
				if err != nil {
					if err != pool.ErrShutdown {
						t.Errorf("Submit: %v", err)
					}
					return
				}
				submitted.Add(1)
				f.AddDoneCallback(func(*pool.Future[string]) { called.Add(1) })
				if i%2 == 0 {
					f.Cancel()
				}
				if i == 0 && n == 50 {
					close(enough)
				}
			}
		})
	}
	<-enough
	for range 3 {
		everybody.Go(func() {
			if err := ex.Shutdown(t.Context(), mode); err != nil {
				t.Errorf("Shutdown: %v", err)
			}
		})
	}
	everybody.Wait()
	if err := ex.Shutdown(t.Context(), pool.Drain); err != nil {
		t.Errorf("last Shutdown: %v", err)
	}
	if submitted.Load() != called.Load() {
		t.Errorf("%d calls submitted, %d callbacks", submitted.Load(), called.Load())
	}
}
