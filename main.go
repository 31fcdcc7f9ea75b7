// Command trawl fetches many web pages at once and writes one line per page.
package main

import (
	"context"
	"errors"
	"io"
	"log"
	"os"
	"syscall"
	"time"

	"trawl/crawl"
	"trawl/sinks"
)

func main() {
	log.SetOutput(io.Discard)                             // net/http tells of odd servers there, and knows no other way
	os.Exit(run(os.Args, os.Stdin, os.Stdout, os.Stderr)) // the only Exit
}

// run does what the command line asks for and returns the exit code.
func run(args []string, stdin, stdout, stderr *os.File) int {
	cfg, code, done := parseArgs(args[1:], stdout, stderr)
	if done {
		return code
	}
	if len(cfg.Args) == 0 && isTerminal(stdin) {
		io.WriteString(stderr, shortHelp)
		return exitUsage
	}
	in := interruptible(stdin)
	list, err := crawl.OpenList(cfg.Args, in, crawl.ListOptions{Dedupe: cfg.Dedupe, MaxPages: cfg.MaxPages})
	if err != nil {
		return cfg.cannotRead(err).tell(stderr)
	}
	files := cfg.files(time.Now())
	if cfg.DryRun {
		return cfg.dryRun(list, files, stdout, stderr)
	}
	s := newScreen(&cfg, files, stderr)
	defer s.close()
	if code, empty := s.firstURL(list); empty {
		return code
	}
	return cfg.crawl(list, files, stdout, s)
}

// crawl runs the list, and tells how it went.
func (c *config) crawl(list *crawl.List, files files, stdout *os.File, s *screen) int {
	allowed := openFiles()
	s.warn(c.fitFiles(allowed))
	if c.Insecure {
		s.say("trawl: certificates are not checked (" + c.where("insecure") + ")")
	}
	opts := c.options(files, stdout, s)
	opts.Client.Connections = idleConnections(c.Concurrency, allowed)
	s.start(opts.Stats)
	in := s.listen()
	s.count(in.ctx, list)
	over := make(chan error, 1)
	var sum crawl.Summary
	go func() {
		var err error
		sum, err = crawl.Crawl(in.ctx, in.stop, list, opts)
		over <- errors.Join(err, list.Err())
	}()
	select {
	case err := <-over:
		return s.end(in, sum, err)
	case <-in.lost:
		return s.end(in, opts.Stats.Snapshot(), errInterrupted)
	}
}

// options are the run's, from the command line.
func (c *config) options(files files, stdout *os.File, s *screen) crawl.Options {
	opts := crawl.Options{
		Output: sinks.Options{
			Output: files.output, Stdout: stdout, Format: c.Format, Run: files.run,
			Overwrite: c.Overwrite, Errors: files.errors, KeepOrder: c.KeepOrder,
		},
		MaxDuration: c.MaxDuration,
		Stats:       crawl.NewStats(),
	}
	opts.Client.UserAgent, opts.Client.Header = c.UserAgent, c.Header
	opts.Client.Proxy, opts.Client.Resolve = c.Proxy, c.Resolve
	opts.Client.ConnectTimeout, opts.Client.MaxSize = c.ConnectTimeout, c.MaxSize
	opts.Client.HTTP, opts.Client.Insecure, opts.Client.RootCAs = c.HTTP, c.Insecure, c.RootCAs
	opts.Client.HostConnections = c.HostConcurrency

	opts.Stage.Concurrency, opts.Stage.HostConcurrency = c.Concurrency, c.HostConcurrency
	opts.Stage.HostDelay, opts.Stage.Rate = c.HostDelay, c.Rate
	opts.Stage.Method, opts.Stage.Timeout, opts.Stage.Accept = c.Method, c.Timeout, c.Accept
	opts.Stage.MaxRedirects = orNone(c.MaxRedirects)
	opts.Stage.Retries = orNone(c.Retries)
	opts.Stage.RetryWait, opts.Stage.RetryMaxWait, opts.Stage.RetryOn = c.RetryWait, c.RetryMaxWait, c.RetryOn
	opts.Parse.Select = c.Select
	s.hook(&opts)
	return opts
}

// orNone turns the 0 of an option, which is none, into the packages' number for
// that: their 0 is the default.
func orNone(n int) int {
	if n == 0 {
		return -1
	}
	return n
}

// files are the names of what a run writes, placeholders filled in.
type files struct {
	run            string // the run's id
	output, errors string // "-" is standard output; "" no errors file
}

func (c *config) files(start time.Time) files {
	run := crawl.NewRunID(start)
	return files{run: run, output: c.outputFile(run, start), errors: c.errorsFile(run, start)}
}

// isClosedPipe says that the reader of standard output has seen enough, which is
// no error.
func isClosedPipe(err error) bool {
	w, ok := errors.AsType[*sinks.Error](err)
	return ok && w.Path == "-" && errors.Is(w, syscall.EPIPE)
}

// outcome is the exit code of a run that has ended by itself.
func outcome(sum crawl.Summary, err error) int {
	var codes []int
	if w, ok := errors.AsType[*sinks.Error](err); ok && !isClosedPipe(w) {
		codes = append(codes, exitWrite)
	}
	if _, ok := errors.AsType[*crawl.ListError](err); ok {
		codes = append(codes, exitRead)
	}
	if err != nil && len(codes) == 0 && !isClosedPipe(err) && !errors.Is(err, context.Canceled) {
		codes = append(codes, exitBug)
	}
	switch {
	case sum.Stopped != "":
		codes = append(codes, exitStopped)
	case sum.Failed > 0 && sum.Pages == 0:
		codes = append(codes, exitNone)
	}
	if sum.Failed > 0 {
		codes = append(codes, exitFailed)
	}
	return exitCode(codes...)
}
