package main

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
)

// The run goes on with fewer requests in flight than were asked for, and has a page of
// every host.
func TestARunGoesOnWithFewOpenFiles(t *testing.T) {
	port := answerEverything(t)
	everyExecutor(t, func(t *testing.T) {
		for files, running := range map[int]int{64: 48, 32: 16, 24: 8} {
			dir := t.TempDir()
			var urls []string
			for i := range 600 {
				urls = append(urls, fmt.Sprintf("http://127.0.%d.%d:%s/%d", 5+i%3, 1+i%200, port, i))
			}
			list(t, dir, urls...)
			cmd := exec.CommandContext(t.Context(), "sh", "-c", fmt.Sprintf("ulimit -n %d; exec trawl urls.txt --retries 0", files))
			cmd.Dir = dir
			said, err := cmd.CombinedOutput()
			want := fmt.Sprintf("trawl: this system allows %d open files; --concurrency 128 needs about 192\n  Running with %d instead. Raise it with: ulimit -n 4096\n", files, running)
			if code := exitOf(t, err); code != exitOK || string(said) != want {
				t.Errorf("%d files: exit %d, and %s\nwant: %s", files, code, said, want)
			}
			if got := len(linesOf(contents(t, dir, "db.txt"))); got != len(urls) {
				t.Errorf("%d files: %d pages, want %d", files, got, len(urls))
			}
		}
	})
}

func TestAThousandHostsThatRefuseAreAThousandFailures(t *testing.T) {
	dir, s := t.TempDir(), newSite(t)
	urls := []string{s.URL + "/page/1"}
	for i := range 1000 {
		urls = append(urls, fmt.Sprintf("http://127.9.%d.%d:1/", i/250, 1+i%250))
	}
	list(t, dir, append(urls, s.URL+"/page/2")...)
	said, err := trawl(t, dir, "urls.txt", "--retries", "1", "--retry-wait", "1ms").CombinedOutput()
	if code := exitOf(t, err); code != exitFailed || !strings.Contains(string(said), "1,000 of 1,002 URLs failed") {
		t.Errorf("exit %d: %s", code, said)
	}
	if pages, failed := len(linesOf(contents(t, dir, "db.txt"))), strings.Count(contents(t, dir, "db.errors.jsonl"), `"error":"connection refused"`); pages != 2 || failed != 1000 {
		t.Errorf("%d pages and %d refusals, want 2 and 1000", pages, failed)
	}
}
