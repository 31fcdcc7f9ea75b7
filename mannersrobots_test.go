package main

import (
	"encoding/json"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"trawl/fetch/countingtest"
)

// asksForRobots is true of requests for a robots.txt.
func asksForRobots(q countingtest.Request) bool { return q.Path == "/robots.txt" }

// The pause that a robots.txt asks for is kept from the robots.txt on, as --host-delay is,
// and the longer of both counts.
func TestAServerSeesThePauseOfItsRobots(t *testing.T) {
	eachServer(t, func(t *testing.T, opts countingtest.Options) {
		opts.Robots = "User-agent: other\nDisallow: /\n\nUser-agent: trawl\nCrawl-delay: 0.05\n"
		for _, hostDelay := range []time.Duration{0, 70 * time.Millisecond} {
			s := countingtest.Start(t, opts)
			log := visit(t, s, busyWeb(s, 60, 10), "--robots", "always", "--host-delay", hostDelay.String(), "--retry-max-wait", "100ms")
			for host, of := range log.Hosts() {
				if got, want := of.Pause(nil), max(hostDelay, 50*time.Millisecond); got < want {
					t.Errorf("%s has seen a pause of %v, want %v at least", host, got, want)
				}
				if !asksForRobots(of[0]) {
					t.Errorf("%s was asked for %s before its robots.txt", host, of[0].Path)
				}
			}
		}
	})
}

// Requests for robots.txt are in no way beyond a host's limits, and each origin has one.
func TestRobotsIsAskedForOnceWithinTheLimits(t *testing.T) {
	eachServer(t, func(t *testing.T, opts countingtest.Options) {
		opts.Robots, opts.Takes = "User-agent: *\nDisallow: /nothing\n", time.Millisecond
		for _, limit := range []int{1, 3} {
			s := countingtest.Start(t, opts)
			log := visit(t, s, busyWeb(s, 1000, 20), "--robots", "always", "--host-concurrency", fmt.Sprint(limit), "--retry-max-wait", "20ms")
			for host, of := range log.Hosts() {
				if got := of.AtOnce(); got > limit {
					t.Errorf("%s has seen %d requests at once, want at most %d", host, got, limit)
				}
				times := 0
				for _, q := range of {
					if asksForRobots(q) {
						times++
					}
				}
				if times != 1 || !asksForRobots(of[0]) {
					t.Errorf("%s was asked for its robots.txt %d times, and first for %s; want once, first", host, times, of[0].Path)
				}
			}
		}
	})
}

// No robots.txt is fetched for URLs that somebody has listed, however they lead on, unless
// that is asked for.
func TestRobotsOfListedURLsIsNotFetched(t *testing.T) {
	eachServer(t, func(t *testing.T, opts countingtest.Options) {
		opts.Robots = "User-agent: *\nDisallow: /\n"
		for _, args := range [][]string{nil, {"--robots", "auto"}, {"--robots", "never"}} {
			s := countingtest.Start(t, opts)
			for _, q := range visit(t, s, busyWeb(s, 200, 10), append(args, "--retry-max-wait", "20ms")...) {
				if asksForRobots(q) {
					t.Errorf("trawl %s has asked %s for its robots.txt", args, q.Host)
				}
			}
		}
	})
}

// What a robots.txt forbids is asked for by nobody, a redirect to it neither, and stands in
// the errors file and in what cron mails.
func TestWhatRobotsForbidsIsAFailureOfItsOwn(t *testing.T) {
	everyExecutor(t, func(t *testing.T) {
		s := countingtest.Start(t, countingtest.Options{Robots: "User-agent: nightly\nDisallow: /page/2\n\nUser-agent: *\nDisallow: /\n"})
		dir := t.TempDir()
		said, code := visitIn(t, dir, s, []string{"a /page/1", "a /page/2", "b /page/21", "a /here/2", "b /here/1"},
			"--robots", "always", "-A", "nightly/1.0 (+https://example.org/)")
		want := fmt.Sprintf("trawl: 3 of 5 URLs failed (exit 4)\n  3  robots.txt does not allow it  first: %s (%s:2)\n", s.URL("a", "/page/2"), filepath.Join(dir, "urls.txt"))
		if code != exitFailed || !strings.HasPrefix(said, want) {
			t.Errorf("exit %d, %s\nwant:\n%s", code, said, want)
		}
		if again := "  Try them again: trawl --retry-failed --robots always\n"; !strings.Contains(said, again) {
			t.Errorf("not %q, and without it what is forbidden would be asked for:\n%s", again, said)
		}
		for _, q := range s.Log() {
			if strings.HasPrefix(q.Path, "/page/2") || q.Agent != "nightly/1.0 (+https://example.org/)" {
				t.Errorf("%s was asked for %s by %s", q.Host, q.Path, q.Agent)
			}
		}
		for url, failed := range failures(t, dir) {
			if failed.Class != "robots" || failed.Error != "robots.txt does not allow it" || failed.Retryable {
				t.Errorf("%s: %+v", url, failed)
			}
		}
	})
}

