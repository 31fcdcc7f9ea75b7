package crawl

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"time"

	"trawl/fetch"
	"trawl/parse"
	"trawl/pool"
	"trawl/sinks"
)

// server answers /ok/… /fail/… /flaky/… /hang/… /away/…
func server(t *testing.T) string {
	leave := make(chan struct{})
	s := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch strings.Split(r.URL.Path, "/")[1] {
		case "ok":
			fmt.Fprint(w, "<title>ok</title>")
		case "fail":
			w.WriteHeader(http.StatusGone)
		case "flaky":
			if rand.IntN(2) == 0 {
				w.WriteHeader(http.StatusBadGateway)
			}
		case "away":
			http.Redirect(w, r, "/ok/away", http.StatusFound)
		case "hang":
			select {
			case <-r.Context().Done():
			case <-leave:
			}
		}
	}))
	t.Cleanup(func() {
		close(leave)
		s.Close()
	})
	return s.URL
}

func listOf(t *testing.T, lines ...string) *List {
	t.Helper()
	l, err := OpenList([]string{"-"}, strings.NewReader(strings.Join(lines, "\n")), ListOptions{Dedupe: true})
	if err != nil {
		t.Fatal(err)
	}
	return l
}

func to(dir string, options Options) Options {
	options.Output.Output = filepath.Join(dir, "pages.jsonl")
	options.Output.Errors = filepath.Join(dir, "errors.jsonl")
	options.Stage.RetryWait = time.Millisecond
	return options
}

func read(t *testing.T, dir, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(dir, name))
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	return string(text)
}

// mixed are n URLs of all kinds, and how many of them are no duplicates.
func mixed(site string, n int) (lines []string) {
	for i := range n {
		switch i % 10 {
		case 0:
			lines = append(lines, fmt.Sprint("bad line ", i))
		case 1:
			lines = append(lines, fmt.Sprintf("%s/ok/same", site))
		default:
			kind := []string{"ok", "fail", "flaky", "away"}[i%4]
			lines = append(lines, fmt.Sprintf("%s/%s/%d", site, kind, i))
		}
	}
	return lines
}

var seqOf = regexp.MustCompile(`(?m)^{"seq":(\d+),.*}$`)

func TestEveryURLEndsInExactlyOnePlace(t *testing.T) {
	everywhere(t, testEveryURLEndsInExactlyOnePlace)
}

func testEveryURLEndsInExactlyOnePlace(t *testing.T, at place) {
	const n = 1000
	dir := t.TempDir()
	sum, err := Crawl(t.Context(), nil, listOf(t, mixed(server(t), n)...), at(to(dir, Options{Stage: fetch.StageOptions{HostConcurrency: 32}}), ""))
	if err != nil {
		t.Fatal(err)
	}
	if sum.Pages+sum.Failed+sum.Skipped != n || sum.Remaining != 0 || sum.Skipped != n/10-1 {
		t.Errorf("%d pages, %d failed, %d skipped, %d remaining; want %d together, %d skipped and none remaining",
			sum.Pages, sum.Failed, sum.Skipped, sum.Remaining, n, n/10-1)
	}
	seen := map[string]int{}
	for _, line := range seqOf.FindAllStringSubmatch(read(t, dir, "pages.jsonl"), -1) {
		seen[line[1]]++
	}
	if int64(len(seen)) != sum.Pages+sum.Failed {
		t.Errorf("%d positions have a record, want %d", len(seen), sum.Pages+sum.Failed)
	}
	for seq, times := range seen {
		if times != 1 {
			t.Errorf("position %s has %d records", seq, times)
		}
	}
	if got := strings.Count(read(t, dir, "errors.jsonl"), "\n"); int64(got) != sum.Failed {
		t.Errorf("%d lines in the errors file, want %d", got, sum.Failed)
	}
}

func TestAStoppedRunsCountsAddUp(t *testing.T) {
	everywhere(t, testAStoppedRunsCountsAddUp)
}

