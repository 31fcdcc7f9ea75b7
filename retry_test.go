//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"
)

// patient is a server whose faulty pages fail until it is healed.
type patient struct {
	*httptest.Server
	healed atomic.Bool
	hold   chan struct{} // nil: faulty pages are answered at once

	mu    sync.Mutex
	asked []string // path and the header X-Key
}

func newPatient(t *testing.T) *patient {
	p := &patient{}
	p.Server = httptest.NewServer(p)
	t.Cleanup(p.Close)
	return p
}

func (p *patient) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	p.mu.Lock()
	p.asked = append(p.asked, strings.TrimSpace(r.URL.Path+" "+r.Header.Get("X-Key")))
	hold := p.hold
	p.mu.Unlock()
	if strings.HasPrefix(r.URL.Path, "/faulty/") && !p.healed.Load() {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	if hold != nil && r.URL.Path == "/faulty/2" {
		select {
		case <-hold:
		case <-r.Context().Done():
		}
	}
	page(w, r.URL.Path, 1)
}

// log is what was asked for since the last call, sorted.
func (p *patient) log() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	asked := p.asked
	p.asked = nil
	slices.Sort(asked)
	return asked
}

// faultyRun has a run of two pages and three failures behind it, one of which is asked for
// with a header, a timeout, and something of the user's own.
func faultyRun(t *testing.T, p *patient, dir, output string) {
	t.Helper()
	list(t, dir, p.URL+"/page/1", p.URL+"/faulty/1",
		fmt.Sprintf(`{"url":%q,"headers":{"X-Key":"secret"},"timeout":"7s","meta":{"id":[1,"a"]}}`, p.URL+"/faulty/2"), p.URL+"/page/2", p.URL+"/faulty/3")
	if code, said := toItsEnd(t, dir, "-c", "1", "-o", output, "urls.txt"); code != exitFailed {
		t.Fatalf("exit %d: %s", code, said)
	}
	p.log()
}

var faultyAsks = []string{"/faulty/1", "/faulty/2 secret", "/faulty/3"}

func TestOnlyTheFailuresAreTriedAgain(t *testing.T) {
	for _, output := range []string{"db.txt", "db.jsonl", "db.csv", "db.sqlite"} {
		for name, again := range map[string][]string{"option": {"--retry-failed"}, "list": {"db.errors.jsonl"}} {
			p, dir := newPatient(t), t.TempDir()
			faultyRun(t, p, dir, output)
			if code, said := toItsEnd(t, dir, append(again, "-o", output)...); code != exitNone {
				t.Errorf("%s, %s: not healed: exit %d: %s", output, name, code, said)
			}
			if asked := p.log(); !slices.Equal(asked, faultyAsks) {
				t.Errorf("%s, %s: the site is asked for %v", output, name, asked)
			}
			var line struct {
				Timeout string
				Meta    json.RawMessage
				Headers map[string]string
			}
			for _, text := range linesOf(contents(t, dir, "db.errors.jsonl")) {
				if err := json.Unmarshal([]byte(text), &line); err != nil {
					t.Error(err)
				}
			}
			if line.Timeout != "7s" || string(line.Meta) != `{"id":[1,"a"]}` || line.Headers["X-Key"] != "secret" {
				t.Errorf("%s, %s: a failure that has failed again is %+v", output, name, line)
			}
			p.healed.Store(true)
			if code, said := toItsEnd(t, dir, append(again, "-o", output)...); code != exitOK || said != "" {
				t.Errorf("%s, %s: healed: exit %d: %s", output, name, code, said)
			}
			if asked := p.log(); !slices.Equal(asked, faultyAsks) {
				t.Errorf("%s, %s: the healed site is asked for %v", output, name, asked)
			}
			if code, said := toItsEnd(t, dir, "--retry-failed", "-o", output); code != exitOK || said != "" {
				t.Errorf("%s, %s: nothing to retry: exit %d: %s", output, name, code, said)
			}
			if asked := p.log(); len(asked) > 0 {
				t.Errorf("%s, %s: nothing to retry: the site is asked for %v", output, name, asked)
			}
		}
	}
}

