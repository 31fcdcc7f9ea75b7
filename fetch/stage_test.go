package fetch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"trawl/pool"
)

// site answers requests: the web of a test.
type site func(ctx context.Context, r Request) Answer

// urls is a list of n URLs.
type urls struct {
	n, read int64
	url     func(i int64) string // from 1
	closed  atomic.Bool
	block   chan struct{} // if not nil, Next waits for it after the last URL, until Close
}

func listOf(s ...string) *urls {
	return &urls{n: int64(len(s)), url: func(i int64) string { return s[i-1] }}
}

func (l *urls) Next() (Request, error) {
	if l.read == l.n || l.closed.Load() {
		if l.block != nil {
			<-l.block
		}
		return Request{}, io.EOF
	}
	l.read++
	url := l.url(l.read)
	r, err := NewRequest(url)
	if err != nil {
		r = Request{Asked: url}
	}
	r.Position = Position{Index: l.read}
	return r, err
}

func (l *urls) Ready() bool { return l.read < l.n }
func (l *urls) Close() error {
	if !l.closed.Swap(true) && l.block != nil {
		close(l.block)
	}
	return nil
}

// run is a stage over a site, and what came of it.
type run struct {
	stage *Stage[Page]
	pages *pool.Executor[Request, Page]

	mu      sync.Mutex
	endings map[int64]Ending
	last    map[int64]Request // the request of the ending
	refused []string
	starts  []start
}

type start struct {
	at  time.Time
	url string
	req Request
}

func newRun(t *testing.T, opts StageOptions, web site) *run {
	t.Helper()
	c := &run{endings: map[int64]Ending{}, last: map[int64]Request{}}
	workers := opts.withDefaults().Concurrency
	pages, err := pool.New(pool.Threads(func(ctx context.Context, r Request) (Page, error) {
		begin := time.Now()
		c.mu.Lock()
		c.starts = append(c.starts, start{begin, r.URL, r})
		c.mu.Unlock()
		a := web(ctx, r)
		if ctx.Err() != nil {
			return Page{}, context.Cause(ctx)
		}
		a.Start, a.Duration = begin, time.Since(begin)
		return Page{Answer: a}, nil
	}), pool.Options{Workers: workers, Window: workers})
	if err != nil {
		t.Fatal(err)
	}
	c.pages = pages
	c.stage = NewStage(pages, func(r Request, job *pool.Future[Page]) {
		page, err := job.Result(context.Background())
		if err != nil {
			c.stage.Abandon(r)
			return
		}
		end := c.stage.Done(r, page.Answer)
		if end.Again {
			return
		}
		c.mu.Lock()
		defer c.mu.Unlock()
		if _, twice := c.endings[r.Index]; twice {
			t.Errorf("position %d ended twice", r.Index)
		}
		c.endings[r.Index] = end
		c.last[r.Index] = r
	}, func(r Request, err error) {
		c.mu.Lock()
		defer c.mu.Unlock()
		c.refused = append(c.refused, r.Asked)
	}, func(r Request, end Ending) {
		c.mu.Lock()
		defer c.mu.Unlock()
		if _, twice := c.endings[r.Index]; twice {
			t.Errorf("position %d ended twice", r.Index)
		}
		c.endings[r.Index] = end
		c.last[r.Index] = r
	}, opts)
	return c
}

// crawl takes the list to its end.
func crawl(t *testing.T, opts StageOptions, list List, web site) *run {
	t.Helper()
	c := newRun(t, opts, web)
	if err := c.stage.Run(t.Context(), nil, list); err != nil {
		t.Fatalf("Run: %v", err)
	}
	if err := c.pages.Shutdown(t.Context(), pool.Drain); err != nil {
		t.Fatalf("Shutdown: %v", err)
	}
	return c
}

func ok(context.Context, Request) Answer { return Answer{Status: 200} }

// slow answers after d.
func slow(d time.Duration) site {
	return func(ctx context.Context, r Request) Answer {
		select {
		case <-time.After(d):
			return Answer{Status: 200}
		case <-ctx.Done():
			return Answer{}
		}
	}
}

