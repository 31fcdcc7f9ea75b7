package crawl

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"trawl/fetch"
	"trawl/parse"
	"trawl/pool"
	"trawl/sinks"
)

// jobsOf are the jobs of a run with these options, which does not take place.
func jobsOf(t *testing.T, opts Options) (jobs Jobs) {
	t.Helper()
	enough := errors.New("enough")
	opts.Elsewhere = func(j Jobs) (pool.Engine[fetch.Request, Parsed], error) {
		jobs = j
		return nil, enough
	}
	dir := t.TempDir()
	if _, err := Crawl(t.Context(), nil, listOf(t, "http://127.0.0.1:1/"), to(dir, opts)); !errors.Is(err, enough) {
		t.Fatalf("Crawl: %v, want the error of Elsewhere", err)
	}
	if files, err := os.ReadDir(dir); len(files) > 0 || err != nil {
		t.Fatalf("files were made: %v, %v", files, err)
	}
	return jobs
}

// nobody takes answers that nobody wants.
type nobody struct{}

func (nobody) Result(uint64, func([]byte) ([]byte, error)) error { return nil }
func (nobody) Failure(uint64, error)                             {}

func TestAWorkerElsewhereHasTheRunsSetupAndMeansOfItsOwn(t *testing.T) {
	jobs := jobsOf(t, Options{
		Stage:  fetch.StageOptions{Concurrency: 7},
		Client: fetch.ClientOptions{UserAgent: "me", Connections: 8, BodyMemory: 9 << 20, MaxSize: 10, Capture: fetch.NewSpool("spool", 0)},
	})
	s, err := readSetup(jobs.Setup)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(means{}, s.Means); diff != "" || s.UserAgent != "me" || s.MaxSize != 10 || !s.Capture {
		t.Errorf("the setup %+v, want what is the run's and nothing of this machine", s)
	}
	for want, opts := range map[int]WorkerOptions{fetch.DefaultConcurrency: {}, 3: {Concurrency: 3}} {
		opts.Spool = t.TempDir()
		m, err := NewWorker(t.Context(), jobs.Setup, nobody{}, opts)
		if err != nil {
			t.Fatal(err)
		}
		if m.Workers() != want {
			t.Errorf("%+v makes %d jobs at once, want %d", opts, m.Workers(), want)
		}
		m.Close()
	}
}

// A run that is resumed must have the setup that it had: by it results are known again that came
// in the meantime.
func TestASetupIsTheSameEachTime(t *testing.T) {
	opts := Options{Client: fetch.ClientOptions{Resolve: map[string]string{}, Header: someFields}}
	for i := range 20 {
		opts.Client.Resolve[fmt.Sprintf("h%d:80", i)] = "127.0.0.1"
	}
	first := jobsOf(t, opts).Setup
	for range 10 {
		if !bytes.Equal(first, jobsOf(t, opts).Setup) {
			t.Fatal("another setup from the same options")
		}
	}
}

func TestWhatMakesASetupSecret(t *testing.T) {
	field := func(name, value string) fetch.ClientOptions {
		return fetch.ClientOptions{Header: []fetch.Field{{Name: "accept-language", Value: "de"}, {Name: name, Value: value}}}
	}
	for _, test := range []struct {
		client fetch.ClientOptions
		want   bool
	}{
		{fetch.ClientOptions{}, false},
		{fetch.ClientOptions{UserAgent: "me@example.org", CACert: nil, Resolve: map[string]string{"a:80": "127.0.0.1"}}, false},
		{field("Sec-Fetch-Mode", "navigate"), false},
		{field("Authorization", ""), false}, // it takes one away
		{field("Authorization", "Bearer 1"), true},
		{field("cookie", "a=b"), true},
		{field("X-Anything", "1"), true},
		{fetch.ClientOptions{Proxy: &url.URL{Scheme: "http", Host: "proxy:3128"}}, false},
		{fetch.ClientOptions{Proxy: &url.URL{Scheme: "http", Host: "proxy:3128", User: url.UserPassword("me", "pass")}}, true},
		{fetch.ClientOptions{Proxy: &url.URL{Scheme: "http", Host: "proxy:3128", User: url.User("token")}}, true},
	} {
		if got := jobsOf(t, Options{Client: test.client}).Secret; got != test.want {
			t.Errorf("%+v: secret is %v", test.client, got)
		}
	}
}

