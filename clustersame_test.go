//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"trawl/fetch/countingtest"
	"trawl/sinks"
)

// good are pages of all kinds that go well, and bad some of each kind that does not.
func good(s *site) (lines []string) {
	for _, path := range []string{"/gbk", "/utf16", "/latin1", "/wrong", "/gzip/1", "/flaky/1/a", "/flaky/2/b", "/busy/0/c", "/to/1?u=/page/77", "/slow/20/1"} {
		lines = append(lines, s.URL+path)
	}
	lines = append(lines, fmt.Sprintf(`{"url":%q,"meta":{"id":7},"headers":{"X-Key":"hidden"},"timeout":"9s"}`, s.URL+"/page/78"))
	lines = append(lines, s.URL+"/page/5") // again
	return append(lines, ordinary(s, 60)...)
}

func bad(s *site, closed string) []string {
	return append(good(s),
		s.URL+"/status/404", s.URL+"/status/410", s.URL+"/status/500", s.URL+"/loop/1", s.URL+"/cut/1", s.URL+"/reset/1", s.URL+"/no/such",
		s.URL+"/to/2?u=/status/403", s.URL+"/to/3?u=gopher://a/", "http://"+closed+"/refused", "htp:/example.com", `{"url":"http://a/","timeout":"zz"}`,
	)
}

// executors are the ways to run the same list: here, in processes, and on two workers, whose
// server is the test's.
func executors(t *testing.T) map[string][]string {
	t.Helper()
	n := newNATS(t)
	n.hire(t, 2)
	t.Cleanup(func() { n.wantEmpty(t) })
	return map[string][]string{
		inThreads: {"--executor", inThreads}, inProcesses: {"--executor", inProcesses}, inCluster: n.coordinator(),
	}
}

// Whatever the executor, a list has the same results, failures, counts and exit code, in each
// format and with what makes the run another one.
func TestAListEndsTheSameWithEachExecutor(t *testing.T) {
	s, closed, with := newSite(t), closedAddress(t), executors(t)
	for _, c := range []struct {
		output  string
		lines   []string
		options []string
		exit    int
	}{
		{"db.txt", good(s), nil, exitOK},
		{"db.txt", bad(s, closed), nil, exitFailed},
		{"db.jsonl", bad(s, closed), nil, exitFailed},
		{"db.jsonl", bad(s, closed), []string{"--select", "heading=h1", "--select", "title=title", "--max-size", "400"}, exitFailed},
		{"db.jsonl", bad(s, closed), []string{"--keep-order", "--dedupe"}, exitFailed},
		{"db.jsonl", bad(s, closed)[len(good(s)):], nil, exitNone},
		{"db.csv", bad(s, closed), nil, exitFailed},
		{"db.sqlite", bad(s, closed), nil, exitFailed},
		{"db.parquet", bad(s, closed), nil, exitFailed},
		{"db.warc.gz", bad(s, closed), nil, exitFailed},
	} {
		t.Run(strings.Join(append([]string{c.output, fmt.Sprint(len(c.lines))}, c.options...), " "), func(t *testing.T) {
			ends := map[string]end{}
			for executor, options := range with {
				s.forget()
				ends[executor] = endOf(t, c.output, c.lines, slices.Concat(options, c.options)...)
			}
			want := ends[inThreads]
			if want.Exit != c.exit || len(want.Results) == 0 && c.exit != exitNone {
				t.Fatalf("exit %d and %d results: not what the test is about", want.Exit, len(want.Results))
			}
			for _, executor := range []string{inProcesses, inCluster} {
				if diff := cmp.Diff(want, ends[executor]); diff != "" {
					t.Errorf("-%s +%s:\n%s", inThreads, executor, diff)
				}
			}
		})
	}
}

// forget has the site answer as if it had not been asked.
func (s *site) forget() {
	s.mu.Lock()
	defer s.mu.Unlock()
	clear(s.times)
	s.asked, s.heads = nil, nil
}

