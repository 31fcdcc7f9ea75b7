package main

import (
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"trawl/crawl"
	"trawl/parse"
)

// runMetrics is what the metrics tell of a run that has ended. It is a
// [prometheus.Collector].
type runMetrics struct {
	sum         crawl.Summary
	compared    bool  // it has compared pages with what an earlier one knew
	code        int   // exit code
	ended       int64 // Unix time
	lastSuccess int64 // Unix time of the last run with exit code 0; 0 is never
}

// A family is a metric without its values.
type family struct {
	desc *prometheus.Desc
	kind prometheus.ValueType
}

func gauge(name, help string, labels ...string) family {
	return family{prometheus.NewDesc(name, help, labels, nil), prometheus.GaugeValue}
}

// counter is a metric that only grows, within a run: each run begins at 0.
func counter(name, help string, labels ...string) family {
	return family{prometheus.NewDesc(name, help, labels, nil), prometheus.CounterValue}
}

const lastSuccessName = "trawl_last_success_timestamp_seconds"

var (
	lastRun       = gauge("trawl_last_run_timestamp_seconds", "When the last run ended, Unix time.")
	lastSuccess   = gauge(lastSuccessName, "When a run last ended with exit code 0, Unix time; 0 is never.")
	lastExitCode  = gauge("trawl_last_exit_code", "Exit code of the last run.")
	runDuration   = gauge("trawl_run_duration_seconds", "How long the last run took.")
	urlsTotal     = counter("trawl_urls_total", "URLs of the last run, by how they ended.", "outcome")
	changesTotal  = counter("trawl_changes_total", "URLs of the last run, by what has become of their page since the one before; only with --if-changed.", "change")
	errorsTotal   = counter("trawl_errors_total", "Failed URLs of the last run, by class.", "class")
	responseTotal = counter("trawl_responses_total", "Answers in the last run, those before a retry too, by status.", "status")
	retriesTotal  = counter("trawl_retries_total", "Attempts after a URL's first in the last run.")
	bytesTotal    = counter("trawl_body_bytes_total", "Bytes of decoded bodies in the last run.")
)

// Describe implements [prometheus.Collector].
func (m runMetrics) Describe(descs chan<- *prometheus.Desc) {
	for _, f := range []family{lastRun, lastSuccess, lastExitCode, runDuration, urlsTotal, changesTotal, errorsTotal, responseTotal, retriesTotal, bytesTotal} {
		descs <- f.desc
	}
}

// Collect implements [prometheus.Collector].
func (m runMetrics) Collect(metrics chan<- prometheus.Metric) {
	tell := func(f family, value float64, labels ...string) {
		metrics <- prometheus.MustNewConstMetric(f.desc, f.kind, value, labels...)
	}
	tell(lastRun, float64(m.ended))
	tell(lastSuccess, float64(m.lastSuccess))
	tell(lastExitCode, float64(m.code))
	tell(runDuration, m.sum.Elapsed.Round(time.Millisecond).Seconds())
	tell(urlsTotal, float64(m.sum.Pages), "page")
	tell(urlsTotal, float64(m.sum.Failed), "failed")
	tell(urlsTotal, float64(m.sum.Skipped), "skipped")
	if m.compared {
		tell(changesTotal, float64(m.sum.New), parse.New)
		tell(changesTotal, float64(m.sum.Changed), parse.Changed)
		tell(changesTotal, float64(m.sum.Gone), parse.Gone)
		tell(changesTotal, float64(m.sum.Unchanged()), parse.Unchanged)
	}
	for class, n := range m.sum.Classes {
		tell(errorsTotal, float64(n), string(class))
	}
	for status, n := range m.sum.Responses {
		tell(responseTotal, float64(n), status)
	}
	tell(retriesTotal, float64(m.sum.Retries))
	tell(bytesTotal, float64(m.sum.Bytes))
}

// writeMetrics writes the metrics of a run that has ended with code; nil is no
// metrics, or well. The message's code is for a run that was well otherwise: its
// records are whole.
func (c *config) writeMetrics(sum crawl.Summary, code int) *message {
	if c.MetricsTextfile == "" {
		return nil
	}
	file := newTextfile(c.MetricsTextfile, jobName(c.Output))
	m := runMetrics{sum: sum, compared: c.IfChanged, code: code, ended: time.Now().Unix(), lastSuccess: file.lastSuccess()}
	if code == exitOK || code == exitUnchanged { // that nothing has changed is no fault of the run's
		m.lastSuccess = m.ended
	}
	if err := file.write(m); err != nil {
		return c.noMetrics(err, "The results are not touched by this.")
	}
	return nil
}

// checkMetrics is the message for a metrics file that will not be written, or that
// nobody would read; nil is none. It is for the start of a run, and leaves no file.
func (c *config) checkMetrics(files files) *message {
	name := c.MetricsTextfile
	switch {
	case name == "":
		return nil
	case !strings.HasSuffix(name, ".prom"):
		return c.conflict("metrics-textfile", quoted(name)+" does not end in .prom", "Use a name that does: node_exporter reads no other.")
	case slices.Contains([]string{filepath.Clean(files.output), filepath.Clean(files.errors)}, filepath.Clean(name)):
		return c.conflict("metrics-textfile", "is a file of results or failures: "+shown(name), "Give the metrics a file of their own.")
	case c.DryRun:
		return nil
	}
	if err := newTextfile(name, "").check(); err != nil {
		return c.noMetrics(err, "Nothing was fetched.")
	}
	return nil
}

func (c *config) noMetrics(err error, kept string) *message {
	return &message{
		what:  "cannot write " + shown(c.MetricsTextfile) + ": " + cause(err).Error() + " (" + c.where("metrics-textfile") + ")",
		hints: []string{"Choose another place with --metrics-textfile. " + kept},
		code:  exitWrite,
	}
}

// jobName is the label of a results file: its name without folder and ending. What
// a placeholder stands for is another in each run, and would be a series of its own.
func jobName(output string) string {
	if output == "-" {
		return "stdout"
	}
	name := strings.TrimSuffix(filepath.Base(output), ".gz")
	if ext := filepath.Ext(name); ext != name {
		name = strings.TrimSuffix(name, ext)
	}
	name = strings.Trim(placeholder.ReplaceAllString(name, ""), "-_. ")
	if name == "" {
		return "trawl"
	}
	return strings.ToValidUTF8(name, "\uFFFD")
}