func TestWhichRequestsHaveSecrets(t *testing.T) {
	with := func(name, value string) *fetch.Extra {
		return &fetch.Extra{Header: []fetch.Field{{Name: "Accept", Value: "text/html"}, {Name: name, Value: value}}}
	}
	for _, test := range []struct {
		r    fetch.Request
		want error
	}{
		{fetch.Request{URL: "http://a/?q=a@b"}, nil},
		{fetch.Request{URL: "http://a/", Extra: with("Pragma", "no-cache")}, nil},
		{fetch.Request{URL: "http://a/", Extra: with("X-Key", "")}, nil},
		{fetch.Request{URL: "http://a/", Extra: with("X-Key", "1")}, ErrSecret},
		{fetch.Request{URL: "http://user:pass@a/"}, ErrSecret},
		{fetch.Request{URL: "http://token@a/"}, ErrSecret},
		{fetch.Request{URL: "http://of@the.server/", Redirects: []string{"http://a/"}}, nil}, // which must not end a run
	} {
		jobs := jobsOf(t, Options{})
		if _, err := jobs.In.Append(nil, test.r); err != test.want {
			t.Errorf("%+v: %v before anybody has said that it stays secret, want %v", test.r, err, test.want)
		}
		jobs.Guard(true)
		if _, err := jobs.In.Append(nil, test.r); err != nil {
			t.Errorf("%+v: %v though it stays secret", test.r, err)
		}
		jobs.Guard(false)
		if _, err := jobs.In.Append(nil, test.r); err != test.want {
			t.Errorf("%+v: %v where others can read it, want %v", test.r, err, test.want)
		}
	}
}

// resizable is a run over two machines that a test may resize.
func resizable(opts Options, each WorkerOptions) (Options, func() *machines) {
	var e *machines
	opts.Elsewhere = func(jobs Jobs) (_ pool.Engine[fetch.Request, Parsed], err error) {
		e, err = newMachines(jobs, each, each)
		return e, err
	}
	return opts, func() *machines { return e }
}

func TestALineWithSecretsEndsARunThatWouldShowThem(t *testing.T) {
	var asked atomic.Int64
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		if r.Header.Get("X-Key") != "" {
			t.Error("the secret was sent")
		}
	}))
	defer site.Close()
	dir := t.TempDir()
	opts, _ := resizable(to(dir, Options{Stage: fetch.StageOptions{Concurrency: 1, KeepOrder: true}}), WorkerOptions{})
	opts.Elsewhere = offering(opts.Elsewhere, 5)
	lines := []string{site.URL + "/1", `{"url":"` + site.URL + `/2","headers":{"X-Key":"hidden"}}`, site.URL + "/3"}
	file := filepath.Join(dir, "urls.txt")
	if err := os.WriteFile(file, []byte(strings.Join(lines, "\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	list, err := OpenList([]string{file}, nil, ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	sum, err := Crawl(t.Context(), nil, list, opts)
	if !errors.Is(err, ErrSecret) || !strings.Contains(err.Error(), "urls.txt:2: header fields or a password") || strings.Contains(err.Error(), "hidden") {
		t.Errorf("Crawl: %v, want the line, and not what is secret", err)
	}
	if sum.Pages != 1 || sum.Failed != 0 || sum.Remaining == 0 || sum.Whole || asked.Load() != 1 {
		t.Errorf("%d pages, %d failed, %d remain, %d requests; want the line and what is after it to remain", sum.Pages, sum.Failed, sum.Remaining, asked.Load())
	}
}

// Workers come and go while a run goes on.
func TestARunUsesWhatWorkersOfferNow(t *testing.T) {
	var mu sync.Mutex
	now, limit, over := 0, 0, 0
	arrived := make(chan struct{}, 1000)
	leave := make(chan struct{})
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		now++
		over = max(over, now-limit)
		mu.Unlock()
		arrived <- struct{}{}
		<-leave
		mu.Lock()
		now--
		mu.Unlock()
	}))
	defer site.Close()
	var lines []string
	for i := range 300 {
		lines = append(lines, fmt.Sprintf("%s/%d", site.URL, i))
	}
	opts, engine := resizable(to(t.TempDir(), Options{Stage: fetch.StageOptions{HostConcurrency: 100}}), WorkerOptions{})
	opts.Stats = NewStats()
	type outcome struct {
		sum Summary
		err error
	}
	ended, began := make(chan outcome, 1), make(chan struct{})
	elsewhere := opts.Elsewhere
	opts.Elsewhere = func(jobs Jobs) (pool.Engine[fetch.Request, Parsed], error) {
		defer close(began)
		return elsewhere(jobs)
	}
	go func() {
		sum, err := Crawl(t.Context(), nil, listOf(t, lines...), opts)
		ended <- outcome{sum, err}
	}()
	<-began
	resize := func(n int) {
		mu.Lock()
		limit = max(n, now) // what is in flight ends as it would
		mu.Unlock()
		engine().jobs.Resize(n)
	}
	served := func(n int) {
		for range n {
			leave <- struct{}{}
		}
	}
	arrive := func(n int) {
		t.Helper()
		for i := range n {
			select {
			case <-arrived:
			case <-time.After(20 * time.Second):
				t.Fatalf("%d requests came, want %d", i, n)
			}
		}
	}
	resize(5)
	arrive(5)
	resize(20)
	arrive(15)
	resize(3)
	served(18) // two are left, so there is room for one
	arrive(1)
	resize(0)
	served(3)
	until(t, "nothing is in flight", func() bool { return opts.Stats.Counts().Stage.InFlight == 0 })
	if got := opts.Stats.Counts().Stage.Ended; got != 21 || len(arrived) > 0 {
		t.Errorf("%d have ended and %d come in a pause, want 21 and none", got, len(arrived))
	}
	resize(1 << 20)
	arrive(100) // its host's limit
	close(leave)
	got := <-ended
	if got.err != nil || got.sum.Pages != 300 {
		t.Errorf("%d pages, %v", got.sum.Pages, got.err)
	}
	if over > 0 {
		t.Errorf("%d more requests at once than the workers offered", over)
	}
}

