package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"
	"time"

	"github.com/dustin/go-humanize"

	"trawl/crawl"
	"trawl/display"
	"trawl/fetch"
)

// dryRun prints what a run would do, and returns the exit code.
func (c *config) dryRun(files files, stdin, stdout, stderr *os.File) int {
	args := c.Args
	if c.RetryFailed {
		args = []string{asFile(files.errors)}
		c.Args, c.AllowEmpty = args, true
		if _, err := os.Stat(files.errors); errors.Is(err, fs.ErrNotExist) {
			args = []string{os.DevNull} // nothing to try again
		}
	}
	list, err := crawl.OpenList(args, interruptible(stdin), crawl.ListOptions{Dedupe: c.Dedupe, MaxPages: c.MaxPages, Shard: c.Shard})
	if err != nil {
		return c.cannotRead(err).tell(stderr)
	}
	p := plan{Output: files.output, Errors: files.errors}
	hosts := newHostTally(exactHosts)
	for {
		r, err := list.Next()
		if err == io.EOF {
			break
		}
		if _, bad := errors.AsType[*fetch.Error](err); bad {
			p.Bad++
			continue
		}
		if err != nil {
			p.Skipped++
			continue
		}
		p.URLs++
		hosts.add(r.Host)
	}
	p.Hosts, p.MoreHosts = hosts.hosts()
	p.Largest, p.LargestCount = hosts.largest()
	p.Cut, p.Empty = list.Truncated(), list.Empty()
	if err := errors.Join(list.Err(), list.Close()); err != nil {
		return c.cannotRead(err).tell(stderr)
	}
	if p.Empty && !c.AllowEmpty {
		return c.noURLs().tell(stderr)
	}
	if err := writePlan(stdout, *c, p); err != nil && !errors.Is(err, syscall.EPIPE) {
		return cannotPrint(err).tell(stderr)
	}
	return exitOK
}

// A plan is what a run would do, as far as can be known without a request.
type plan struct {
	URLs    int64 // lines that are URLs
	Bad     int64 // lines that are not
	Skipped int64 // lines that --dedupe skips
	Cut     bool  // --max-pages ends the run before the lists do
	Empty   bool  // the lists have no line, of this share or another

	Hosts        int64
	MoreHosts    bool   // than Hosts: then LargestCount is no more than there are at least
	Largest      string // the host with the most URLs; "" is none
	LargestCount int64

	Output string // names of the files, placeholders filled in; "-" is standard output
	Errors string // "" is none
}

// writePlan prints what -n has found.
func writePlan(w io.Writer, cfg config, p plan) error {
	var b strings.Builder
	fmt.Fprintf(&b, "%s from %s\n", display.Plural(p.URLs, "URL", "URLs"), cfg.inputs())
	if share := cfg.Shard; !share.IsAll() {
		fmt.Fprintf(&b, "  these are of the hosts in share %d of %d; others are not looked at\n", share.Number, share.Of)
	}
	if p.Cut {
		fmt.Fprintf(&b, "  the lists go on; --max-pages %d ends the run\n", cfg.MaxPages)
	}
	if p.Bad > 0 {
		fmt.Fprintf(&b, "  %s not a URL\n", display.Plural(p.Bad, "line is", "lines are"))
	}
	if p.Skipped > 0 {
		fmt.Fprintf(&b, "  %s skipped by --dedupe\n", display.Plural(p.Skipped, "URL is", "URLs are"))
	}
	if p.Hosts > 0 {
		fmt.Fprintf(&b, "  %s\n", cfg.hostsText(p))
	}
	if cost := cfg.rateCost(p.URLs); cost != "" {
		fmt.Fprintf(&b, "  %s\n", cost)
	}
	for i, limit := range cfg.limits() {
		fmt.Fprintf(&b, "%-10s%s\n", headOnce("limits", i), limit)
	}
	if where := cfg.workersText(); where != "" {
		fmt.Fprintf(&b, "run on    %s\n", where)
	}
	fmt.Fprintf(&b, "results   %s\nfailures  %s\n", cfg.resultsText(p.Output), failuresText(p.Errors))
	b.WriteString("Nothing was fetched, no file was made.\n")
	_, err := io.WriteString(w, b.String())
	return err
}

