package crawl

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"trawl/fetch"
	"trawl/parse"
	"trawl/pool"
	"trawl/sinks"
)

// A run over all that a site does, and what is left of it: records, failures,
// what OnHead was told of each URL, in its order, and the counts.
type outcome struct {
	Records, Failures string
	Heads             map[string][]string
	Pages, Failed     int64
	Classes           map[fetch.Class]int64
	Responses         map[string]int64
	Bytes             int64
}

var (
	varies  = regexp.MustCompile(`"(time|[a-z]+_ms|run)":("[^"]*"|[0-9.]+),?|127.0.0.1:\d+`)
	anyDate = regexp.MustCompile(`\nDate: .*`)
)

func TestRecordsAreTheSameWhereverTheJobsRun(t *testing.T) {
	thread := outcomeOf(t, here)
	for name, at := range map[string]place{"in processes": inWorkers, "in a cluster": inCluster(t, false), "in processes of a cluster": inCluster(t, true)} {
		if diff := cmp.Diff(thread, outcomeOf(t, at)); diff != "" {
			t.Errorf("the run's outcome (-in threads +%s):\n%s", name, diff)
		}
	}
	if thread.Pages != 5 || thread.Failed != 7 || len(thread.Heads) != 12 || len(thread.Heads["/flaky"]) != 4 || !strings.Contains(thread.Failures, `"class":"callback"`) {
		t.Errorf("not all was tested: %+v", thread)
	}
}

func outcomeOf(t *testing.T, at place) (out outcome) {
	t.Helper()
	site := oddSite(t)
	out.Heads = map[string][]string{}
	list := []string{
		site + "/page", site + "/latin", site + "/gone", site + "/away", site + "/loop", site + "/cut", site + "/large", "no URL",
		site + "/panics", site + "/fails", site + "/flaky", `{"url":"` + site + `/json","headers":{"X-Key":"hidden"},"meta":{"a":1},"timeout":"9s"}`,
	}
	selector, err := parse.ParseSelector("h=h1")
	if err != nil {
		t.Fatal(err)
	}
	dir := t.TempDir()
	opts := at(to(dir, Options{
		Stage:  fetch.StageOptions{Concurrency: 1, KeepOrder: true, Retries: 1, MaxRedirects: 2},
		Client: fetch.ClientOptions{Header: []fetch.Field{{Name: "X-Run", Value: "caf\xe9"}}, UserAgent: "me", MaxSize: 1000},
		Parse:  parse.Options{Select: []parse.Selector{selector}},
	}), "broken")
	opts.Client.OnHead = func(r fetch.Request, head string) {
		lines := strings.Split(anyDate.ReplaceAllString(head, ""), "\n")
		slices.Sort(lines[1:]) // an answer's are in no order
		path := strings.TrimPrefix(r.URL, site)
		out.Heads[path] = append(out.Heads[path], strings.ReplaceAll(strings.Join(lines, "|"), strings.TrimPrefix(site, "http://"), ""))
	}
	sum, err := Crawl(t.Context(), nil, listOf(t, list...), opts)
	if err != nil {
		t.Fatal(err)
	}
	out.Records = varies.ReplaceAllString(read(t, dir, "pages.jsonl"), "")
	out.Failures = varies.ReplaceAllString(read(t, dir, "errors.jsonl"), "")
	out.Pages, out.Failed, out.Classes, out.Responses, out.Bytes = sum.Pages, sum.Failed, sum.Classes, sum.Responses, sum.Bytes
	return out
}

