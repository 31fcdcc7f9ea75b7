package main

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	dto "github.com/prometheus/client_model/go"
	"github.com/prometheus/common/expfmt"
	"github.com/prometheus/common/model"

	"trawl/crawl"
	"trawl/fetch"
	"trawl/parse"
)

// samples reads a metrics file as Prometheus does: "name{label="value"} type" → value.
func samples(t *testing.T, path string) map[string]float64 {
	t.Helper()
	parser := expfmt.NewTextParser(model.LegacyValidation)
	families, err := parser.TextToMetricFamilies(strings.NewReader(contents(t, path)))
	if err != nil {
		t.Fatalf("%s: %v", path, err)
	}
	got := map[string]float64{}
	for name, family := range families {
		for _, m := range family.GetMetric() {
			if m.TimestampMs != nil || family.GetHelp() == "" {
				t.Errorf("%s has a time stamp or no help", name)
			}
			value := m.GetGauge().GetValue()
			if family.GetType() == dto.MetricType_COUNTER {
				value = m.GetCounter().GetValue()
			}
			if (family.GetType() == dto.MetricType_COUNTER) != strings.HasSuffix(name, "_total") {
				t.Errorf("%s is a %v", name, family.GetType())
			}
			labels := model.LabelSet{}
			for _, l := range m.GetLabel() {
				labels[model.LabelName(l.GetName())] = model.LabelValue(l.GetValue())
			}
			got[name+labels.String()] = value
		}
	}
	return got
}

// metricsOf writes the metrics of a run of the command line args.
func metricsOf(t *testing.T, path string, sum crawl.Summary, code int, args ...string) map[string]float64 {
	t.Helper()
	cfg := parsed(t, append(args, "--metrics-textfile", path, "urls.txt")...)
	if m := cfg.writeMetrics(sum, code); m != nil {
		t.Fatal(m)
	}
	return samples(t, path)
}

func TestMetricsAreThoseOfTheRun(t *testing.T) {
	sum := crawl.Summary{
		Elapsed: 53400 * time.Millisecond,
		Pages:   99_871, Failed: 129, Bytes: 2_040_000_000, Retries: 321,
		Classes:   map[fetch.Class]int64{fetch.HTTPStatus: 100, fetch.Timeout: 21, fetch.DNS: 8},
		Responses: map[string]int64{"2xx": 99_871, "4xx": 88, "5xx": 138},
	}
	before := time.Now().Unix()
	got := metricsOf(t, filepath.Join(t.TempDir(), "nightly.prom"), sum, exitOK, "-o", "nightly.txt", "--fail-if", "failed > 1%")
	for _, name := range []string{"trawl_last_run_timestamp_seconds", "trawl_last_success_timestamp_seconds"} {
		name += `{job="nightly"}`
		if at := got[name]; at < float64(before) || at > float64(time.Now().Unix()) {
			t.Errorf("%s is %v, and now is %d", name, at, before)
		}
		delete(got, name)
	}
	want := map[string]float64{
		`trawl_last_exit_code{job="nightly"}`:                    0,
		`trawl_run_duration_seconds{job="nightly"}`:              53.4,
		`trawl_urls_total{job="nightly", outcome="page"}`:        99871,
		`trawl_urls_total{job="nightly", outcome="failed"}`:      129,
		`trawl_urls_total{job="nightly", outcome="skipped"}`:     0,
		`trawl_errors_total{class="http_status", job="nightly"}`: 100,
		`trawl_errors_total{class="timeout", job="nightly"}`:     21,
		`trawl_errors_total{class="dns", job="nightly"}`:         8,
		`trawl_responses_total{job="nightly", status="2xx"}`:     99871,
		`trawl_responses_total{job="nightly", status="4xx"}`:     88,
		`trawl_responses_total{job="nightly", status="5xx"}`:     138,
		`trawl_retries_total{job="nightly"}`:                     321,
		`trawl_body_bytes_total{job="nightly"}`:                  2.04e+09,
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the metrics (-want +got):\n%s", diff)
	}
}

