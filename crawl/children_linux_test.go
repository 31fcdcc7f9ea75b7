package crawl

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"trawl/fetch"
)

// children are the processes that this one has started and that have not ended.
func children(t *testing.T) (pids []string) {
	t.Helper()
	entries, err := os.ReadDir("/proc")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		stat, err := os.ReadFile("/proc/" + e.Name() + "/stat")
		if err != nil { // no process, or one that has ended
			continue
		}
		rest := string(stat[strings.LastIndexByte(string(stat), ')')+1:])
		if f := strings.Fields(rest); len(f) > 1 && f[1] == fmt.Sprint(os.Getpid()) {
			pids = append(pids, e.Name())
		}
	}
	return pids
}

// However a run ends, its workers have ended when Crawl returns, and after an abort that is
// within a second.
func TestNoWorkerIsLeftWhenCrawlReturns(t *testing.T) {
	enough := errors.New("enough")
	for name, end := range map[string]func(stop chan struct{}, abort func(error)){
		"the list": func(chan struct{}, func(error)) {},
		"a stop":   func(stop chan struct{}, _ func(error)) { close(stop) },
		"an abort": func(_ chan struct{}, abort func(error)) { abort(enough) },
	} {
		t.Run(name, func(t *testing.T) {
			ctx, abort := context.WithCancelCause(t.Context())
			defer abort(nil)
			stop := make(chan struct{})
			var began time.Time
			seen := 0
			last := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
				seen = len(children(t))
				began = time.Now()
				end(stop, abort)
			}))
			defer last.Close()
			var lines []string
			if name == "an abort" {
				site := server(t)
				for i := range 100 { // servers and parsers that do not let go
					lines = append(lines, fmt.Sprintf("%s/hang/%d", site, i), fmt.Sprintf("%s/ok/%d/hanging", site, i))
				}
			}
			opts := inWorkers(to(t.TempDir(), Options{Stage: fetch.StageOptions{HostConcurrency: 64, Concurrency: 100}}), "hanging")
			if _, err := Crawl(ctx, stop, listOf(t, append(lines, last.URL)...), opts); err != nil && !errors.Is(err, enough) {
				t.Fatal(err)
			}
			ended := time.Now()
			last.Close() // returns after the handler
			if took := ended.Sub(began); took > time.Second {
				t.Errorf("it took %v", took)
			}
			if left := children(t); len(left) > 0 || seen == 0 {
				t.Errorf("%d workers were there, %v are left", seen, left)
			}
		})
	}
}
