package main

import (
	"cmp"
	"errors"
	"math"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"trawl/crawl"
	"trawl/display"
	"trawl/fetch"
	"trawl/pool"
	"trawl/sinks"
)

// nightly is a run of 100,000 URLs of which 1,290 failed.
var nightly = crawl.Summary{
	Elapsed: 53400 * time.Millisecond,
	Pages:   98_700, Failed: 1_290, Skipped: 10, New: 90_000, Changed: 8_700, Gone: 1, Bytes: 2_040_000_000, Retries: 321,
	Status:  []crawl.StatusCount{{Status: 200, Count: 98_700}, {Status: 404, Count: 1_000}, {Status: 410, Count: 1}, {Status: 503, Count: 12}, {Status: 0, Count: 277}},
	Classes: map[fetch.Class]int64{fetch.HTTPStatus: 1_013, fetch.Timeout: 277},
	Latency: crawl.Latency{P50: 61 * time.Millisecond, P90: 233 * time.Millisecond, P95: 412 * time.Millisecond, P99: 1310 * time.Millisecond, Max: 9800 * time.Millisecond},
}

func rule(t *testing.T, s string) failRule {
	t.Helper()
	r, err := parseFailRule(s)
	if err != nil {
		t.Fatalf("%q: %v", s, err)
	}
	return r
}

func TestARuleIsTrueOfARunOrNot(t *testing.T) {
	for s, want := range map[string]bool{
		"never":            false,
		" never ":          false,
		"failed>1%":        true,
		"failed > 1.29%":   false,
		"failed >= 1.29 %": true,
		"failed == 1290":   true,
		"failed == 1.29%":  true,
		"failed < 1290":    false,
		"failed <= 1290":   true,
		"failed > 0":       true,

		"pages < 1000000":      true,
		"pages<100%":           true,
		"pages > 98.7%":        false,
		"skipped > 9":          true,
		"skipped > 0.01%":      false,
		"changed == 8700":      true,
		"changed > 9%":         false,
		"status_4xx == 1001":   true,
		"status_4xx > 1%":      true,
		"status_5xx>=13":       false,
		"timeouts > 276":       true,
		"timeouts > 0.3%":      false,
		"failed_ratio > 0.01":  true,
		"failed_ratio > 1%":    true,
		"failed_ratio > 0.013": false,
		"failed_ratio <= 1":    true,
		"retries >= 321":       true,
		"retries > 321":        false,

		"bytes < 1MB":         false,
		"bytes < 2.04GB":      false,
		"bytes <= 2.04 GB":    true,
		"bytes > 2 GiB":       false,
		"bytes == 2040000000": true,
		"p50 > 61ms":          false,
		"p50 >= 61ms":         true,
		"p90 > 0.2":           true,
		"p95 > 2s":            false,
		"p95 < 1m":            true,
		"p99 > 1 s":           true,
		"duration > 53s":      true,
		"duration > 1m30s":    false,
		"duration <= 53.4":    true,
		"rate > 1848":         true,
		"rate < 1849/s":       true,
		"rate < 100000/m":     false,
		"\tfailed\t>\t5\t":    true,
	} {
		if got := rule(t, s).holds(&nightly); got != want {
			t.Errorf("%q is %v of the run, want %v", s, got, want)
		}
	}
}

// A run of nothing has no share that could be too large, and no percentile.
func TestARunOfNothingBreaksNoShare(t *testing.T) {
	for s, want := range map[string]bool{
		"failed > 0%": false, "failed_ratio > 0": false, "failed_ratio == 0": true, "p99 > 0": false, "rate > 0": false, "pages < 1": true, "pages < 100%": true,
	} {
		if got := rule(t, s).holds(&crawl.Summary{}); got != want {
			t.Errorf("%q is %v, want %v", s, got, want)
		}
	}
}

func TestEveryListedNameIsAMeasure(t *testing.T) {
	if len(measureNames) != len(measures) {
		t.Errorf("%d names are listed, and there are %d", len(measureNames), len(measures))
	}
	for _, name := range measureNames {
		if _, ok := measures[name]; !ok {
			t.Errorf("%s is listed and does not exist", name)
		}
	}
}