// Without --if-changed there is nothing to tell of changes: a 0 would be a claim.
func TestMetricsTellOfChangesWhereRunsAreCompared(t *testing.T) {
	sum := crawl.Summary{Pages: 100, New: 12, Changed: 88, Failed: 3, Gone: 3, Skipped: 9, Skips: map[string]int64{parse.Unchanged: 8, parse.Duplicate: 1}}
	for args, want := range map[string]map[string]float64{
		"--if-changed": {
			`trawl_changes_total{change="new", job="db"}`: 12, `trawl_changes_total{change="changed", job="db"}`: 88,
			`trawl_changes_total{change="gone", job="db"}`: 3, `trawl_changes_total{change="unchanged", job="db"}`: 8,
		},
		"--keep-order": {},
	} {
		got := metricsOf(t, filepath.Join(t.TempDir(), "db.prom"), sum, exitFailed, args)
		maps.DeleteFunc(got, func(name string, _ float64) bool { return !strings.HasPrefix(name, "trawl_changes") })
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("trawl %s (-want +got):\n%s", args, diff)
		}
	}
}

// What the site answered, counted by the test, by the command's own eyes and in its
// metrics, is the same.
func TestMetricsSayWhatTheSiteAnswered(t *testing.T) { everyExecutor(t, metricsSayWhatTheSiteAnswered) }

func metricsSayWhatTheSiteAnswered(t *testing.T) {
	dir, s := t.TempDir(), newSite(t)
	prom := filepath.Join(dir, "run.prom")
	urls := list(t, dir, s.URL+"/page/1", s.URL+"/page/2", s.URL+"/flaky/1/a", s.URL+"/status/404", s.URL+"/status/503", s.URL+"/reset/1", s.URL+"/page/1", "no url")
	code, said := inProcess(t, urls, "-o", filepath.Join(dir, "out.jsonl"), "--dedupe", "--retries", "1", "--retry-wait", "1ms", "--metrics-textfile", prom)
	if code != exitFailed {
		t.Fatalf("exit %d: %s", code, said)
	}
	got := samples(t, prom)
	want := map[string]float64{
		`trawl_last_exit_code{job="out"}`: exitFailed, `trawl_last_success_timestamp_seconds{job="out"}`: 0,
		`trawl_urls_total{job="out", outcome="page"}`: 3, `trawl_urls_total{job="out", outcome="failed"}`: 4, `trawl_urls_total{job="out", outcome="skipped"}`: 1,
		`trawl_errors_total{class="http_status", job="out"}`: 2, `trawl_errors_total{class="reset", job="out"}`: 1, `trawl_errors_total{class="bad_url", job="out"}`: 1,
		`trawl_responses_total{job="out", status="2xx"}`: 3, `trawl_responses_total{job="out", status="4xx"}`: 1, `trawl_responses_total{job="out", status="5xx"}`: 3,
		`trawl_retries_total{job="out"}`: 3,
	}
	for name, value := range want {
		if v, ok := got[name]; !ok || v != value {
			t.Errorf("%s is %v (there: %v), want %v", name, v, ok, value)
		}
	}
	if names := len(got); names != len(want)+3 { // when it ended, how long it took, and how many bytes came
		t.Errorf("%d samples, want %d: %v", names, len(want)+3, got)
	}
	if left := matching(t, dir, ".trawl-metrics-*"); len(left) > 0 {
		t.Errorf("%v is left", left)
	}
	if info, err := os.Stat(prom); err != nil || info.Mode().Perm() != 0o644 {
		t.Errorf("%v, %v: want a file that any user can read", info, err)
	}
}

func matching(t *testing.T, dir, pattern string) []string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(dir, pattern))
	if err != nil {
		t.Fatal(err)
	}
	return names
}