// until waits for something that comes about by itself.
func until(t *testing.T, what string, is func() bool) {
	t.Helper()
	for deadline := time.Now().Add(20 * time.Second); !is(); time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("not in 20 s: %s", what)
		}
	}
}

func TestConcurrencyBoundsWhatWorkersOffer(t *testing.T) {
	for _, test := range []struct{ concurrency, offered, want int }{{0, 1000, 1000}, {10, 1000, 10}, {10, 4, 4}, {0, 1 << 30, mostElsewhere}, {10, 0, 0}} {
		r := newRoom(test.concurrency)
		got := -1
		r.resize(test.offered)
		r.open(func(n int) { got = n }, nil)
		if got != test.want {
			t.Errorf("-c %d of %d: %d at once, want %d", test.concurrency, test.offered, got, test.want)
		}
	}
}

// An engine that breaks ends the run with the reason, whether it has jobs then or not; what it
// had remains, and what had ended is kept.
func TestAnEngineElsewhereThatBreaksEndsTheRun(t *testing.T) {
	for _, busy := range []bool{true, false} {
		t.Run(fmt.Sprint("busy=", busy), func(t *testing.T) {
			var engine func() *machines
			var asked atomic.Int64
			site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				switch n := asked.Add(1); {
				case n == 10 && !busy:
					engine().jobs.Resize(0) // there will be no other job to tell of the end
				case n == 11:
					<-r.Context().Done()
				}
			}))
			defer site.Close()
			var lines []string
			for i := range 20 {
				lines = append(lines, fmt.Sprintf("%s/%d", site.URL, i))
			}
			dir := t.TempDir()
			opts, made := resizable(to(dir, Options{Stage: fetch.StageOptions{Concurrency: 1, KeepOrder: true}, Stats: NewStats()}), WorkerOptions{})
			engine = made
			opts.Elsewhere = offering(opts.Elsewhere, 5)
			lost := &pool.BrokenError{Err: errors.New("the streams are another's")}
			records := 0
			opts.OnRecord = func(*parse.Record) {
				if records++; records != 10 {
					return
				}
				until(t, "the engine has one job, or none", func() bool { return (opts.Stats.Counts().Stage.InFlight == 1) == busy })
				engine().breakDown(lost)
				engine().jobs.Resize(0)
			}
			sum, err := Crawl(t.Context(), nil, listOf(t, lines...), opts)
			if !errors.Is(err, lost) || strings.Count(err.Error(), "another's") != 1 {
				t.Errorf("Crawl: %v, want the reason, once", err)
			}
			if sum.Pages != 10 || sum.Failed > 0 || sum.Whole || busy && sum.Remaining == 0 {
				t.Errorf("%d pages, %d failed, %d remain; want ten, and the rest to remain", sum.Pages, sum.Failed, sum.Remaining)
			}
			if got := strings.Count(read(t, dir, "pages.jsonl"), "\n"); got != 10 {
				t.Errorf("%d records, want 10", got)
			}
		})
	}
}

