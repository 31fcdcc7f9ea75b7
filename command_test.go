package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// resultLine is the form of every line that db.txt ever has.
var resultLine = regexp.MustCompile(`^url:<(\S+)> size:\[(\d+)\]$`)

// trawl is the command in a folder of its own, as TestMain makes the test binary
// be it.
func trawl(t *testing.T, dir string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "trawl", args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "TERM=xterm", "NO_COLOR=", "GORACE=atexit_sleep_ms=0")
	return cmd
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

// waitAsked waits until the site has been asked for n pages.
func waitAsked(t *testing.T, s *site, n int) {
	t.Helper()
	for tick := time.NewTicker(time.Millisecond); ; <-tick.C {
		s.mu.Lock()
		got := len(s.asked)
		s.mu.Unlock()
		if got >= n {
			tick.Stop()
			return
		}
		if t.Context().Err() != nil {
			t.Fatalf("the site was asked %d times, want %d", got, n)
		}
	}
}
