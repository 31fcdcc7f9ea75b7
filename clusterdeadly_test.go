//go:build linux

package main

import (
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// endure runs the command over a list some of whose pages kill whoever asks for them. begin
// is called once, in the folder of the run, and replace until that is over. Each URL must
// have one record then, and those pages alone be lost.
func endure(t *testing.T, s *askersSite, urls []string, begin func(dir string), replace func(), args ...string) {
	t.Helper()
	dir := t.TempDir()
	list(t, dir, urls...)
	cmd, said := begun(t, dir, append([]string{"urls.txt", "-o", "db.jsonl", "--host-concurrency", "100"}, args...)...)
	over := make(chan error, 1)
	go func() { over <- cmd.Wait() }()
	begin(dir)
	for late := time.After(3 * time.Minute); len(over) == 0; {
		select {
		case <-time.After(10 * time.Millisecond):
			replace()
		case <-late:
			t.Fatalf("the run does not end; what is deadly was asked for %d times: %s", s.killed(), said)
		}
	}
	if code := exitOf(t, <-over); code != exitFailed {
		t.Errorf("exit %d, want %d: %s", code, exitFailed, said)
	}
	onceEach(t, dir, "db.jsonl", urls)
	var want []stored
	for i, u := range urls {
		if strings.Contains(u, "/deadly/") {
			want = append(want, stored{Seq: int64(i + 1), URL: u, Class: "worker_lost"})
		}
	}
	differ(t, "errors file", plain(readErrors(t, filepath.Join(dir, "db.errors.jsonl"))), want)
}

// deadlyRun has a run over a page that kills whoever asks for it, and others, which are all
// done before the first worker dies, and are not asked for again.
func deadlyRun(t *testing.T, s *askersSite, replace func(), args ...string) {
	t.Helper()
	urls := append(ordinary(s.site, 50), s.URL+"/deadly/1")
	endure(t, s, urls, func(dir string) {
		waitAsked(t, s.site, len(urls))
		waitDone(t, dir, "db.jsonl", len(urls)-1)
		close(s.lethal)
	}, replace, args...)
	if asked := len(s.log()); asked != len(urls)-1+s.killed() {
		t.Errorf("the site was asked %d times, %d of them for what is deadly: want each of %d other pages once", asked, s.killed(), len(urls)-1)
	}
}

// The page is given to three workers with others, and to two alone. What was finished when a
// worker died is not fetched again.
func TestAPageThatKillsEachWorkerOfAClusterFailsAlone(t *testing.T) {
	t.Parallel()
	alongside(t, map[string]func(t *testing.T){
		"workers of the user's": func(t *testing.T) {
			n, s := newNATS(t), newAskersSite(t)
			deadlyRun(t, s, n.replacing(t, 2), n.coordinator()...)
			wantKilled(t, s, 5)
			n.wantEmpty(t)
		},
		"the coordinator's worker": func(t *testing.T) {
			s := newAskersSite(t)
			deadlyRun(t, s, func() {}, "--executor", inCluster)
			wantKilled(t, s, 5)
		},
		// The worker lives on: only its children die.
		"worker processes of a worker": func(t *testing.T) {
			n, s := newNATS(t), newAskersSite(t)
			h := n.hire(t, 1, "--executor", inProcesses, "--processes", "1")[0]
			deadlyRun(t, s, func() {}, n.coordinator()...)
			wantKilled(t, s, 3)
			if !isAlive(h.pid()) {
				t.Errorf("the worker has ended: %s", h.said)
			}
		},
	})
}

func wantKilled(t *testing.T, s *askersSite, want int) {
	t.Helper()
	if got := s.killed(); got != want {
		t.Errorf("the deadly page was asked for %d times, want %d", got, want)
	}
}

// replacing starts so many workers, and returns what puts others in the place of those that
// have ended.
func (n *natsServer) replacing(t *testing.T, count int, args ...string) func() {
	t.Helper()
	hands := n.hire(t, count, args...)
	return func() {
		for i, h := range hands {
			select {
			case <-h.over:
				hands[i] = n.hire(t, 1, args...)[0]
			default:
			}
		}
	}
}
