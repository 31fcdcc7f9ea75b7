package main

import (
	"errors"
	"io"
	"os"
	"sync"

	"trawl/crawl"
	"trawl/display"
	"trawl/pool"
)

// A workerLog tells on standard error what happens to a worker, a line an event.
type workerLog struct {
	quiet, verbose int
	tty            bool

	mu sync.Mutex // one line at a time
	w  *os.File
}

func newWorkerLog(c *config, stderr *os.File) *workerLog {
	return &workerLog{quiet: c.Quiet, verbose: c.Verbose, tty: isTerminal(stderr), w: stderr}
}

// note writes what happens.
func (l *workerLog) note(line string) {
	if l.quiet == 0 {
		l.write(noteLevel, line)
	}
}

// detail writes what only -v wants to know.
func (l *workerLog) detail(line string) {
	if l.verbose > 0 {
		l.note(line)
	}
}

func (l *workerLog) write(level, line string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	_, _ = io.WriteString(leveled(l.w, level), stamped(line)+"\n")
}

// warn writes what has not gone as asked; nil is nothing.
func (l *workerLog) warn(m *message) {
	if m != nil && l.quiet == 0 {
		io.WriteString(leveled(l.w, warningLevel), m.text()+"\n")
	}
}

// watch has -v tell of the worker processes of this worker.
func (l *workerLog) watch(p *crawl.ProcessOptions) {
	if l.verbose == 0 {
		return
	}
	p.OnOutput = func(worker, line string) { l.detail(display.Clean(worker) + ": " + display.Clean(line)) }
	p.OnLost = func(died *pool.WorkerLostError) { l.detail(display.Clean(died.Worker + " died (" + died.State + ")")) }
}

// end tells why the worker ends, if it was not asked to, and returns the exit code. One
// that was stopped and has finished what it had taken has done what it should; what one
// that was ended at once had in hand is left to others.
func (l *workerLog) end(in *leaving, err error) int {
	if code := in.code(); in.ctx.Err() != nil && code != 0 {
		return code
	}
	var m *message
	switch {
	case err == nil:
		return exitOK
	case !errors.As(err, &m):
		m = &message{what: "cannot serve: " + display.Clean(err.Error()), hints: []string{"What this worker had in hand is fetched by others."}, code: exitWorkers}
	}
	if l.quiet < 2 {
		m.write(l.w)
	}
	return m.code
}
