package main

import "slices"

// The exit codes. A number never changes its meaning; new ones may be added.
const (
	exitOK      = 0
	exitBug     = 1
	exitUsage   = 2
	exitConfig  = 3
	exitFailed  = 4
	exitNone    = 5
	exitWrite   = 6
	exitRead    = 7
	exitStopped = 8
	exitINT     = 130
	exitTERM    = 143
)

// exitCodes is the table of `trawl help exit-codes`.
var exitCodes = []struct {
	code    int
	meaning string
}{
	{exitOK, "every URL ended as wanted (a success, or skipped) and is on disk; also: reader closed the pipe; --help"},
	{exitBug, "internal error (bug); message asks for a report"},
	{exitUsage, "usage: bad option or value, no input; nothing fetched, no file made"},
	{exitConfig, "environment value wrong; nothing fetched"},
	{exitFailed, "run finished, some URLs failed"},
	{exitNone, "run finished with no success and at least one failure: likely network, DNS, proxy or credentials, not the pages"},
	{exitWrite, "results or errors could not be written (disk full, permission)"},
	{exitRead, "an input file could not be read, or turned unreadable on the way"},
	{exitStopped, "stopped by --max-duration or --max-pages before the input ended"},
	{exitINT, "SIGINT (Ctrl-C); what was finished is saved"},
	{exitTERM, "SIGTERM; what was finished is saved"},
}

// exitOrder says which code a run has for which several hold: the first of
// them. Codes that end a run before it begins are alone.
var exitOrder = []int{exitBug, exitINT, exitTERM, exitWrite, exitRead, exitNone, exitFailed, exitStopped, exitOK}

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