// An interrupted retry is gone on with by either way to say so.
func TestAnInterruptedRetryGoesOn(t *testing.T) {
	for _, c := range []struct{ first, then []string }{
		{[]string{"--retry-failed"}, []string{"--retry-failed"}},
		{[]string{"--retry-failed"}, []string{"--retry-failed", "--resume"}},
		{[]string{"db.errors.jsonl"}, []string{"db.errors.jsonl", "--resume"}},
	} {
		t.Run(strings.Join(c.then, " "), func(t *testing.T) {
			t.Parallel()
			p, dir := newPatient(t), t.TempDir()
			faultyRun(t, p, dir, "db.txt")
			p.healed.Store(true)
			p.hold = make(chan struct{})
			cmd, _ := begun(t, dir, append(c.first, "-c", "1")...)
			eventually(t, "the second is asked for", func() bool {
				p.mu.Lock()
				defer p.mu.Unlock()
				return len(p.asked) == 2
			})
			waitDone(t, dir, "db.txt", 1)
			killed(t, cmd)
			close(p.hold)
			p.log()
			if code, said := toItsEnd(t, dir, append(c.then, "-c", "1")...); code != exitOK || said != "" {
				t.Errorf("exit %d: %s", code, said)
			}
			if asked := p.log(); !slices.Equal(asked, faultyAsks[1:]) {
				t.Errorf("the site is asked for %v", asked)
			}
			onceEach(t, dir, "db.txt", []string{p.URL + "/page/1", p.URL + "/page/2", p.URL + "/faulty/1", p.URL + "/faulty/2", p.URL + "/faulty/3"})
		})
	}
}

func TestARetryAfterAnInterruptedRunIsRefused(t *testing.T) {
	s, dir := newSite(t), t.TempDir()
	cmd, _, urls := midway(t, s, dir, "db.txt")
	killed(t, cmd)
	s.release()
	before := contents(t, dir, "db.txt")
	code, said := toItsEnd(t, dir, "--retry-failed")
	if code != exitUsage || said != "trawl: --retry-failed: the last run of db.txt was interrupted (option --retry-failed)\n  Finish it with --resume first.\n" {
		t.Errorf("exit %d: %s", code, said)
	}
	if got := contents(t, dir, "db.txt"); got != before {
		t.Errorf("db.txt = %q", got)
	}
	if code, said := toItsEnd(t, dir, "--resume", "urls.txt"); code != exitOK {
		t.Errorf("exit %d: %s", code, said)
	}
	onceEach(t, dir, "db.txt", urls)
}

func TestOptionsThatNeedAFileAreRefusedWithoutOne(t *testing.T) {
	s, dir := newSite(t), t.TempDir()
	for _, args := range [][]string{{"--retry-failed", "-o", "-"}, {"--resume", "-o", "-", s.URL}, {"--resume", "-o", "/dev/null", s.URL},
		{"--resume", "-o", "db-{run}.txt", s.URL}, {"--resume", "-o", "db-{time}.txt", s.URL}} {
		if code, said := toItsEnd(t, dir, args...); code != exitUsage || !strings.HasPrefix(said, "trawl: ") {
			t.Errorf("%v: exit %d: %s", args, code, said)
		}
	}
}