// meter counts how many requests a host has in flight, and at most had.
type meter struct {
	mu        sync.Mutex
	now, peak map[string]int
}

func (m *meter) around(web site) site {
	m.now, m.peak = map[string]int{}, map[string]int{}
	return func(ctx context.Context, r Request) Answer {
		m.add(r.Host, 1)
		defer m.add(r.Host, -1)
		return web(ctx, r)
	}
}

func (m *meter) add(host string, n int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.now[host] += n
	m.peak[host] = max(m.peak[host], m.now[host])
}

func TestEveryPositionEndsExactlyOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 3000
		list := &urls{n: n, url: func(i int64) string {
			if i%50 == 0 {
				return "no url"
			}
			return fmt.Sprintf("http://h%d.example/%d", i%37, i)
		}}
		c := crawl(t, StageOptions{RetryWait: time.Second}, list, func(ctx context.Context, r Request) Answer {
			time.Sleep(time.Duration(rand.IntN(50)) * time.Millisecond)
			switch rand.IntN(6) {
			case 0:
				return Answer{Err: &Error{Class: Reset, Detail: "connection reset"}}
			case 1:
				return Answer{Status: 302, Location: fmt.Sprintf("http://h%d.example/x", rand.IntN(60))}
			case 2:
				return Answer{Status: 429, RetryAfter: time.Second}
			case 3:
				return Answer{Status: 404}
			}
			return Answer{Status: 200}
		})
		if got := len(c.endings) + len(c.refused); got != n || len(c.refused) != n/50 {
			t.Errorf("%d positions ended and %d were refused, want %d together", len(c.endings), len(c.refused), n)
		}
		if s := c.stage.Status(); s.Taken != n || s.InFlight != 0 || s.Queued != 0 {
			t.Errorf("Status after the run = %+v, want %d taken and nothing left", s, n)
		}
	})
}

func TestNoHostIsAskedByMoreThanItsLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m meter
		list := &urls{n: 2000, url: func(i int64) string { return fmt.Sprintf("http://h%d.example/%d", i%5, i) }}
		crawl(t, StageOptions{HostConcurrency: 3, RetryWait: time.Millisecond}, list, m.around(func(ctx context.Context, r Request) Answer {
			time.Sleep(time.Duration(1+rand.IntN(9)) * time.Millisecond)
			if rand.IntN(3) == 0 {
				return Answer{Status: 503}
			}
			if rand.IntN(3) == 0 {
				return Answer{Status: 301, Location: fmt.Sprintf("http://h%d.example/to", rand.IntN(7))}
			}
			return Answer{Status: 200}
		}))
		for host, peak := range m.peak {
			if peak > 3 {
				t.Errorf("%s had %d requests in flight, want at most 3", host, peak)
			}
		}
		if m.peak["h0.example"] != 3 {
			t.Errorf("h0.example had at most %d in flight, want its 3 to be used", m.peak["h0.example"])
		}
	})
}

func TestPorts80And443AreOneHost(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m meter
		crawl(t, StageOptions{HostConcurrency: 1}, listOf(
			"http://a.example/1", "https://a.example/2", "http://a.example:443/3", "http://a.example:8080/4",
		), m.around(slow(time.Second)))
		if len(m.peak) != 2 || m.peak["a.example"] != 1 {
			t.Errorf("peaks %v, want a.example 1 and a.example:8080 1", m.peak)
		}
	})
}

// Ten thousand short links, each of a host of its own, lead to one host.
func TestRedirectsObeyTheLimitOfTheHostTheyLeadTo(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var m meter
		list := &urls{n: 10_000, url: func(i int64) string { return fmt.Sprintf("http://short%d.example/", i) }}
		c := crawl(t, StageOptions{HostConcurrency: 4}, list, m.around(func(ctx context.Context, r Request) Answer {
			if r.Host == "long.example" {
				return slow(time.Millisecond)(ctx, r)
			}
			return Answer{Status: 302, Location: "http://long.example/page"}
		}))
		if m.peak["long.example"] != 4 {
			t.Errorf("long.example had %d in flight, want 4", m.peak["long.example"])
		}
		if len(c.endings) != 10_000 {
			t.Errorf("%d positions ended, want 10,000", len(c.endings))
		}
	})
}

func TestHostDelayCountsFromEndToStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		list := &urls{n: 5, url: func(i int64) string { return fmt.Sprintf("http://a.example/%d", i) }}
		c := crawl(t, StageOptions{HostDelay: 3 * time.Second}, list, slow(time.Second))
		for i, s := range c.starts {
			if got, want := s.at.Sub(begin), time.Duration(i)*4*time.Second; got != want {
				t.Errorf("request %d started after %v, want %v", i, got, want)
			}
		}
		if got := c.last[5].Waited; got != 12*time.Second {
			t.Errorf("the fifth was held back for %v, want 12 s", got)
		}
	})
}

func TestRateLimitsStartsOfAllHosts(t *testing.T) {
	for _, rate := range []float64{0.5, 1, 7, 100, 2000} {
		t.Run(fmt.Sprint(rate), func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				n := int64(rate*2) + 3
				list := &urls{n: n, url: func(i int64) string { return fmt.Sprintf("http://h%d.example/%d", i%50, i) }}
				c := crawl(t, StageOptions{Rate: rate}, list, ok)
				for i := range c.starts {
					in := 0
					for _, s := range c.starts[i:] {
						if s.at.Sub(c.starts[i].at) >= time.Second {
							break
						}
						in++
					}
					if float64(in) > rate+1 {
						t.Fatalf("%d starts in the second from start %d on, want at most %v", in, i, rate+1)
					}
				}
				took := c.starts[n-1].at.Sub(c.starts[0].at).Seconds()
				if want := float64(n-1) / rate; took > want*1.05+0.01 {
					t.Errorf("%d starts took %.3f s, want about %.3f", n, took, want)
				}
			})
		})
	}
}

func TestRetryAfterPausesTheHostAndNotTheRun(t *testing.T) {
	for _, status := range []int{429, 503} {
		synctest.Test(t, func(t *testing.T) {
			begin := time.Now()
			var asked atomic.Int64
			list := &urls{n: 200, url: func(i int64) string { return fmt.Sprintf("http://h%d.example/%d", i%2, i) }}
			c := crawl(t, StageOptions{}, list, func(ctx context.Context, r Request) Answer {
				if r.Host == "h0.example" && asked.Add(1) == 1 {
					return Answer{Status: status, RetryAfter: 20 * time.Second}
				}
				return slow(time.Second)(ctx, r)
			})
			last := map[string]time.Duration{}
			for _, s := range c.starts {
				after := s.at.Sub(begin)
				last[s.req.Host] = after
				if s.req.Host == "h0.example" && after > 0 && after < 20*time.Second {
					t.Errorf("%d: h0 was asked %v after it had asked for 20 s", status, after)
				}
			}
			if last["h1.example"] > 13*time.Second {
				t.Errorf("h1 was asked until %v, want it not slowed by h0", last["h1.example"])
			}
			if len(c.endings) != 200 || c.endings[2].Err != nil {
				t.Errorf("%d endings, the throttled URL's error %v; want 200 and none", len(c.endings), c.endings[2].Err)
			}
		})
	}
}

// Two answers come at once: by one the host is ready, by the other it is paused before
// anybody has looked at it.
func TestAPauseOfAHostThatIsReadyEnds(t *testing.T) {
	for range 300 {
		synctest.Test(t, func(t *testing.T) {
			begin := time.Now()
			list := listOf("http://a.example/1", "http://a.example/2", "http://a.example/3")
			crawl(t, StageOptions{HostConcurrency: 2, Retries: -1}, list, func(ctx context.Context, r Request) Answer {
				if strings.HasSuffix(r.URL, "3") {
					return Answer{Status: 200}
				}
				if slow(time.Second)(ctx, r); strings.HasSuffix(r.URL, "2") {
					return Answer{Status: 429, RetryAfter: 10 * time.Second}
				}
				return Answer{Status: 200}
			})
			if took := time.Since(begin); took > 11*time.Second {
				t.Fatalf("took %v, want the pause of 10 s at most", took)
			}
		})
	}
}

