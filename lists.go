package main

import (
	"time"

	"trawl/crawl"
)

const patience = 5 * time.Second // before a silent standard input is worth a word

// firstURL waits for the first URL, so that no file is made for a list without
// any. It reports whether there is none, and the exit code for that.
func (s *screen) firstURL(list *crawl.List) (code int, empty bool) {
	if len(s.cfg.Args) == 0 && s.tty {
		said := make(chan struct{})
		hint := time.AfterFunc(patience, func() {
			defer close(said)
			s.say("trawl: waiting for URLs on standard input (Ctrl-D ends it)")
		})
		defer func() {
			if !hint.Stop() {
				<-said
			}
		}()
	}
	switch {
	case !list.Empty():
		return 0, false
	case list.Err() != nil:
		return s.cfg.cannotRead(list.Err()).tell(s.w), true
	case s.cfg.AllowEmpty:
		return s.cfg.nothingToDo(), true
	}
	return s.cfg.noURLs().tell(s.w), true
}

// nothingToDo is the exit code of a run that has no URL.
func (c *config) nothingToDo() int {
	if c.ErrorOnNoChange {
		return exitUnchanged
	}
	return exitOK
}

// noURLs is the message for inputs without any URL.
func (c *config) noURLs() *message {
	input := "the lists were empty"
	switch {
	case len(c.Args) == 0 || len(c.Args) == 1 && c.Args[0] == "-":
		input = "standard input was empty"
	case len(c.Args) == 1:
		input = shown(c.Args[0]) + " was empty"
	}
	return usage("no URLs: "+input, "Give URLs, a list file, or a pipe; --allow-empty if none is fine.")
}
