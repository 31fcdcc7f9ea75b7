package fetch

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"trawl/pool"
)

var refusal = Answer{Unreached: true, Err: &Error{Class: Connect, Detail: "connection refused"}}

func TestAHostThatCannotBeConnectedToIsGivenUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 100_000
		var events atomic.Int64
		list := &urls{n: n, url: func(i int64) string {
			if i%1000 == 0 {
				return fmt.Sprintf("http://up.example/%d", i)
			}
			return fmt.Sprintf("http://down.example/%d", i)
		}}
		opts := StageOptions{OnEvent: func(e Event) {
			if e.Kind == GivenUp && e.Request.Host == "down.example" && e.Answer.Err != nil {
				events.Add(1)
			}
		}}
		c := crawl(t, opts, list, func(ctx context.Context, r Request) Answer {
			if time.Sleep(time.Millisecond); r.Host == "up.example" {
				return Answer{Status: 200}
			}
			return refusal
		})
		asked, down := 0, 0
		for _, s := range c.starts {
			if s.req.Host == "down.example" {
				asked++
			}
		}
		for i, end := range c.endings {
			switch {
			case i%1000 == 0:
				if end.Err != nil {
					t.Fatalf("%d ended with %v", i, end.Err)
				}
			case end.Err == nil || end.Err.Class != HostDown || !end.Retryable || end.Err.URL == "":
				t.Fatalf("%d ended with %+v", i, end)
			default:
				down++
				if want := "given up after 20 connection failures in a row: connection refused"; end.Err.Detail != want {
					t.Fatalf("%d: %q, want %q", i, end.Err.Detail, want)
				}
				if r := c.last[i]; r.Attempt < 0 || r.Attempt > 1 || len(r.Tried) != 0 {
					t.Fatalf("%d: %d attempts, before them %v", i, r.Attempt, r.Tried)
				}
			}
		}
		if asked < 20 || asked > 20+8 || down != n-n/1000 || events.Load() != 1 {
			t.Errorf("it was asked %d times, %d positions ended as host_down, %d events; want 20 and at most what was in flight, all, one", asked, down, events.Load())
		}
		if s := c.stage.Status(); !s.Whole || s.Queued != 0 || s.Ended != n || c.stage.frontier.queuedMem != 0 {
			t.Errorf("Status = %+v", s)
		}
	})
}

func TestAnAnswerBetweenFailuresCounts(t *testing.T) {
	for name, test := range map[string]struct {
		limit int
		every int64 // which one is answered; 0 is none
		fail  Answer
		down  bool
	}{
		"in a row":          {3, 0, refusal, true},
		"an answer between": {3, 3, refusal, false},
		"never":             {-1, 0, refusal, false},
		"not connecting":    {3, 0, Answer{Err: &Error{Class: Reset, Detail: "connection reset"}}, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			list := &urls{n: 50, url: func(i int64) string { return fmt.Sprintf("http://a.example/%d", i) }}
			c := crawl(t, StageOptions{HostMaxErrors: test.limit, Retries: -1, Concurrency: 1}, list, func(ctx context.Context, r Request) Answer {
				if test.every > 0 && r.Index%test.every == 0 {
					return Answer{Status: 404}
				}
				return test.fail
			})
			if down := c.endings[50].Err.Class == HostDown; down != test.down || down && len(c.starts) != 3 {
				t.Errorf("%s: the last one ended with %v after %d requests", name, c.endings[50].Err, len(c.starts))
			}
		})
	}
}

// Retries that wait, a redirect's target, and what is listed later when the host was long forgotten.
func TestWhateverIsForAHostThatIsDownFails(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := int64(3 * maxIdleHosts)
		list := &urls{n: n, url: func(i int64) string {
			switch i {
			case 1, 2, n:
				return fmt.Sprintf("http://down.example/%d", i)
			}
			return fmt.Sprintf("http://h%d.example/", i)
		}}
		begin := time.Now()
		c := crawl(t, StageOptions{HostMaxErrors: 2, RetryWait: time.Hour, RetryMaxWait: time.Hour, Concurrency: 2}, list, func(ctx context.Context, r Request) Answer {
			switch {
			case r.Host == "down.example":
				return refusal
			case r.Index == n-1:
				return Answer{Status: 302, Location: "http://down.example/target"}
			}
			return Answer{Status: 200}
		})
		for _, i := range []int64{1, 2, n - 1, n} {
			if e := c.endings[i].Err; e == nil || e.Class != HostDown {
				t.Errorf("%d ended with %v, want host_down", i, e)
			}
		}
		if r := c.last[n-1]; r.Attempt != 1 || len(r.Redirects) != 1 || !strings.HasSuffix(r.URL, "/target") {
			t.Errorf("the redirect ended as %+v", r)
		}
		if took := time.Since(begin); took > time.Minute {
			t.Errorf("took %v, want no retry to be waited for", took)
		}
	})
}

func TestAHostThatGoesDownWhileItsRobotsFileIsAskedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		list := &urls{n: 1000, url: func(i int64) string { return fmt.Sprintf("http://a.example/%d", i) }}
		c := crawl(t, StageOptions{Robots: RobotsAlways, HostMaxErrors: 2, Retries: 5}, list, func(ctx context.Context, r Request) Answer { return refusal })
		for i, end := range c.endings {
			if end.Err == nil || end.Err.Class != HostDown || strings.HasPrefix(end.Err.Detail, "robots") {
				t.Fatalf("%d ended with %v, want host_down", i, end.Err)
			}
		}
		if len(c.endings) != 1000 || len(c.starts) != 2 {
			t.Errorf("%d ended after %d requests, want 1,000 after 2", len(c.endings), len(c.starts))
		}
	})
}

// A list that comes bit by bit (a pipe) does not wake the stage.
func TestAHostThatGoesDownWhileItIsReadyIsNotWaitedFor(t *testing.T) {
	for _, opts := range []StageOptions{{Concurrency: 1, Retries: -1}, {Concurrency: 7}, {Rate: 50}, {Concurrency: 2, Robots: RobotsAlways}} {
		synctest.Test(t, func(t *testing.T) {
			list := &urls{n: 40, url: func(i int64) string { return fmt.Sprintf("http://down.example/%d", i) }, block: make(chan struct{})}
			c := newRun(t, opts, func(ctx context.Context, r Request) Answer { return refusal })
			over := make(chan error)
			go func() { over <- c.stage.Run(t.Context(), nil, list) }()
			time.Sleep(time.Minute)
			if s := c.stage.Status(); s.Ended != 40 {
				t.Errorf("%+v: after a minute %d have ended, want all 40: %+v", opts, s.Ended, s)
			}
			list.Close()
			if err := <-over; err != nil {
				t.Error(err)
			}
			c.pages.Shutdown(t.Context(), pool.Drain)
		})
	}
}

func TestHostsThatAreDownAreBounded(t *testing.T) {
	var d downHosts
	for i := range maxDownHosts + 10 {
		d.add(fmt.Sprint(i), refusal.Err)
	}
	if len(d.why) != maxDownHosts || d.why["9"] != nil || d.why["10"] == nil {
		t.Errorf("%d hosts are remembered, want %d, the latest", len(d.why), maxDownHosts)
	}
}