type failure struct {
	URL, Class, Error string
	Retryable         bool
	Attempts          int
}

// failures are those of the errors file, by URL.
func failures(t *testing.T, dir string) map[string]failure {
	t.Helper()
	all := map[string]failure{}
	for line := range strings.Lines(contents(t, dir, "db.errors.jsonl")) {
		var f failure
		if err := json.Unmarshal([]byte(line), &f); err != nil {
			t.Fatal(err)
		}
		all[f.URL] = f
	}
	return all
}

// deaf takes connections and closes them at once, so that no TLS handshake succeeds: each
// is an attempt that has arrived.
func deaf(t *testing.T) (port string, attempts chan struct{}) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	attempts = make(chan struct{}, 10_000)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			attempts <- struct{}{}
			c.Close()
		}
	}()
	t.Cleanup(func() { l.Close(); <-done })
	_, port, _ = net.SplitHostPort(l.Addr().String())
	return port, attempts
}

// A host that cannot be connected to is asked --host-max-errors times, and by those that
// were in flight just then; the rest of a thousand URLs fails without a packet, and at once.
func TestAHostThatIsDownIsLeftAlone(t *testing.T) {
	everyExecutor(t, func(t *testing.T) {
		s := newSite(t)
		for _, test := range []struct{ errors, limit int }{{20, 8}, {5, 1}, {1, 1}} {
			port, attempts := deaf(t)
			dir := t.TempDir()
			var urls []string
			for i := range 1000 {
				urls = append(urls, fmt.Sprintf("https://127.0.0.1:%s/%d", port, i), fmt.Sprintf("%s/page/%d", s.URL, i%50))
			}
			list(t, dir, urls...)
			cmd := trawl(t, dir, "urls.txt", "--host-max-errors", fmt.Sprint(test.errors), "--host-concurrency", fmt.Sprint(test.limit),
				"--retry-wait", "5ms", "--retry-max-wait", "20ms", "--retry-on", "tls,reset", "-v", "--lock", "off")
			out, err := cmd.CombinedOutput()
			if code := exitOf(t, err); code != exitFailed {
				t.Errorf("exit %d, %.500s", code, out)
			}
			if got, most := len(attempts), test.errors+test.limit-1; got < test.errors || got > most {
				t.Errorf("%d connections were tried, want %d to %d", got, test.errors, most)
			}
			if want := fmt.Sprintf("127.0.0.1:%s is given up\n", port); strings.Count(string(out), want) != 1 {
				t.Errorf("-v does not say once %q", want)
			}
			down := 0
			for url, f := range failures(t, dir) {
				if f.Class != "host_down" {
					continue
				}
				down++
				if want := fmt.Sprintf("given up after %d connection failure", test.errors); !strings.HasPrefix(f.Error, want) || !f.Retryable {
					t.Errorf("%s: %+v, want %s", url, f, want)
				}
			}
			if down < 900 { // the others had their three attempts in time
				t.Errorf("%d URLs failed as host_down, want nearly 1,000", down)
			}
			if got := strings.Count(contents(t, dir, "db.txt"), "\n"); got != 1000 {
				t.Errorf("%d pages of the other host, want 1,000", got)
			}
		}
	})
}

// Without the limit every URL is tried for itself.
func TestHostsAreNotGivenUpWithoutTheLimit(t *testing.T) {
	port, attempts := deaf(t)
	dir := t.TempDir()
	var urls []string
	for i := range 60 {
		urls = append(urls, fmt.Sprintf("https://127.0.0.1:%s/%d", port, i))
	}
	list(t, dir, urls...)
	if code := exitOf(t, trawl(t, dir, "urls.txt", "--host-max-errors", "0", "--retries", "0", "--host-concurrency", "1").Run()); code != exitNone {
		t.Errorf("exit %d", code)
	}
	for url, f := range failures(t, dir) {
		if f.Class == "host_down" {
			t.Errorf("%s: %+v", url, f)
		}
	}
	if len(attempts) != 60 {
		t.Errorf("%d connections were tried, want 60", len(attempts))
	}
}

// A port that refuses says so in the reason, and what cron mails is one line more.
func TestARefusingHostReadsWell(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l.Close()
	dir := t.TempDir()
	var urls []string
	for i := range 1000 {
		urls = append(urls, fmt.Sprintf("http://%s/%d", l.Addr(), i))
	}
	list(t, dir, urls...)
	cmd := trawl(t, dir, "urls.txt", "--retries", "0", "--host-concurrency", "1")
	out, err := cmd.CombinedOutput()
	for _, want := range []string{
		"trawl: no URL succeeded: 1,000 of 1,000 failed (exit 5)\n",
		"\n  980  given up after 20 connection failures in a row: connection refused  first: ",
		"\n   20  connection refused ",
	} {
		if code := exitOf(t, err); code != exitNone || !strings.Contains(string(out), want) {
			t.Errorf("exit %d, want %q:\n%s", code, want, out)
		}
	}
	if _, err := os.Stat(filepath.Join(dir, "db.txt")); err == nil && contents(t, dir, "db.txt") != "" {
		t.Error("there are pages")
	}
}
