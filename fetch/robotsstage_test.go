package fetch

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"trawl/pool"
	"trawl/robots"
)

// withRobots is a site with a robots.txt, the same for all origins.
func withRobots(text string, web site) site {
	return func(ctx context.Context, r Request) Answer {
		if r.Robots {
			return Answer{Status: 200, Robots: []byte(text)}
		}
		return web(ctx, r)
	}
}

// asked lists what was asked for, in its order.
func (c *run) asked() (urls []string) {
	for _, s := range c.starts {
		urls = append(urls, s.url)
	}
	return urls
}

// count is how many times a URL was asked for.
func (c *run) count(url string) (n int) {
	for _, s := range c.starts {
		if s.url == url {
			n++
		}
	}
	return n
}

var always = StageOptions{Robots: RobotsAlways}

func TestARobotsFileIsAskedForOnceAnOrigin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		const n = 3000
		list := &urls{n: n, url: func(i int64) string {
			return []string{"http", "https"}[i%2] + fmt.Sprintf("://h%d.example/%d", i%7, i)
		}}
		c := crawl(t, always, list, withRobots("User-agent: *\nDisallow: /9", slow(time.Millisecond)))
		for i := range 7 {
			for _, scheme := range []string{"http", "https"} {
				if url := fmt.Sprintf("%s://h%d.example/robots.txt", scheme, i); c.count(url) != 1 {
					t.Errorf("%s was asked for %d times, want once", url, c.count(url))
				}
			}
		}
		denied := 0
		for i := range int64(n) {
			end, ok := c.endings[i+1]
			if !ok {
				t.Fatalf("position %d has not ended", i+1)
			}
			if want := strings.HasPrefix(fmt.Sprint(i+1), "9"); want != (end.Err != nil) {
				t.Fatalf("position %d ended with %v", i+1, end.Err)
			}
			if end.Err != nil {
				denied++
				if end.Err.Class != Robots || end.Err.Detail != "robots.txt does not allow it" || end.Retryable || c.last[i+1].Attempt != 0 {
					t.Fatalf("position %d ended with %+v after %d attempts, want robots and none", i+1, end.Err, c.last[i+1].Attempt)
				}
			}
		}
		if got := len(c.starts); got != n-denied+14 {
			t.Errorf("%d requests, want the %d that are allowed and 14 for robots.txt", got, n-denied)
		}
		if s := c.stage.Status(); !s.Whole || s.Queued != 0 || s.InFlight != 0 || s.Ended != n || c.stage.frontier.queuedMem != 0 {
			t.Errorf("Status after the run = %+v, %d bytes queued", s, c.stage.frontier.queuedMem)
		}
	})
}

func TestRobotsFilesAreReadOnlyForWhoWantsThem(t *testing.T) {
	for rule, want := range map[RobotsRule]int{RobotsAuto: 0, RobotsNever: 0, RobotsAlways: 1} {
		synctest.Test(t, func(t *testing.T) {
			c := crawl(t, StageOptions{Robots: rule}, listOf("http://a.example/"), withRobots("", ok))
			if got := c.count("http://a.example/robots.txt"); got != want {
				t.Errorf("%v: robots.txt was asked for %d times, want %d", rule, got, want)
			}
		})
		if back, err := ParseRobotsRule(rule.String()); back != rule || err != nil {
			t.Errorf("%v is read as %v, %v", rule, back, err)
		}
	}
	if _, err := ParseRobotsRule("Always"); err == nil {
		t.Error("Always was taken for a rule")
	}
}