func TestRetryAfterIsCappedAtRetryMaxWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		c := crawl(t, StageOptions{RetryMaxWait: 5 * time.Second}, listOf("http://a.example/"), func(ctx context.Context, r Request) Answer {
			return Answer{Status: 429, RetryAfter: 24 * time.Hour}
		})
		if took := time.Since(begin); took != 10*time.Second {
			t.Errorf("three tries took %v, want two pauses of 5 s", took)
		}
		if e := c.endings[1].Err; e == nil || e.Status != 429 {
			t.Errorf("ended with %v, want http 429", e)
		}
	})
}

func TestRetriesDoubleTheirWaitWithJitter(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := crawl(t, StageOptions{Retries: 4, RetryWait: time.Second, RetryMaxWait: 5 * time.Second}, listOf("http://a.example/"), func(ctx context.Context, r Request) Answer {
			return Answer{Err: &Error{Class: Connect, Detail: "connection refused"}}
		})
		if len(c.starts) != 5 {
			t.Fatalf("%d attempts, want 5", len(c.starts))
		}
		for i, want := range []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 5 * time.Second} {
			got := c.starts[i+1].at.Sub(c.starts[i].at)
			if got < want*8/10 || got > min(want*12/10, 5*time.Second) {
				t.Errorf("wait %d was %v, want %v ±20 %%, at most 5 s", i+1, got, want)
			}
		}
		end := c.endings[1]
		if !end.Retryable || end.Err == nil || end.Err.Class != Connect {
			t.Errorf("ended as %+v, want a retryable connect error", end)
		}
	})
}

func TestWhatIsNotWorthAnotherTryIsNotTried(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := crawl(t, StageOptions{}, listOf("http://a.example/", "http://b.example/"), func(ctx context.Context, r Request) Answer {
			if r.Host == "a.example" {
				return Answer{Status: 404}
			}
			return Answer{Err: &Error{Class: TooLarge, Detail: "too large"}}
		})
		if len(c.starts) != 2 {
			t.Errorf("%d requests, want 2", len(c.starts))
		}
	})
}

// No worker waits with a failed try: one worker serves the others meanwhile.
func TestARetryHoldsNoWorker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		c := crawl(t, StageOptions{Concurrency: 1, RetryWait: time.Hour, RetryMaxWait: time.Hour}, listOf("http://a.example/", "http://b.example/"), func(ctx context.Context, r Request) Answer {
			if r.Host == "a.example" && r.Attempt == 1 {
				return Answer{Status: 500}
			}
			return Answer{Status: 200}
		})
		if got := c.starts[1]; got.url != "http://b.example/" || got.at != begin {
			t.Errorf("second request is %s after %v, want b at once", got.url, got.at.Sub(begin))
		}
	})
}

func TestARetryStartsAtTheListedURL(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := crawl(t, StageOptions{Retries: 1}, listOf("http://a.example/"), func(ctx context.Context, r Request) Answer {
			if r.Host == "a.example" {
				return Answer{Status: 307, Location: "http://b.example/"}
			}
			return Answer{Status: 500}
		})
		var got []string
		for _, s := range c.starts {
			got = append(got, s.url)
		}
		want := []string{"http://a.example/", "http://b.example/", "http://a.example/", "http://b.example/"}
		if !slices.Equal(got, want) {
			t.Errorf("asked %v, want %v", got, want)
		}
	})
}

func TestRedirectLoopEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := crawl(t, StageOptions{MaxRedirects: 3}, listOf("http://a.example/"), func(ctx context.Context, r Request) Answer {
			return Answer{Status: 302, Location: "/"}
		})
		if e := c.endings[1].Err; e == nil || e.Class != TooManyRedirects || len(c.starts) != 4 {
			t.Errorf("ended with %v after %d requests, want too_many_redirects after 4", e, len(c.starts))
		}
	})
}

func TestWithoutRedirectsA302IsAnAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		accept, err := ParseStatusSet("302")
		if err != nil {
			t.Fatal(err)
		}
		c := crawl(t, StageOptions{MaxRedirects: -1, Accept: accept}, listOf("http://a.example/"), func(ctx context.Context, r Request) Answer {
			return Answer{Status: 302, Location: "/b"}
		})
		if e := c.endings[1].Err; e != nil || len(c.starts) != 1 {
			t.Errorf("ended with %v after %d requests, want a success after 1", e, len(c.starts))
		}
	})
}

