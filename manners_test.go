package main

import (
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"trawl/fetch/countingtest"
)

// eachServer runs a test with each executor and either server that counts.
func eachServer(t *testing.T, test func(t *testing.T, opts countingtest.Options)) {
	both := func(t *testing.T) {
		for name, http2 := range map[string]bool{"HTTP1": false, "HTTP2": true} {
			t.Run(name, func(t *testing.T) { test(t, countingtest.Options{HTTP2: http2}) })
		}
	}
	everyExecutor(t, both)
	inACluster(t, both)
}

// visit has the command fetch paths of hosts ("a /page/1") from a server that counts, by
// its names. It wants every one to end well, and returns what the server has seen.
func visit(t *testing.T, s *countingtest.Server, pages []string, args ...string) countingtest.Log {
	t.Helper()
	dir := t.TempDir()
	said, code := visitIn(t, dir, s, pages, args...)
	if code != exitOK || said != "" {
		t.Errorf("trawl %s: exit %d, %s", args, code, said)
	}
	if got := strings.Count(contents(t, dir, "db.txt"), "\n"); got != len(pages) {
		t.Errorf("trawl %s: %d pages, want %d", args, got, len(pages))
	}
	return s.Log()
}

func visitIn(t *testing.T, dir string, s *countingtest.Server, pages []string, args ...string) (said string, code int) {
	t.Helper()
	out, err := visitor(t, dir, s, pages, args...).CombinedOutput()
	return string(out), exitOf(t, err)
}