// inputs names everything that is read.
func (c *config) inputs() string {
	pages := 0
	var names []string
	for _, arg := range c.Args {
		switch {
		case arg == "-":
			names = append(names, "standard input")
		case crawl.IsURL(arg):
			pages++
		default:
			names = append(names, shown(arg))
		}
	}
	if len(c.Args) == 0 {
		names = append(names, "standard input")
	}
	if len(names) > maxArgs {
		names = append(names[:maxArgs:maxArgs], fmt.Sprintf("%d more", len(names)-maxArgs))
	}
	if pages > 0 {
		names = append(names, "the command line")
	}
	return strings.Join(names, ", ")
}

// limits are the lines that say what holds the run back.
func (c *config) limits() []string {
	hosts := fmt.Sprintf("%d per host", c.HostConcurrency)
	if c.HostDelay > 0 {
		hosts = "1 per host, " + optionSpan(c.HostDelay) + " apart"
	}
	limits := []string{
		c.inFlightText() + ", " + hosts,
		fmt.Sprintf("%s an attempt, %s to connect", optionSpan(c.Timeout), optionSpan(c.ConnectTimeout)),
		fmt.Sprintf("%s, %s a page", display.Plural(int64(c.MaxRedirects), "redirect", "redirects"), humanize.IBytes(uint64(c.MaxSize))),
		c.retriesText(),
	}
	if c.HostMaxErrors > 0 {
		limits = append(limits, "a host is given up after "+display.Plural(int64(c.HostMaxErrors), "connection failure", "connection failures in a row"))
	}
	if c.Robots == fetch.RobotsAlways {
		limits = append(limits, "robots.txt is obeyed; a Crawl-delay in it holds its host back further")
	}
	if c.Rate > 0 {
		limits = append(limits, "at most "+c.rateText()+" a second")
	}
	if c.MaxDuration > 0 {
		limits = append(limits, "no new requests after "+optionSpan(c.MaxDuration))
	}
	return limits
}

func (c *config) retriesText() string {
	if c.Retries == 0 {
		return "no retries"
	}
	pause, longest := optionSpan(min(c.RetryWait, c.RetryMaxWait)), optionSpan(c.RetryMaxWait)
	if pause != longest {
		pause += " to " + longest
	}
	return display.Plural(int64(c.Retries), "retry", "retries") + " after " + pause
}

// inFlightText is how many requests are in flight at most.
func (c *config) inFlightText() string {
	switch {
	case c.Executor != inCluster:
		return fmt.Sprintf("%d requests in flight", c.Concurrency)
	case c.bound() == 0:
		return "as many requests in flight as the workers take"
	}
	return fmt.Sprintf("%d requests in flight, or fewer if the workers take no more", c.bound())
}

// workersText says where it would run, if not in this process.
func (c *config) workersText() string {
	switch {
	case c.Executor == inProcesses:
		return fmt.Sprintf("%s, %s each", display.Plural(int64(c.workers()), "worker process", "worker processes"), humanize.IBytes(uint64(c.ProcessMemory)))
	case c.Executor != inCluster:
		return ""
	case c.NATS != "":
		return "the workers at " + cleanNATS(c.NATS) + ", " + display.Plural(int64(c.NATSReplicas), "copy", "copies") + " of what is under way"
	case c.NATSListen != "":
		return "a worker here, and those that come to a server at " + shown(c.NATSListen)
	}
	return "a worker here, over a server in this process for this machine alone"
}

func (c *config) resultsText(output string) string {
	if output == "-" {
		return "standard output, " + string(c.Format)
	}
	how := "appended"
	if c.Overwrite {
		how = "replaced at the end"
	}
	if c.IfChanged {
		how += ", only what is new or has changed"
	}
	return shown(output) + ", " + string(c.Format) + ", " + how
}

func failuresText(errors string) string {
	if errors == "" {
		return "in no file"
	}
	return shown(errors)
}

func headOnce(head string, i int) string {
	if i > 0 {
		return ""
	}
	return head
}

// optionSpan is a duration as an option would have it: "30s", "1m", "1h30m".
func optionSpan(d time.Duration) string {
	s := d.String()
	if strings.HasSuffix(s, "m0s") {
		s = strings.TrimSuffix(s, "0s")
	}
	if strings.HasSuffix(s, "h0m") {
		s = strings.TrimSuffix(s, "0m")
	}
	return s
}
