package main

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
)

// sharedSite is a proxy that has every host there is, and notes who is asked for what.
type sharedSite struct {
	*httptest.Server
	mu      sync.Mutex
	asked   map[string]int // by URL
	sum, at int
	reached chan struct{} // closed when sum is at
}

func newSharedSite(t *testing.T) *sharedSite {
	s := &sharedSite{asked: map[string]int{}}
	s.Server = httptest.NewServer(s)
	t.Cleanup(s.Close)
	return s
}

// ServeHTTP sends /to/N to N of another host, does not find /gone/N, and has all else.
func (s *sharedSite) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	s.mu.Lock()
	s.asked[r.URL.String()]++
	if s.sum++; s.sum == s.at {
		close(s.reached)
	}
	s.mu.Unlock()
	kind, number, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, "/"), "/")
	switch kind {
	case "to":
		http.Redirect(w, r, "http://elsewhere.example/page/"+number, http.StatusFound)
	case "gone":
		http.NotFound(w, r)
	default:
		fmt.Fprintf(w, "<title>%s</title>", r.URL)
	}
}

// begin forgets what was asked for; reached is closed when there have been so many requests.
func (s *sharedSite) begin(at int) (reached <-chan struct{}) {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.asked)
	s.sum, s.at, s.reached = 0, at, make(chan struct{})
	return s.reached
}

func (s *sharedSite) log() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return maps.Clone(s.asked)
}

// sharedList has n URLs of a hundred hosts, which stand in no order and in many spellings, and
// other lines.
func sharedList(n int) string {
	var b strings.Builder
	for i := 1; i <= n; i++ {
		host, kind := fmt.Sprintf("h%d.example", i*i%211%100), "page"
		switch i % 20 {
		case 3:
			host = strings.ToUpper(host)
		case 5:
			host += ":80"
		case 7:
			host = "me@" + host
		case 9:
			host += ":8080"
		case 11:
			kind = "gone"
		case 13:
			kind = "to"
		}
		switch {
		case i%50 == 0:
			fmt.Fprintf(&b, "# from here on: %d\n\nno URL %d\n", i, i)
		case i%30 == 0:
			fmt.Fprintf(&b, `{"url":"http://%s/%s/%d","meta":{"n":%d}}`+"\n", host, kind, i, i)
		default:
			fmt.Fprintf(&b, "http://%s/%s/%d\n", host, kind, i)
		}
	}
	return b.String()
}

// endingOf is a record without what is different for each run.
func endingOf(t *testing.T, line string) (seq int64, what string) {
	t.Helper()
	var m map[string]any
	if err := json.Unmarshal([]byte(line), &m); err != nil {
		t.Fatalf("%v: %s", err, line)
	}
	for name := range m {
		if name == "run" || name == "time" || name == "attempts" || strings.HasSuffix(name, "_ms") {
			delete(m, name)
		}
	}
	text, err := json.Marshal(m)
	if err != nil {
		t.Fatal(err)
	}
	return int64(m["seq"].(float64)), string(text)
}

// endings are the records of an output and those of its errors file, by what they tell.
func endings(t *testing.T, path string) (results, failures []string) {
	t.Helper()
	last := int64(0)
	for _, line := range linesOf(contents(t, path)) {
		seq, what := endingOf(t, line)
		results = append(results, what)
		if strings.Contains(path, "order") && seq <= last {
			t.Fatalf("%s: %d comes after %d", path, seq, last)
		}
		last = seq
	}
	for _, line := range linesOf(contents(t, strings.TrimSuffix(path, ".jsonl")+".errors.jsonl")) {
		_, what := endingOf(t, line)
		failures = append(failures, what)
	}
	slices.Sort(results)
	slices.Sort(failures)
	return results, failures
}

// All shares of a list together write what one run writes, and ask for what it asks for.
func TestSharesTogetherAreTheRun(t *testing.T) { everyExecutor(t, sharesTogetherAreTheRun) }