func TestEachHopIsHeldAgainstTheRobotsFileOfItsOrigin(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := crawl(t, always, listOf("http://a.example/"), func(ctx context.Context, r Request) Answer {
			switch {
			case r.Robots && r.Host == "b.example":
				return Answer{Status: 200, Robots: []byte("User-agent: trawl\nDisallow: /private")}
			case r.Robots:
				return Answer{Status: 404}
			case r.Host == "a.example":
				return Answer{Status: 302, Location: "http://b.example/private/x"}
			}
			return Answer{Status: 200}
		})
		want := []string{"http://a.example/robots.txt", "http://a.example/", "http://b.example/robots.txt"}
		if got := c.asked(); !slices.Equal(got, want) {
			t.Errorf("asked for %v, want %v", got, want)
		}
		end, last := c.endings[1], c.last[1]
		if end.Err == nil || end.Err.Class != Robots || end.Err.URL != "http://b.example/private/x" || last.Attempt != 1 || len(last.Redirects) != 1 {
			t.Errorf("ended with %+v after %d attempts and %v", end.Err, last.Attempt, last.Redirects)
		}
	})
}

func TestWhatARobotsFileIsAnsweredWithDecides(t *testing.T) {
	fail := &Error{Class: DNS, Detail: "no such host"}
	for name, test := range map[string]struct {
		answer Answer
		class  Class // "" is allowed
		detail string
		again  bool
	}{
		"not found":   {Answer{Status: 404}, "", "", false},
		"gone":        {Answer{Status: 410}, "", "", false},
		"forbidden":   {Answer{Status: 403}, "", "", false},
		"empty":       {Answer{Status: 204}, "", "", false},
		"in trouble":  {Answer{Status: 503}, Robots, "robots.txt: http 503", false},
		"no host":     {Answer{Err: fail}, DNS, "robots.txt: no such host", true},
		"torn":        {Answer{Status: 200, Err: &Error{Class: Truncated, Detail: "the body ended early"}}, Truncated, "robots.txt: the body ended early", true},
		"a loop":      {Answer{Status: 302, Location: "/robots.txt"}, "", "", false},
		"to nowhere":  {Answer{Status: 302, Location: "mailto:a"}, "", "", false},
		"unreachable": {Answer{Unreached: true, Err: &Error{Class: Connect, Detail: "connection refused"}}, Connect, "robots.txt: connection refused", true},
	} {
		synctest.Test(t, func(t *testing.T) {
			c := crawl(t, always, listOf("http://a.example/1", "http://a.example/2", "http://a.example/robots.txt"), func(ctx context.Context, r Request) Answer {
				if r.Robots {
					return test.answer
				}
				return Answer{Status: 200}
			})
			for i := range int64(2) {
				end := c.endings[i+1]
				if test.class == "" && end.Err != nil {
					t.Errorf("%s: ended with %v, want it allowed", name, end.Err)
				}
				if test.class != "" && (end.Err == nil || end.Err.Class != test.class || end.Err.Detail != test.detail || end.Retryable != test.again) {
					t.Errorf("%s: ended with %+v, want %s: %s", name, end, test.class, test.detail)
				}
			}
			if end, there := c.endings[3]; end.Err != nil || !there {
				t.Errorf("%s: the robots.txt itself ended with %v", name, end.Err)
			}
			if name == "a loop" && len(c.starts) != 6+3 {
				t.Errorf("%d requests, want 5 redirects to be followed", len(c.starts))
			}
		})
	}
}

func TestARobotsFileThatIsElsewhereIsItsOrigins(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := crawl(t, StageOptions{Robots: RobotsAlways, HostMaxErrors: 2, Retries: -1}, listOf("http://a.example/", "http://b.example/", "http://c.example/"), func(ctx context.Context, r Request) Answer {
			switch {
			case r.Robots && r.Host == "a.example":
				return Answer{Status: 301, Location: "http://elsewhere.example/a"}
			case r.Robots && r.Host == "elsewhere.example":
				return Answer{Status: 200, Robots: []byte("User-agent: *\nDisallow: /")}
			case r.Robots && r.Host != "down.example":
				return Answer{Status: 301, Location: "http://down.example/"}
			case r.Host == "down.example":
				return Answer{Unreached: true, Err: &Error{Class: Connect, Detail: "connection refused"}}
			}
			return Answer{Status: 200}
		})
		if e := c.endings[1].Err; e == nil || e.Class != Robots {
			t.Errorf("a ended with %v, want robots", e)
		}
		for i := int64(2); i <= 3; i++ {
			if e := c.endings[i].Err; e == nil || e.Class != Connect || e.Detail != "robots.txt: connection refused" {
				t.Errorf("%d ended with %v, want that its robots.txt cannot be had", i, e)
			}
		}
	})
}