// offering is an engine that offers n places from the beginning.
func offering(engine func(Jobs) (pool.Engine[fetch.Request, Parsed], error), n int) func(Jobs) (pool.Engine[fetch.Request, Parsed], error) {
	return func(jobs Jobs) (pool.Engine[fetch.Request, Parsed], error) {
		jobs.Resize(n)
		return engine(jobs)
	}
}

func TestWhatIsSaidOfAJobElsewhereWithoutAResult(t *testing.T) {
	c := newCrawl(t.Context(), nil, nil, Options{Elsewhere: func(Jobs) (pool.Engine[fetch.Request, Parsed], error) { return nil, nil }})
	r := fetch.Request{URL: "http://a/", Timeout: 30 * time.Second}
	for _, test := range []struct {
		err  error
		want fetch.Error
	}{
		{&pool.WorkerLostError{State: "nothing is heard of it", Runs: 5}, fetch.Error{Class: fetch.WorkerLost, Detail: "5 workers died under it: nothing is heard of it"}},
		{&pool.WorkerLostError{Runs: 5}, fetch.Error{Class: fetch.WorkerLost, Detail: "5 workers died under it"}},
		{&pool.WorkerLostError{State: "signal: killed", Output: "oom\x1b[0m\nx", Runs: 3}, fetch.Error{Class: fetch.WorkerLost, Detail: "3 workers died under it: signal: killed (oom[0m)"}},
		{pool.ErrWorkerLost, fetch.Error{Class: fetch.WorkerLost, Detail: "its worker died"}},
		{context.DeadlineExceeded, fetch.Error{Class: fetch.Timeout, Detail: "get_page and parse_page took more than 90 s", Limit: 90 * time.Second}},
		{errors.New("encode result: more than 64 MiB"), fetch.Error{Class: fetch.Callback, Detail: "worker: encode result: more than 64 MiB"}},
	} {
		test.want.URL = r.URL
		if diff := cmp.Diff(&test.want, c.whyLost(&r, test.err)); diff != "" {
			t.Errorf("%v (-want +got):\n%s", test.err, diff)
		}
	}
	if got := c.jobLimit(fetch.Request{}); got != 0 {
		t.Errorf("a request without a timeout has a limit of %v", got)
	}
}

func TestOptionsThatMakeNoSenseElsewhereAreRefused(t *testing.T) {
	never := func(Jobs) (pool.Engine[fetch.Request, Parsed], error) {
		t.Error("an engine was made")
		return nil, errors.New("never")
	}
	for want, opts := range map[string]Options{
		"ParsePage cannot go elsewhere: the worker's program gives it to NewWorker": {ParsePage: parse.ParsePage},
		"jobs run elsewhere, or in Processes of this machine":                       {Processes: &ProcessOptions{}},
		"new client: a limit is negative":                                           {Client: fetch.ClientOptions{MaxSize: -1}},
	} {
		opts.Elsewhere = never
		if _, err := Crawl(t.Context(), nil, listOf(t, "http://127.0.0.1:1/"), to(t.TempDir(), opts)); err == nil || err.Error() != want {
			t.Errorf("Crawl: %v, want %s", err, want)
		}
	}
}