// visitor is the command that fetches paths of hosts.
func visitor(t *testing.T, dir string, s *countingtest.Server, pages []string, args ...string) *exec.Cmd {
	t.Helper()
	var urls, resolve []string
	for _, page := range pages {
		name, path, _ := strings.Cut(page, " ")
		urls = append(urls, s.URL(name, path))
		if at := s.Resolve(name); !slices.Contains(resolve, at) {
			resolve = append(resolve, at)
		}
	}
	args = append([]string{list(t, dir, urls...), "--retry-wait", "10ms"}, args...)
	if pem := s.CACert(); pem != nil {
		args = append(args, "--cacert", filepath.Join(dir, "ca.pem"))
		if err := os.WriteFile(filepath.Join(dir, "ca.pem"), pem, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	cmd := trawl(t, dir, args...)
	cmd.Env = append(cmd.Env, "TRAWL_RESOLVE="+strings.Join(resolve, "\n"))
	return cmd
}

// busyWeb is a list of n pages of hosts, most of them short links, with all that makes a
// client ask again: redirects within a host and to others, failures, pauses that hosts ask
// for, connections that break.
func busyWeb(s *countingtest.Server, n, hosts int) (pages []string) {
	for i := range n {
		path := fmt.Sprintf("/page/%d", i)
		other := s.URL(fmt.Sprintf("h%d", i*7%hosts), path)
		switch i % 100 {
		case 1, 21, 41, 61, 81:
			path = fmt.Sprintf("/here/%d", i)
		case 3, 13, 23, 33, 43, 53, 63, 73, 83, 93:
			path = fmt.Sprintf("/to/%d?u=%s", i, other)
		case 5, 55:
			path = fmt.Sprintf("/failing/%d", i)
		case 7:
			path = fmt.Sprintf("/busy/1/%d", i)
		case 57:
			path = fmt.Sprintf("/pause/1/%d", i)
		case 9:
			path = fmt.Sprintf("/broken/%d", i)
		case 11:
			path = fmt.Sprintf("/last/1/%d", i)
		case 59:
			path = fmt.Sprintf("/older/1/%d", i)
		}
		pages = append(pages, fmt.Sprintf("h%d %s", i%hosts, path))
	}
	return pages
}

// In no run does a host see more at once than it may: here with ten thousand short links,
// of which the race detector leaves time for some, and with the narrowest limit and the
// usual one.
func TestAServerNeverSeesMoreAtOnceThanItsLimit(t *testing.T) {
	links := 10_000
	if raceDetector {
		links = 2_000
	}
	wantAtOnce(t, links)
}

func wantAtOnce(t *testing.T, links int) {
	eachServer(t, func(t *testing.T, opts countingtest.Options) {
		for _, test := range []struct{ limit, pages, hosts int }{{1, 500, 5}, {3, links, 50}, {8, 1_500, 7}} {
			opts.Takes = time.Millisecond
			s := countingtest.Start(t, opts)
			log := visit(t, s, busyWeb(s, test.pages, test.hosts), "--host-concurrency", fmt.Sprint(test.limit), "--retry-max-wait", "20ms")
			used := 0
			for host, of := range log.Hosts() {
				if got := of.AtOnce(); got > test.limit {
					t.Errorf("%s has seen %d requests at once, want at most %d", host, got, test.limit)
				}
				used = max(used, of.AtOnce())
			}
			if used != test.limit || len(log.Hosts()) != test.hosts || len(log) < test.pages*6/5 {
				t.Errorf("%d requests to %d hosts, at most %d at once: not what the test is about", len(log), len(log.Hosts()), used)
			}
		}
	})
}

// The server's pause is never shorter than the client's, see countingtest, so no tolerance
// is needed.
func TestAServerNeverSeesAPauseThatIsTooShort(t *testing.T) {
	eachServer(t, func(t *testing.T, opts countingtest.Options) {
		const delay = 20 * time.Millisecond
		s := countingtest.Start(t, opts)
		log := visit(t, s, busyWeb(s, 200, 10), "--host-delay", delay.String(), "--retry-max-wait", "30ms")
		for host, of := range log.Hosts() {
			if got := of.Pause(nil); got < delay {
				t.Errorf("%s has seen a pause of %v, want %v at least", host, got, delay)
			}
		}
	})
}

// What a host asks for is kept too, up to --retry-max-wait: after such an answer it is left
// alone for so long.
func TestAServerSeesThePauseThatItHasAskedFor(t *testing.T) {
	eachServer(t, func(t *testing.T, opts countingtest.Options) {
		const most = 50 * time.Millisecond
		for kind, asks := range map[string]func(q countingtest.Request) bool{
			"busy":  func(q countingtest.Request) bool { return q.Status == 429 },
			"pause": func(q countingtest.Request) bool { return q.Status == 503 },
			"last":  func(q countingtest.Request) bool { return strings.HasPrefix(q.Path, "/last/") },
			"older": func(q countingtest.Request) bool { return strings.HasPrefix(q.Path, "/older/") },
		} {
			s := countingtest.Start(t, opts)
			var pages []string
			for i := range 60 {
				path := fmt.Sprintf("h%d /page/%d", i%4, i)
				if i%12 < 4 {
					path = fmt.Sprintf("h%d /%s/1/%d", i%4, kind, i)
				}
				pages = append(pages, path)
			}
			log := visit(t, s, pages, "--host-concurrency", "1", "--retry-max-wait", most.String())
			for host, of := range log.Hosts() {
				if got := of.Pause(asks); got < most || got == math.MaxInt64 {
					t.Errorf("%s: %s has been left alone for %v, want %v", kind, host, got, most)
				}
			}
		}
	})
}

// When a request was sent the server does not know, only between which moments, since each
// host is asked one thing at a time; see countingtest.
func TestAServerNeverSeesMoreStartsThanTheRateAllows(t *testing.T) {
	eachServer(t, func(t *testing.T, opts countingtest.Options) {
		const rate = 100
		s := countingtest.Start(t, opts)
		log := visit(t, s, busyWeb(s, 100, 3), "--rate", fmt.Sprint(rate), "--host-concurrency", "1", "--retry-max-wait", "20ms")
		if excess := log.Starts(rate); excess > 0 {
			t.Errorf("%.2f starts too many, want at most %d a second and one", excess, rate)
		}
		took := log[len(log)-1].End - log[0].Begin
		t.Logf("%d starts in %v, at most %d within a second", len(log), took, log.PerSecond())
	})
}

// A host that asks for two seconds gets them, and no other waits for it.
func TestAPauseOfOneHostSlowsNoOther(t *testing.T) {
	everyExecutor(t, func(t *testing.T) {
		s := countingtest.Start(t, countingtest.Options{})
		pages := []string{"slow /busy/2/1"}
		for i := range 300 {
			pages = append(pages, fmt.Sprintf("h%d /page/%d", i%10, i))
		}
		hosts := visit(t, s, pages, "--host-concurrency", "1").Hosts()
		slow := hosts[s.Host("slow")]
		if len(slow) != 2 || slow.Pause(nil) < 2*time.Second {
			t.Fatalf("slow was asked %d times, %v apart; want twice, 2 s apart", len(slow), slow.Pause(nil))
		}
		for host, of := range hosts {
			if last := of[len(of)-1]; host != s.Host("slow") && last.End > slow[1].Begin {
				t.Errorf("%s has had to wait for the pause of another", host)
			}
		}
	})
}

// Without worker processes that die, a host's requests over HTTP/2 share one connection
// of each process, and no stream is ever beyond the host's limit.
func TestStreamsAreCountedAsRequestsAre(t *testing.T) {
	everyExecutor(t, func(t *testing.T) {
		s := countingtest.Start(t, countingtest.Options{HTTP2: true, Takes: time.Millisecond})
		var pages []string
		for i := range 1000 {
			pages = append(pages, fmt.Sprintf("h%d /page/%d", i%2, i))
		}
		connections := 1
		if os.Getenv("TRAWL_EXECUTOR") == inProcesses {
			connections = 2
		}
		for host, of := range visit(t, s, pages, "--host-concurrency", "6").Hosts() {
			if of.AtOnce() != 6 || of.Streams() > 6 {
				t.Errorf("%s has seen %d requests and %d streams of a connection at once, want 6", host, of.AtOnce(), of.Streams())
			}
			if got := len(of.Connections()); got > connections {
				t.Errorf("%s has seen %d connections, want %d at most", host, got, connections)
			}
		}
	})
}