func TestRulesExpire(t *testing.T) {
	for name, test := range map[string]struct {
		first Answer
		life  time.Duration
	}{
		"rules":   {Answer{Status: 200, Robots: []byte("User-agent: *\nDisallow: /private")}, robots.MaxAge},
		"none":    {Answer{Status: 404}, robots.MaxAge},
		"trouble": {Answer{Status: 500}, robotsTrouble},
	} {
		synctest.Test(t, func(t *testing.T) {
			begin := time.Now()
			var seen []time.Duration
			step := test.life/2 - time.Minute
			list := &urls{n: 3, url: func(i int64) string { return fmt.Sprintf("http://a.example/%d", i) }}
			crawl(t, StageOptions{Robots: RobotsAlways, Retries: -1}, &slowList{list, step}, func(ctx context.Context, r Request) Answer {
				if r.Robots {
					seen = append(seen, time.Since(begin))
					return test.first
				}
				return Answer{Status: 200}
			})
			if len(seen) != 1 {
				t.Errorf("%s: robots.txt was asked for after %v, want once", name, seen)
			}
			seen, begin = nil, time.Now()
			crawl(t, StageOptions{Robots: RobotsAlways, Retries: -1}, &slowList{&urls{n: 3, url: list.url}, test.life/2 + time.Minute}, func(ctx context.Context, r Request) Answer {
				if r.Robots {
					seen = append(seen, time.Since(begin))
					return test.first
				}
				return Answer{Status: 200}
			})
			if len(seen) != 2 || seen[1]-seen[0] < test.life {
				t.Errorf("%s: robots.txt was asked for after %v, want twice, %v apart", name, seen, test.life)
			}
		})
	}
}

// slowList gives a URL now and then.
type slowList struct {
	List
	every time.Duration
}

func (l *slowList) Next() (Request, error) {
	r, err := l.List.Next()
	if err == nil && r.Index > 1 {
		time.Sleep(l.every)
	}
	return r, err
}

func (l *slowList) Ready() bool { return false }

func TestCrawlDelayIsKeptFromEndToStart(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		begin := time.Now()
		list := &urls{n: 4, url: func(i int64) string { return fmt.Sprintf("http://a.example/%d", i) }}
		c := crawl(t, always, list, withRobots("User-agent: *\nCrawl-delay: 3", slow(time.Second)))
		for i, s := range c.starts { // robots.txt takes no time
			if got, want := s.at.Sub(begin), max(0, time.Duration(i)*4-1)*time.Second; got != want {
				t.Errorf("request %d started after %v, want %v", i, got, want)
			}
		}
	})
}

func TestTheLongerDelayCountsAndNoneIsEndless(t *testing.T) {
	for _, test := range []struct{ option, want time.Duration }{{0, 5 * time.Second}, {time.Second, 5 * time.Second}, {time.Minute, time.Minute}} {
		synctest.Test(t, func(t *testing.T) {
			list := &urls{n: 3, url: func(i int64) string { return fmt.Sprintf("http://a.example/%d", i) }}
			opts := StageOptions{Robots: RobotsAlways, HostDelay: test.option, RetryMaxWait: 5 * time.Second}
			c := crawl(t, opts, list, withRobots("User-agent: *\nCrawl-delay: 86400", ok))
			for i := range c.starts[1:] {
				if got := c.starts[i+1].at.Sub(c.starts[i].at); got != test.want {
					t.Errorf("with a delay of %v requests are %v apart, want %v", test.option, got, test.want)
				}
			}
		})
	}
}