func testAStoppedRunsCountsAddUp(t *testing.T, at place) {
	lines := mixed(server(t), 5000)
	stop := make(chan struct{})
	in, feed := io.Pipe()
	go func() {
		for i, line := range lines {
			if i == 1000 {
				close(stop)
			}
			if _, err := io.WriteString(feed, line+"\n"); err != nil {
				return // the list is closed
			}
		}
	}()
	l, err := OpenList([]string{"-"}, in, ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	stats := NewStats()
	sum, err := Crawl(t.Context(), stop, l, at(to(t.TempDir(), Options{Stats: stats}), ""))
	if err != nil {
		t.Fatal(err)
	}
	taken := stats.Counts().Stage.Taken
	if got := sum.URLs() + sum.Remaining; got != taken || sum.URLs() == 0 || taken == 5000 {
		t.Errorf("%d ended and %d remain of %d taken; want them to add up, before the end of the list", sum.URLs(), sum.Remaining, taken)
	}
}

func TestAfterAnAbortEverythingReturnsWithinASecond(t *testing.T) {
	everywhere(t, testAfterAnAbortEverythingReturnsWithinASecond)
}

func testAfterAnAbortEverythingReturnsWithinASecond(t *testing.T, at place) {
	site := server(t)
	enough := errors.New("enough")
	dir := t.TempDir()
	ctx, abort := context.WithCancelCause(t.Context())
	var lines []string
	for i := range 200 {
		lines = append(lines, fmt.Sprintf("%s/hang/%d", site, i))
	}
	in, feed := io.Pipe() // never closed: the list is silent after these
	go io.WriteString(feed, site+"/ok/1\n"+strings.Join(lines, "\n")+"\n")
	l, err := OpenList([]string{"-"}, in, ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	opts := at(to(dir, Options{Stage: fetch.StageOptions{HostConcurrency: 64}}), "")
	var begin time.Time
	opts.OnRecord = func(*parse.Record) {
		begin = time.Now()
		abort(enough)
	}
	sum, err := Crawl(ctx, nil, l, opts)
	if took := time.Since(begin); took > time.Second {
		t.Errorf("it took %v", took)
	}
	if !errors.Is(err, enough) {
		t.Errorf("Crawl: %v, want the cause", err)
	}
	if sum.Pages != 1 || sum.Failed != 0 || sum.Remaining == 0 {
		t.Errorf("%d pages, %d failed, %d remaining; want what was cut off to remain", sum.Pages, sum.Failed, sum.Remaining)
	}
}

func TestMaxDurationStartsNothingMore(t *testing.T) {
	site := server(t)
	opts := to(t.TempDir(), Options{MaxDuration: 100 * time.Millisecond, Stage: fetch.StageOptions{HostDelay: time.Hour}})
	var lines []string
	for i := range 1000 {
		lines = append(lines, fmt.Sprintf("%s/ok/%d", site, i))
	}
	sum, err := Crawl(t.Context(), nil, listOf(t, lines...), opts)
	if err != nil {
		t.Fatal(err)
	}
	if sum.Stopped != "--max-duration" || sum.URLs() > 1 || sum.Remaining == 0 {
		t.Errorf("stopped by %q after %d URLs, %d remain; want --max-duration, after one at most", sum.Stopped, sum.URLs(), sum.Remaining)
	}
}

func TestAPanicInParsePageIsThatURLsFailure(t *testing.T) {
	everywhere(t, func(t *testing.T, at place) {
		site, dir := server(t), t.TempDir()
		list := listOf(t, site+"/ok/panics", site+"/fail/2", site+"/ok/fails", site+"/ok/4")
		sum, err := Crawl(t.Context(), nil, list, at(to(dir, Options{}), "broken"))
		if err != nil {
			t.Fatal(err)
		}
		if sum.Pages != 1 || sum.Classes[fetch.Callback] != 2 || sum.Classes[fetch.HTTPStatus] != 1 {
			t.Errorf("%d pages, failures by class: %v, want one, two of the callback and one of the status", sum.Pages, sum.Classes)
		}
		for _, want := range []string{`"error":"parse_page: panic: no price on the page"`, `"error":"parse_page: nor here"`} {
			if got := read(t, dir, "errors.jsonl"); !strings.Contains(got, want) {
				t.Errorf("the errors file lacks %s:\n%s", want, got)
			}
		}
		if got := read(t, dir, "pages.jsonl"); strings.Contains(got, "of half a page") || strings.Count(got, `"bytes":17,`) != 3 {
			t.Errorf("want the bytes of three bodies that were read, and nothing else of those that could not be parsed:\n%s", got)
		}
	})
}

func TestTheFirstWriteErrorEndsTheRun(t *testing.T) {
	site := server(t)
	var lines []string
	for i := range 3000 {
		lines = append(lines, fmt.Sprintf("%s/ok/%d", site, i))
	}
	begin := time.Now()
	sum, err := Crawl(t.Context(), nil, listOf(t, append(lines, site+"/hang/1")...), Options{Output: sinks.Options{Output: "/dev/full"}})
	w, ok := errors.AsType[*sinks.Error](err)
	if !ok || w.Path != "/dev/full" || !errors.Is(w, syscall.ENOSPC) {
		t.Errorf("Crawl: %v, want the write error of /dev/full", err)
	}
	if sum.URLs() != 0 {
		t.Errorf("%d URLs are counted, and none is on disk", sum.URLs())
	}
	if took := time.Since(begin); took > 20*time.Second {
		t.Errorf("the run went on for %v", took)
	}
}

func TestKeepOrderWritesInTheOrderOfTheList(t *testing.T) {
	everywhere(t, testKeepOrderWritesInTheOrderOfTheList)
}

func testKeepOrderWritesInTheOrderOfTheList(t *testing.T, at place) {
	const n = 600
	dir := t.TempDir()
	opts := at(to(dir, Options{Stage: fetch.StageOptions{KeepOrder: true, HostConcurrency: 32}}), "")
	sum, err := Crawl(t.Context(), nil, listOf(t, mixed(server(t), n)...), opts)
	if err != nil {
		t.Fatal(err)
	}
	last, lines := 0, 0
	for _, line := range seqOf.FindAllStringSubmatch(read(t, dir, "pages.jsonl"), -1) {
		var seq int
		fmt.Sscan(line[1], &seq)
		if seq <= last {
			t.Fatalf("position %d comes after %d", seq, last)
		}
		last, lines = seq, lines+1
	}
	if int64(lines) != sum.Pages+sum.Failed {
		t.Errorf("%d records, want %d", lines, sum.Pages+sum.Failed)
	}
}

// What is live in the middle of a run of 100,000 URLs is not more than in one of
// 20,000.
func TestMemoryDoesNotGrowWithTheList(t *testing.T) {
	short, long := liveMemory(t, 20_000), liveMemory(t, 100_000)
	if long > short+short/4+2<<20 { // 80,000 more would not fit in there
		t.Errorf("%d KiB are live in a run of 20,000 URLs and %d KiB in one of 100,000", short>>10, long>>10)
	}
}

// liveMemory is the most that is live near the end of a run over that many URLs
// of as many hosts, in bytes.
func liveMemory(t *testing.T, n int) (most uint64) {
	t.Helper()
	in, feed := io.Pipe()
	go func() {
		var block bytes.Buffer
		for i := range n {
			fmt.Fprintf(&block, "http://h%d.example/page\n", i)
			if block.Len() > 1<<15 {
				block.WriteTo(feed)
			}
		}
		block.WriteTo(feed)
		feed.Close()
	}()
	l, err := OpenList([]string{"-"}, in, ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	opts := Options{Output: sinks.Options{Output: os.DevNull}}
	records := 0
	opts.OnRecord = func(*parse.Record) {
		if records++; records > n-20_000 && records%2_000 == 0 {
			var m runtime.MemStats
			runtime.GC()
			runtime.ReadMemStats(&m)
			most = max(most, m.HeapAlloc)
		}
	}
	c := newCrawl(t.Context(), nil, l, opts)
	err = run(c, pool.Threads(func(_ context.Context, r fetch.Request) (fetch.Page, error) {
		return fetch.Page{Answer: fetch.Answer{Status: 200}, URL: r.URL, HasBody: true}, nil
	}), c.parsePage)
	if err != nil || records != n {
		t.Fatalf("%d records of %d: %v", records, n, err)
	}
	return most
}

// A stop closes the list: that is not its end, and -O's old file stays.
func TestAStoppedRunDoesNotReplaceTheOutput(t *testing.T) {
	site, dir := server(t), t.TempDir()
	opts := to(dir, Options{})
	opts.Output.Overwrite = true
	if err := os.WriteFile(opts.Output.Output, []byte("old\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	in, feed := io.Pipe() // goes on, and has nothing to say
	go io.WriteString(feed, site+"/ok/1\n")
	l, err := OpenList([]string{"-"}, in, ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	stop := make(chan struct{})
	opts.OnRecord = func(*parse.Record) { close(stop) }
	sum, err := Crawl(t.Context(), stop, l, opts)
	if err != nil || sum.Pages != 1 {
		t.Fatalf("%d pages, %v", sum.Pages, err)
	}
	if got := read(t, dir, "pages.jsonl"); got != "old\n" || sum.SideFile == "" {
		t.Errorf("the output is %q, the side file %q; want the old one to stay", got, sum.SideFile)
	}
}

func TestMaxDurationThatCutsNothingOffIsNoStop(t *testing.T) {
	site := server(t)
	opts := to(t.TempDir(), Options{MaxDuration: 50 * time.Millisecond})
	late := time.After(2 * opts.MaxDuration)
	opts.ParsePage = func(page *fetch.Page, o parse.Options) (parse.Record, error) {
		<-late // the time is up, and this page still ends
		return parse.ParsePage(page, o)
	}
	sum, err := Crawl(t.Context(), nil, listOf(t, site+"/ok/1"), opts)
	if err != nil {
		t.Fatal(err)
	}
	if sum.Stopped != "" && sum.Remaining == 0 {
		t.Errorf("stopped by %s, and %d remain", sum.Stopped, sum.Remaining)
	}
}

// A parser that ends its goroutine, as t.Fatal does, is that URL's failure.
func TestGoexitInParsePageIsThatURLsFailure(t *testing.T) {
	everywhere(t, func(t *testing.T, at place) {
		site, dir := server(t), t.TempDir()
		opts := at(to(dir, Options{}), "broken")
		sum, err := Crawl(t.Context(), nil, listOf(t, site+"/ok/a/goes", site+"/ok/b/goes", site+"/fail/3"), opts)
		if (err == nil) != (opts.Processes != nil || opts.Elsewhere != nil) {
			t.Errorf("Crawl: %v; want the pool's word of it where the pool is", err)
		}
		if sum.Classes[fetch.Callback] != 2 || sum.Failed != 3 {
			t.Errorf("failures by class: %v; want two of the callback", sum.Classes)
		}
		if got := read(t, dir, "errors.jsonl"); strings.Count(got, `"error":"parse_page: runtime.Goexit"`) != 2 {
			t.Errorf("want two of runtime.Goexit:\n%s", got)
		}
	})
}
