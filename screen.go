package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"golang.org/x/term"

	"trawl/crawl"
	"trawl/display"
	"trawl/fetch"
	"trawl/parse"
	"trawl/pool"
)

// screen is what a run shows on standard error.
type screen struct {
	cfg   *config
	files files
	w     *os.File
	tty   bool
	mixed bool // results go to a terminal too: a line that is redrawn would be in their way
	style display.Style

	stats    *crawl.Stats
	total    atomic.Int64 // URLs of the list; 0 is not known
	meter    display.Meter
	progress *display.Progress
	notifier *notifier
	counting sync.WaitGroup
	closed   sync.Once
	join     atomic.Pointer[string] // the command line that starts a worker elsewhere; nil is not known

	workerLines sync.Map // worker → *atomic.Int64: lines that it has printed in this life
}

func newScreen(c *config, files files, stdout, stderr *os.File) *screen {
	tty := isTerminal(stderr)
	return &screen{
		cfg: c, files: files, w: stderr, tty: tty,
		mixed:    tty && files.output == "-" && isTerminal(stdout),
		style:    display.NewStyle(display.ColorWhen(c.Color), os.Getenv, tty),
		progress: display.StartProgress(leveled(stderr, noteLevel), nil, display.ProgressOptions{Mode: display.None}),
	}
}

func isTerminal(f *os.File) bool { return term.IsTerminal(int(f.Fd())) }

// mode is how the run's progress is shown.
func (s *screen) mode() display.Mode {
	if s.cfg.Quiet > 0 || s.mixed && s.cfg.Progress == string(display.Auto) {
		return display.None
	}
	return display.Mode(s.cfg.Progress).On(s.tty, os.Getenv("TERM"))
}

// start shows how the run goes from now on.
func (s *screen) start(stats *crawl.Stats) {
	s.stats = stats
	s.progress = display.StartProgress(leveled(s.w, noteLevel), s.live, display.ProgressOptions{
		Mode: s.mode(), Style: s.style, Width: func() int { return width(s.w) },
	})
	s.notifier = startNotifier(s.progress.Text)
}

// count finds out how long the list is, for who watches, or finds the output in use; in
// the background, until ctx ends.
func (s *screen) count(ctx context.Context, b start) {
	if s.mode() == display.None && s.notifier == nil && b.journal == nil {
		return
	}
	s.counting.Go(func() {
		if n, known := b.list.Count(ctx); known {
			s.total.Store(n)
		}
	})
}

// width is how many cells a line of the terminal has; 0 is not known.
func width(f *os.File) int {
	if w, _, err := term.GetSize(int(f.Fd())); err == nil && w > 0 {
		return w
	}
	w, _ := strconv.Atoi(os.Getenv("COLUMNS"))
	return w
}

// close takes the progress line away. It may be called again.
func (s *screen) close() {
	s.closed.Do(func() {
		s.counting.Wait()
		s.notifier.close()
		s.progress.Close()
	})
}

// live is the run at this moment, for the progress line.
func (s *screen) live() display.Live {
	now := s.stats.Counts()
	l := display.Live{
		Done: max(now.Done(), now.Before+now.Stage.Ended), Total: s.total.Load(), Failed: now.Failed, Retries: now.Retries,
		P95: now.P95, Elapsed: now.Elapsed, InFlight: now.Stage.InFlight,
		ThrottledHosts: now.Stage.Throttled, LongestPause: now.Stage.Longest,
		AllThrottled: now.Stage.Stalled, WaitingFor: now.Stage.Host,
		Elsewhere: now.Elsewhere, Workers: now.Workers,
	}
	if join := s.join.Load(); join != nil {
		l.Join = *join
	}
	l.Rate, l.BytesPerSec = s.meter.Rates(time.Now(), l.Done, now.Bytes)
	return l
}

// say writes a line that is worth knowing but no error.
func (s *screen) say(line string) {
	if s.cfg.Quiet == 0 {
		s.progress.Log(line)
	}
}