// http and https are two origins and one host, which is asked as the slower of them wants it
// whichever robots.txt comes last.
func TestACrawlDelayIsItsHosts(t *testing.T) {
	for _, slowest := range []string{"http", "https"} {
		synctest.Test(t, func(t *testing.T) {
			list := &urls{n: 200, url: func(i int64) string {
				return []string{"http", "https"}[i%2] + fmt.Sprintf("://a.example/%d", i)
			}}
			const delay = 5 * time.Second
			c := crawl(t, always, list, func(ctx context.Context, r Request) Answer {
				switch scheme, _, _ := strings.Cut(r.URL, ":"); {
				case r.Robots && scheme == slowest:
					return Answer{Status: 200, Robots: []byte("User-agent: *\nCrawl-delay: 5")}
				case r.Robots:
					time.Sleep(time.Second)
				}
				return Answer{Status: 200}
			})
			for i := 1; i < len(c.starts)-1; i++ { // the two robots.txt are asked for at once
				if gap := c.starts[i+1].at.Sub(c.starts[i].at); gap < delay {
					t.Fatalf("%s was asked for %v after %s, want %v at least", c.starts[i+1].url, gap, c.starts[i].url, delay)
				}
			}
		})
	}
}

// The host is forgotten between its two URLs, as nothing waits for it.
func TestACrawlDelayComesBackWithTheRules(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		n := int64(2*maxIdleHosts + 20)
		var m meter
		list := &urls{n: n, url: func(i int64) string {
			if i == 1 || i > n-10 {
				return fmt.Sprintf("http://slow.example/%d", i)
			}
			return fmt.Sprintf("http://h%d.example/", i)
		}}
		c := crawl(t, StageOptions{Robots: RobotsAlways, Concurrency: 100}, list, m.around(func(ctx context.Context, r Request) Answer {
			if r.Robots && r.Host == "slow.example" {
				return Answer{Status: 200, Robots: []byte("User-agent: *\nCrawl-delay: 1")}
			}
			return slow(2*time.Second)(ctx, r)
		}))
		if got := c.count("http://slow.example/robots.txt"); got != 1 || m.peak["slow.example"] != 1 {
			t.Errorf("robots.txt was asked for %d times, and %d requests were in flight, want one", got, m.peak["slow.example"])
		}
	})
}

// A robots.txt that is asked for again and again, since its rules are forgotten at once,
// still lets the run end.
func TestRulesThatAreForgottenAtOnceLetRequestsThrough(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		list := &urls{n: 300, url: func(i int64) string { return fmt.Sprintf("http://a.example/%d", i) }}
		c := newRun(t, StageOptions{Robots: RobotsAlways, HostDelay: time.Second}, withRobots("User-agent: *\nDisallow: /1", ok))
		c.stage.frontier.origins.mem = maxOriginsMem // as if others had it all
		over := make(chan error)
		go func() { over <- c.stage.Run(t.Context(), nil, list) }()
		if err := <-over; err != nil {
			t.Fatal(err)
		}
		c.pages.Shutdown(t.Context(), pool.Drain)
		if got := c.count("http://a.example/robots.txt"); len(c.endings) != 300 || got < 2 {
			t.Errorf("%d positions ended, robots.txt was asked for %d times; want 300 and more than once", len(c.endings), got)
		}
	})
}

