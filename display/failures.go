package display

import (
	"io"

	"github.com/dustin/go-humanize"

	"trawl/crawl"
)

const (
	exitNoSuccess = 5   // the exit code that is said with a word of advice
	exitNoChange  = 9   // the one of a run that nothing else is wrong with
	maxShownURL   = 200 // cells
)

// WriteFailures writes the block for a run that nobody watches and that has not
// ended as wanted: what failed, how often, why, where the list of it is and how
// to try again; rules that are true come first. It has at most 20 lines; nothing is
// written if nothing failed, no rule is true and nothing stopped the run, unless it is
// wrong that nothing has changed.
func WriteFailures(w io.Writer, sum crawl.Summary, end End, style Style) error {
	t := &text{Style: style}
	switch {
	case len(end.Rules) > 0:
		t.rulesBroken(&sum, end)
	case sum.Stopped != "":
		t.stopped(&sum, end)
	case end.Exit == exitNoChange:
		t.noChange(&sum, end)
	case sum.Failed == 0:
		return nil
	case end.Exit == exitNoSuccess:
		t.noSuccess(&sum, end)
	case sum.BadLines.Count == sum.Failed:
		t.badLines(&sum, end)
	default:
		t.someFailed(&sum, end)
	}
	_, err := io.WriteString(w, t.String())
	return err
}

func (t *text) name() { t.WriteString(t.red("trawl:") + " ") }

func (t *text) someFailed(sum *crawl.Summary, end End) {
	t.name()
	t.printf("%s of %s failed (exit %d)\n", humanize.Comma(sum.Failed), Plural(sum.URLs(), "URL", "URLs"), end.Exit)
	t.kinds(sum.Failures)
	if hint := certificateHint(sum.Failures, end); hint != "" {
		t.printf("  %s\n", hint)
		return
	}
	t.places(sum, end)
	t.again(sum, end)
}

func (t *text) stopped(sum *crawl.Summary, end End) {
	t.name()
	t.printf("stopped by %s after %s: %s of %s failed", Clean(sum.Stopped), Span(sum.Elapsed),
		humanize.Comma(sum.Failed), Plural(sum.URLs(), "URL", "URLs"))
	if sum.Remaining > 0 {
		t.printf(", %s remaining", humanize.Comma(sum.Remaining))
	}
	t.printf(" (exit %d)\n", end.Exit)
	t.kinds(sum.Failures)
	t.places(sum, end)
	t.again(sum, end)
}

// noChange is for a run that should have found something new. It has no failures, but
// those that a rule allows.
func (t *text) noChange(sum *crawl.Summary, end End) {
	t.name()
	t.printf("nothing is new or has changed: %s of %s unchanged (exit %d)\n", humanize.Comma(sum.Unchanged()), Plural(sum.URLs(), "URL", "URLs"), end.Exit)
}

// badLines is for a run whose only failures are lines that are no URL.
func (t *text) badLines(sum *crawl.Summary, end End) {
	bad, fetched := sum.BadLines, sum.Pages+sum.Unchanged()
	t.name()
	if bad.Count == 1 {
		t.printf("1 line is not a URL: ")
	} else {
		t.printf("%s lines are not URLs, the first: ", humanize.Comma(bad.Count))
	}
	t.printf("\"%s\"%s\n", shownURL(bad.FirstURL), source(bad))
	they, others := "It is", "other URL was"
	if bad.Count > 1 {
		they = "They are"
	}
	if fetched > 1 {
		others = "other " + humanize.Comma(fetched) + " URLs were"
	}
	switch {
	case end.Errors != "" && fetched > 0:
		t.printf("  %s listed in %s as bad_url; the %s fetched.\n", they, Clean(end.Errors), others)
	case end.Errors != "":
		t.printf("  %s listed in %s as bad_url.\n", they, Clean(end.Errors))
	case fetched > 0:
		t.printf("  The %s fetched.\n", others)
	}
}

// kinds lists the kinds of failure, one a line.
func (t *text) kinds(groups []crawl.FailureGroup) {
	groups, more := firstKinds(groups, maxKinds)
	counts, labels := kindTexts(groups)
	width := widest(labels)
	for i, g := range groups {
		t.printf("  %s  %s  first: %s%s\n", counts[i], cells.FillRight(labels[i], width), shownURL(g.FirstURL), source(g))
	}
	if more > 0 {
		t.printf("  and %s of failure\n", Plural(int64(more), "more kind", "more kinds"))
	}
}

func shownURL(url string) string { return clip(CleanURL(url), maxShownURL) }

func source(g crawl.FailureGroup) string {
	if g.FirstSource == "" {
		return ""
	}
	return " (" + Clean(g.FirstSource) + ")"
}

// places says where pages and failures are.
func (t *text) places(sum *crawl.Summary, end End) {
	are, failures := "are in", "the failures are in"
	if sum.Pages == 1 {
		are = "is in"
	}
	if end.Output == "-" {
		are = "went to"
	}
	if sum.Failed == 1 {
		failures = "the failure is in"
	}
	pages := Plural(sum.Pages, "page", "pages") + " " + are + " " + place(end.Output)
	failures += " " + Clean(end.Errors)
	listed := sum.Failed > 0 && end.Errors != ""
	switch {
	case sum.Pages > 0 && listed:
		t.printf("  %s; %s.\n", pages, failures)
	case sum.Pages > 0:
		t.printf("  %s.\n", pages)
	case listed:
		t.printf("  T%s.\n", failures[1:])
	}
}

func (t *text) again(sum *crawl.Summary, end End) {
	if end.Resumable {
		t.printf("  %s\n", goOn)
		return
	}
	if !worthAnotherTry(sum) || end.Retry == "" {
		return
	}
	them := "them"
	if sum.Failed == 1 {
		them = "it"
	}
	t.printf("  Try %s again: %s\n", them, Clean(end.Retry))
}

// goOn is what to do after a run that has stopped early.
const goOn = "Go on where it stopped: the same command with --resume"

// worthAnotherTry says that there are failures beside lines that are no URL and
// will not become any.
func worthAnotherTry(sum *crawl.Summary) bool { return sum.Failed > sum.BadLines.Count }
