package main

import (
	"fmt"
	"os/exec"
	"strings"
	"testing"
)

func TestConcurrencyFitsTheOpenFiles(t *testing.T) {
	for _, test := range []struct {
		asked   string
		allowed uint64
		want    int
		told    string
	}{
		{"1000", 256, 192, "trawl: this system allows 256 open files; --concurrency 1000 needs about 1,064\n  Running with 192 instead. Raise it with: ulimit -n 4096\n"},
		{"10000", 1024, 960, "trawl: this system allows 1024 open files; --concurrency 10000 needs about 10,064\n  Running with 960 instead. Raise it with: ulimit -n 16384\n"},
		{"128", 64, 48, "trawl: this system allows 64 open files; --concurrency 128 needs about 192\n  Running with 48 instead. Raise it with: ulimit -n 4096\n"},
		{"100", 20, 4, "trawl: this system allows 20 open files; --concurrency 100 needs about 164\n  Running with 4 instead. Raise it with: ulimit -n 4096\n"},
		{"2", 10, 1, "trawl: this system allows 10 open files; --concurrency 2 needs about 66\n  Running with 1 instead. Raise it with: ulimit -n 4096\n"},
		{"48", 64, 48, ""},
		{"192", 256, 192, ""},
		{"128", 1 << 62, 128, ""},
	} {
		cfg := parsed(t, "-c", test.asked)
		m := cfg.fitFiles(test.allowed)
		got := ""
		if m != nil {
			got = told(m)
		}
		if got != test.told || cfg.Concurrency != test.want {
			t.Errorf("-c %s of %d files: runs with %d, want %d\n%swant:\n%s", test.asked, test.allowed, cfg.Concurrency, test.want, got, test.told)
		}
	}
}

func TestTheSystemSaysHowManyFilesMayBeOpen(t *testing.T) {
	if n := openFiles(); n < 3 {
		t.Errorf("%d open files are allowed, but three are open", n)
	}
}

func TestWorkerProcessesFitTheOpenFiles(t *testing.T) {
	for _, test := range []struct {
		asked   string
		allowed uint64
		want    int
	}{
		{"8", 1024, 8}, {"8", 64, 8}, {"8", 40, 4}, {"8", 24, 1}, {"2", 10, 1},
	} {
		cfg := parsed(t, "--executor", "process", "--processes", test.asked)
		cfg.fitFiles(test.allowed)
		if got := cfg.workers(); got != test.want {
			t.Errorf("--processes %s of %d files: %d are started, want %d", test.asked, test.allowed, got, test.want)
		}
	}
}

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
