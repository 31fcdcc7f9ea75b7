package display

import (
	"bytes"
	"flag"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"trawl/crawl"
	"trawl/fetch"
	"trawl/parse"
)

var update = flag.Bool("update", false, "write the golden files anew")

func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(string(want), got); diff != "" {
		t.Errorf("%s (-want +got):\n%s", name, diff)
	}
}

// nightly is a run of 100,000 URLs with all that a run can have.
func nightly() crawl.Summary {
	return crawl.Summary{
		Started: time.Unix(1795339533, 0).Add(-53400 * time.Millisecond),
		Elapsed: 53400 * time.Millisecond,
		Pages:   99_871, Failed: 129, Bytes: 2_040_000_000,
		Retries: 321, Retried: 179, RetriedOK: 146,
		ThrottledHosts: 3, ThrottledTime: 41 * time.Second,
		Status: []crawl.StatusCount{
			{Status: 200, Count: 99_640}, {Status: 204, Count: 231}, {Status: 404, Count: 88},
			{Status: 503, Count: 12}, {Status: 0, Count: 29},
		},
		Responses: map[string]int64{"2xx": 99_871, "4xx": 88, "5xx": 138},
		Classes:   map[fetch.Class]int64{fetch.HTTPStatus: 100, fetch.Timeout: 21, fetch.DNS: 8},
		Failures: []crawl.FailureGroup{
			{Label: "http 404", Class: fetch.HTTPStatus, Count: 88, FirstURL: "https://example.com/a", FirstSource: "urls.txt:17"},
			{Label: "timeout after 10 s", Class: fetch.Timeout, Count: 21, FirstURL: "https://slow.example.org/", FirstSource: "urls.txt:902"},
			{Label: "http 503 after 3 attempts", Class: fetch.HTTPStatus, Count: 12, FirstURL: "https://api.example.net/", FirstSource: "urls.txt:4411"},
			{Label: "no such host", Class: fetch.DNS, Count: 8, FirstURL: "https://gone.example/", FirstSource: "urls.txt:70"},
		},
		Latency: crawl.Latency{
			P50: 61 * time.Millisecond, P90: 233 * time.Millisecond, P95: 412 * time.Millisecond,
			P99: 1310 * time.Millisecond, Max: 9800 * time.Millisecond,
		},
		Slowest: []crawl.HostLatency{
			{Host: "static.example.net", P95: 2100 * time.Millisecond, Pages: 412},
			{Host: "img.example.org", P95: 1400 * time.Millisecond, Pages: 1200},
			{Host: "third.example.org", P95: 1300 * time.Millisecond, Pages: 3},
		},
	}
}

// small is a run of five URLs of one host, of which one failed.
func small() crawl.Summary {
	return crawl.Summary{
		Elapsed: 412 * time.Millisecond,
		Pages:   4, Failed: 1, Bytes: 81_000,
		Status:   []crawl.StatusCount{{Status: 200, Count: 4}, {Status: 404, Count: 1}},
		Classes:  map[fetch.Class]int64{fetch.HTTPStatus: 1},
		Failures: []crawl.FailureGroup{{Label: "http 404", Class: fetch.HTTPStatus, Count: 1, FirstURL: "http://127.0.0.1/x", FirstSource: "urls.txt:3"}},
		Latency:  crawl.Latency{P50: 2400 * time.Microsecond, P90: 9 * time.Millisecond, P95: 9 * time.Millisecond, P99: 9 * time.Millisecond, Max: 9 * time.Millisecond},
		Slowest:  []crawl.HostLatency{{Host: "127.0.0.1", P95: 9 * time.Millisecond, Pages: 4}},
	}
}

// nightlyChanges is that run as one that compares: of what the servers sent again a part
// turned out to be as it was.
func nightlyChanges() crawl.Summary {
	sum := nightly()
	sum.Pages, sum.New, sum.Changed, sum.Gone = 100, 12, 88, 3
	sum.Skipped, sum.Skips, sum.Unfetched = 99_771, map[string]int64{parse.Unchanged: 99_770, parse.Duplicate: 1}, 1_990_000_000
	sum.Bytes = 50_000_000
	sum.Status[0].Count, sum.Status[1] = 2_100, crawl.StatusCount{Status: 304, Count: 97_771}
	return sum
}

// failing is a run of 100,000 URLs with these failures.
func failing(groups ...crawl.FailureGroup) crawl.Summary {
	sum := crawl.Summary{Elapsed: 53400 * time.Millisecond, Pages: 100_000, Classes: map[fetch.Class]int64{}, Failures: groups}
	for _, g := range groups {
		sum.Failed += g.Count
		sum.Pages -= g.Count
		sum.Classes[g.Class] += g.Count
		if g.Class == fetch.BadURL && sum.BadLines.Count == 0 {
			sum.BadLines = g
		}
	}
	return sum
}