func TestRedirectKeepsOrChangesTheMethod(t *testing.T) {
	for _, c := range []struct {
		method string
		status int
		want   string
	}{
		{"GET", 302, "GET"}, {"POST", 301, "GET"}, {"POST", 302, "GET"}, {"POST", 303, "GET"}, {"PUT", 303, "GET"},
		{"HEAD", 303, "HEAD"}, {"POST", 307, "POST"}, {"POST", 308, "POST"}, {"PUT", 302, "PUT"}, {"HEAD", 301, "HEAD"},
	} {
		if got := redirectMethod(c.method, c.status); got != c.want {
			t.Errorf("%s after a %d is %s, want %s", c.method, c.status, got, c.want)
		}
	}
}

func TestHopsShareTheAttemptsTimeout(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := crawl(t, StageOptions{Timeout: 10 * time.Second, Retries: -1, HostDelay: time.Minute}, listOf("http://a.example/1"), func(ctx context.Context, r Request) Answer {
			time.Sleep(4 * time.Second)
			return Answer{Status: 302, Location: "/again"}
		})
		var left []time.Duration
		for _, s := range c.starts {
			left = append(left, s.req.Timeout)
		}
		want := []time.Duration{10 * time.Second, 6 * time.Second, 2 * time.Second}
		if !slices.Equal(left, want) {
			t.Errorf("the hops had %v, want %v: waiting for a turn does not count", left, want)
		}
		if e := c.endings[1].Err; e == nil || e.Class != Timeout || !strings.Contains(e.Detail, "10 s") || e.Limit != 10*time.Second {
			t.Errorf("ended with %v, want a timeout after 10 s", e)
		}
	})
}

// A list sorted by host keeps all hosts busy, and is not read without end.
func TestReadsAheadUntilOtherHostsTurnUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		list := &urls{n: 8 * 1000, url: func(i int64) string { return fmt.Sprintf("http://h%d.example/%d", (i-1)/1000, i) }}
		begin := time.Now()
		crawl(t, StageOptions{HostConcurrency: 10}, list, slow(time.Second))
		if took := time.Since(begin); took > 105*time.Second {
			t.Errorf("8 hosts of 1,000 pages took %v, want about the 100 s of one", took)
		}
	})
}

func TestReadAheadIsBounded(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		list := &urls{n: 1 << 40, url: func(i int64) string { return fmt.Sprintf("http://a.example/%d", i) }}
		c := newRun(t, StageOptions{}, slow(time.Hour))
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		over := make(chan error)
		go func() { over <- c.stage.Run(ctx, nil, list) }()
		synctest.Wait()
		if s := c.stage.Status(); s.Queued < sameHosts || s.Queued > sameHosts+readBatch {
			t.Errorf("%d URLs of one host were read ahead, want %d and not a batch more", s.Queued, sameHosts)
		}
		cancel()
		<-over
		c.pages.Shutdown(t.Context(), pool.CancelPending)
	})
}

func TestKeepOrderStartsNothingBeyondItsWindow(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 20_000
		var mu sync.Mutex
		ended := map[int64]bool{}
		low, worst := int64(1), int64(0)
		list := &urls{n: n, url: func(i int64) string { return fmt.Sprintf("http://h%d.example/%d", i%400, i) }}
		crawl(t, StageOptions{KeepOrder: true, RetryWait: time.Minute}, list, func(ctx context.Context, r Request) Answer {
			mu.Lock()
			worst = max(worst, r.Index-low)
			mu.Unlock()
			if r.Index%5000 == 1 && r.Attempt < 3 {
				return Answer{Status: 500}
			}
			mu.Lock()
			defer mu.Unlock()
			for ended[r.Index] = true; ended[low]; low++ {
				delete(ended, low)
			}
			return Answer{Status: 200}
		})
		if worst >= leastWindow {
			t.Errorf("a position %d beyond the lowest unfinished one was started, want less than %d", worst, leastWindow)
		}
		if low != n+1 {
			t.Errorf("all up to %d ended, want %d", low-1, n)
		}
	})
}

