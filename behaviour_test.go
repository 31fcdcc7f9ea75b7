package main

import (
	"encoding/json"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// inProcess runs a command line in this process, and returns its exit code and
// what it said on standard error.
func inProcess(t *testing.T, args ...string) (code int, said string) {
	t.Helper()
	null, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer null.Close()
	name := filepath.Join(t.TempDir(), "stderr")
	stderr, err := os.Create(name)
	if err != nil {
		t.Fatal(err)
	}
	defer stderr.Close()
	code = run(append([]string{"trawl"}, args...), null, stderr, stderr)
	return code, contents(t, name)
}

func TestTheOrderOfTheListDoesNotChangeTheExitCode(t *testing.T) {
	dir, s := t.TempDir(), newSite(t)
	urls := []string{s.URL + "/page/1", s.URL + "/status/404", "no url", s.URL + "/page/2", s.URL + "/flaky/1/a", s.URL + "/cut/1", s.URL + "/loop/1"}
	for range 100 {
		rand.Shuffle(len(urls), func(i, j int) { urls[i], urls[j] = urls[j], urls[i] })
		name := list(t, dir, urls...)
		if code, said := inProcess(t, name, "-o", filepath.Join(dir, "db.txt"), "--retry-wait", "1ms"); code != exitFailed {
			t.Fatalf("exit %d, want %d, of %v\n%s", code, exitFailed, urls, said)
		}
	}
}

// All permutations of two options and two URLs do the same.
func TestOptionsAndArgumentsMixInAnyOrder(t *testing.T) {
	s := newSite(t)
	words := []string{"-c5", "-o%s", s.URL + "/page/1", s.URL + "/page/2"}
	for i, order := range permutations(len(words)) {
		out := filepath.Join(t.TempDir(), "db.txt")
		var args []string
		for _, w := range order {
			args = append(args, strings.Replace(words[w], "%s", out, 1))
		}
		if code, said := inProcess(t, args...); code != exitOK || said != "" {
			t.Errorf("order %d: exit %d: %s", i, code, said)
		}
		if got := len(linesOf(contents(t, out))); got != 2 {
			t.Errorf("order %d: %d lines, want 2", i, got)
		}
	}
}

func permutations(n int) (all [][]int) {
	if n == 0 {
		return [][]int{nil}
	}
	for _, p := range permutations(n - 1) {
		for at := range n {
			all = append(all, slices.Insert(slices.Clone(p), at, n-1))
		}
	}
	return all
}

func TestRetriesThatHelpAreNoFailures(t *testing.T) { everyExecutor(t, retriesThatHelpAreNoFailures) }

func retriesThatHelpAreNoFailures(t *testing.T) {
	dir, s := t.TempDir(), newSite(t)
	var urls []string
	for i := range 5 {
		urls = append(urls, fmt.Sprintf("%s/flaky/1/%d", s.URL, i))
	}
	code, said := inProcess(t, list(t, dir, urls...), "-o", filepath.Join(dir, "db.txt"), "--retry-wait", "1ms", "--summary", "json")
	if code != exitOK || !strings.Contains(said, `"trawl_retries_total":5`) || !strings.Contains(said, `"page":5,"failed":0,"skipped":0`) {
		t.Errorf("exit %d: %s; want five retries and no failure", code, said)
	}
}

func TestTheSiteSeesNoMoreThanItsLimitAtOnce(t *testing.T) {
	everyExecutor(t, theSiteSeesNoMoreThanItsLimitAtOnce)
}

func theSiteSeesNoMoreThanItsLimitAtOnce(t *testing.T) {
	dir, s := t.TempDir(), newSite(t)
	var urls []string
	for i := range 60 {
		urls = append(urls, fmt.Sprintf("%s/slow/5/%d", s.URL, i), fmt.Sprintf("%s/to/%d?u=/slow/5/x%d", s.URL, i, i), fmt.Sprintf("%s/flaky/1/%d", s.URL, i))
	}
	code, said := inProcess(t, list(t, dir, urls...), "-o", filepath.Join(dir, "db.txt"), "--host-concurrency", "3", "--retry-wait", "1ms")
	if code != exitOK {
		t.Errorf("exit %d: %s", code, said)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	for host, peak := range s.peak {
		if peak != 3 {
			t.Errorf("%s saw %d requests at once, want its 3", host, peak)
		}
	}
}

func TestHeadersGoOutAsTheyWereGiven(t *testing.T) { everyExecutor(t, headersGoOutAsTheyWereGiven) }

func headersGoOutAsTheyWereGiven(t *testing.T) {
	dir, s := t.TempDir(), newSite(t)
	secret := filepath.Join(dir, "secret")
	if err := os.WriteFile(secret, []byte("Authorization: Bearer hidden\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	code, said := inProcess(t, "-H", "Accept: a,b", "-H", "X: 1", "-H", "@"+secret, "-A", "me/1", "-o", filepath.Join(dir, "db.txt"), s.URL+"/page/1")
	if code != exitOK {
		t.Fatalf("exit %d: %s", code, said)
	}
	h := s.heads[0]
	for name, want := range map[string]string{"Accept": "a,b", "X": "1", "Authorization": "Bearer hidden", "User-Agent": "me/1"} {
		if got := h.Values(name); len(got) != 1 || got[0] != want {
			t.Errorf("%s went out as %q, want %q once", name, got, want)
		}
	}
}

func TestSecretsAreNotShown(t *testing.T) { everyExecutor(t, secretsAreNotShown) }

func secretsAreNotShown(t *testing.T) {
	dir, s := t.TempDir(), newSite(t)
	url := strings.Replace(s.URL, "://", "://user:hidden@", 1)
	_, said := inProcess(t, "-vv", "-H", "X-Key: hidden", "-o", "-", "--retries", "1", "--retry-wait", "1ms",
		url+"/page/1", url+"/status/503", url+"/to/1?u=/page/2", "--errors", filepath.Join(dir, "e.jsonl"), "-x", strings.Replace(s.URL, "://", "://me:hidden@", 1))
	for line := range strings.Lines(said) {
		if strings.Contains(line, "hidden") && !strings.HasPrefix(line, "url:<") { // the results hold URLs as they were asked for
			t.Errorf("a secret is shown: %s", line)
		}
	}
	if !strings.Contains(said, "***") {
		t.Errorf("nothing is masked, so nothing was tested:\n%s", said)
	}
}

// A line that is a broken JSON object may have had headers: nobody sees them, and
// the file that keeps it is private.
func TestABrokenJSONLineKeepsItsSecrets(t *testing.T) {
	dir := t.TempDir()
	name := list(t, dir, `{"url":"http://u:hidden@127.0.0.1:1/","headers":{"Authorization":"Bearer hidden"},"timeout":"zz"}`)
	code, said := inProcess(t, name, "-o", filepath.Join(dir, "db.txt"))
	if code != exitNone || strings.Contains(said, "hidden") {
		t.Errorf("exit %d, and it says: %s", code, said)
	}
	info, err := os.Stat(filepath.Join(dir, "db.errors.jsonl"))
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the errors file: %v, %v; want mode 0600", info.Mode(), err)
	}
}

func TestAProxyVariableThatNamesNoProxy(t *testing.T) {
	for _, value := range []string{"foo:bar:baz", "ftp://me:hidden@x"} {
		t.Setenv("HTTP_PROXY", value)
		code, said := inProcess(t, "http://127.0.0.1:1/", "-o", filepath.Join(t.TempDir(), "db.txt"))
		if code != exitConfig || !strings.HasPrefix(said, "trawl: HTTP_PROXY=") || strings.Contains(said, "hidden") {
			t.Errorf("HTTP_PROXY=%s: exit %d: %s", value, code, said)
		}
	}
}

func TestAListIsNeverWrittenTo(t *testing.T) {
	dir, s := t.TempDir(), newSite(t)
	name := list(t, dir, s.URL+"/page/1")
	before := contents(t, name)
	for _, args := range [][]string{{name, "-o", name}, {name, "-O", "-o", name}, {name, "-o", filepath.Join(dir, "db.txt"), "--errors", name}} {
		if code, said := inProcess(t, args...); code != exitUsage || !strings.Contains(said, "is a list, and the") {
			t.Errorf("%v: exit %d: %s", args, code, said)
		}
		if got := contents(t, name); got != before {
			t.Fatalf("%v: the list became %q", args, got)
		}
	}
}

func TestWhatIsAskedForIsNotSilentlyLeftOut(t *testing.T) {
	for _, args := range [][]string{
		{"-f", "warc", "-o", "-"}, {"-o", "pages.warc.gz", "-O"}, {"-o", "pages.warc.gz", "--http", "2"}, {"-o", "{foo}.txt"}, {"--errors", "{x}"}, {"--select", "h=h1"},
	} {
		code, said := inProcess(t, append(args, "http://127.0.0.1:1/")...)
		if code != exitUsage || strings.Count(said, "\n") != 2 {
			t.Errorf("%v: exit %d: %s", args, code, said)
		}
	}
}

func TestTheRetryHintIsForAShell(t *testing.T) {
	for name, want := range map[string]string{
		"db.txt": "db.txt", "out/däb.txt": "out/däb.txt", "my out;x.txt": "'my out;x.txt'", "it's": `'it'\''s'`, "-x": "./-x",
	} {
		if got := word(name); got != want {
			t.Errorf("word(%q) = %s, want %s", name, got, want)
		}
	}
}

// The percentiles of the summary are those of the records, within a hundredth.
func TestPercentilesAreThoseOfTheRecords(t *testing.T) {
	dir, s := t.TempDir(), newSite(t)
	var urls []string
	for i := range 200 {
		urls = append(urls, fmt.Sprintf("%s/slow/%d/%d", s.URL, i%20, i))
	}
	out := filepath.Join(dir, "pages.jsonl")
	code, said := inProcess(t, list(t, dir, urls...), "-o", out, "--host-concurrency", "50", "--summary", "json")
	if code != exitOK {
		t.Fatalf("exit %d: %s", code, said)
	}
	var took []float64
	for line := range strings.Lines(contents(t, out)) {
		var rec struct {
			Duration float64 `json:"duration_ms"`
		}
		if err := json.Unmarshal([]byte(line), &rec); err != nil {
			t.Fatal(err)
		}
		took = append(took, rec.Duration)
	}
	slices.Sort(took)
	var sum struct {
		Latency map[string]float64 `json:"trawl_request_duration_seconds"`
	}
	if err := json.Unmarshal([]byte(said), &sum); err != nil {
		t.Fatal(err)
	}
	for name, q := range map[string]float64{"p50": 0.5, "p90": 0.9, "p95": 0.95, "p99": 0.99} {
		want := took[int(math.Ceil(q*float64(len(took))))-1]
		if got := sum.Latency[name] * 1000; math.Abs(got-want) > want/100 {
			t.Errorf("%s = %v ms, and the records say %v", name, got, want)
		}
	}
}

// Who reads the results while -O replaces them sees the old ones or the new ones.
func TestOverwriteIsSeenWholeOrNotAtAll(t *testing.T) {
	dir, s := t.TempDir(), newSite(t)
	var urls []string
	for i := range 300 {
		urls = append(urls, fmt.Sprintf("%s/page/%d", s.URL, i))
	}
	out := filepath.Join(dir, "db.txt")
	args := []string{list(t, dir, urls...), "-O", "-o", out}
	if code, said := inProcess(t, args...); code != exitOK {
		t.Fatalf("exit %d: %s", code, said)
	}
	over, read := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(read)
		for {
			text, err := os.ReadFile(out)
			if n := strings.Count(string(text), "\n"); err != nil || n != len(urls) {
				t.Errorf("a reader sees %d lines, %v; want %d", n, err, len(urls))
				return
			}
			select {
			case <-over:
				return
			default:
			}
		}
	}()
	for range 5 {
		if code, said := inProcess(t, args...); code != exitOK {
			t.Errorf("exit %d: %s", code, said)
		}
	}
	close(over)
	<-read
}

// The failures of a list whose site has recovered are pages at the next try.
func TestTheErrorsFileFetchesWhatHasRecovered(t *testing.T) {
	dir, s := t.TempDir(), newSite(t)
	name := list(t, dir, s.URL+"/page/1", s.URL+"/flaky/1/a", s.URL+"/flaky/1/b")
	out := filepath.Join(dir, "db.txt")
	if code, said := inProcess(t, name, "-o", out, "--retries", "0"); code != exitFailed {
		t.Fatalf("exit %d: %s", code, said)
	}
	s.log()
	if code, said := inProcess(t, filepath.Join(dir, "db.errors.jsonl"), "-o", out, "--retries", "0"); code != exitOK || said != "" {
		t.Fatalf("exit %d: %s", code, said)
	}
	if got, want := s.log(), []string{"GET /flaky/1/a", "GET /flaky/1/b"}; !slices.Equal(got, want) {
		t.Errorf("asked for %v, want %v", got, want)
	}
	if got := len(linesOf(contents(t, out))); got != 3 {
		t.Errorf("%d lines, want each page once", got)
	}
}
