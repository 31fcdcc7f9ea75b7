package main

import (
	"encoding/json"
	"fmt"
	"hash/crc32"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-cmp/cmp"

	"trawl/sinks/warctest"
)

// A diary is a site whose pages change from day to day. /tagged has validators, /bare and
// /chunked have none; a page without text is gone.
type diary struct {
	*httptest.Server
	mu    sync.Mutex
	pages map[string]string // guarded by mu
}

func newDiary(t *testing.T) *diary {
	d := &diary{pages: map[string]string{"/tagged": "one", "/bare": "two", "/chunked": "three"}}
	d.Server = httptest.NewServer(d)
	t.Cleanup(d.Close)
	return d
}

func (d *diary) write(path, text string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.pages[path] = text
}

func (d *diary) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	d.mu.Lock()
	text := d.pages[r.URL.Path]
	d.mu.Unlock()
	tag := fmt.Sprintf(`"%x"`, crc32.ChecksumIEEE([]byte(text)))
	switch {
	case text == "":
		w.WriteHeader(http.StatusGone)
		return
	case r.URL.Path == "/tagged":
		w.Header().Set("ETag", tag)
		if r.Header.Get("If-None-Match") == tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
	case r.URL.Path == "/chunked":
		w.(http.Flusher).Flush()
	}
	w.Write([]byte(text))
}

// urls is a list of its pages.
func (d *diary) urls(t *testing.T, dir string) string {
	return list(t, dir, d.URL+"/tagged", d.URL+"/bare", d.URL+"/chunked")
}

// changesIn are "path change" of the lines of a file.
func changesIn(t *testing.T, file string) (changes []string) {
	t.Helper()
	for _, line := range linesOf(contents(t, file)) {
		var rec struct{ URL, Change string }
		if err := json.Unmarshal([]byte(line), &rec); err != nil {
			t.Fatal(err)
		}
		changes = append(changes, rec.URL[strings.LastIndexByte(rec.URL, '/'):]+" "+rec.Change)
	}
	return changes
}

func TestARunTellsOnlyWhatHasChanged(t *testing.T) { everyExecutor(t, aRunTellsOnlyWhatHasChanged) }

func aRunTellsOnlyWhatHasChanged(t *testing.T) {
	d, dir := newDiary(t), t.TempDir()
	output, failures := filepath.Join(dir, "db.jsonl"), filepath.Join(dir, "db.errors.jsonl")
	urls := d.urls(t, dir)
	var told []string
	day := func(want int, said string, args ...string) {
		t.Helper()
		code, got := inProcess(t, append([]string{"-o", output, "--if-changed", "--keep-order", "--retries", "0"}, args...)...)
		if code != want || got != said {
			t.Errorf("trawl %v: exit %d, want %d\n%swant:\n%s", args, code, want, got, said)
		}
		if diff := cmp.Diff(told, changesIn(t, output)); diff != "" {
			t.Errorf("trawl %v: results (-want +got):\n%s", args, diff)
		}
	}
	told = []string{"/tagged new", "/bare new", "/chunked new"}
	day(exitOK, "", urls)
	day(exitOK, "", urls)
	day(exitUnchanged, "trawl: nothing is new or has changed: 3 of 3 URLs unchanged (exit 9)\n", urls, "--error-on-no-change")

	d.write("/bare", "two, changed")
	d.write("/chunked", "")
	told = append(told, "/bare changed", "/chunked gone")
	block := "trawl: 1 of 3 URLs failed (exit 4)\n  1  http 410  first: " + d.URL + "/chunked (" + urls + ":3)\n" +
		"  1 page is in " + output + "; the failure is in " + failures + ".\n  Try it again: trawl --retry-failed --if-changed -o " + output + "\n"
	day(exitFailed, block, urls, "--error-on-no-change")
	if diff := cmp.Diff([]string{"/chunked gone"}, changesIn(t, failures)); diff != "" {
		t.Errorf("failures (-want +got):\n%s", diff)
	}

	d.write("/chunked", "three, again")
	told = append(told, "/chunked new")
	day(exitOK, "", "--retry-failed")
	day(exitUnchanged, "trawl: nothing is new or has changed: 3 of 3 URLs unchanged (exit 9)\n", urls, "--error-on-no-change")
}

