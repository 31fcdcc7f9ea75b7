package main

import (
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"

	"github.com/dustin/go-humanize"
)

// A plan is what a run would do, found without asking any host.
type plan struct {
	URLs    int64 // lines that are URLs
	Bad     int64 // lines that are not
	Skipped int64 // lines that --dedupe skips
	Cut     bool  // --max-pages ends the run before the lists do

	Hosts        int64
	Largest      string // the host with the most URLs; "" is none
	LargestCount int64

	Output string // names of the files, placeholders filled in; "-" is standard output
	Errors string // "" is none
}

// writePlan prints what -n has found.
func writePlan(w io.Writer, cfg config, p plan) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s from %s\n", count(p.URLs, "URL", "URLs"), cfg.inputs())
	if p.Cut {
		fmt.Fprintf(&b, "  the lists go on; --max-pages %d ends the run\n", cfg.MaxPages)
	}
	if p.Bad > 0 {
		fmt.Fprintf(&b, "  %s not a URL\n", count(p.Bad, "line is", "lines are"))
	}
	if p.Skipped > 0 {
		fmt.Fprintf(&b, "  %s skipped by --dedupe\n", count(p.Skipped, "URL is", "URLs are"))
	}
	if p.Largest != "" {
		fmt.Fprintf(&b, "  %s; the most, %s, from %s\n", count(p.Hosts, "host", "hosts"), humanize.Comma(p.LargestCount), shown(p.Largest))
	}
	for i, limit := range cfg.limits() {
		fmt.Fprintf(&b, "%-10s%s\n", headOnce("limits", i), limit)
	}
	fmt.Fprintf(&b, "results   %s\nfailures  %s\n", cfg.resultsText(p.Output), failuresText(p.Errors))
	b.WriteString("Nothing was fetched, no file was made.\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// inputs names what is read.
func (c *config) inputs() string {
	pages := 0
	var names []string
	for _, arg := range c.Args {
		switch {
		case arg == "-":
			names = append(names, "standard input")
		case isPage(arg):
			pages++
		default:
			names = append(names, shown(arg))
		}
	}
	if len(c.Args) == 0 {
		names = append(names, "standard input")
	}
	if len(names) > mostArgs {
		names = append(names[:mostArgs:mostArgs], fmt.Sprintf("%d more", len(names)-mostArgs))
	}
	if pages > 0 {
		names = append(names, "the command line")
	}
	return strings.Join(names, ", ")
}

// limits are what holds the run back, a line each.
func (c *config) limits() []string {
	hosts := fmt.Sprintf("%d per host", c.HostConcurrency)
	if c.HostDelay > 0 {
		hosts = "1 per host, " + span(c.HostDelay) + " apart"
	}
	limits := []string{
		fmt.Sprintf("%d requests in flight, %s", c.Concurrency, hosts),
		fmt.Sprintf("%s an attempt, %s to connect", span(c.Timeout), span(c.ConnectTimeout)),
		fmt.Sprintf("%s, %s a page", count(int64(c.MaxRedirects), "redirect", "redirects"), humanize.IBytes(uint64(c.MaxSize))),
		c.retriesText(),
	}
	if c.Rate > 0 {
		limits = append(limits, "at most "+strconv.FormatFloat(c.Rate, 'g', 6, 64)+" requests a second")
	}
	if c.MaxDuration > 0 {
		limits = append(limits, "no new requests after "+span(c.MaxDuration))
	}
	return limits
}

func (c *config) retriesText() string {
	if c.Retries == 0 {
		return "no retries"
	}
	pause, longest := span(min(c.RetryWait, c.RetryMaxWait)), span(c.RetryMaxWait)
	if pause != longest {
		pause += " to " + longest
	}
	return count(int64(c.Retries), "retry", "retries") + " after " + pause
}

func (c *config) resultsText(output string) string {
	if output == "-" {
		return "standard output, " + string(c.Format)
	}
	how := "appended"
	if c.Overwrite {
		how = "replaced at the end"
	}
	return shown(output) + ", " + string(c.Format) + ", " + how
}

func failuresText(errors string) string {
	if errors == "" {
		return "in no file"
	}
	return shown(errors)
}

// isPage reports whether an argument is a page and no file.
func isPage(arg string) bool {
	return strings.HasPrefix(arg, "http://") || strings.HasPrefix(arg, "https://")
}

func headOnce(head string, i int) string {
	if i > 0 {
		return ""
	}
	return head
}

// span is a duration as an option would have it: "30s", "1m", "1h30m".
func span(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}

// count is "1 host", "2 hosts".
func count(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return humanize.Comma(n) + " " + many
}
