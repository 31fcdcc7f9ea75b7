package main

import (
	"fmt"
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

func TestRetriesThatHelpAreNoFailures(t *testing.T) {
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

func TestHeadersGoOutAsTheyWereGiven(t *testing.T) {
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

func TestSecretsAreNotShown(t *testing.T) {
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