func TestRulesThatAreRefused(t *testing.T) {
	const (
		use   = "\n  Use NAME OP VALUE: 'failed > 100', 'failed_ratio > 0.01', 'p95 > 2s'."
		names = "\n  Names: failed pages bytes retries changed skipped status_4xx status_5xx timeouts p50 p90 p95 p99 duration rate failed_ratio; or never."
		cron  = "\n  In a crontab % ends the line: write \\%, or failed_ratio."
		count = "\n  Use a whole number, or a share of all URLs: 100 or 1%, behind "
	)
	for s, want := range map[string]string{
		"":                 use + names,
		"> 5":              use + names,
		"fialed > 5":       use + strings.Replace(names, "Names", "Did you mean failed? Names", 1),
		"Failed > 5":       use + strings.Replace(names, "Names", "Did you mean failed? Names", 1),
		"errors > 5":       use + names,
		"failed = 5":       use + names,
		"failed => 5":      use + names,
		"failed != 5":      use + names,
		"failed":           use + cron,
		"failed >":         use + cron,
		"failed > ":        use + cron,
		"p95>":             use + cron,
		"fail":             use + strings.Replace(names, "Names", "Did you mean failed? Names", 1) + cron,
		"failed > x":       count + "failed >.",
		"failed > -1":      count + "failed >.",
		"failed > 1.5":     count + "failed >.",
		"failed > 101%":    count + "failed >.",
		"failed > %":       count + "failed >.",
		"failed > 1%%":     count + "failed >.",
		"failed > 2s":      count + "failed >.",
		"pages < 10MB":     count + "pages <.",
		"failed >> 5":      count + "failed >.",
		"failed > 1 2":     count + "failed >.",
		"retries > 5%":     "\n  Use a whole number behind retries >.",
		"failed_ratio > 5": "\n  Use a share, 0.01 or 1%, behind failed_ratio >.",
		"bytes > 5%":       "\n  Use a size, 65536, 10MB or 10MiB, behind bytes >.",
		"bytes > 10M":      "\n  Use a size, 65536, 10MB or 10MiB, behind bytes >.",
		"p95 > -2s":        "\n  Use seconds or a duration, 2, 500ms or 1h, behind p95 >.",
		"p95 > 5%":         "\n  Use seconds or a duration, 2, 500ms or 1h, behind p95 >.",
		"duration > 1MB":   "\n  Use seconds or a duration, 2, 500ms or 1h, behind duration >.",
		"rate < 5%":        "\n  Use pages a second, 10, 10/s or 600/m, behind rate <.",
	} {
		want = `trawl: --fail-if "` + shown(s) + `" is not a rule (option --fail-if)` + want + "\n"
		if got := refused(t, exitUsage, "--fail-if", s, "urls.txt"); got != want {
			t.Errorf("%q:\n%s\nwant\n%s", s, got, want)
		}
	}
}

func TestRulesAddUpAndReplaceThoseOfTheEnvironment(t *testing.T) {
	t.Setenv("TRAWL_FAIL_IF", "failed > 5\npages < 1")
	if got := parsed(t, "urls.txt").FailIf; len(got) != 2 || got[1].text != "pages < 1" {
		t.Errorf("two lines of the variable are the rules %v", got)
	}
	if got := parsed(t, "--fail-if", "never", "--fail-if=p95>2s", "urls.txt").FailIf; len(got) != 2 || got[0].text != "" || got[1].text != "p95>2s" {
		t.Errorf("two options are the rules %v", got)
	}
}

func TestRulesStandInForTheUsualOnes(t *testing.T) {
	none := crawl.Summary{Failed: 5}
	stopped := nightly
	stopped.Stopped = "--max-pages"
	for _, test := range []struct {
		sum   crawl.Summary
		err   error
		rules string
		want  int
	}{
		{nightly, nil, "", exitFailed},
		{nightly, nil, "never", exitOK},
		{nightly, nil, "failed > 5%", exitOK},
		{nightly, nil, "failed > 1%", exitRule},
		{nightly, nil, "never;failed > 1%", exitRule},
		{nightly, nil, "failed > 1%;never", exitRule},
		{none, nil, "", exitNone},
		{none, nil, "never", exitOK},
		{none, nil, "pages < 1", exitRule},
		{stopped, nil, "never", exitStopped},
		{stopped, nil, "failed > 0", exitRule},
		{nightly, &sinks.Error{Op: "write", Path: "db.txt", Err: os.ErrPermission}, "failed > 0", exitWrite},
		{nightly, &crawl.ListError{Name: "urls.txt", Err: os.ErrPermission}, "failed > 0", exitRead},
		{nightly, pool.ErrBroken, "failed > 0", exitWorkers},
		{nightly, errors.New("what is this"), "never", exitBug},
		{crawl.Summary{Pages: 5}, nil, "failed > 0", exitOK},
	} {
		var rules []failRule
		for s := range strings.SplitSeq(test.rules, ";") {
			if s != "" {
				rules = append(rules, rule(t, s))
			}
		}
		if got := (&config{FailIf: rules}).outcome(&test.sum, test.err); got != test.want {
			t.Errorf("%d failed, %v, %q: exit %d, want %d", test.sum.Failed, test.err, test.rules, got, test.want)
		}
	}
}