func TestAFailedRunLeavesTheLastSuccessAsItWas(t *testing.T) {
	const success = `trawl_last_success_timestamp_seconds{job="db"}`
	prom := filepath.Join(t.TempDir(), "db.prom")
	if got := metricsOf(t, prom, crawl.Summary{Failed: 1}, exitNone)[success]; got != 0 {
		t.Errorf("before any success it is %v, want 0", got)
	}
	first := metricsOf(t, prom, crawl.Summary{Pages: 1}, exitOK)[success]
	if first == 0 {
		t.Fatal("a run without failures is no success")
	}
	old := strings.Replace(contents(t, prom), strconv.FormatFloat(first, 'g', -1, 64), "1.7e+09", 2)
	if err := os.WriteFile(prom, []byte(old), 0o600); err != nil {
		t.Fatal(err)
	}
	for _, code := range []int{exitFailed, exitRule, exitTERM, exitStopped, exitWrite, exitFailed} {
		if got := metricsOf(t, prom, crawl.Summary{Failed: 1}, code)[success]; got != 1.7e+09 {
			t.Errorf("after exit %d it is %v, want 1.7e+09", code, got)
		}
	}
	if got := metricsOf(t, prom, crawl.Summary{Skipped: 1}, exitUnchanged)[success]; got < first {
		t.Errorf("after a run that has found nothing changed it is %v, want %v or more", got, first)
	}
	if got := metricsOf(t, prom, crawl.Summary{Failed: 1}, exitFailed, "-o", "other.txt")[`trawl_last_success_timestamp_seconds{job="other"}`]; got != 0 {
		t.Errorf("another job has had a success at %v", got)
	}
}

func TestABrokenOldFileIsNoError(t *testing.T) {
	success := `trawl_last_success_timestamp_seconds{job="db"}`
	for old, want := range map[string]float64{
		"":                   0,
		"\x00\xff garbage":   0,
		success + " NaN\n":   0,
		success + " -5\n":    0,
		success + " 1e300\n": 0,
		success + " 17\n":    0, // of no type
		"# TYPE trawl_last_success_timestamp_seconds gauge\n" + success + " 17\n\n}}}{\n": 17,
		"# TYPE trawl_last_success_timestamp_seconds counter\n" + success + " 17\n":       0,
		strings.Repeat("x 1\n", maxTextfile):                                              0,
	} {
		prom := filepath.Join(t.TempDir(), "db.prom")
		if err := os.WriteFile(prom, []byte(old), 0o644); err != nil {
			t.Fatal(err)
		}
		if got := metricsOf(t, prom, crawl.Summary{Failed: 1}, exitFailed)[success]; got != want {
			t.Errorf("after %.60q it is %v, want %v", old, got, want)
		}
	}
}

func TestTheJobIsTheStemOfTheOutput(t *testing.T) {
	for output, want := range map[string]string{
		"db.txt": "db", "/var/lib/nightly.jsonl": "nightly", "-": "stdout", "a.b.txt": "a.b", "x.warc.gz": "x", ".hidden": "hidden", "plain": "plain",
		"db-{date}.jsonl": "db", "{date}-{time}_shop.txt": "shop", "{run}.csv": "trawl", `a"b\c` + "\nd.txt": `a"b\c` + "\nd", "\xff.txt": "\uFFFD",
	} {
		if got := jobName(output); got != want {
			t.Errorf("the job of %q is %q, want %q", output, got, want)
		}
	}
}

// A label of any kind is read by Prometheus as it was.
func TestAnyNameOfAFileIsALabel(t *testing.T) {
	prom := filepath.Join(t.TempDir(), "x.prom")
	metricsOf(t, prom, crawl.Summary{Pages: 1}, exitOK, "-o", `q"uo\te`+"\n"+`{x="y"} é.txt`)
	at := newTextfile(prom, `q"uo\te`+"\n"+`{x="y"} é`).lastSuccess()
	if at == 0 {
		t.Errorf("the job is not in\n%s", contents(t, prom))
	}
}

