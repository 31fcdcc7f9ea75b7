package main

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"slices"
	"strconv"
	"time"

	"trawl/crawl"
	"trawl/display"
	"trawl/sinks"
)

// A start is what a run begins with.
type start struct {
	list    *crawl.List
	journal *sinks.Journal // nil: no state is kept of the output
	pages   *sinks.Pages   // nil: nobody wants to know what has changed
	resumed bool           // an interrupted run goes on
	former  string         // the run that was interrupted, if it does not go on
}

// begin locks the output, opens what is to be fetched, and goes on where an interrupted run
// has stopped, if that is asked for. over says that there is nothing to do but to exit with
// code.
func (s *screen) begin(stdin *os.File) (b start, code int, over bool) {
	b, err := s.takeUp(stdin)
	if err == nil && !b.resumed {
		code, over = s.firstURL(b.list)
	}
	if err == nil && !over {
		b.pages, err = s.pages(b.resumed)
	}
	var m *message
	var d done
	switch {
	case errors.As(err, &d):
		code, over = int(d), true
	case errors.As(err, &m):
		code, over = m.tell(s.w), true
	}
	if over && b.journal != nil {
		_ = b.journal.Remove()
	}
	return b, code, over
}

// done ends a run before it begins, since there is nothing to do: its exit code.
type done int

func (done) Error() string { return "nothing to do" }

// takeUp returns what it has opened also with an error, which is a done or a *message.
func (s *screen) takeUp(stdin *os.File) (b start, err error) {
	if b.journal, err = s.lock(); err != nil {
		return b, err
	}
	var found *sinks.Interrupted
	if b.journal != nil {
		found = b.journal.Interrupted()
	}
	if b.journal != nil && b.journal.Ended() != nil && s.cfg.Resume {
		return b, done(b.journal.Ended().Exit) // it lacked its renames alone, which are done
	}
	if found != nil {
		b.former = found.Run
	}
	if found != nil && !s.cfg.Resume && !s.cfg.RetryFailed {
		s.remark("the last run of " + shown(s.files.output) + " was interrupted; with --resume this one would go on with it")
	}
	again, err := s.goesOn(b.journal, found)
	if err != nil {
		return b, err
	}
	args := s.cfg.Args
	switch {
	case s.cfg.RetryFailed:
		if args, err = s.failed(again); err != nil {
			return b, err
		}
	case again: // the errors file of the run before was renamed when this run began
		args = s.renamed(args)
	}
	input := interruptible(stdin)
	opts := crawl.ListOptions{Dedupe: s.cfg.Dedupe, MaxPages: s.cfg.MaxPages, Shard: s.cfg.Shard}
	if b.list, err = crawl.OpenList(args, input, opts); err != nil {
		return b, s.cfg.cannotRead(err)
	}
	if !again {
		return b, nil
	}
	if b.resumed = b.list.Resume(found) == nil; b.resumed {
		s.files.run, b.former = found.Run, ""
		return b, nil
	}
	b.list.Close()
	if err := b.list.Err(); err != nil { // it need not have changed
		return b, s.cfg.cannotRead(err)
	}
	if len(args) == 0 || slices.Contains(args, "-") || s.cfg.RetryFailed {
		return b, s.changedList()
	}
	s.remark("the list has changed before the point that the interrupted run had reached: a new run starts")
	if b.list, err = crawl.OpenList(s.cfg.Args, input, opts); err != nil {
		return b, s.cfg.cannotRead(err)
	}
	return b, nil
}

// lock opens the journal of the output; nil is that none is kept.
func (s *screen) lock() (*sinks.Journal, error) {
	if s.cfg.Lock == lockOff || sinks.StatePath(s.files.output) == "" {
		return nil, nil
	}
	j, err := sinks.OpenJournal(context.Background(), s.files.output, s.cfg.Lock == lockWait)
	var locked *sinks.LockedError
	var w *sinks.Error
	switch {
	case errors.As(err, &locked) && s.cfg.Lock == lockSkip:
		return nil, done(exitOK)
	case errors.As(err, &locked):
		return nil, s.inUse(locked)
	case errors.As(err, &w):
		return nil, s.cfg.cannotKeep(w, s.files.output)
	}
	if err == nil {
		err = j.Claim(s.about(time.Now()))
	}
	if errors.As(err, &w) {
		return j, s.cfg.cannotWrite(w, "", false)
	}
	return j, err
}

// pages opens the database of what is known of the output's pages, which must be the
// interrupted run's if that goes on; nil is that nobody wants to know.
func (s *screen) pages(resumed bool) (p *sinks.Pages, err error) {
	if !s.cfg.IfChanged {
		return nil, nil
	}
	path := sinks.PagesPath(s.files.output)
	if resumed {
		p, err = sinks.ResumePages(path, s.files.run)
	} else {
		p, err = sinks.OpenPages(path)
	}
	w, ok := errors.AsType[*sinks.Error](err)
	switch {
	case !ok:
		return p, err
	case resumed && errors.Is(w, fs.ErrNotExist):
		return nil, s.otherPages(shown(path) + " is not there any more, which the interrupted run has begun")
	case resumed && errors.Is(w, sinks.ErrOther):
		return nil, s.otherPages(shown(path) + " knows nothing of the interrupted run")
	}
	return nil, s.cfg.cannotWrite(w, "", false)
}

// otherPages is the message for a run that cannot go on without what was known when it began.
func (s *screen) otherPages(why string) *message {
	option := s.goingOn()
	return usage("--"+option+": "+why+" ("+s.cfg.where(option)+")", "Bring that one back, or start anew without --resume.")
}

// inUse is the message for an output that another run writes to.
func (s *screen) inUse(by *sinks.LockedError) *message {
	what := shown(s.files.output) + " is in use by another run"
	if by.PID > 0 {
		what += ": process " + strconv.Itoa(by.PID) + ", started " + by.Started.Local().Format(time.TimeOnly)
	}
	switch {
	case by.Total > 0:
		what += ", " + strconv.FormatInt(min(100, 100*by.Done/by.Total), 10) + "% done"
	case by.Done > 0:
		what += ", " + display.Plural(by.Done, "URL", "URLs") + " done"
	}
	return &message{
		what:  what,
		hints: []string{"Wait for it with --lock wait, leave quietly with --lock skip, or use another -o."},
		code:  exitLocked,
	}
}

// cannotKeep is the message for an output whose state cannot be kept.
func (c *config) cannotKeep(err *sinks.Error, output string) *message {
	if errors.Is(err, sinks.ErrPages) { // of a run that lacked its end alone
		return c.cannotWrite(err, "", false)
	}
	f, openErr := os.OpenFile(output, os.O_WRONLY, 0)
	if openErr == nil {
		f.Close()
		m := c.cannotWrite(err, "", false)
		m.hints = []string{"A run keeps its state beside its results; --lock off does without. Nothing was fetched."}
		return m
	}
	return c.cannotWrite(&sinks.Error{Op: err.Op, Path: output, Err: err.Err}, "", false)
}

// remark writes what only who watches, or asks, wants to know.
func (s *screen) remark(line string) {
	if s.tty || s.cfg.Verbose > 0 {
		s.say("trawl: " + line)
	}
}