// What a run is told to have done to break a rule, for each measure.
func TestRulesThatAreTrueAreToldInWords(t *testing.T) {
	for s, want := range map[string]string{
		"failed > 1%":        "1,290 of 100,000 URLs failed",
		"failed_ratio>0.001": "1,290 of 100,000 URLs failed",
		"pages < 99%":        "98,700 of 100,000 URLs are pages",
		"changed == 8.7%":    "8,700 of 100,000 URLs have changed",
		"skipped > 0":        "10 of 100,000 URLs were skipped",
		"status_4xx > 0":     "1,001 of 100,000 URLs ended with status 4xx",
		"status_5xx > 0":     "12 of 100,000 URLs ended with status 5xx",
		"timeouts > 0":       "277 of 100,000 URLs timed out",
		"retries > 0":        "321 retries",
		"bytes > 1MB":        "2,040,000,000 bytes were fetched",
		"rate < 5000":        "1,848.31 pages a second",
		"duration > 1s":      "the run took 53.4 s",
		"p50 > 0":            "p50 is 61 ms",
		"p90 > 0":            "p90 is 233 ms",
		"p95 > 0":            "p95 is 412 ms",
		"p99 > 0":            "p99 is 1.31 s",
	} {
		want = "--fail-if '" + s + "' is true: " + want
		if got := broken([]failRule{rule(t, s)}, &nightly); len(got) != 1 || got[0] != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func TestARuleIsToldInTheBlockAndOnATerminal(t *testing.T) {
	end := display.End{Rules: broken([]failRule{rule(t, "failed > 1%")}, &nightly), Exit: exitRule, Output: "db.txt"}
	var block, summary strings.Builder
	if err := errors.Join(display.WriteFailures(&block, nightly, end, display.Style{}), display.WriteSummary(&summary, nightly, end, display.Style{})); err != nil {
		t.Fatal(err)
	}
	want := "trawl: --fail-if 'failed > 1%' is true: 1,290 of 100,000 URLs failed (exit 99)\n"
	if !strings.HasPrefix(block.String(), want) || !strings.HasSuffix(summary.String(), "\n"+want) {
		t.Errorf("want %s\nfirst in\n%s\nand last in\n%s", want, &block, &summary)
	}
}

func TestARunThatBreaksNoRuleIsSilent(t *testing.T) { everyExecutor(t, aRunThatBreaksNoRuleIsSilent) }

func aRunThatBreaksNoRuleIsSilent(t *testing.T) {
	dir, s := t.TempDir(), newSite(t)
	out := filepath.Join(dir, "db.txt")
	urls := list(t, dir, s.URL+"/page/1", s.URL+"/status/404", s.URL+"/page/2", s.URL+"/page/3")
	for _, rule := range []string{"never", "failed > 25%", "failed_ratio > 0.25", "status_5xx > 0", "pages < 3"} {
		if code, said := inProcess(t, urls, "-o", out, "--fail-if", rule); code != exitOK || said != "" {
			t.Errorf("%q: exit %d: %s", rule, code, said)
		}
	}
	for _, rule := range []string{"failed >= 25%", "pages < 1000000", "status_4xx == 1"} {
		code, said := inProcess(t, urls, "-o", out, "--fail-if", rule)
		if code != exitRule || !strings.HasPrefix(said, "trawl: --fail-if '"+rule+"' is true: ") || !strings.Contains(said, "\n  1  http 404  first: ") {
			t.Errorf("%q: exit %d: %s", rule, code, said)
		}
	}
	if code, said := inProcess(t, urls, "-o", out, "-qq", "--fail-if", "failed > 0"); code != exitRule || said != "" {
		t.Errorf("-qq: exit %d: %q", code, said)
	}
}

// A rule that is taken is the same one when its text is read again, and can be put
// to any run.
func FuzzParseFailRule(f *testing.F) {
	for _, s := range []string{"never", "failed > 1%", "p95>2s", "bytes <= 10 MiB", "rate < 600/m", "failed_ratio == .5", "duration >= 1h30m", "failed >", "> 1", "p99 > 1e9", "failed > 1\x00"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		r, err := parseFailRule(s)
		if err != nil {
			if bad, ok := errors.AsType[*badValue](err); !ok || len(bad.hints) == 0 || len(bad.hints) > 3 {
				t.Errorf("%q is refused with %v", s, err)
			}
			return
		}
		again, err := parseFailRule(cmp.Or(r.text, "never"))
		if err != nil || again.text != r.text || again.op != r.op || again.limit != r.limit || again.share != r.share {
			t.Errorf("%q is %+v, and its text %+v, %v", s, r, again, err)
		}
		if r.limit < 0 || math.IsNaN(r.limit) || r.holds(&nightly) != again.holds(&nightly) {
			t.Errorf("%q has the limit %v", s, r.limit)
		}
		if told := broken([]failRule{r}, &nightly); len(told) > 1 || r.text == "" && len(told) > 0 {
			t.Errorf("%q: %q", s, told)
		}
	})
}
