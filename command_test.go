package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"
)

// resultLine is the form of every line that db.txt ever has.
var resultLine = regexp.MustCompile(`^url:<(\S+)> size:\[(\d+)\]$`)

// trawl is the command in a folder of its own, as TestMain makes the test binary
// be it.
func trawl(t testing.TB, dir string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "trawl", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "TERM=xterm", "NO_COLOR=", "XDG_CACHE_HOME="+t.TempDir())
	return cmd
}

// everyExecutor runs a test with each executor, in the environment of the commands
// that it runs.
func everyExecutor(t *testing.T, test func(t *testing.T)) {
	for _, executor := range []string{inThreads, inProcesses} {
		t.Run("executor="+executor, func(t *testing.T) {
			t.Setenv("TRAWL_EXECUTOR", executor)
			test(t)
		})
	}
}

func exitOf(t *testing.T, err error) int {
	t.Helper()
	if err == nil {
		return 0
	}
	failed, ok := err.(*exec.ExitError)
	if !ok {
		t.Fatal(err)
	}
	return failed.ExitCode()
}

func list(t *testing.T, dir string, urls ...string) string {
	t.Helper()
	name := filepath.Join(dir, "urls.txt")
	if err := os.WriteFile(name, []byte(strings.Join(urls, "\n")+"\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	return name
}

func contents(t *testing.T, name ...string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(name...))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// eventually waits until what is wanted is so.
func eventually(t *testing.T, what string, so func() bool) {
	t.Helper()
	eventuallyWithin(t, 30*time.Second, what, so)
}

func eventuallyWithin(t *testing.T, limit time.Duration, what string, so func() bool) {
	t.Helper()
	tick := time.NewTicker(2 * time.Millisecond)
	defer tick.Stop()
	for late := time.After(limit); !so(); {
		select {
		case <-tick.C:
		case <-late:
			t.Fatalf("%s: not so after %v", what, limit)
		}
	}
}

// atOnce wants what waits for nothing to take no longer than a limit. A machine that is
// busy may hold it up; what does wait takes too long each time.
func atOnce(t *testing.T, limit time.Duration, try func() (took time.Duration)) {
	t.Helper()
	var all []time.Duration
	for range 3 {
		took := try()
		if took <= limit || t.Failed() {
			return
		}
		all = append(all, took)
	}
	t.Errorf("it took %v, want no more than %v", all, limit)
}

// waitAsked waits until the site has been asked for n pages.
func waitAsked(t *testing.T, s *site, n int) {
	t.Helper()
	eventually(t, fmt.Sprintf("the site is asked %d times", n), func() bool {
		s.mu.Lock()
		defer s.mu.Unlock()
		return len(s.asked) >= n
	})
}

// listener keeps what a command says, and tells of it.
type listener struct {
	mu   sync.Mutex
	said strings.Builder
}

func (l *listener) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.said.Write(p)
}

func (l *listener) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.said.String()
}

func (l *listener) wait(t *testing.T, words string) {
	t.Helper()
	eventually(t, "it says "+words, func() bool { return strings.Contains(l.String(), words) })
}