func TestStopFinishesWhatIsInFlight(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stop := make(chan struct{})
		list := &urls{n: 1000, url: func(i int64) string { return fmt.Sprintf("http://h%d.example/%d", i%100, i) }, block: make(chan struct{})}
		c := newRun(t, StageOptions{Concurrency: 10}, slow(10*time.Second))
		over := make(chan error)
		go func() { over <- c.stage.Run(t.Context(), stop, list) }()
		time.Sleep(15 * time.Second)
		close(stop)
		if err := <-over; err != nil {
			t.Errorf("Run: %v", err)
		}
		c.pages.Shutdown(t.Context(), pool.Drain)
		if len(c.starts) != 20 || len(c.endings) != 20 {
			t.Errorf("%d started and %d ended, want both rounds of ten and no more", len(c.starts), len(c.endings))
		}
	})
}

func TestAbortReturnsAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		enough := errors.New("enough")
		ctx, abort := context.WithCancelCause(t.Context())
		list := &urls{n: 1000, url: func(i int64) string { return fmt.Sprintf("http://h%d.example/%d", i%100, i) }, block: make(chan struct{})}
		c := newRun(t, StageOptions{Concurrency: 10}, slow(time.Hour))
		over := make(chan error)
		go func() { over <- c.stage.Run(ctx, nil, list) }()
		synctest.Wait()
		begin := time.Now()
		abort(enough)
		if err := <-over; !errors.Is(err, enough) {
			t.Errorf("Run: %v, want the cause", err)
		}
		c.pages.Shutdown(t.Context(), pool.CancelPending)
		if took := time.Since(begin); took > time.Second {
			t.Errorf("the abort took %v", took)
		}
		if len(c.endings) != 0 {
			t.Errorf("%d positions ended, want none: they remain", len(c.endings))
		}
	})
}

func TestHostsThatNothingWaitsForAreForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		list := &urls{n: 50_000, url: func(i int64) string { return fmt.Sprintf("http://h%d.example/", i) }}
		c := crawl(t, StageOptions{}, list, ok)
		if got := len(c.stage.frontier.hosts); got > maxIdleHosts {
			t.Errorf("%d hosts are remembered, want at most %d", got, maxIdleHosts)
		}
	})
}

func TestAThrottledHostIsNotForgotten(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var first, again time.Time
		n := int64(maxIdleHosts * 3)
		list := &urls{n: n, url: func(i int64) string {
			if i == 1 || i == n {
				return fmt.Sprintf("http://busy.example/%d", i)
			}
			return fmt.Sprintf("http://h%d.example/", i)
		}}
		crawl(t, StageOptions{Concurrency: 1, Retries: -1}, list, func(ctx context.Context, r Request) Answer {
			if r.Index == 1 {
				first = time.Now()
				return Answer{Status: 429, RetryAfter: 30 * time.Second}
			}
			if r.Index == n {
				again = time.Now()
			}
			return Answer{Status: 200}
		})
		if got := again.Sub(first); got < 30*time.Second {
			t.Errorf("the host was asked again after %v, want 30 s", got)
		}
	})
}

func TestStatusTellsOfHostsThatAskForAPause(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newRun(t, StageOptions{RetryMaxWait: time.Hour}, func(ctx context.Context, r Request) Answer {
			if r.Attempt > 1 {
				return Answer{Status: 200}
			}
			return Answer{Status: 429, RetryAfter: 40 * time.Second}
		})
		over := make(chan error)
		go func() { over <- c.stage.Run(t.Context(), nil, listOf("http://a.example/", "http://b.example/")) }()
		time.Sleep(10 * time.Second)
		synctest.Wait()
		s := c.stage.Status()
		if s.Throttled != 2 || s.Longest != 30*time.Second || !s.Stalled || s.Host == "" {
			t.Errorf("Status = %+v, want two hosts throttled for another 30 s and nothing else", s)
		}
		if err := <-over; err != nil {
			t.Error(err)
		}
		if s := c.stage.Status(); s.Throttled != 0 || s.Stalled {
			t.Errorf("Status at the end = %+v, want nobody throttled", s)
		}
		c.pages.Shutdown(t.Context(), pool.Drain)
	})
}

