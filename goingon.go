package main

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"trawl/crawl"
	"trawl/sinks"
)

// goesOn says whether the interrupted run is to go on.
func (s *screen) goesOn(j *sinks.Journal, found *sinks.Interrupted) (bool, error) {
	switch {
	case found == nil || !s.cfg.Resume && !s.cfg.RetryFailed:
		return false, nil
	case s.cfg.RetryFailed && found.Setting(retrySetting) == "":
		return false, usage("--retry-failed: the last run of "+shown(s.files.output)+" was interrupted ("+s.cfg.where("retry-failed")+")",
			"Finish it with --resume first.")
	case !s.cfg.RetryFailed && found.Setting(retrySetting) != "":
		return false, nil // its list was another
	}
	for _, now := range s.meaning() {
		if then := found.Setting(now.Name); then != now.Value {
			return false, usage("--resume: the interrupted run had --"+now.Name+" "+orNothing(then)+", this one has "+orNothing(now.Value)+" ("+s.cfg.where("resume")+")",
				"Give the same options, or start anew without --resume.")
		}
	}
	err := j.Check()
	var w *sinks.Error
	switch {
	case err == nil:
		return true, nil
	case errors.Is(err, sinks.ErrOther):
		return false, usage("--resume: "+shown(err.(*sinks.Error).Path)+" is another file than the one that the interrupted run wrote ("+s.cfg.where("resume")+")",
			"Bring that one back, or start anew without --resume.")
	case errors.As(err, &w):
		return false, s.cfg.cannotWrite(w, s.files.errors, false)
	}
	return false, err
}

// meaning are the options that a run must have in common with the one that it goes on
// with, and, last, what it has fetched.
func (s *screen) meaning() []sinks.Setting {
	c := s.cfg
	shard, retry := "", ""
	if !c.Shard.IsAll() {
		shard = c.Shard.String()
	}
	if c.RetryFailed {
		retry = "on"
	}
	return []sinks.Setting{
		{Name: "format", Value: string(c.Format)},
		{Name: "fields", Value: strings.Join(c.Fields, ",")},
		{Name: "dedupe", Value: strconv.FormatBool(c.Dedupe)},
		{Name: "shard", Value: shard},
		{Name: "overwrite", Value: strconv.FormatBool(c.Overwrite)},
		{Name: "errors", Value: besideOf(s.files.output, s.files.errors)},
		{Name: "if-changed", Value: strconv.FormatBool(c.IfChanged)},
		{Name: retrySetting, Value: retry},
	}
}

const retrySetting = "retry-failed"

// besideOf is a file's name as seen from the folder of the output, wherever the run is
// started; "" is none.
func besideOf(output, name string) string {
	dir, errD := filepath.Abs(filepath.Dir(sinks.StatePath(output)))
	abs, errA := filepath.Abs(name)
	if name == "" || errD != nil || errA != nil {
		return name
	}
	if rel, err := filepath.Rel(dir, abs); err == nil {
		return rel
	}
	return name
}

// orNothing is a setting's value as a message has it.
func orNothing(value string) string {
	if value == "" {
		return "none"
	}
	return shown(value)
}

// failed are the arguments of --retry-failed: the errors file of the last run, which has
// been renamed if an interrupted retry goes on.
func (s *screen) failed(again bool) ([]string, error) {
	name := s.files.errors
	if again {
		name = sinks.PrevPath(name)
	}
	info, err := os.Stat(name)
	if errors.Is(err, fs.ErrNotExist) || err == nil && info.Mode().IsRegular() && info.Size() == 0 {
		s.remark("nothing to try again: the last run of " + shown(s.files.output) + " has left no failures in " + shown(name))
		return nil, done(s.cfg.nothingToDo())
	}
	return []string{asFile(name)}, nil
}

// asFile is a file's name as an argument that is no page, nor standard input.
func asFile(name string) string {
	if name == "-" || crawl.IsURL(name) {
		return "./" + name
	}
	return name
}

// renamed are the arguments with the errors file under the name that it has by now.
func (s *screen) renamed(args []string) []string {
	args = slices.Clone(args)
	for i, arg := range args {
		if s.files.errors != "" && arg != "-" && !crawl.IsURL(arg) && besideOf(s.files.output, arg) == besideOf(s.files.output, s.files.errors) {
			args[i] = sinks.PrevPath(arg)
		}
	}
	return args
}

// changedList is the message for a list that cannot be gone on with.
func (s *screen) changedList() *message {
	option := s.goingOn()
	return usage("--"+option+": the list is not the one that the interrupted run has read ("+s.cfg.where(option)+")",
		"Give that one again, or start anew without --resume.")
}

// goingOn is the option by which an interrupted run goes on.
func (s *screen) goingOn() string {
	if s.cfg.RetryFailed {
		return "retry-failed"
	}
	return "resume"
}