// warn writes what has not gone as asked; nil is nothing.
func (s *screen) warn(m *message) {
	switch {
	case m == nil || s.cfg.Quiet > 0:
	case isJournal(s.w): // which has no line to be written above
		io.WriteString(leveled(s.w, warningLevel), m.text()+"\n")
	default:
		s.say(m.text())
	}
}

// hook has the run tell what -v and a missing errors file ask for.
func (s *screen) hook(opts *crawl.Options) {
	opts.OnRecord = s.record
	if s.cfg.Verbose > 0 {
		opts.Stage.OnEvent = s.event
	}
	if s.cfg.Verbose > 1 {
		opts.Client.OnHead = func(r fetch.Request, head string) {
			s.say(display.CleanURL(r.URL) + "\n" + strings.TrimRight(head, "\r\n"))
		}
	}
	if s.cfg.Verbose > 0 && opts.Processes != nil {
		opts.Processes.OnOutput = s.workerSaid
		opts.Processes.OnLost = s.workerDied
	}
}

// record writes a line for a failure that no file keeps, and with -vv how long
// each page took.
func (s *screen) record(rec *parse.Record) {
	url := display.CleanURL(rec.URL)
	if rec.Class != "" && s.files.errors == "" && s.cfg.Errors != "none" {
		s.warn(&message{what: fmt.Sprintf("%s: %s (%s:%d)", url, display.Clean(rec.Error), shown(rec.File), rec.Line)})
	}
	if s.cfg.Verbose > 1 && rec.Status != 0 {
		s.say(fmt.Sprintf("%s: http %d in %v (dns %v, connect %v, tls %v, first byte %v)", url, rec.Status,
			ms(rec.Duration), ms(rec.DNS), ms(rec.Connect), ms(rec.TLS), ms(rec.TTFB)))
	}
}

// ms is the duration without what nobody reads.
func ms(d time.Duration) time.Duration { return d.Round(10 * time.Microsecond) }

// event writes a line for an answer that was not the last.
func (s *screen) event(e fetch.Event) {
	url := display.CleanURL(e.Request.URL)
	why := fmt.Sprintf("http %d", e.Answer.Status)
	switch {
	case e.Answer.Err != nil:
		why = display.Clean(e.Answer.Err.Detail)
	case e.Kind == fetch.Throttled && e.Answer.Quota > 0:
		why += ", and nothing is left of its RateLimit"
	}
	switch e.Kind {
	case fetch.Redirected:
		s.say(fmt.Sprintf("%s: %s -> %s", url, why, display.CleanURL(e.Next)))
	case fetch.Retried:
		s.say(fmt.Sprintf("%s: %s; attempt %d in %s", url, why, e.Request.Attempt+1, optionSpan(e.Wait.Round(time.Millisecond))))
	case fetch.Throttled:
		s.say(fmt.Sprintf("%s: %s; %s is left alone for %s", url, why, e.Request.Host, optionSpan(e.Wait.Round(time.Millisecond))))
	case fetch.GivenUp:
		s.say(fmt.Sprintf("%s: %s; %s is given up", url, why, e.Request.Host))
	}
}

// workerLinesShown of what a worker prints in its life: a crash prints thousands.
const workerLinesShown = 20

// workerSaid passes on a line that a worker has printed.
func (s *screen) workerSaid(worker, line string) {
	n, _ := s.workerLines.LoadOrStore(worker, new(atomic.Int64))
	switch said := n.(*atomic.Int64).Add(1); {
	case said <= workerLinesShown:
		s.say("trawl: " + display.Clean(worker) + ": " + display.Clean(line))
	case said == workerLinesShown+1:
		s.say("trawl: " + display.Clean(worker) + ": (what more it prints is not shown)")
	}
}

// workerDied tells of a worker that has died.
func (s *screen) workerDied(died *pool.WorkerLostError) {
	s.workerLines.Delete(died.Worker)
	s.say("trawl: " + display.Clean(died.Worker+" died ("+died.State+")"))
}
