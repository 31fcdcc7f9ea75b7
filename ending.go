package main

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"unicode"

	"trawl/crawl"
	"trawl/display"
	"trawl/fetch"
	"trawl/sinks"
)

// end tells how the run went and returns the exit code.
func (s *screen) end(in *interrupts, sum crawl.Summary, err error) int {
	in.close()
	s.close()
	code := s.exitCode(in, &sum, err)
	noMetrics := s.cfg.writeMetrics(sum, code)
	if noMetrics != nil && code == exitOK {
		code = noMetrics.code
	}
	if isClosedPipe(err) && code == exitOK {
		return exitOK
	}
	s.notifier.ended(lastStatus(sum, s.files.output))
	if s.cfg.Quiet > 1 {
		return code
	}
	s.tellErrors(err, code)
	if noMetrics != nil {
		noMetrics.write(s.w)
	}
	if _, ok := errors.AsType[*message](err); ok && sum.URLs() == 0 { // it has not begun
		return code
	}
	end := display.End{Output: s.files.output, Errors: s.files.errors, Retry: s.retry(), Compared: s.cfg.IfChanged, Resumable: s.resumable(), Exit: code}
	if code == exitRule {
		end.Rules = broken(s.cfg.FailIf, &sum)
	}
	if s.cfg.Format == sinks.WARC {
		end.Output = strings.TrimSuffix(strings.TrimSuffix(s.files.output, ".gz"), ".warc") + "-*.warc.gz"
	}
	if sum.SideFile != "" {
		end.Output = sum.SideFile
		s.say(s.aside(sum.SideFile))
	}
	notes := leveled(s.w, noteLevel)
	switch {
	case s.cfg.Summary == "json":
		_ = display.WriteSummaryJSON(notes, sum, end)
	case s.cfg.Summary == "always", s.cfg.Summary == "auto" && s.tty && s.cfg.Quiet == 0:
		_ = display.WriteSummary(notes, sum, end, s.style)
	case code == exitUnchanged, code != exitOK && (sum.URLs() > 0 || sum.Stopped != ""):
		_ = display.WriteFailures(leveled(s.w, errorLevel), sum, end, s.style)
	}
	return code
}

// exitCode is the exit code of the run, and notes in sum what signal has stopped it. A
// signal's code, if there is one, comes before all others, unless it came when there was
// nothing left to stop: whoever gets its code may resume the run.
func (s *screen) exitCode(in *interrupts, sum *crawl.Summary, err error) int {
	if signal, name := in.code(); signal != 0 && !sum.Whole {
		sum.Stopped = name
		return signal
	}
	if isClosedPipe(err) {
		return exitOK
	}
	return s.cfg.outcome(sum, err)
}

// cut tells of what an interrupted run had written and not committed.
func (s *screen) cut(path string, n int64) {
	if s.cfg.Verbose > 0 {
		s.say(fmt.Sprintf("trawl: %s: %s of an interrupted run cut off, which no commit had", shown(path), display.Plural(n, "byte", "bytes")))
	}
}

// resumable says whether the run has left a state.
func (s *screen) resumable() bool {
	state := sinks.StatePath(s.files.output)
	if state == "" || s.cfg.Lock == lockOff {
		return false
	}
	_, err := os.Stat(state)
	return err == nil
}

// aside says that the output is not what this run has made.
func (s *screen) aside(side string) string {
	as := "is as it was"
	if _, err := os.Stat(s.files.output); errors.Is(err, fs.ErrNotExist) {
		as = "is not made yet"
	}
	return fmt.Sprintf("trawl: %s %s; the records of this run are in %s", shown(s.files.output), as, shown(side))
}

const goOn = "Then go on where it stopped: the same command with --resume"

// tellErrors writes what ended the run, or a list, before its time.
func (s *screen) tellErrors(err error, code int) {
	if w, ok := errors.AsType[*sinks.Error](err); ok && !isClosedPipe(w) {
		began := s.stats.Counts().Stage.Taken > 0
		m := s.cfg.cannotWrite(w, s.files.errors, began)
		switch {
		case errors.Is(w, sinks.ErrPages): // without it nothing can be gone on with
			m.hints = append(m.hints, "Then start anew: the same command without --resume")
		case s.resumable():
			m.hints = append(m.hints, goOn)
		}
		m.write(s.w)
	}
	if l, ok := errors.AsType[*crawl.ListError](err); ok {
		s.cfg.cannotRead(l).write(s.w)
	}
	if m := s.cfg.ofWorkers(err); m != nil {
		m.write(s.w)
	} else if code == exitBug {
		m := message{what: "internal error: " + shown(err.Error()), hints: []string{"This is a bug in trawl. Please report it, with the command line."}}
		m.write(s.w)
	}
}

// retry is the command that tries the failures again; "" is none.
func (s *screen) retry() string {
	output, format := s.files.output, s.cfg.Format
	if s.files.errors == "" {
		return ""
	}
	retry := "trawl --retry-failed"
	switch {
	case format == sinks.Parquet: // which cannot be appended to
		retry = "trawl " + word(s.files.errors)
		output = strings.TrimSuffix(output, ".parquet") + "-{run}.parquet"
	case s.files.errors != sinks.ErrorsPath(output):
		retry += " --errors " + word(s.files.errors)
	}
	if s.cfg.Robots == fetch.RobotsAlways { // or what it forbids would be fetched
		retry += " --robots always"
	}
	if s.cfg.IfChanged && format != sinks.Parquet { // or the next run would not know of what this one gets
		retry += " --if-changed"
	}
	switch {
	case output == "-" && format == sinks.JSONL:
		return retry + " -j"
	case output != defaultOutput:
		retry += " -o " + word(output)
	}
	if format != sinks.FormatOf(output) {
		retry += " -f " + string(format)
	}
	return retry
}

// word is a file name as a shell and trawl read it as one.
func word(name string) string {
	if strings.HasPrefix(name, "-") && name != "-" {
		name = "./" + name
	}
	return shellWord(name)
}

// shellWord is text as a shell reads it as one word.
func shellWord(name string) string {
	plain := func(r rune) bool {
		return strings.ContainsRune("@%+=:,./-_", r) || unicode.IsLetter(r) || unicode.IsDigit(r)
	}
	if strings.IndexFunc(name, func(r rune) bool { return !plain(r) }) < 0 {
		return name
	}
	return "'" + strings.ReplaceAll(name, "'", `'\''`) + "'"
}