// With -O an output holds the changes of one run. That a page is gone is one; that a page
// which is gone is still so is none, and tells nobody of files beside the output.
func TestAnOutputIsReplacedByWhatIsGoneToo(t *testing.T) {
	d, dir := newDiary(t), t.TempDir()
	urls := d.urls(t, dir)
	output, text := filepath.Join(dir, "db.jsonl"), filepath.Join(dir, "db.txt")
	run := func(wantCode int, output string, wantSaid bool) {
		t.Helper()
		code, said := inProcess(t, urls, "-o", output, "-O", "--if-changed", "--keep-order", "--retries", "0", "--fail-if", "failed > 1")
		if code != wantCode || said != "" != wantSaid {
			t.Errorf("exit %d, want %d:\n%s", code, wantCode, said)
		}
		if _, err := os.Stat(output + ".part"); !wantSaid && err == nil {
			t.Errorf("%s.part is left", output)
		}
	}
	for _, output := range []string{output, text} {
		run(exitOK, output, false)
	}
	whole := contents(t, text)
	d.write("/bare", "")
	for range 2 { // gone, still gone
		for _, output := range []string{output, text} {
			run(exitOK, output, false)
		}
		if diff := cmp.Diff([]string{"/bare gone"}, changesIn(t, output)); diff != "" {
			t.Errorf("results (-want +got):\n%s", diff)
		}
		if got := contents(t, text); got != whole {
			t.Errorf("text, which holds no failures, is replaced:\n%s", got)
		}
	}
	d.Close() // no answer at all is no change
	run(exitRule, output, true)
	if diff := cmp.Diff([]string{"/bare gone"}, changesIn(t, output)); diff != "" {
		t.Errorf("results after a night without network (-want +got):\n%s", diff)
	}
}

func TestTheSummaryTellsOfChanges(t *testing.T) {
	d, dir := newDiary(t), t.TempDir()
	for _, want := range []string{"3 new, 0 changed, 0 gone, 0 unchanged\n", "0 new, 1 changed, 1 gone, 1 unchanged (3 B not fetched again)\n"} {
		_, said := inProcess(t, "-o", filepath.Join(dir, "db.txt"), "--if-changed", "--summary", "always", d.urls(t, dir))
		if lines := strings.SplitAfter(said, "\n"); len(lines) < 3 || lines[1] != want {
			t.Errorf("the second line is not %q:\n%s", want, said)
		}
		d.write("/bare", "two, changed")
		d.write("/chunked", "")
	}
	_, said := inProcess(t, "-o", filepath.Join(dir, "other.txt"), "--summary", "always", d.urls(t, dir))
	if strings.Contains(said, "unchanged") {
		t.Errorf("a run that does not compare speaks of changes:\n%s", said)
	}
}

func TestAnArchiveHoldsAPageOnce(t *testing.T) { everyExecutor(t, anArchiveHoldsAPageOnce) }

func anArchiveHoldsAPageOnce(t *testing.T) {
	d, dir := newDiary(t), t.TempDir()
	for day := range 4 {
		if day == 2 {
			d.write("/chunked", "three, changed")
		}
		if code, said := inProcess(t, "-o", filepath.Join(dir, "db.warc.gz"), "--if-changed", "--keep-order", d.urls(t, dir)); code != exitOK || said != "" {
			t.Fatalf("exit %d: %s", code, said)
		}
	}
	records, _, err := warctest.ReadAll(dir)
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, r := range records {
		if r.Type != "request" {
			got = append(got, r.Type+" "+strings.TrimPrefix(r.Fields["WARC-Target-URI"], d.URL)+" "+filepath.Base(r.Fields["WARC-Profile"]))
		}
	}
	const tagged, bare, chunked = "revisit /tagged server-not-modified", "revisit /bare identical-payload-digest", "revisit /chunked identical-payload-digest"
	want := []string{
		"response /tagged .", "response /bare .", "response /chunked .",
		tagged, bare, chunked,
		tagged, bare, "response /chunked .",
		tagged, bare, chunked,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
}

func TestWhatIsToldBeforeARunThatCompares(t *testing.T) {
	d := newDiary(t)
	t.Chdir(t.TempDir())
	if code, said := inProcess(t, "-n", "--if-changed", d.URL); code != exitOK || !strings.Contains(said, "\nresults   db.txt, text, appended, only what is new or has changed\n") {
		t.Errorf("exit %d, the plan does not say what is written:\n%s", code, said)
	}
	const exists = "trawl: db.parquet exists and parquet files cannot be appended to (option -o)\n  Replace it with -O, or move it away first.\n"
	for want, said := range map[int]string{exitOK: "", exitUsage: exists} {
		args := []string{"-o", "db.parquet", "--if-changed", d.URL + "/tagged"}
		if want == exitUsage {
			put(t, "db.parquet", "")
		}
		if code, got := inProcess(t, args...); code != want || got != said {
			t.Errorf("exit %d, want %d\n%swant:\n%s", code, want, got, said)
		}
		if err := os.Remove("db.parquet"); err != nil {
			t.Error(err)
		}
	}
}