// Of such rules each URL takes some milliseconds, in which nobody else is served.
func TestRulesThatTakeLongAreAskedAFewTimesATurn(t *testing.T) {
	var text strings.Builder
	text.WriteString("User-agent: *\n")
	for i := 0; text.Len() < robots.MaxSize-100; i++ {
		fmt.Fprintf(&text, "Disallow: /*b%d\n", i)
	}
	f := newFrontier(always.withDefaults())
	var batch []Request
	for i := range int64(turnSize) {
		r, err := NewRequest("http://a.example/" + strings.Repeat("a", 2000))
		if err != nil {
			t.Fatal(err)
		}
		r.Position = Position{Index: i + 1}
		batch = append(batch, r)
	}
	f.add(batch)
	var turn turn
	var ask Request
	for parked := 0; parked < len(batch); parked += turn.parked {
		f.take(&turn)
		if len(turn.start) > 0 {
			ask = turn.start[0]
		}
	}
	f.done(&ask, &Answer{Status: 200, Robots: []byte(text.String())})
	denied := 0
	for turns := 1; denied < len(batch); turns++ {
		f.take(&turn)
		if n := len(turn.denied); n == 0 || n > turnSize/4 {
			t.Fatalf("in turn %d %d requests were denied, want some, but not nearly all", turns, n)
		}
		denied += len(turn.denied)
		f.told(turn.denied)
	}
}

func TestAStopWhileARobotsFileIsWaitedFor(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		for name, abort := range map[string]bool{"stop": false, "abort": true} {
			ctx, cancel := context.WithCancelCause(t.Context())
			stop := make(chan struct{})
			c := newRun(t, always, slow(10*time.Second))
			over := make(chan error)
			list := listOf("http://a.example/1", "http://a.example/2", "https://a.example/3")
			go func() { over <- c.stage.Run(ctx, stop, list) }()
			synctest.Wait()
			if s := c.stage.Status(); s.Queued != 3 || s.InFlight != 2 || s.Host != "a.example" || s.Stalled {
				t.Errorf("%s: Status = %+v, want three to wait for two robots.txt", name, s)
			}
			enough := errors.New("enough")
			if abort {
				cancel(enough)
			} else {
				close(stop)
			}
			if err := <-over; abort != errors.Is(err, enough) {
				t.Errorf("%s: Run: %v", name, err)
			}
			c.pages.Shutdown(ctx, pool.CancelPending)
			c.pages.Shutdown(t.Context(), pool.Drain)
			if len(c.endings) != 0 || len(c.starts) != 2 {
				t.Errorf("%s: %d positions ended after %d requests, want them to remain", name, len(c.endings), len(c.starts))
			}
			cancel(nil)
		}
	})
}

// memoryCache is a cache that counts.
type memoryCache struct {
	mu         sync.Mutex
	files      map[string]robots.File
	gets, puts int
}

func (m *memoryCache) Get(origin string) (robots.File, bool) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.gets++
	file, ok := m.files[origin]
	return file, ok
}

func (m *memoryCache) Put(file robots.File) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.puts++
	m.files[file.Origin] = file
}

func TestACacheSparesTheServer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		cache := &memoryCache{files: map[string]robots.File{}}
		opts := StageOptions{Robots: RobotsAlways, RobotsCache: cache, Retries: -1}
		list := []string{"http://a.example/1", "http://b.example/1", "http://a.example/2"}
		web := func(ctx context.Context, r Request) Answer {
			if r.Robots && r.Host == "b.example" {
				return Answer{Status: 500}
			}
			return withRobots("User-agent: *\nDisallow: /2", ok)(ctx, r)
		}
		for round, want := range []int{1, 0, 1} {
			if round == 2 {
				time.Sleep(robots.MaxAge)
			}
			c := crawl(t, opts, listOf(list...), web)
			if got := c.count("http://a.example/robots.txt"); got != want {
				t.Errorf("round %d: a's robots.txt was asked for %d times, want %d", round, got, want)
			}
			if got := c.count("http://b.example/robots.txt"); got != 1 {
				t.Errorf("round %d: b's robots.txt, a failure, was asked for %d times, want once", round, got)
			}
			if e := c.endings[3].Err; e == nil || e.Class != Robots {
				t.Errorf("round %d: ended with %v, want robots", round, e)
			}
		}
		if cache.gets != 6 || cache.puts != 2 {
			t.Errorf("%d gets and %d puts, want one get an origin and run, and 2 puts", cache.gets, cache.puts)
		}
	})
}
