package main

import (
	"context"
	"errors"
	"slices"
	"syscall"

	"trawl/crawl"
	"trawl/pool"
	"trawl/pool/cluster"
	"trawl/sinks"
)

// The exit codes. A number never changes its meaning; new ones may be added.
const (
	exitOK        = 0
	exitBug       = 1
	exitUsage     = 2
	exitConfig    = 3
	exitFailed    = 4
	exitNone      = 5
	exitWrite     = 6
	exitRead      = 7
	exitStopped   = 8
	exitUnchanged = 9
	exitWorkers   = 10
	exitLocked    = 11
	exitRule      = 99
	exitINT       = 130
	exitTERM      = 143
)

// exitCodes is the table of `trawl help exit-codes`.
var exitCodes = []struct {
	code    int
	meaning string
}{
	{exitOK, "every URL ended as wanted (a success, or skipped) and is on disk; also: reader closed the pipe; --lock skip and busy; --help"},
	{exitBug, "internal error (bug); message asks for a report"},
	{exitUsage, "usage: bad option or value, no input; nothing fetched, no file made"},
	{exitConfig, "config file or environment value wrong; nothing fetched"},
	{exitFailed, "run finished, some URLs failed (default rule failed > 0)"},
	{exitNone, "run finished with no success, nothing unchanged and at least one failure: likely network, DNS, proxy or credentials, not the pages (not with --fail-if)"},
	{exitWrite, "results, errors, state or metrics could not be written (disk full, permission)"},
	{exitRead, "an input file could not be read, or turned unreadable on the way"},
	{exitStopped, "stopped by --max-duration or --max-pages before the input ended; resumable"},
	{exitUnchanged, "nothing new or changed (only with --error-on-no-change)"},
	{exitWorkers, "no worker process could be started, or no NATS server be reached; what was finished is saved"},
	{exitLocked, "another run holds the lock"},
	{exitRule, "a --fail-if rule is true"},
	{exitINT, "SIGINT (Ctrl-C); state saved, resumable"},
	{exitTERM, "SIGTERM; state saved, resumable"},
}

// exitOrder says which code a run has for which several hold: the first of
// them. Codes that end a run before it begins are alone.
var exitOrder = []int{exitUsage, exitBug, exitINT, exitTERM, exitWrite, exitRead, exitWorkers, exitRule, exitNone, exitFailed, exitStopped, exitUnchanged, exitOK}

// exitCode returns the one of codes that comes first in exitOrder; none is
// exitOK.
func exitCode(codes ...int) int {
	for _, code := range exitOrder {
		if slices.Contains(codes, code) {
			return code
		}
	}
	return exitOK
}

// isClosedPipe says that the reader of standard output has seen enough, which is
// no error.
func isClosedPipe(err error) bool {
	w, ok := errors.AsType[*sinks.Error](err)
	return ok && w.Path == "-" && errors.Is(w, syscall.EPIPE)
}

// outcome is the exit code of a run that has ended by itself.
func (c *config) outcome(sum *crawl.Summary, err error) int {
	codes := append(troubles(err), c.judged(sum))
	if sum.Stopped != "" {
		codes = append(codes, exitStopped)
	}
	if c.ErrorOnNoChange && sum.New+sum.Changed+sum.Gone == 0 {
		codes = append(codes, exitUnchanged)
	}
	return exitCode(codes...)
}

// judged says whether the run is a failed one. Rules, if there are any, say it in the
// place of the usual ones.
func (c *config) judged(sum *crawl.Summary) int {
	switch {
	case len(broken(c.FailIf, sum)) > 0:
		return exitRule
	case len(c.FailIf) > 0, sum.Failed == 0:
		return exitOK
	case sum.Pages == 0 && sum.Unchanged() == 0 && sum.Stopped == "":
		return exitNone
	}
	return exitFailed
}

// troubles are the codes of what has ended a run, or a list, before its time.
func troubles(err error) (codes []int) {
	switch w, ok := errors.AsType[*sinks.Error](err); {
	case ok && errors.Is(w, sinks.ErrExists): // found before the first request
		codes = append(codes, exitUsage)
	case ok && !isClosedPipe(w):
		codes = append(codes, exitWrite)
	}
	if _, ok := errors.AsType[*crawl.ListError](err); ok {
		codes = append(codes, exitRead)
	}
	if errors.Is(err, pool.ErrBroken) {
		codes = append(codes, exitWorkers)
	}
	if errors.Is(err, cluster.ErrStore) {
		codes = append(codes, exitWrite)
	}
	if errors.Is(err, crawl.ErrSecret) { // no worker may have it
		codes = append(codes, exitWorkers)
	}
	if m, ok := errors.AsType[*message](err); ok { // found before the first request
		codes = append(codes, m.code)
	}
	if err != nil && len(codes) == 0 && !isClosedPipe(err) && !errors.Is(err, context.Canceled) {
		codes = append(codes, exitBug)
	}
	return codes
}