// end is what a run has come to, without what is different each time.
type end struct {
	Exit     int
	Summary  string
	Results  []stored
	Lines    []string // of JSON lines, all there is of each
	Failures []stored
	Order    bool // the results are in the order of the list
}

func endOf(t *testing.T, output string, lines []string, options ...string) (e end) {
	t.Helper()
	dir := t.TempDir()
	list(t, dir, lines...)
	args := append([]string{"urls.txt", "-o", output, "--retry-wait", "1ms", "--summary", "json"}, options...)
	code, said := toItsEnd(t, dir, args...)
	e.Exit, e.Summary = code, withoutTimes(said)
	format := sinks.FormatOf(output)
	e.Results = readers[format](t, filepath.Join(dir, output))
	e.Failures = readErrors(t, filepath.Join(dir, "db.errors.jsonl"))
	e.Order = slices.IsSortedFunc(e.Results, byPosition)
	if !slices.Contains(options, "--keep-order") {
		e.Order = false
	}
	for _, all := range [][]stored{e.Results, e.Failures} {
		slices.SortFunc(all, byPosition)
		for i := range all {
			all[i].Run = ""
		}
	}
	if format == sinks.JSONL {
		e.Lines = lasting(t, contents(t, dir, output))
	}
	return e
}

// lasting are JSON lines without what is different each time, sorted.
func lasting(t *testing.T, text string) (lines []string) {
	t.Helper()
	for line := range strings.Lines(text) {
		var m map[string]json.RawMessage
		if err := json.Unmarshal([]byte(line), &m); err != nil {
			t.Fatalf("%q: %v", line, err)
		}
		for name := range m {
			if name == "run" || name == "time" || strings.HasSuffix(name, "_ms") {
				delete(m, name)
			}
		}
		kept, err := json.Marshal(m)
		if err != nil {
			t.Fatal(err)
		}
		lines = append(lines, string(kept))
	}
	slices.Sort(lines)
	return lines
}

// robots.txt is obeyed, and asked for once, wherever the pages are fetched.
func TestRobotsAreObeyedWithEachExecutor(t *testing.T) {
	for executor, options := range executors(t) {
		s := countingtest.Start(t, countingtest.Options{Robots: "User-agent: *\nDisallow: /page/7\n"})
		dir := t.TempDir()
		said, code := visitIn(t, dir, s, []string{"a /page/1", "a /page/7", "a /here/7", "a /page/8", "b /page/7"}, append(options, "--robots", "always")...)
		if code != exitFailed {
			t.Errorf("%s: exit %d: %s", executor, code, said)
		}
		var classes []string
		for _, k := range readErrors(t, filepath.Join(dir, "db.errors.jsonl")) {
			classes = append(classes, k.Class)
		}
		asked := 0
		for _, q := range s.Log() {
			switch q.Path {
			case "/robots.txt":
				asked++
			case "/page/7":
				t.Errorf("%s: a page was fetched that robots.txt forbids", executor)
			}
		}
		if !slices.Equal(classes, []string{"robots", "robots", "robots"}) || asked != 2 {
			t.Errorf("%s: the failures are %q, robots.txt was asked for %d times; want three of robots, and once a host", executor, classes, asked)
		}
	}
}

// As TestNoChangedPageIsMissedOrToldTwice is with the other executors, on two workers.
func TestChangesAreToldOnceByACluster(t *testing.T) {
	t.Parallel()
	server := newNATS(t)
	server.hire(t, 2)
	rng := rand.New(rand.NewPCG(rand.Uint64(), 0))
	n := &nights{program: thisTrawl(t), format: sinks.JSONL, options: server.coordinator(), runs: map[string]bool{}, rng: rng}
	n.site, n.dir = newChangingSite(t, n.rng, 200), t.TempDir()
	n.output = filepath.Join(n.dir, outputOf[n.format])
	for night := range 3 {
		n.site.change(night)
		n.tell(t, night)
	}
	t.Logf("killed %d times", n.kills)
}