// Each option that gives the output its meaning must be the same when the run goes on.
func TestWhatDiffersFromTheInterruptedRunIsNamed(t *testing.T) {
	s, dir := newSite(t), t.TempDir()
	cmd, _, urls := midway(t, s, dir, "db.jsonl")
	killed(t, cmd)
	s.release()
	files := snapshot(t, dir)
	for _, c := range []struct {
		args []string
		says string
	}{
		{[]string{"-f", "csv"}, "--format jsonl, this one has csv"},
		{[]string{"--fields", "url,size"}, "--fields none, this one has url,size"},
		{[]string{"--dedupe"}, "--dedupe false, this one has true"},
		{[]string{"-O"}, "--overwrite false, this one has true"},
		{[]string{"--errors", "e.jsonl"}, "--errors db.errors.jsonl, this one has e.jsonl"},
	} {
		code, said := toItsEnd(t, dir, append(c.args, "-o", "db.jsonl", "--resume", "urls.txt")...)
		want := "trawl: --resume: the interrupted run had " + c.says + " (option --resume)\n  Give the same options, or start anew without --resume.\n"
		if code != exitUsage || said != want {
			t.Errorf("%v: exit %d: %s", c.args, code, said)
		}
		if now := snapshot(t, dir); now[filepath.Join(dir, "db.jsonl")] != files[filepath.Join(dir, "db.jsonl")] || len(now) != len(files) {
			t.Errorf("%v: files were touched", c.args)
		}
	}
	list(t, dir, append(urls, s.URL+"/page/7")...) // appended to the list: no change of it
	if code, said := toItsEnd(t, dir, "-o", "db.jsonl", "--resume", "urls.txt"); code != exitOK || said != "" {
		t.Errorf("exit %d: %s", code, said)
	}
	onceEach(t, dir, "db.jsonl", append(urls, s.URL+"/page/7"))
	runs := map[string]bool{}
	for _, line := range linesOf(contents(t, dir, "db.jsonl")) {
		var rec struct{ Run string }
		if err := json.Unmarshal([]byte(line), &rec); err != nil {
			t.Fatal(err)
		}
		runs[rec.Run] = true
	}
	if len(runs) != 1 {
		t.Errorf("the resumed run has the ids %v, want one", runs)
	}
}

func TestAListThatHasChangedBeginsANewRun(t *testing.T) {
	s, dir := newSite(t), t.TempDir()
	cmd, _, urls := midway(t, s, dir, "db.txt")
	killed(t, cmd)
	s.release()
	files := snapshot(t, dir)
	changed := slices.Concat([]string{s.URL + "/page/0"}, urls[1:])
	stdin := trawl(t, dir, "--resume", "-")
	stdin.Stdin = strings.NewReader(strings.Join(changed, "\n"))
	said, err := stdin.CombinedOutput()
	want := "trawl: --resume: the list is not the one that the interrupted run has read (option --resume)\n  Give that one again, or start anew without --resume.\n"
	if code := exitOf(t, err); code != exitUsage || string(said) != want {
		t.Errorf("standard input: exit %d: %s", code, said)
	}
	for _, verbose := range []bool{false, true} {
		restore(t, dir, files)
		list(t, dir, changed...)
		args, want := []string{"--resume", "urls.txt"}, ""
		if verbose {
			args, want = append(args, "-v"), "trawl: the list has changed before the point that the interrupted run had reached: a new run starts\n"
		}
		if code, said := toItsEnd(t, dir, args...); code != exitOK || said != want {
			t.Errorf("%v: exit %d: %q", args, code, said)
		}
		got := found(t, filepath.Join(dir, "db.txt"))
		if got[s.URL+"/page/0"] != 1 || got[urls[1]] != 2 || got[urls[5]] != 1 {
			t.Errorf("%v: db.txt has %v", args, got)
		}
	}
}

func TestNothingToResumeJustStarts(t *testing.T) {
	everyOutput(t, outputs, func(t *testing.T, output string) {
		s, dir := newSite(t), t.TempDir()
		urls := ordinary(s, 3)
		list(t, dir, urls...)
		if code, said := toItsEnd(t, dir, "-o", output, "--resume", "urls.txt", "-v"); code != exitOK || said != "" {
			t.Errorf("exit %d: %s", code, said)
		}
		onceEach(t, dir, output, urls)
	})
}

