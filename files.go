package main

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"github.com/dustin/go-humanize"

	"trawl/sinks"
)

const otherFiles = 64 // files that a run needs beside one a request in flight

// fitFiles makes the concurrency fit a system that allows so many open files.
// It returns nil if it does already, else the message that says so: the run
// goes on with less.
func (c *config) fitFiles(allowed uint64) *message {
	needed := uint64(c.Concurrency) + otherFiles
	if needed <= allowed {
		return nil
	}
	asked := c.Concurrency
	c.Concurrency = max(1, int(allowed)-otherFiles)
	raised := 4096
	for uint64(raised) < needed {
		raised *= 2
	}
	return &message{
		what: fmt.Sprintf("this system allows %d open files; --concurrency %d needs about %s",
			allowed, asked, humanize.Comma(int64(needed))),
		hints: []string{fmt.Sprintf("Running with %d instead. Raise it with: ulimit -n %d", c.Concurrency, raised)},
	}
}

// idleConnections is how many connections are kept for later while so many
// requests are in flight: what the files allow, but no more than are of use.
func idleConnections(inFlight int, allowed uint64) int {
	return max(1, min(max(256, inFlight), int(allowed)-otherFiles-inFlight))
}

// cannotWrite is the message for results, or for failures in errorsFile, that
// could not be written; began says whether anything was fetched before that.
func (c *config) cannotWrite(err *sinks.Error, errorsFile string, began bool) *message {
	option, name := "output", err.Path
	switch {
	case name == "-":
		name = "standard output"
	case errorsFile != "" && (name == errorsFile || name == sinks.PrevPath(errorsFile)):
		option = "errors"
	}
	m := &message{
		what: fmt.Sprintf("cannot write %s: %v (%s)", shown(name), cause(err.Err), c.where(option)),
		code: exitWrite,
	}
	remedy := "Choose another place with " + optionFor[option] + "."
	if errors.Is(err, syscall.ENOSPC) {
		remedy = "Make room, or choose another place with " + optionFor[option] + "."
	}
	if began {
		m.hints = []string{remedy + " What was fetched before that is kept."}
	} else {
		m.hints = []string{remedy + " Nothing was fetched."}
	}
	return m
}

var optionFor = map[string]string{"output": "-o", "errors": "--errors"}

// cause is an error without the operation and name that it begins with.
func cause(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}