// A worker that cannot be made leaves nothing behind.
func TestAWorkerElsewhereRefusesWhatItCannotDo(t *testing.T) {
	good := jobsOf(t, Options{Client: fetch.ClientOptions{Capture: fetch.NewSpool("x", 0)}}).Setup
	change := func(with func(*setup)) []byte {
		s, err := readSetup(good)
		if err != nil {
			t.Fatal(err)
		}
		with(&s)
		data, err := setupCodec.Append(nil, s)
		if err != nil {
			t.Fatal(err)
		}
		return data
	}
	for name, test := range map[string]struct {
		setup []byte
		opts  WorkerOptions
		want  string
	}{
		"nonsense":            {setup: []byte("nonsense"), want: "setup: "},
		"another release":     {setup: change(func(s *setup) { s.Release = "0" }), want: "the run is one of trawl 0, the worker of " + fetch.Release},
		"a bad selector":      {setup: change(func(s *setup) { s.Select = []string{"a==="} }), want: "selector"},
		"a bad certificate":   {setup: change(func(s *setup) { s.CACert = []byte("none") }), want: "CACert"},
		"no such number":      {setup: good, opts: WorkerOptions{Concurrency: -1}, want: "-1 workers"},
		"a parser of two":     {setup: good, opts: WorkerOptions{ParsePage: parse.ParsePage, Processes: &ProcessOptions{}}, want: "ParsePage cannot go to worker processes"},
		"processes too small": {setup: good, opts: WorkerOptions{Processes: &ProcessOptions{Memory: 1}}, want: "1 bytes"},
	} {
		spool := t.TempDir()
		test.opts.Spool = spool
		if m, err := NewWorker(t.Context(), test.setup, nobody{}, test.opts); err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, %v; want %s", name, m, err, test.want)
		}
		if left, err := os.ReadDir(spool); len(left) > 0 || err != nil {
			t.Errorf("%s: left behind: %v, %v", name, left, err)
		}
	}
	if _, err := NewWorker(t.Context(), good, nobody{}, WorkerOptions{Spool: "/nonexistent"}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("without a folder: %v", err)
	}
}

// What a worker elsewhere sends never names a file of the coordinator.
func TestAnExchangeFromElsewhereNamesNoFile(t *testing.T) {
	data, err := parsedCodec{}.Append(nil, Parsed{Answer: fetch.Answer{Exchange: &fetch.Exchange{File: "exchange-1", Sizes: fetch.Sizes{Body: 1}}}})
	if err != nil {
		t.Fatal(err)
	}
	if p, err := (wholeCodec{}).Decode(data); err == nil {
		t.Errorf("decoded as %+v", p.Answer.Exchange)
	}
}

// Validators go with the job, and what comes back is compared by the coordinator.
func TestAnUnchangedPageIsSeenWhereverTheJobsRun(t *testing.T) {
	everywhere(t, func(t *testing.T, at place) {
		var mu sync.Mutex
		var asked []string
		site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			asked = append(asked, r.URL.Path+" "+r.Header.Get("If-None-Match"))
			mu.Unlock()
			w.Header().Set("ETag", `"e"`)
			if r.Header.Get("If-None-Match") == `"e"` {
				w.WriteHeader(http.StatusNotModified)
				return
			}
			fmt.Fprint(w, r.URL.Path)
		}))
		defer site.Close()
		dir := t.TempDir()
		var counts []int64
		for range 2 {
			pages, err := sinks.OpenPages(filepath.Join(dir, "db.pages"))
			if err != nil {
				t.Fatal(err)
			}
			opts := to(dir, Options{Stage: fetch.StageOptions{Concurrency: 1}})
			opts.Output.Pages = pages
			opts.Output.Overwrite = true
			list := listOf(t, site.URL+"/a", site.URL+"/b")
			sum, err := Crawl(t.Context(), nil, list, at(opts, ""))
			if err != nil {
				t.Fatal(err)
			}
			counts = append(counts, sum.Pages, sum.Unchanged())
		}
		slices.Sort(asked)
		if diff := cmp.Diff([]string{"/a ", `/a "e"`, "/b ", `/b "e"`}, asked); diff != "" {
			t.Errorf("the server was asked (-want +got):\n%s", diff)
		}
		if diff := cmp.Diff([]int64{2, 0, 0, 2}, counts); diff != "" {
			t.Errorf("pages and unchanged ones, run by run (-want +got):\n%s", diff)
		}
	})
}
