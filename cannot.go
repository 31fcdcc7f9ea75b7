package main

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"

	"trawl/crawl"
	"trawl/pool"
	"trawl/sinks"
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
	m := &message{what: shown(l.Name) + ": " + shown(cause(l.Err).Error()), code: exitRead}
	switch {
	case errors.Is(l.Err, syscall.EISDIR):
		m.hints = []string{"Give the name of a file with a URL in each line."}
	case errors.Is(l.Err, fs.ErrPermission):
		m.hints = []string{"It may be read by others only: see ls -l."}
	case errors.Is(l.Err, io.ErrUnexpectedEOF):
		m.what = shown(l.Name) + ": the packed data ends early"
		m.hints = []string{"The URLs before that were fetched. Copy or pack the file anew."}
	default:
		m.hints = []string{"The URLs before that were fetched."}
	}
	return m
}

// sharedFiles is the message for a list that the run would write to; nil if there
// is none. An errors file of an earlier run is a list too: it is renamed first.
func (c *config) sharedFiles(files files) *message {
	for _, arg := range c.Args {
		if arg == "-" || crawl.IsURL(arg) {
			continue
		}
		switch {
		case sameFile(arg, files.output):
			return usage(shown(arg)+" is a list, and the results file ("+c.where("output")+")", "Choose another results file with -o.")
		case sameFile(arg, files.errors) && !strings.HasSuffix(files.errors, ".errors.jsonl"):
			return usage(shown(arg)+" is a list, and the errors file ("+c.where("errors")+")", "Choose another errors file with --errors.")
		}
	}
	return nil
}

// sameFile reports whether both names are of one regular file.
func sameFile(a, b string) bool {
	infoA, errA := os.Stat(a)
	infoB, errB := os.Stat(b)
	return errA == nil && errB == nil && infoA.Mode().IsRegular() && os.SameFile(infoA, infoB)
}

// cannotWrite is the message for results, or for failures in errorsFile, that
// could not be written; began says whether anything was fetched before that.
func (c *config) cannotWrite(err *sinks.Error, errorsFile string, began bool) *message {
	option, place, name := "output", "-o", err.Path
	switch {
	case name == "-":
		name = "standard output"
	case errorsFile != "" && (name == errorsFile || name == sinks.PrevPath(errorsFile)):
		option, place = "errors", "--errors"
	}
	if errors.Is(err, sinks.ErrExists) {
		return c.exists(err.Path)
	}
	kept := "Nothing was fetched."
	if began {
		kept = "What was fetched before that is kept."
	}
	if errors.Is(err, sinks.ErrPages) { // which says what helps
		return &message{
			what:  fmt.Sprintf("cannot use %s: %v (%s)", shown(name), err.Err, c.where("if-changed")),
			hints: []string{kept},
			code:  exitWrite,
		}
	}
	remedy := "Choose another place with " + place + ". "
	if errors.Is(err, syscall.ENOSPC) {
		remedy = "Make room, or choose another place with " + place + ". "
	}
	return &message{
		what:  fmt.Sprintf("cannot write %s: %v (%s)", shown(name), cause(err.Err), c.where(option)),
		hints: []string{remedy + kept},
		code:  exitWrite,
	}
}

// exists is the message for a file of a format that cannot be appended to.
func (c *config) exists(name string) *message {
	ext := filepath.Ext(name)
	hint := "Replace it with -O, or write parts: -o " + shellWord(strings.TrimSuffix(name, ext)+"-{run}"+ext) + "."
	if c.IfChanged { // which wants one name
		hint = "Replace it with -O, or move it away first."
	}
	return usage(shown(name)+" exists and "+string(c.Format)+" files cannot be appended to ("+c.where("output")+")", hint)
}

// ofWorkers is the message for a run that workers, or what they come over, have made an end
// of; nil is that they have not.
func (c *config) ofWorkers(err error) *message {
	m, ok := errors.AsType[*message](err)
	if ok {
		return m
	}
	broken, ok := errors.AsType[*pool.BrokenError](err)
	switch {
	case errors.Is(err, crawl.ErrSecret):
		return c.tooOpenToGoOn(err)
	case !ok:
		return nil
	case c.Executor == inCluster:
		return c.cannotGoOn(broken)
	}
	return c.cannotStart(broken)
}

// cannotStart is the message for worker processes that the system does not give, or
// that end at once.
func (c *config) cannotStart(err *pool.BrokenError) *message {
	return &message{
		what: "cannot start worker processes: " + shown(err.Err.Error()) + " (" + c.where("executor") + ")",
		hints: []string{
			"Look at the memory that is free and at ulimit -a, or use --executor thread. What was fetched before that is kept.",
		},
		code: exitWorkers,
	}
}

// cannotPrint is the message for a help, a version or a plan that could not be
// written to standard output.
func cannotPrint(err error) *message {
	return &message{what: "cannot write standard output: " + cause(err).Error(), code: exitWrite}
}

// cause is an error without the operation and the file name in front of it.
func cause(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	return err
}
