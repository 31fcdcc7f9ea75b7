package fetch

import (
	"context"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"trawl/pool"
)

// manyHosts is a list of n URLs of as many hosts.
func manyHosts(n int64) *urls {
	return &urls{n: n, url: func(i int64) string { return fmt.Sprintf("http://h%d.example/%d", i, i) }}
}

// begin has a run of more than enough workers take the list in the background.
func begin(t *testing.T, opts StageOptions, list List, web site) (c *run, over <-chan error) {
	t.Helper()
	large := opts
	large.Concurrency = 1000
	c = newRun(t, large, web)
	c.stage.Resize(opts.Concurrency)
	ended := make(chan error, 1)
	go func() { ended <- c.stage.Run(t.Context(), nil, list) }()
	return c, ended
}

func (c *run) finish(t *testing.T, over <-chan error) {
	t.Helper()
	if err := <-over; err != nil {
		t.Errorf("Run: %v", err)
	}
	if err := c.pages.Shutdown(t.Context(), pool.Drain); err != nil {
		t.Errorf("Shutdown: %v", err)
	}
}

// raise makes v the value of most, if that is less.
func raise(most *atomic.Int64, v int64) {
	for m := most.Load(); v > m && !most.CompareAndSwap(m, v); m = most.Load() {
	}
}

func TestAStageIsResizedWhileItRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		list := manyHosts(3_000)
		c, over := begin(t, StageOptions{Concurrency: 10}, list, slow(10*time.Second))
		time.Sleep(5 * time.Second)
		for _, step := range []struct {
			size, inFlight int
			why            string
		}{
			{25, 25, "there is room for more at once, without an answer or a new line"},
			{7, 25, "what is in flight ends as it would"},
			{-1, 25, "the same"},
		} {
			c.stage.Resize(step.size)
			synctest.Wait()
			if s := c.stage.Status(); s.InFlight != step.inFlight {
				t.Fatalf("%d are in flight after Resize(%d), want %d: %s", s.InFlight, step.size, step.inFlight, step.why)
			}
		}
		c.stage.Resize(7)
		time.Sleep(20 * time.Second)
		synctest.Wait()
		if s := c.stage.Status(); s.InFlight != 7 {
			t.Errorf("%d are in flight when those of before have ended, want 7", s.InFlight)
		}
		c.stage.Resize(1000)
		c.finish(t, over)
		if len(c.endings) != 3_000 {
			t.Errorf("%d of 3,000 ended", len(c.endings))
		}
	})
}

func TestAStageOfNoneIsAPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		list := manyHosts(500)
		c, over := begin(t, StageOptions{Concurrency: 0}, list, slow(time.Second))
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		if s := c.stage.Status(); s.Taken != 0 || len(c.starts) != 0 || list.read != 0 {
			t.Errorf("%d taken, %d started, %d read during a pause, want none", s.Taken, len(c.starts), list.read)
		}
		c.stage.Resize(50)
		time.Sleep(3500 * time.Millisecond)
		c.stage.Resize(0)
		time.Sleep(24 * time.Hour)
		synctest.Wait()
		if s := c.stage.Status(); s.InFlight != 0 || len(c.endings) != 200 {
			t.Errorf("%d in flight and %d ended in the next pause, want what four rounds of 50 are", s.InFlight, len(c.endings))
		}
		if ahead := list.read - 200; ahead > 2*readBatch {
			t.Errorf("%d are read ahead of a pause, want two batches at most", ahead)
		}
		c.stage.Resize(1)
		c.finish(t, over)
		if len(c.endings) != 500 {
			t.Errorf("%d of 500 ended", len(c.endings))
		}
	})
}

// In a pause the time of a host goes on, and a retry that is due waits for its end only.
func TestAPauseOfTheStageHoldsRetriesBack(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		began := time.Now()
		c, over := begin(t, StageOptions{Concurrency: 1, RetryWait: time.Minute}, listOf("http://a.example/"), func(_ context.Context, r Request) Answer {
			return Answer{Status: 500 - 300*(r.Attempt-1)}
		})
		synctest.Wait()
		c.stage.Resize(0)
		time.Sleep(time.Hour)
		synctest.Wait()
		if len(c.starts) != 1 {
			t.Fatalf("%d requests before the end of the pause, want 1", len(c.starts))
		}
		c.stage.Resize(1)
		c.finish(t, over)
		if len(c.starts) != 2 || c.starts[1].at.Sub(began) != time.Hour {
			t.Errorf("the second of %d came after %v, want it at the end of the pause", len(c.starts), c.starts[len(c.starts)-1].at.Sub(began))
		}
	})
}

func TestAStopEndsAPausedStage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newRun(t, StageOptions{}, slow(time.Second))
		stop, over := make(chan struct{}), make(chan error, 1)
		c.stage.Resize(3)
		go func() { over <- c.stage.Run(t.Context(), stop, manyHosts(1000)) }()
		synctest.Wait()
		c.stage.Resize(0)
		close(stop)
		c.finish(t, over)
		if len(c.endings) != 3 {
			t.Errorf("%d ended, want the three that were in flight", len(c.endings))
		}
	})
}

// The window of KeepOrder grows with the stage, and what has ended in it is remembered.
func TestAWindowGrowsWithItsStage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 7_000
		var ahead atomic.Int64
		first := make(chan struct{})
		c := newRun(t, StageOptions{Concurrency: 600, KeepOrder: true}, func(_ context.Context, r Request) Answer {
			if r.Index == 1000 { // all others go by, as far as they may
				<-first
			}
			raise(&ahead, r.Index-1000)
			return Answer{Status: 200}
		})
		over := make(chan error, 1)
		go func() { over <- c.stage.Run(t.Context(), nil, manyHosts(n)) }()
		for _, size := range []int{600, 700} {
			c.stage.Resize(size)
			synctest.Wait()
			if got, want := ahead.Load(), int64(8*size-1); got != want {
				t.Errorf("%d ahead with %d at once, want %d", got, size, want)
			}
		}
		c.stage.Resize(10) // which has been passed
		close(first)
		c.finish(t, over)
		if len(c.endings) != n {
			t.Errorf("%d of %d ended", len(c.endings), n)
		}
	})
}

// Workers come and go at any moment: nothing is lost or doubled, and what has not been
// offered by anybody is not used.
func TestAStageThatIsAlwaysResizedEndsEveryPosition(t *testing.T) {
	const n, most = 5_000, 40
	var now, peak atomic.Int64
	web := func(context.Context, Request) Answer {
		defer now.Add(-1)
		raise(&peak, now.Add(1))
		if rand.IntN(20) == 0 {
			return Answer{Status: 503}
		}
		return Answer{Status: 200}
	}
	c, over := begin(t, StageOptions{Concurrency: 1, RetryWait: time.Microsecond, KeepOrder: true}, manyHosts(n), web)
	ended := make(chan struct{})
	var resizers sync.WaitGroup
	for range 3 {
		resizers.Go(func() {
			for {
				select {
				case <-ended:
					return
				case <-time.After(time.Duration(rand.IntN(1000)) * time.Microsecond):
					c.stage.Resize(rand.IntN(most + 1))
				}
			}
		})
	}
	c.finish(t, over)
	close(ended)
	resizers.Wait()
	if len(c.endings) != n || peak.Load() > most {
		t.Errorf("%d of %d ended, with %d at once at most; want all, with %d", len(c.endings), n, peak.Load(), most)
	}
}