// What was not committed of an interrupted run is cut off also by a run that does not go
// on with it.
func TestANewRunCutsOffWhatWasTorn(t *testing.T) {
	s, dir := newSite(t), t.TempDir()
	cmd, _, urls := midway(t, s, dir, "db.txt")
	killed(t, cmd)
	s.release()
	f, err := os.OpenFile(filepath.Join(dir, "db.txt"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.WriteString("url:<http://to"); err != nil {
		t.Fatal(err)
	}
	f.Close()
	code, said := toItsEnd(t, dir, "urls.txt", "-v")
	if code != exitOK || !strings.HasSuffix(said, "trawl: db.txt: 14 bytes of an interrupted run cut off, which no commit had\n") {
		t.Errorf("exit %d: %s", code, said)
	}
	if got := found(t, filepath.Join(dir, "db.txt")); got[urls[0]] != 2 || got[urls[5]] != 1 {
		t.Errorf("db.txt has %v", got)
	}
}

// A state that is anything but what a run has left is gone on from as far as it is good,
// or not at all, or refused; nothing is missing from a run that ends well.
func TestNoStateMakesAHole(t *testing.T) {
	s, dir := newSite(t), t.TempDir()
	urls := append(ordinary(s, 3), s.URL+"/hold/4")
	name := list(t, dir, urls...)
	output := filepath.Join(dir, "db.txt")
	cmd, _ := begun(t, dir, "-c", "1", "-o", output, name)
	for i := range 3 {
		waitAsked(t, s, i+1)
		hup(t, cmd) // has it commit
	}
	waitAsked(t, s, 4)
	waitDone(t, dir, "db.txt", 3)
	killed(t, cmd)
	s.release()
	files := snapshot(t, dir)
	state := files[output+".state"]
	went := map[string]int{}
	try := func(what, state string) {
		restore(t, dir, files)
		if err := os.WriteFile(output+".state", []byte(state), 0o600); err != nil {
			t.Fatal(err)
		}
		s.log()
		code, said := inProcess(t, "-c", "8", "-o", output, "--resume", name)
		asked := len(s.log())
		got := found(t, output)
		switch {
		case code == exitWrite && asked == 0 && contents(t, output) == files[output] && contents(t, output+".state") == state && strings.Contains(said, "no journal of trawl"):
			went["refused"]++
			return
		case code != exitOK:
			t.Errorf("%s: exit %d: %s", what, code, said)
			return
		}
		most := 1
		if asked == len(urls) { // anew
			most = 2
			went["anew"]++
		} else {
			went["on"]++
		}
		for _, u := range urls {
			if got[u] < 1 || got[u] > most {
				t.Errorf("%s: %s is there %d times", what, u, got[u])
			}
		}
	}
	step := 3 // three runs of the test have every byte
	if raceDetector {
		step = 15
	}
	for n := rand.IntN(step); n <= len(state); n += step {
		try(fmt.Sprintf("%d bytes of %d", n, len(state)), state[:n])
	}
	for i := rand.IntN(2 * step); i < len(state); i += 2 * step {
		try(fmt.Sprintf("byte %d is another", i), state[:i]+string([]byte{state[i] ^ 0x41})+state[i+1:])
	}
	try("text", "my notes\n")
	try("zeros", strings.Repeat("\x00", len(state)))
	if went["refused"] == 0 || went["anew"] == 0 || went["on"] == 0 {
		t.Errorf("of all states: %v", went)
	}
}

func TestAFolderInThePlaceOfTheStateIsToldOf(t *testing.T) {
	s, dir := newSite(t), t.TempDir()
	if err := os.Mkdir(filepath.Join(dir, "db.txt.state"), 0o755); err != nil {
		t.Fatal(err)
	}
	begin := time.Now()
	code, said := toItsEnd(t, dir, s.URL+"/page/1")
	if code != exitWrite || !strings.Contains(said, "is a directory") || !strings.HasPrefix(said, "trawl: cannot write db.txt") || time.Since(begin) > 5*time.Second {
		t.Errorf("exit %d: %s", code, said)
	}
	if asked := s.log(); len(asked) > 0 {
		t.Errorf("the site is asked for %v", asked)
	}
}