// oddSite is a server of all kinds of answers.
func oddSite(t *testing.T) string {
	var flaky sync.Once
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"`+r.URL.Path+`"`)
		switch r.URL.Path {
		case "/latin":
			w.Header().Set("Content-Type", "text/html; charset=iso-8859-1")
			fmt.Fprint(w, "<title>caf\xe9</title><h1>\xe9t\xe9</h1>")
			return
		case "/gone":
			http.Error(w, "gone", http.StatusGone)
			return
		case "/away":
			w.Header()["Location"] = []string{"/caf\xe9"} // as some servers send it
			w.WriteHeader(http.StatusFound)
			return
		case "/loop":
			http.Redirect(w, r, "/loop", http.StatusFound)
			return
		case "/cut":
			w.Header().Set("Content-Length", "100")
		case "/large":
			w.Write(make([]byte, 2000))
			return
		case "/flaky":
			failed := false
			flaky.Do(func() { failed = true })
			if failed {
				w.WriteHeader(http.StatusServiceUnavailable)
				return
			}
		}
		fmt.Fprintf(w, "<title>%s</title><h1>%s %s</h1>", r.URL.Path, r.Header.Get("X-Key"), r.Header.Get("X-Run"))
	}))
	t.Cleanup(site.Close)
	return site.URL
}

func TestNoHostIsAskedByMoreThanItsLimitWhereverTheJobsRun(t *testing.T) {
	everywhere(t, func(t *testing.T, at place) {
		const limit = 3
		var mu sync.Mutex
		now, peak, times := 0, 0, map[string]int{}
		site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			now++
			peak = max(peak, now)
			times[r.URL.Path]++
			first := times[r.URL.Path] == 1
			full := now == limit
			mu.Unlock()
			defer func() {
				mu.Lock()
				now--
				mu.Unlock()
			}()
			if !full {
				select { // so that others come
				case <-time.After(time.Millisecond):
				case <-r.Context().Done():
				}
			}
			switch {
			case first && strings.HasPrefix(r.URL.Path, "/flaky/"):
				w.WriteHeader(http.StatusBadGateway)
			case strings.HasPrefix(r.URL.Path, "/away/"):
				http.Redirect(w, r, "/page"+r.URL.Path, http.StatusFound)
			}
		}))
		defer site.Close()
		var lines []string
		for i := range 100 {
			lines = append(lines, fmt.Sprintf("%s/page/%d", site.URL, i), fmt.Sprintf("%s/flaky/%d", site.URL, i), fmt.Sprintf("%s/away/%d", site.URL, i))
		}
		sum, err := Crawl(t.Context(), nil, listOf(t, lines...), at(to(t.TempDir(), Options{Stage: fetch.StageOptions{HostConcurrency: limit}}), ""))
		if err != nil || sum.Pages != 300 {
			t.Fatalf("%d pages, %v", sum.Pages, err)
		}
		if peak != limit {
			t.Errorf("%d requests at once, want %d", peak, limit)
		}
	})
}

func TestAPageThatKillsItsWorkersFailsAlone(t *testing.T) {
	site, dir := server(t), t.TempDir()
	lines := []string{site + "/ok/deadly"}
	for i := range 200 {
		lines = append(lines, fmt.Sprintf("%s/ok/%d", site, i))
	}
	opts := inWorkers(to(dir, Options{}), "deadly")
	var mu sync.Mutex
	var lost []pool.WorkerLostError
	opts.Processes.OnLost = func(e *pool.WorkerLostError) {
		mu.Lock()
		defer mu.Unlock()
		lost = append(lost, *e)
	}
	sum, err := Crawl(t.Context(), nil, listOf(t, lines...), opts)
	if err != nil {
		t.Fatal(err)
	}
	if sum.Pages != 200 || sum.Classes[fetch.WorkerLost] != 1 {
		t.Errorf("%d pages, failures by class: %v; want all but one", sum.Pages, sum.Classes)
	}
	want := `"status":0,"class":"worker_lost","error":"the worker process died twice: exit status 3 (cannot go on)","retryable":false,"attempts":1,`
	if got := read(t, dir, "errors.jsonl"); !strings.Contains(got, want) {
		t.Errorf("the errors file lacks %s:\n%s", want, got)
	}
	if len(lost) < 2 || lost[0].State != "exit status 3" {
		t.Errorf("OnLost was told of %v, want each worker that died", lost)
	}
}

func TestAParserThatHangsIsGivenUp(t *testing.T) {
	site, dir := server(t), t.TempDir()
	lines := []string{site + "/ok/hanging"}
	for i := range 20 {
		lines = append(lines, fmt.Sprintf("%s/ok/%d", site, i))
	}
	opts := inWorkers(to(dir, Options{Stage: fetch.StageOptions{Timeout: 2 * time.Second, Retries: -1}}), "hanging")
	opts.Processes.ParseTimeout = time.Millisecond
	sum, err := Crawl(t.Context(), nil, listOf(t, lines...), opts)
	if err != nil {
		t.Fatal(err)
	}
	if sum.Pages != 20 || sum.Classes[fetch.Timeout] != 1 {
		t.Errorf("%d pages, failures by class: %v; want all but one", sum.Pages, sum.Classes)
	}
	if got := read(t, dir, "errors.jsonl"); !strings.Contains(got, `"error":"get_page and parse_page took more than 2.001 s"`) {
		t.Errorf("the errors file says:\n%s", got)
	}
}

func TestWhatAWorkerPrintsIsPassedOn(t *testing.T) {
	site := server(t)
	opts := inWorkers(to(t.TempDir(), Options{}), "loud")
	var mu sync.Mutex
	said := map[string]int{}
	opts.Processes.OnOutput = func(worker, line string) {
		mu.Lock()
		defer mu.Unlock()
		if !strings.HasPrefix(worker, "worker-") {
			t.Errorf("the worker is named %q", worker)
		}
		said[line]++
	}
	sum, err := Crawl(t.Context(), nil, listOf(t, site+"/ok/1", site+"/ok/2", site+"/ok/3"), opts)
	if err != nil || sum.Pages != 3 {
		t.Fatalf("%d pages, %v", sum.Pages, err)
	}
	if diff := cmp.Diff(map[string]int{"parsing 200": 3}, said); diff != "" {
		t.Errorf("lines (-want +got):\n%s", diff)
	}
}

// Without workers the run ends with the reason, though its list goes on, and what it
// had taken remains.
func TestWorkersThatCannotBeStartedEndTheRun(t *testing.T) {
	site := server(t)
	for name, p := range map[string]ProcessOptions{
		"no such program":       {Path: "/nonexistent/program"},
		"a program that ends":   {Path: "/bin/false"},
		"one that cannot begin": {Args: []string{os.Args[0], "no such parser"}},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			opts := to(dir, Options{Processes: &p})
			in, feed := io.Pipe() // never closed: the list is silent after these
			go io.WriteString(feed, site+"/ok/1\n"+site+"/ok/2\n")
			list, err := OpenList([]string{"-"}, in, ListOptions{})
			if err != nil {
				t.Fatal(err)
			}
			sum, err := Crawl(t.Context(), nil, list, opts)
			if !errors.Is(err, pool.ErrBroken) || strings.Count(err.Error(), pool.ErrBroken.Error()) != 1 {
				t.Errorf("Crawl: %v, want that it is broken, once", err)
			}
			if sum.URLs() != 0 || sum.Remaining == 0 || read(t, dir, "errors.jsonl") != "" {
				t.Errorf("%d ended, %d remain; want what was taken to remain, unrecorded", sum.URLs(), sum.Remaining)
			}
		})
	}
}

func TestOptionsThatNoWorkerCouldUseAreRefused(t *testing.T) {
	for want, opts := range map[string]Options{
		"ParsePage cannot go to worker processes: the worker's program gives it to Serve": {Processes: &ProcessOptions{}, ParsePage: parse.ParsePage},
		"new client: a limit is negative":                                                 {Processes: &ProcessOptions{}, Client: fetch.ClientOptions{MaxSize: -1}},
	} {
		dir := t.TempDir()
		if _, err := Crawl(t.Context(), nil, listOf(t, "http://127.0.0.1:1/"), to(dir, opts)); err == nil || err.Error() != want {
			t.Errorf("Crawl: %v, want %s", err, want)
		}
		if files, err := os.ReadDir(dir); len(files) > 0 || err != nil {
			t.Errorf("files were made: %v, %v", files, err)
		}
	}
}

func TestServeIsForWorkers(t *testing.T) {
	if err := Serve(t.Context(), nil); err == nil {
		t.Error("Serve in a process that is no worker returned nil")
	}
}

func TestWhatIsSaidOfAJobWithoutAResult(t *testing.T) {
	c := newCrawl(t.Context(), nil, nil, Options{Processes: &ProcessOptions{}})
	r := fetch.Request{URL: "http://a/", Timeout: 30 * time.Second}
	long := strings.Repeat("x", 200)
	for _, test := range []struct {
		err  error
		want fetch.Error
	}{
		{&pool.PanicError{Value: "runtime.Goexit"}, fetch.Error{Class: fetch.Callback, Detail: "parse_page: runtime.Goexit"}},
		{&pool.WorkerLostError{State: "signal: killed", Runs: 3}, fetch.Error{Class: fetch.WorkerLost, Detail: "the worker process died twice: signal: killed"}},
		{
			fmt.Errorf("call: %w", &pool.WorkerLostError{State: "exit status 2", Output: "\n fatal error:\x1b[31m stack overflow\r\ngoroutine 1"}),
			fetch.Error{Class: fetch.WorkerLost, Detail: "the worker process died twice: exit status 2 (fatal error:[31m stack overflow)"},
		},
		{&pool.WorkerLostError{State: "s", Output: long}, fetch.Error{Class: fetch.WorkerLost, Detail: "the worker process died twice: s (" + long[:maxLastWords] + ")"}},
		{context.DeadlineExceeded, fetch.Error{Class: fetch.Timeout, Detail: "get_page and parse_page took more than 90 s", Limit: 90 * time.Second}},
		{errors.New("encode result: too large"), fetch.Error{Class: fetch.Callback, Detail: "worker process: encode result: too large"}},
	} {
		test.want.URL = r.URL
		if diff := cmp.Diff(&test.want, c.whyLost(&r, test.err)); diff != "" {
			t.Errorf("%v (-want +got):\n%s", test.err, diff)
		}
	}
}

func TestAnAbortedJobRemains(t *testing.T) {
	for _, err := range []error{context.Canceled, pool.ErrWorkerLost, context.DeadlineExceeded, pool.ErrBroken} {
		enough := errors.New("enough")
		c := newCrawl(t.Context(), nil, listOf(t, "http://a/"), to(t.TempDir(), Options{Processes: &ProcessOptions{}}))
		got := run(c, pool.Threads(func(context.Context, fetch.Request) (Parsed, error) {
			c.abort(enough)
			return Parsed{}, err
		}), c.collect)
		if !errors.Is(got, enough) || errors.Is(got, pool.ErrBroken) {
			t.Errorf("the run: %v, want the cause of its abort alone", got)
		}
		if sum := c.summary(); sum.URLs() != 0 || sum.Remaining != 1 {
			t.Errorf("%v after an abort: %d ended, %d remain; want it to remain", err, sum.URLs(), sum.Remaining)
		}
	}
}

// closing counts how often it is closed.
type closing struct {
	pool.Engine[fetch.Request, Parsed]
	times int
}

func (e *closing) Close() error {
	e.times++
	return e.Engine.Close()
}

func TestAnEngineIsClosedThoughTheRunDoesNotBegin(t *testing.T) {
	for name, opts := range map[string]Options{
		"no such executor": {Stage: fetch.StageOptions{Concurrency: -1}},
		"no such folder":   {Output: sinks.Options{Output: t.TempDir() + "/none/pages.jsonl"}},
	} {
		c := newCrawl(t.Context(), nil, listOf(t, "http://a/"), opts)
		engine := &closing{Engine: pool.Threads(func(context.Context, fetch.Request) (Parsed, error) {
			return Parsed{}, errors.New("called")
		})}
		if err := run(c, engine, c.collect); err == nil || c.out != nil || engine.times != 1 {
			t.Errorf("%s: %v; a file made: %v; the engine is closed %d times", name, err, c.out != nil, engine.times)
		}
	}
}