func sharesTogetherAreTheRun(t *testing.T) {
	const urls, shares = 1500, 4
	s, dir := newSharedSite(t), t.TempDir()
	text := sharedList(urls)
	if err := os.WriteFile(filepath.Join(dir, "urls.txt"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	options := []string{"--proxy", s.URL, "--host-concurrency", "64", "--retries", "0", "urls.txt", "--progress", "none", "-o"}
	s.begin(0)
	if code, said := goes(t, dir, append(options, "whole.jsonl")...); code != exitFailed {
		t.Fatalf("exit %d: %s", code, said)
	}
	wantAsked := s.log()
	wantResults, wantFailures := endings(t, filepath.Join(dir, "whole.jsonl"))
	var results, failures []string
	asked, hosts := map[string]int{}, map[string]int{}
	for i := 1; i <= shares; i++ {
		s.begin(0)
		name := []string{"share-%d.jsonl", "order-%d.jsonl"}[i%2]
		args := append(slices.Clone(options), fmt.Sprintf(name, i), "--shard", fmt.Sprintf("%d/%d", i, shares))
		if i%2 == 1 {
			args = append(args, "--keep-order")
		}
		if code, said := goes(t, dir, args...); code != exitFailed {
			t.Fatalf("share %d: exit %d: %s", i, code, said)
		}
		r, f := endings(t, filepath.Join(dir, fmt.Sprintf(name, i)))
		results, failures = append(results, r...), append(failures, f...)
		for url, n := range s.log() {
			asked[url] += n
			host, _, _ := strings.Cut(strings.TrimPrefix(url, "http://"), "/")
			if in := hosts[host]; in != 0 && in != i && host != "elsewhere.example" {
				t.Errorf("%s is asked by shares %d and %d", host, in, i)
			}
			hosts[host] = i
		}
	}
	slices.Sort(results)
	slices.Sort(failures)
	if !slices.Equal(results, wantResults) || !slices.Equal(failures, wantFailures) {
		t.Errorf("%d results and %d failures, not the %d and %d of the run", len(results), len(failures), len(wantResults), len(wantFailures))
	}
	if !maps.Equal(asked, wantAsked) {
		t.Errorf("the shares have asked for %d URLs, not for the run's %d", len(asked), len(wantAsked))
	}
}

// A share that is killed goes on where it has stopped, and its state speaks of no other
// lines than its own.
func TestAShareThatIsKilledIsResumed(t *testing.T) { everyExecutor(t, aShareThatIsKilledIsResumed) }

func aShareThatIsKilledIsResumed(t *testing.T) {
	const urls, share, kills = 4000, "2/3", 4
	s, dir := newSharedSite(t), t.TempDir()
	text := sharedList(urls)
	if err := os.WriteFile(filepath.Join(dir, "urls.txt"), []byte(text), 0o644); err != nil {
		t.Fatal(err)
	}
	options := []string{"--proxy", s.URL, "--host-concurrency", "64", "-c16", "--retries", "0", "urls.txt", "--progress", "none", "--keep-order"}
	if code, said := goes(t, dir, append(options, "-o", "whole.jsonl", "--shard", share)...); code != exitFailed {
		t.Fatalf("exit %d: %s", code, said)
	}
	options = append(options, "-o", "order.jsonl", "--resume")
	for kill := range kills {
		cmd := trawl(t, dir, append(options, "--shard", share)...)
		reached := s.begin(200 + 50*kill)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		<-reached
		if err := cmd.Process.Kill(); err != nil {
			t.Error(err)
		}
		if err := cmd.Wait(); err == nil {
			t.Error("it has ended before it was killed")
		}
	}
	for _, other := range []struct{ shard, is string }{{"1/3", "1/3"}, {"2/4", "2/4"}, {"1/1", "none"}} {
		code, said := goes(t, dir, append(options, "--shard", other.shard)...)
		if want := "trawl: --resume: the interrupted run had --shard " + share + ", this one has " + other.is + " (option --resume)\n"; code != exitUsage || !strings.HasPrefix(said, want) {
			t.Errorf("--shard %s: exit %d, %swant %s", other.shard, code, said, want)
		}
	}
	if info, err := os.Stat(filepath.Join(dir, "order.jsonl.state")); err != nil || info.Size() > 64<<10 {
		t.Errorf("the state: %v, %v", info.Size(), err)
	}
	if code, said := goes(t, dir, append(options, "--shard", share)...); code != exitFailed {
		t.Fatalf("exit %d: %s", code, said)
	}
	wantResults, wantFailures := endings(t, filepath.Join(dir, "whole.jsonl"))
	results, failures := endings(t, filepath.Join(dir, "order.jsonl"))
	if !slices.Equal(results, wantResults) || !slices.Equal(failures, wantFailures) {
		t.Errorf("%d results and %d failures, not the %d and %d of a run that nobody has killed", len(results), len(failures), len(wantResults), len(wantFailures))
	}
}

// A list may have no host of a share: that is no mistake, as an empty list is.
func TestAShareWithoutHostsIsARun(t *testing.T) {
	s, dir := newSharedSite(t), t.TempDir()
	urls := list(t, dir, "http://example.com/page/1", "http://example.com/page/2") // share 4 of 16
	for _, test := range []struct {
		shard string
		asked int
	}{{"4/16", 2}, {"5/16", 0}, {"1/16", 0}} {
		s.begin(0)
		code, said := goes(t, dir, urls, "--proxy", s.URL, "--shard", test.shard, "-O")
		if asked := s.log(); code != exitOK || len(asked) != test.asked {
			t.Errorf("--shard %s: exit %d, asked %v: %s", test.shard, code, asked, said)
		}
		if got := strings.Count(contents(t, dir, "db.txt"), "\n"); got != test.asked {
			t.Errorf("--shard %s: %d results, want %d", test.shard, got, test.asked)
		}
	}
	if code, said := goes(t, dir, urls, "-n", "--shard", "5/16"); code != exitOK {
		t.Errorf("-n: exit %d: %s", code, said)
	}
	if code, said := goes(t, dir, "/dev/null", "--shard", "5/16"); code != exitUsage {
		t.Errorf("an empty list: exit %d: %s", code, said)
	}
}

// What failed is in the same share again, and what is counted is of it alone.
func TestAShareRetriesItsFailuresAndCountsItsOwn(t *testing.T) {
	s, dir := newSharedSite(t), t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "urls.txt"), []byte(sharedList(600)), 0o644); err != nil {
		t.Fatal(err)
	}
	options := []string{"--proxy", s.URL, "--retries", "0", "--shard", "1/3", "-o", "out.jsonl", "--progress", "none", "--summary", "json"}
	code, said := goes(t, dir, append(options, "urls.txt")...)
	results, failures := endings(t, filepath.Join(dir, "out.jsonl"))
	var sum struct {
		URLs struct{ Page, Failed, Skipped, Remaining int } `json:"trawl_urls_total"`
	}
	if err := json.Unmarshal([]byte(said), &sum); err != nil || code != exitFailed {
		t.Fatalf("exit %d, %v: %s", code, err, said)
	}
	if u := sum.URLs; u.Page+u.Failed != len(results) || u.Failed != len(failures) || u.Skipped+u.Remaining != 0 {
		t.Errorf("there are %d records and %d failures: %s", len(results), len(failures), said)
	}
	if code, said := goes(t, dir, append(options, "--retry-failed")...); code == exitUsage {
		t.Fatalf("exit %d: %s", code, said)
	}
	if _, again := endings(t, filepath.Join(dir, "out.jsonl")); len(again) != len(failures) || len(again) == 0 {
		t.Errorf("%d failures have failed again, want %d", len(again), len(failures))
	}
}
