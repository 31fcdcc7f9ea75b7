// Command trawl fetches many web pages at once and writes one line per page.
package main

import (
	"errors"
	"io"
	"os"
	"time"

	"trawl/crawl"
	"trawl/fetch"
	"trawl/parse"
	"trawl/pool"
	"trawl/sinks"
)

func main() {
	os.Exit(run(os.Args, os.Stdin, os.Stdout, os.Stderr)) // the only Exit
}

// run does what the command line asks for and returns the exit code.
func run(args []string, stdin, stdout, stderr *os.File) int {
	if len(args) == 2 && args[1] == workerCommand && pool.IsWorker() {
		return serve(stderr)
	}
	if len(args) == 2 && args[1] == workerCommand && isLocalWorker() {
		return serveLocal(stdin, stderr)
	}
	cfg, code, done := parseArgs(args[1:], stdout, stderr)
	if done {
		return code
	}
	if cfg.command == workerCommand {
		return cfg.work(stderr)
	}
	if len(cfg.Args) == 0 && !cfg.RetryFailed && isTerminal(stdin) {
		io.WriteString(stderr, shortHelp)
		return exitUsage
	}
	files := cfg.files(time.Now())
	if m := cfg.sharedFiles(files); m != nil {
		return m.tell(stderr)
	}
	if m := cfg.checkMetrics(files); m != nil {
		return m.tell(stderr)
	}
	if cfg.DryRun {
		return cfg.dryRun(files, stdin, stdout, stderr)
	}
	ignore(reopenSignals) // until there is something to open anew
	s := newScreen(&cfg, files, stdout, stderr)
	defer s.close()
	b, code, over := s.begin(stdin)
	if over {
		return code
	}
	return cfg.crawl(b, stdout, s)
}

// crawl runs the list, and tells how it went.
func (c *config) crawl(b start, stdout *os.File, s *screen) int {
	list := b.list
	if c.Executor != inCluster { // whose workers see to theirs
		s.warn(c.fitFiles(openFiles()))
	}
	c.limitMemory()
	if c.Insecure {
		s.warn(&message{what: "certificates are not checked (" + c.where("insecure") + ")"})
	}
	opts := c.options(b, stdout, s)
	if cache := s.robotsCache(); cache != nil {
		defer cache.Close() // what it could not keep is asked for again
		opts.Stage.RobotsCache = cache
	}
	s.start(opts.Stats)
	in := s.listen()
	opts.Reopen, opts.ExitCode = in.reopen, func(sum crawl.Summary) int { return s.exitCode(in, &sum, list.Err()) }
	s.count(in.ctx, b)
	workers := s.gather(in, b, &opts)
	// In a goroutine, since the system may keep it where no context reaches: then
	// the process ends without it.
	over := make(chan error, 1)
	var sum crawl.Summary
	go func() {
		var err error
		sum, err = crawl.Crawl(in.ctx, in.stop, list, opts)
		over <- errors.Join(err, list.Err(), workers.close())
	}()
	select {
	case err := <-over:
		return s.end(in, sum, err)
	case <-in.lost:
		return s.end(in, opts.Stats.Snapshot(), errInterrupted)
	}
}

// options are the run's, from the command line.
func (c *config) options(b start, stdout *os.File, s *screen) crawl.Options {
	files := s.files
	opts := crawl.Options{
		Stage: fetch.StageOptions{
			Concurrency:     c.Concurrency,
			HostConcurrency: c.HostConcurrency,
			HostDelay:       c.HostDelay,
			Rate:            c.Rate,
			Method:          c.Method,
			Timeout:         c.Timeout,
			Accept:          c.Accept,
			MaxRedirects:    orNone(c.MaxRedirects),
			Retries:         orNone(c.Retries),
			RetryWait:       c.RetryWait,
			RetryMaxWait:    c.RetryMaxWait,
			RetryOn:         c.RetryOn,
			Robots:          c.Robots,
			HostMaxErrors:   orNone(c.HostMaxErrors),
			KeepOrder:       c.KeepOrder,
		},
		Client: fetch.ClientOptions{
			UserAgent:       c.UserAgent,
			Header:          c.Header,
			Proxy:           c.Proxy,
			ConnectTimeout:  c.ConnectTimeout,
			MaxSize:         c.MaxSize,
			HTTP:            c.HTTP,
			Insecure:        c.Insecure,
			CACert:          c.CACert,
			Resolve:         c.Resolve,
			DenyPrivate:     c.DenyPrivate,
			Connections:     idleConnections(c.Concurrency, openFiles()),
			HostConnections: c.HostConcurrency,
			BodyMemory:      c.bodyMemory(),
		},
		Parse: parse.Options{Select: c.Select},
		Output: sinks.Options{
			Output:    files.output,
			Stdout:    stdout,
			Format:    c.Format,
			Run:       files.run,
			Fields:    c.Fields,
			Overwrite: c.Overwrite,
			Errors:    files.errors,
			About:     s.about(time.Now()),
			Journal:   b.journal,
			Resume:    b.resumed,
			Pages:     b.pages,
			Meaning:   s.meaning(),
			Total:     s.total.Load,
			OnCut:     s.cut,
		},
		MaxDuration: c.MaxDuration,
		Stats:       crawl.NewStats(),
	}
	if c.Executor == inProcesses {
		opts.Processes = &crawl.ProcessOptions{
			Processes: c.workers(),
			Memory:    c.ProcessMemory,
			Args:      []string{os.Args[0], workerCommand},
		}
	}
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
