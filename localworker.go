package main

import (
	"bufio"
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"slices"
	"strings"
	"sync"
	"time"

	"trawl/pool"
)

// localEnv says to a process that it is the worker of a coordinator that has a server of
// its own. It is not for users.
const localEnv = "TRAWL_LOCAL_WORKER"

// isLocalWorker reports whether this process was started as one.
func isLocalWorker() bool { return os.Getenv(localEnv) != "" }

// A localSetup is what the local worker is told, over the pipe that is its standard input: the
// address has a password, and command lines and environments can be seen. The worker
// ends when the pipe does, and so with the coordinator, however that ends.
type localSetup struct {
	Address     string
	Run         string
	Concurrency int
	BodyMemory  int64
}

const (
	firstPause   = 100 * time.Millisecond // before a worker that has died is started again;
	longestPause = 5 * time.Second        // it doubles up to this,
	steadyAfter  = 10 * time.Second       // and is the first again after one that has lived so long
)

// A localWorker keeps a worker alive beside the coordinator.
type localWorker struct {
	setup localSetup
	died  func(err error)    // has died, or could not be started; it is started again
	said  func(line string)  // has printed a line
	ctx   context.Context    // its life
	end   context.CancelFunc // ends it
	done  sync.WaitGroup
}

// keepLocalWorker starts a worker, again whenever it dies, until close.
func keepLocalWorker(setup localSetup, died func(error), said func(string)) *localWorker {
	l := &localWorker{setup: setup, died: died, said: said}
	l.ctx, l.end = context.WithCancel(context.Background())
	l.done.Go(l.keep)
	return l
}

// close ends the worker, and waits for it. It may be called on nil.
func (l *localWorker) close() {
	if l != nil {
		l.end()
		l.done.Wait()
	}
}

func (l *localWorker) keep() {
	for pause := firstPause; ; pause = min(2*pause, longestPause) {
		began := time.Now()
		err := l.live()
		if l.ctx.Err() != nil {
			return
		}
		l.died(err)
		if time.Since(began) >= steadyAfter {
			pause = firstPause
		}
		select {
		case <-time.After(pause):
		case <-l.ctx.Done():
			return
		}
	}
}

// live is one life of the worker.
func (l *localWorker) live() error {
	program, err := pool.OwnProgram()
	if err != nil {
		return err
	}
	setup, err := json.Marshal(l.setup)
	if err != nil {
		return err
	}
	cmd := exec.CommandContext(l.ctx, program)
	cmd.Args = []string{os.Args[0], workerCommand}
	cmd.Env = append(withoutOptions(os.Environ()), localEnv+"=1")
	said := &lineWriter{line: l.said}
	defer said.flush()
	cmd.Stderr, cmd.Stdout = said, said
	setGroup(cmd)
	stdin, err := cmd.StdinPipe()
	if err != nil {
		return err
	}
	cmd.Cancel = stdin.Close // which it takes for the coordinator's end
	cmd.WaitDelay = farewell
	if err := cmd.Start(); err != nil {
		return err
	}
	_, _ = stdin.Write(append(setup, '\n')) // or it has died
	if err := cmd.Wait(); err != nil {
		return err
	}
	return fmt.Errorf("exit status 0")
}

// withoutOptions is an environment without the variables that stand for options: what the
// worker does is in its setup.
func withoutOptions(environ []string) []string {
	return slices.DeleteFunc(environ, func(v string) bool { return strings.HasPrefix(v, "TRAWL_") })
}

// A lineWriter passes on what is written to it, line by line, long ones in parts.
type lineWriter struct {
	line func(string)
	rest []byte
}

const longestLine = 1 << 10 // bytes of a line that somebody prints

func (w *lineWriter) Write(p []byte) (int, error) {
	n := len(p)
	for len(p) > 0 {
		end := bytes.IndexByte(p, '\n')
		take := min(longestLine-len(w.rest), len(p))
		if end >= 0 && end < take {
			w.rest, p = append(w.rest, p[:end]...), p[end+1:]
			w.flush()
			continue
		}
		w.rest, p = append(w.rest, p[:take]...), p[take:]
		if len(w.rest) >= longestLine {
			w.flush()
		}
	}
	return n, nil
}

func (w *lineWriter) flush() {
	if len(w.rest) > 0 {
		w.line(string(w.rest))
	}
	w.rest = w.rest[:0]
}

// serveLocal is what a local worker does. It leaves the signals that may be sent to all of a
// run's processes at once to the coordinator, and ends with that.
func serveLocal(stdin, stderr *os.File) int {
	os.Unsetenv(localEnv) // which is not for what it starts
	signal.Ignore(workerIgnores...)
	from := bufio.NewReader(stdin)
	var setup localSetup
	line, err := from.ReadBytes('\n')
	if err == nil {
		err = json.Unmarshal(line, &setup)
	}
	if err != nil {
		fmt.Fprintln(stderr, "cannot serve:", err)
		return exitBug
	}
	ctx, end := context.WithCancel(context.Background())
	gone, over := make(chan struct{}), make(chan error, 1)
	go func() {
		defer close(gone)
		_, _ = io.Copy(io.Discard, from) // until the coordinator is gone, or wants no more
		end()
	}()
	go func() { over <- setup.serve(ctx, stderr) }()
	select {
	case err = <-over:
	case <-gone:
		select { // a parser may be where no context reaches
		case <-over:
		case <-time.After(farewell / 2):
		}
		return exitOK
	}
	if err != nil {
		fmt.Fprintln(stderr, "cannot serve:", err)
		return exitBug
	}
	return exitOK
}

func (s localSetup) serve(ctx context.Context, stderr *os.File) error {
	c := &config{Executor: inThreads, NATS: s.Address, WorkerRun: s.Run, Concurrency: s.Concurrency, Quiet: 1}
	w := workerOf(c)
	w.options.BodyMemory = s.BodyMemory
	return w.serve(ctx, nil, newWorkerLog(c, stderr))
}