func written(t *testing.T, write func(io.Writer) error) string {
	t.Helper()
	var b bytes.Buffer
	if err := write(&b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

func manyKinds(n int) (groups []crawl.FailureGroup) {
	for i := range n {
		groups = append(groups, crawl.FailureGroup{
			Label: "http " + string(rune('0'+i/10)) + string(rune('0'+i%10)), Class: fetch.HTTPStatus, Count: int64(n - i),
			FirstURL: "https://example.com/", FirstSource: "urls.txt:1",
		})
	}
	return groups
}

var dbErrors = End{Output: "db.txt", Errors: "db.errors.jsonl", Retry: "trawl db.errors.jsonl", Exit: 4}

func TestSummaryReadsAsPromised(t *testing.T) {
	clean := small()
	clean.Pages, clean.Failed, clean.Failures, clean.Status = 5, 0, nil, []crawl.StatusCount{{Status: 200, Count: 5}}

	stopped := small()
	stopped.Stopped, stopped.Remaining, stopped.Skipped = "--max-pages", 1234, 7
	stopped.Skips = map[string]int64{"duplicate": 6, "unchanged": 1}
	stopped.ThrottledHosts, stopped.ThrottledTime = 1, 90*time.Second

	mixed := nightly()
	mixed.Failures = append(manyKinds(13), crawl.FailureGroup{Label: "timeout after 3 s", Class: fetch.Timeout, Count: 9},
		crawl.FailureGroup{Label: "timeout after 10 s", Class: fetch.Timeout, Count: 5})
	mixed.HostsMissed = true
	for status := 400; status < 420; status++ {
		mixed.Status = append(mixed.Status, crawl.StatusCount{Status: status, Count: 1000})
	}

	long := nightly()
	long.Failures = append(long.Failures[:1:1], crawl.FailureGroup{Class: fetch.TLS, Count: 7, Label: "certificate is for " + strings.Repeat("a-long-name.", 6) + "example, not this host"})

	compared := dbErrors
	compared.Compared = true
	same := clean
	same.Pages, same.Bytes, same.Slowest, same.Skipped, same.Skips = 0, 0, nil, 5, map[string]int64{parse.Unchanged: 5}

	for _, run := range []struct {
		file  string
		sum   crawl.Summary
		end   End
		style Style
	}{
		{"summary.txt", nightly(), End{Output: "db.txt", Errors: "db.errors.jsonl", Retry: "trawl --retry-failed"}, Style{}},
		{"summary-color.txt", nightly(), dbErrors, Style{Color: true}},
		{"summary-one-host.txt", small(), dbErrors, Style{}},
		{"summary-all-well.txt", clean, End{Output: "-"}, Style{}},
		{"summary-stopped.txt", stopped, End{Output: "pages.jsonl", Errors: "pages.errors.jsonl", Exit: 8}, Style{}},
		{"summary-nothing.txt", crawl.Summary{}, End{Output: "db.txt"}, Style{}},
		{"summary-many.txt", mixed, dbErrors, Style{}},
		{"summary-long-label.txt", long, dbErrors, Style{}},
		{"summary-changes.txt", nightlyChanges(), compared, Style{}},
		{"summary-changes-none.txt", same, compared, Style{}},
	} {
		golden(t, run.file, written(t, func(w io.Writer) error { return WriteSummary(w, run.sum, run.end, run.style) }))
	}
}

func TestSummaryForProgramsHasTheNamesOfTheMetrics(t *testing.T) {
	golden(t, "summary.json", written(t, func(w io.Writer) error { return WriteSummaryJSON(w, nightly(), End{Exit: 4}) }))
	golden(t, "summary-changes.json", written(t, func(w io.Writer) error { return WriteSummaryJSON(w, nightlyChanges(), End{Exit: 4, Compared: true}) }))
	golden(t, "summary-nothing.json", written(t, func(w io.Writer) error {
		return WriteSummaryJSON(w, crawl.Summary{Started: time.Unix(1795339533, 0)}, End{})
	}))
}

func TestFailuresReadAsPromised(t *testing.T) {
	stopped := failing(manyKinds(1)...)
	stopped.Stopped, stopped.Remaining = "SIGTERM", 5

	noHost := crawl.FailureGroup{Label: "no such host", Class: fetch.DNS, Count: 100_000, FirstURL: "https://a.example/", FirstSource: "urls.txt:1"}
	oneHost := noHost
	oneHost.Count = 1
	none := func(groups ...crawl.FailureGroup) crawl.Summary {
		sum := failing(groups...)
		sum.Pages = 0
		return sum
	}
	badLine := crawl.FailureGroup{Label: "scheme htp is not http or https", Class: fetch.BadURL, Count: 1, FirstURL: "htp:/example.com", FirstSource: "urls.txt:17"}
	badLines := badLine
	badLines.Count = 3
	expired := crawl.FailureGroup{Label: "certificate expired 2026-11-02", Class: fetch.TLS, Count: 412, FirstURL: "https://old.example.org/", FirstSource: "urls.txt:88"}
	unknown := expired
	unknown.Label = `certificate signed by unknown authority "Snake Oil CA"`
	self := unknown
	self.Label = "certificate is self-signed"
	denied := crawl.FailureGroup{Label: "address is loopback", Class: fetch.Denied, Count: 3, FirstURL: "http://0x7f.1/", FirstSource: "urls.txt:1"}
	forbidden := crawl.FailureGroup{Label: "http 401", Class: fetch.HTTPStatus, Count: 2, FirstURL: "https://me:secret@example.org/", FirstSource: "argument:1"}
	locked := none(forbidden)
	locked.Status = []crawl.StatusCount{{Status: 401, Count: 2}}
	five, nine := dbErrors, dbErrors
	five.Exit, nine.Exit = 5, 9
	same := crawl.Summary{Skipped: 5, Skips: map[string]int64{parse.Unchanged: 5}}
	sameButOne := failing(badLine)
	sameButOne.Pages, sameButOne.Skipped, sameButOne.Skips = 0, 4, map[string]int64{parse.Unchanged: 4}

	for _, run := range []struct {
		file string
		sum  crawl.Summary
		end  End
	}{
		{"failures.txt", nightly(), End{Output: "db.txt", Errors: "db.errors.jsonl", Retry: "trawl --retry-failed -o db.txt", Exit: 4}},
		{"failures-one.txt", small(), dbErrors},
		{"failures-many.txt", failing(manyKinds(19)...), dbErrors},
		{"failures-to-stdout.txt", nightly(), End{Output: "-", Exit: 4}},
		{"failures-stopped.txt", stopped, End{Output: "db.txt", Errors: "db.errors.jsonl", Retry: "trawl db.errors.jsonl", Exit: 143}},
		{"failures-bad-line.txt", failing(badLine), dbErrors},
		{"failures-bad-lines.txt", failing(badLines), End{Output: "-", Exit: 4}},
		{"failures-bad-line-and-more.txt", failing(badLine, expired), dbErrors},
		{"failures-no-dns.txt", none(noHost), five},
		{"failures-no-such-host.txt", none(oneHost), five},
		{"failures-none-succeeded.txt", none(noHost, badLine), five},
		{"failures-all-bad-lines.txt", none(badLines), five},
		{"failures-no-credentials.txt", locked, five},
		{"failures-expired.txt", failing(expired), dbErrors},
		{"failures-unknown-authority.txt", none(unknown), five},
		{"failures-unknown-authorities.txt", failing(unknown, self), dbErrors},
		{"failures-denied.txt", none(denied), five},
		{"failures-no-change.txt", same, nine},
		{"failures-bad-line-and-unchanged.txt", sameButOne, dbErrors},
	} {
		got := written(t, func(w io.Writer) error { return WriteFailures(w, run.sum, run.end, Style{}) })
		golden(t, run.file, got)
		if lines := strings.Count(got, "\n"); lines < 1 || lines > 20 {
			t.Errorf("%s has %d lines, want 1 to 20", run.file, lines)
		}
	}
	golden(t, "failures-color.txt", written(t, func(w io.Writer) error { return WriteFailures(w, small(), dbErrors, Style{Color: true}) }))
}

func TestNoFailuresIsSilence(t *testing.T) {
	sum := failing()
	if got := written(t, func(w io.Writer) error { return WriteFailures(w, sum, dbErrors, Style{}) }); got != "" {
		t.Errorf("a run without failures: %q, want nothing", got)
	}
}

func TestHostileNamesAreShownClean(t *testing.T) {
	evil := failing(crawl.FailureGroup{
		Label: "bad\x1b[2J\nnews\u202e", Class: fetch.Protocol, Count: 3,
		FirstURL: "https://me:pass\x07word@example.org/\r\nSubject: x", FirstSource: "a\tb:1",
	})
	evil.Slowest = []crawl.HostLatency{{Host: "u:p@a\x1b]0;x\x07", Pages: 1}, {Host: "b", Pages: 1}}
	evil.Stopped = "\x1b[31m"
	evil.Skips = map[string]int64{"\x9bm": 1}
	end := End{Output: "out\x1bc", Errors: "err\n", Retry: "trawl \x00", Exit: 4}
	texts := []string{
		written(t, func(w io.Writer) error { return WriteSummary(w, evil, end, Style{}) }),
		written(t, func(w io.Writer) error { return WriteFailures(w, evil, end, Style{}) }),
	}
	for _, got := range texts {
		for _, r := range strings.ReplaceAll(got, "\n", "") {
			if r < ' ' || r == 0x7f || r >= 0x80 && r < 0xa0 || r == 0x202e {
				t.Errorf("a control character %q in:\n%s", r, got)
			}
		}
		if strings.Contains(got, "word") || strings.Contains(got, "u:p@") {
			t.Errorf("a password in:\n%s", got)
		}
		if strings.Contains(got, "\nSubject") || strings.Contains(got, "\nnews") {
			t.Errorf("a line of the server's making in:\n%s", got)
		}
	}
}