// What holds a URL back at the same time counts once: no request has waited
// longer than the run has lasted by then.
func TestWaitedIsNoLongerThanTheRun(t *testing.T) {
	oneHost := func(i int64) string { return fmt.Sprintf("http://a.example/%d", i) }
	tenthOneHost := func(i int64) string {
		if i%10 == 0 {
			return oneHost(i)
		}
		return fmt.Sprintf("http://h%d.example/", i)
	}
	failFirst := func(a Answer) site {
		return func(ctx context.Context, r Request) Answer {
			time.Sleep(500 * time.Millisecond)
			if r.Index == 1 && r.Attempt == 1 {
				return a
			}
			return Answer{Status: 200}
		}
	}
	for name, c := range map[string]struct {
		opts StageOptions
		list *urls
		web  site
	}{
		"retry and host delay": {StageOptions{HostDelay: time.Second, RetryWait: 10 * time.Second}, &urls{n: 10, url: oneHost}, failFirst(Answer{Status: 500})},
		"rate and host delay":  {StageOptions{HostDelay: 20 * time.Second, Rate: 1}, &urls{n: 100, url: tenthOneHost}, ok},
		"rate and a pause":     {StageOptions{Rate: 1}, &urls{n: 3, url: oneHost}, failFirst(Answer{Status: 429, RetryAfter: time.Minute})},
	} {
		synctest.Test(t, func(t *testing.T) {
			begin := time.Now()
			run := crawl(t, c.opts, c.list, c.web)
			for _, s := range run.starts {
				if at := s.at.Sub(begin); s.req.Waited > at {
					t.Errorf("%s: position %d has waited %v when the run is %v old", name, s.req.Index, s.req.Waited, at)
				}
			}
		})
	}
}

func TestAShorterPauseDoesNotHideALongerOne(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := newRun(t, StageOptions{HostConcurrency: 2, RetryMaxWait: time.Hour}, func(ctx context.Context, r Request) Answer {
			time.Sleep(time.Duration(r.Index) * time.Second)
			switch {
			case r.Attempt > 1:
				return Answer{Status: 200}
			case r.Index == 1:
				return Answer{Status: 429, RetryAfter: 30 * time.Minute}
			}
			return Answer{Status: 429, RetryAfter: time.Second}
		})
		over := make(chan error)
		go func() { over <- c.stage.Run(t.Context(), nil, listOf("http://a.example/1", "http://a.example/2")) }()
		time.Sleep(time.Minute)
		if s := c.stage.Status(); s.Throttled != 1 || !s.Stalled {
			t.Errorf("Status = %+v, want the host throttled", s)
		}
		if err := <-over; err != nil {
			t.Error(err)
		}
		c.pages.Shutdown(t.Context(), pool.Drain)
	})
}

// What a line says beside its URL counts as read ahead.
func TestReadAheadIsBoundedInBytes(t *testing.T) {
	r := Request{URL: "http://a.example/", Asked: "http://a.example/"}
	plain := r.mem()
	r.Extra = &Extra{Meta: make([]byte, 60_000), Header: []Field{{"X-Long", strings.Repeat("x", 1000)}}}
	r.Redirects = []string{"http://b.example/"}
	if got := r.mem() - plain; got < 61_000 {
		t.Errorf("60 kB of meta, a header of 1 kB and a redirect count as %d bytes", got)
	}
}

func TestAStoppedRunIsNotWhole(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stop := make(chan struct{})
		list := listOf("http://a.example/")
		list.block = make(chan struct{})
		c := newRun(t, StageOptions{}, ok)
		over := make(chan error)
		go func() { over <- c.stage.Run(t.Context(), stop, list) }()
		synctest.Wait()
		close(stop)
		if err := <-over; err != nil {
			t.Error(err)
		}
		if s := c.stage.Status(); s.Whole {
			t.Errorf("Status = %+v: the list was not at its end", s)
		}
		c.pages.Shutdown(t.Context(), pool.Drain)
	})
}
