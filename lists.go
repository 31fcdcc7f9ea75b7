package main

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"syscall"
	"time"

	"trawl/crawl"
	"trawl/fetch"
)

// cannotRead is the message for a list that cannot be read, or not to its end.
func (c *config) cannotRead(err error) *message {
	l, ok := errors.AsType[*crawl.ListError](err)
	switch {
	case !ok:
		return &message{what: shown(err.Error()), code: exitRead}
	case errors.Is(l.Err, fs.ErrNotExist):
		return c.noSuchFile(l.Name)
	}
	why := l.Err
	if e, ok := errors.AsType[*fs.PathError](why); ok {
		why = e.Err
	}
	return &message{what: shown(l.Name) + ": " + shown(why.Error()), code: exitRead}
}

const patience = 5 * time.Second // before a silent standard input is worth a word

// firstURL waits for the first URL, so that nothing is made for a list without
// any. It reports whether there is none, and the exit code for that.
func (s *screen) firstURL(list *crawl.List) (code int, empty bool) {
	if len(s.cfg.Args) == 0 && s.tty {
		hint := time.AfterFunc(patience, func() { s.say("trawl: waiting for URLs on standard input (Ctrl-D ends it)") })
		defer hint.Stop()
	}
	switch {
	case !list.Empty():
		return 0, false
	case list.Err() != nil:
		return s.cfg.cannotRead(list.Err()).tell(s.w), true
	case s.cfg.AllowEmpty:
		return exitOK, true
	}
	return s.cfg.noURLs().tell(s.w), true
}

// dryRun tells what a run would do.
func (c *config) dryRun(list *crawl.List, files files, stdout, stderr *os.File) int {
	p := plan{Output: files.output, Errors: files.errors}
	hosts := map[string]int64{}
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
		hosts[r.Host]++
		if n := hosts[r.Host]; n > p.LargestCount {
			p.Largest, p.LargestCount = r.Host, n
		}
	}
	p.Hosts, p.Cut = int64(len(hosts)), list.Truncated()
	if err := errors.Join(list.Err(), list.Close()); err != nil {
		return c.cannotRead(err).tell(stderr)
	}
	if p.URLs+p.Bad == 0 && !c.AllowEmpty {
		return c.noURLs().tell(stderr)
	}
	if err := writePlan(stdout, *c, p); err != nil && !errors.Is(err, syscall.EPIPE) {
		return (&message{what: "cannot write standard output: " + cause(err).Error(), code: exitWrite}).tell(stderr)
	}
	return exitOK
}
