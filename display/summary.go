package display

import (
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize"

	"trawl/crawl"
	"trawl/fetch"
	"trawl/parse"
)

// End is what is said at the end of a run beside its [crawl.Summary].
type End struct {
	Output string // the results file; "-" is standard output
	Errors string // the errors file; "" is none
	Retry  string // the command that tries the failures again; "" is none

	Compared  bool     // the run has compared pages with what an earlier one knew
	Resumable bool     // the run has stopped early, and what is left of it can be gone on with
	Rules     []string // those that are true of the run and make it a failed one, in words; nil is none
	Exit      int      // the exit code
}

const (
	textWidth  = 78 // cells, where there is a choice
	labelWidth = 11
	maxKinds   = 12 // of failure, in a text
	maxSlowest = 2  // hosts
)

// WriteSummary writes the summary that a person reads at the end of a run.
func WriteSummary(w io.Writer, sum crawl.Summary, end End, style Style) error {
	t := &text{Style: style}
	t.headline(&sum, end)
	if end.Compared {
		t.printf("%s\n", changes(&sum))
	}
	t.pages(&sum)
	t.latency(sum.Latency)
	t.status(sum.Status)
	t.retries(&sum)
	t.skips(&sum, end)
	t.failed(sum.Failures)
	t.slowest(&sum)
	if sum.Failed > 0 && end.Errors != "" {
		t.tryAgain(&sum, end)
	}
	if end.Resumable {
		t.printf("\n%s\n", goOn)
	}
	t.rules(end)
	_, err := io.WriteString(w, t.String())
	return err
}

// text is what is being written.
type text struct {
	strings.Builder
	Style
	rows int
}

func (t *text) printf(format string, args ...any) { fmt.Fprintf(t, format, args...) }

// row writes a row of the summary, which has a blank line before its first.
func (t *text) row(label, value string) {
	if t.rows++; t.rows == 1 {
		t.WriteByte('\n')
	}
	t.printf("  %s%*s%s\n", t.dim(label), labelWidth-len(label), "", value)
}

func (t *text) headline(sum *crawl.Summary, end End) {
	done := "Done in " + Span(sum.Elapsed)
	mark := t.green
	if sum.Failed > 0 || sum.Stopped != "" {
		mark = t.yellow
	}
	if sum.Stopped != "" {
		done = fmt.Sprintf("Stopped by %s after %s", Clean(sum.Stopped), Span(sum.Elapsed))
	}
	failed := humanize.Comma(sum.Failed) + " failed"
	if sum.Failed > 0 {
		failed = t.red(failed)
	}
	t.printf("%s: %s into %s, %s, %s skipped (%s)", mark(done), Plural(sum.Pages, "page", "pages"), place(end.Output),
		failed, humanize.Comma(sum.Skipped), Plural(sum.URLs(), "URL", "URLs"))
	if sum.Remaining > 0 {
		t.printf("; %s remaining", humanize.Comma(sum.Remaining))
	}
	t.WriteByte('\n')
}

// place is where results go.
func place(output string) string {
	if output == "-" {
		return "standard output"
	}
	return Clean(output)
}

func (t *text) pages(sum *crawl.Summary) {
	seconds := sum.Elapsed.Seconds()
	if sum.Pages == 0 || seconds <= 0 {
		return
	}
	pages := rate(float64(sum.Pages)/seconds) + " /s"
	bytes := float64(sum.Bytes)
	mean := ""
	if sum.Unchanged() == 0 { // whose bytes are not of these pages
		mean = ", mean " + size(bytes/float64(sum.Pages))
	}
	t.row("pages", fmt.Sprintf("%-19s%s    %s  (%s/s%s)", pages, t.dim("bytes"), size(bytes), size(bytes/seconds), mean))
}

func (t *text) latency(l crawl.Latency) {
	if l.Max <= 0 {
		return
	}
	t.row("latency", fmt.Sprintf("p50 %s  p90 %s  p95 %s  p99 %s  max %s",
		Span(l.P50), Span(l.P90), Span(l.P95), Span(l.P99), Span(l.Max)))
}