func TestAMetricsFileThatCannotBeWrittenIsToldBeforeTheRun(t *testing.T) {
	dir, s := t.TempDir(), newSite(t)
	fifo, link := filepath.Join(dir, "fifo.prom"), filepath.Join(dir, "link.prom")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(os.DevNull, link); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(filepath.Join(dir, "dir.prom"), 0o755); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]string{
		filepath.Join(dir, "none", "x.prom"): "no such file or directory",
		filepath.Join(dir, "dir.prom"):       "is a directory",
		fifo:                                 "not a regular file",
		link:                                 "not a regular file",
	} {
		code, said := inProcess(t, s.URL+"/page/1", "-o", filepath.Join(dir, "db.txt"), "--metrics-textfile", name)
		want = fmt.Sprintf("trawl: cannot write %s: %s (option --metrics-textfile)\n  Choose another place with --metrics-textfile. Nothing was fetched.\n", name, want)
		if code != exitWrite || said != want {
			t.Errorf("exit %d: %s\nwant %s", code, said, want)
		}
	}
	if asked := s.log(); len(asked) > 0 {
		t.Errorf("%v was fetched", asked)
	}
	for _, args := range [][]string{{"--metrics-textfile", "x.txt"}, {"-o", "x.prom", "--metrics-textfile", "./x.prom"}} {
		if code, said := inProcess(t, append(args, s.URL+"/page/1")...); code != exitUsage || strings.Count(said, "\n") != 2 {
			t.Errorf("%v: exit %d: %s", args, code, said)
		}
	}
}

// The folder goes away while the run lasts: what was fetched is whole, and the run,
// well otherwise, is told not to be.
func TestMetricsThatCannotBeWrittenAreTold(t *testing.T) {
	for page, want := range map[string]int{"/page/1": exitWrite, "/status/404": exitRule} {
		dir, s := t.TempDir(), newSite(t)
		folder := filepath.Join(dir, "metrics")
		if err := os.Mkdir(folder, 0o755); err != nil {
			t.Fatal(err)
		}
		var said listener
		cmd := trawl(t, dir, s.URL+"/hold/1", s.URL+page, "--fail-if", "status_4xx > 0", "--metrics-textfile", filepath.Join(folder, "x.prom"))
		cmd.Stderr = &said
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		waitAsked(t, s, 2)
		if err := os.Remove(folder); err != nil {
			t.Fatal(err)
		}
		s.release()
		if code := exitOf(t, cmd.Wait()); code != want || !strings.Contains(said.String(), "x.prom: no such file or directory (option --metrics-textfile)\n") {
			t.Errorf("%s: exit %d, want %d: %s", page, code, want, said.String())
		}
		if got := len(linesOf(contents(t, dir, "db.txt"))); got < 1 {
			t.Errorf("db.txt has %d lines", got)
		}
	}
}

// Who reads the file while it is replaced sees one whole.
func TestAReaderNeverSeesHalfOfTheMetrics(t *testing.T) {
	prom := filepath.Join(t.TempDir(), "db.prom")
	cfg := parsed(t, "--metrics-textfile", prom, "urls.txt")
	if m := cfg.writeMetrics(nightly, exitOK); m != nil {
		t.Fatal(m)
	}
	size := len(contents(t, prom))
	over, read := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(read)
		for {
			if text, err := os.ReadFile(prom); err != nil || len(text) != size {
				t.Errorf("a reader sees %d bytes, %v; want %d", len(text), err, size)
				return
			}
			select {
			case <-over:
				return
			default:
			}
		}
	}()
	for range 20 {
		if m := cfg.writeMetrics(nightly, exitOK); m != nil {
			t.Error(m)
		}
	}
	close(over)
	<-read
}

// A run that is interrupted has metrics too.
func TestAnInterruptedRunHasMetrics(t *testing.T) { everyExecutor(t, anInterruptedRunHasMetrics) }

func anInterruptedRunHasMetrics(t *testing.T) {
	dir, s := t.TempDir(), newSite(t)
	var said listener
	cmd := trawl(t, dir, s.URL+"/page/1", s.URL+"/hold/1", "-c1", "--metrics-textfile", "x.prom")
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	waitAsked(t, s, 2)
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	said.wait(t, "Stopping: ")
	s.release()
	if code := exitOf(t, cmd.Wait()); code != exitTERM {
		t.Errorf("exit %d, want %d", code, exitTERM)
	}
	if got := samples(t, filepath.Join(dir, "x.prom")); got[`trawl_last_exit_code{job="db"}`] != exitTERM || got[`trawl_urls_total{job="db", outcome="page"}`] < 1 {
		t.Errorf("the metrics are %v", got)
	}
}