func (t *text) status(counts []crawl.StatusCount) {
	label, line := "status", ""
	for _, c := range counts {
		code := "none"
		if c.Status != 0 {
			code = strconv.Itoa(c.Status)
		}
		item := code + ": " + humanize.Comma(c.Count)
		if line != "" && labelWidth+len(line)+len(item)+4 > textWidth {
			t.row(label, line)
			label, line = "", ""
		}
		if line != "" {
			line += "  "
		}
		line += item
	}
	if line != "" {
		t.row(label, line)
	}
}

func (t *text) retries(sum *crawl.Summary) {
	throttled := fmt.Sprintf("%s throttled, %s", Plural(sum.ThrottledHosts, "host", "hosts"), Span(sum.ThrottledTime))
	switch {
	case sum.Retries > 0:
		told := fmt.Sprintf("%s on %s, %s then succeeded", humanize.Comma(sum.Retries),
			Plural(sum.Retried, "URL", "URLs"), humanize.Comma(sum.RetriedOK))
		if sum.ThrottledHosts > 0 {
			told += "; " + throttled
		}
		t.row("retries", told)
	case sum.ThrottledHosts > 0:
		t.row("throttled", strings.Replace(throttled, " throttled", "", 1))
	}
}

// changes says what has become of URLs since the run before.
func changes(sum *crawl.Summary) string {
	told := fmt.Sprintf("%s new, %s changed, %s gone, %s unchanged", humanize.Comma(sum.New), humanize.Comma(sum.Changed),
		humanize.Comma(sum.Gone), humanize.Comma(sum.Unchanged()))
	if sum.Unfetched > 0 {
		told += " (" + size(float64(sum.Unfetched)) + " not fetched again)"
	}
	return told
}

func (t *text) skips(sum *crawl.Summary, end End) {
	var reasons []string
	for _, reason := range sortedKeys(sum.Skips) {
		if end.Compared && reason == parse.Unchanged {
			continue // the line of changes has it
		}
		reasons = append(reasons, humanize.Comma(sum.Skips[reason])+" "+Clean(reason))
	}
	if len(reasons) > 0 {
		t.row("skipped", strings.Join(reasons, ", "))
	}
}

func (t *text) slowest(sum *crawl.Summary) {
	if len(sum.Slowest) < 2 {
		return
	}
	hosts := sum.Slowest[:maxSlowest]
	var names []string
	for _, h := range hosts {
		names = append(names, clip(CleanURL(h.Host), 40))
	}
	width, label := widest(names), "slowest"
	for i, h := range hosts {
		t.row(label, fmt.Sprintf("%s  p95 %s  (%s)", cells.FillRight(names[i], width), Span(h.P95), Plural(h.Pages, "page", "pages")))
		label = ""
	}
	if sum.HostsMissed {
		t.row("", "(of the hosts met first)")
	}
}

func (t *text) tryAgain(sum *crawl.Summary, end End) {
	t.printf("\nFailures: %s", Clean(end.Errors))
	if end.Retry != "" && !end.Resumable && worthAnotherTry(sum) {
		t.printf("        Try them again:  %s", t.bold(Clean(end.Retry)))
	}
	t.WriteByte('\n')
}

func widest(texts []string) (width int) {
	for _, text := range texts {
		width = max(width, cells.StringWidth(text))
	}
	return width
}

// failed lists the kinds of failure, in two columns if there are more than one
// and they fit, to be read down the first.
func (t *text) failed(groups []crawl.FailureGroup) {
	kinds, more := firstKinds(joinTimeouts(groups), maxKinds)
	items := columns(kinds)
	label := "failed"
	for _, line := range items {
		t.row(label, line)
		label = ""
	}
	if more > 0 {
		t.row("", "and "+Plural(int64(more), "more kind", "more kinds"))
	}
}

// joinTimeouts makes one group of all timeouts: which limit it was matters to
// who looks for the reason, and stands in the block and the errors file.
func joinTimeouts(groups []crawl.FailureGroup) []crawl.FailureGroup {
	var joined []crawl.FailureGroup
	timeouts := -1
	for _, g := range groups {
		if g.Class != fetch.Timeout {
			joined = append(joined, g)
			continue
		}
		if timeouts < 0 {
			timeouts = len(joined)
			joined = append(joined, crawl.FailureGroup{Label: "timeout", Class: g.Class})
		}
		joined[timeouts].Count += g.Count
	}
	return byCount(joined)
}
