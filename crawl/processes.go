package crawl

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"time"

	"trawl/fetch"
	"trawl/parse"
	"trawl/pool"
)

// ProcessOptions has get_page and parse_page run in worker processes: a page that
// crashes, hangs or bloats its parser costs one of them, and no other page. A worker is a
// program that calls [Serve]. The zero value starts this program again, as many times as
// there are processors. Workers are started as there is work for them.
//
// When a worker dies, another takes its place, and what it had in flight is run again,
// each job alone. So get_page and parse_page may run up to three times for one request; a
// URL whose job has three workers die, two of them alone with it, fails as worker_lost. A
// job that has not ended ParseTimeout after its request's own fails as timeout.
//
// The limits of [fetch.StageOptions] hold over all workers together; when one dies, a
// host may see its requests once more than they say. Of [fetch.ClientOptions],
// Connections are shared out among the workers, and BodyMemory is each one's own, at most
// a quarter of Memory. OnHead is called in this process, when the page has been parsed.
//
// On Linux the workers end with this process, however it ends. On macOS and Windows they
// end when they find the pipe to it closed, and Memory is a goal for their garbage
// collectors alone; there it has not been tried.
type ProcessOptions struct {
	Processes int      // how many; 0 is GOMAXPROCS
	Memory    int64    // bytes; a worker that has more is ended and replaced; 0 is no limit
	Path      string   // the program; "" is this one
	Args      []string // its command line, its own name first; nil is the name alone

	// ParseTimeout is how long a job may take beyond its request's Timeout, the wait for
	// a processor included; then the URL fails as timeout, and the worker is ended if it
	// does not let go of it. ParsePage has bounds of its own, of seconds; this one is for
	// a parser that has none. 0 is a minute.
	ParseTimeout time.Duration

	// OnOutput is called for each line that a worker prints; by many goroutines, but one
	// at a time for one worker. nil: nobody wants them.
	OnOutput func(worker, line string)

	// OnLost is called when a worker has died; by many goroutines. nil: nobody is told.
	OnLost func(*pool.WorkerLostError)
}

// workers is how many there are.
func (p *ProcessOptions) workers() int { return cmp.Or(p.Processes, runtime.GOMAXPROCS(0)) }

// inProcesses has the jobs run in worker processes.
func (c *crawl) inProcesses() error {
	if err := checkClient(c.opts.Client); err != nil {
		return err
	}
	engine, err := c.opts.Processes.engine(setupOf(c.opts), c.opts.ParsePage, c.jobLimit)
	if err != nil {
		return err
	}
	return run(c, engine, c.collect)
}

// checkClient refuses at once what no worker could use.
func checkClient(opts fetch.ClientOptions) error {
	client, err := fetch.NewClient(opts)
	if err != nil {
		return err
	}
	client.Close()
	return nil
}

// engine is that of worker processes which share the means of s. own is what jobs were to
// be parsed with in this process.
func (p *ProcessOptions) engine(
	s setup, own ParsePage, limit func(fetch.Request) time.Duration,
) (pool.Engine[fetch.Request, Parsed], error) {
	switch {
	case own != nil:
		return nil, errors.New("ParsePage cannot go to worker processes: the worker's program gives it to Serve")
	case pool.IsWorker(): // or it would start itself for ever
		return nil, errors.New("this process is a worker: it must call Serve")
	}
	s.Means = s.Means.among(p)
	setup, err := setupCodec.Append(nil, s)
	if err != nil {
		return nil, fmt.Errorf("set up workers: %w", err)
	}
	return pool.Processes(pool.ProcessOptions[fetch.Request, Parsed]{
		Processes: p.workers(),
		Path:      p.Path,
		Args:      p.Args,
		Setup:     setup,
		In:        &hopCodec{},
		Out:       parsedCodec{},
		Limit:     limit,
		Key:       func(r fetch.Request) string { return r.Host },
		Memory:    p.Memory,
		OnOutput:  p.OnOutput,
		OnLost:    p.OnLost,
	})
}

// collect is the done-callback of a job that a worker has made, parse_page and all.
func (c *crawl) collect(r fetch.Request, job *pool.Future[Parsed]) {
	got, err := job.Result(c.ctx)
	switch {
	case err == nil:
	case c.ctx.Err() != nil: // the run is being aborted
		c.stage.Abandon(r)
		return
	case errors.Is(err, pool.ErrBroken): // there are no workers: what is in flight may end
		c.endIntake(err)
		c.stage.Abandon(r)
		return
	case errors.Is(err, ErrSecret):
		c.endIntake(fmt.Errorf("%s:%d: %w", r.File, r.Line, ErrSecret))
		c.stage.Abandon(r)
		return
	default:
		got.Answer.Err = c.whyLost(&r, err)
	}
	if x := got.Answer.Exchange; x != nil {
		x.Keep(c.opts.Client.Capture)
	}
	defer c.finish(&r, got.Answer, &got.Record) // though OnHead panics
	if tell := c.opts.Client.OnHead; tell != nil {
		for _, head := range got.Heads {
			tell(r, head)
		}
	}
}

// jobLimit is the longest that a worker may have the request; 0 is no limit.
func (c *crawl) jobLimit(r fetch.Request) time.Duration {
	if r.Timeout == 0 {
		return 0
	}
	parse := time.Minute
	if c.opts.Processes != nil {
		parse = cmp.Or(c.opts.Processes.ParseTimeout, parse)
	}
	return r.Timeout + parse
}

// whyLost says why a job gave nothing.
func (c *crawl) whyLost(r *fetch.Request, err error) *fetch.Error {
	lost := &fetch.Error{URL: r.URL, Class: fetch.Callback}
	switch {
	case errors.Is(err, pool.ErrWorkerLost):
		lost.Class, lost.Detail = fetch.WorkerLost, c.deathOf(err)
	case errors.Is(err, context.DeadlineExceeded):
		lost.Class, lost.Limit = fetch.Timeout, c.jobLimit(*r)
		lost.Detail = fmt.Sprintf("get_page and parse_page took more than %v s", lost.Limit.Seconds())
	default:
		lost.Detail = c.workers() + ": " + err.Error()
		if panicked, ok := errors.AsType[*pool.PanicError](err); ok { // get_page's are the page's error
			lost.Detail = "parse_page: " + panicked.Value
		}
	}
	return lost
}

const maxLastWords = 100 // bytes

// workers is what a worker is called.
func (c *crawl) workers() string {
	if c.opts.Elsewhere != nil {
		return "worker"
	}
	return "worker process"
}

// deathOf tells of the death of a job's workers, with the first line that the last one said.
func (c *crawl) deathOf(err error) string {
	text := "the worker process died twice"
	died, ok := errors.AsType[*pool.WorkerLostError](err)
	switch {
	case c.opts.Elsewhere == nil:
	case ok && died.Runs > 0:
		text = fmt.Sprintf("%d workers died under it", died.Runs)
	default:
		text = "its worker died"
	}
	if !ok || died.State == "" {
		return text
	}
	text += ": " + died.State
	if words := died.LastWords(); words != "" {
		text += " (" + words[:min(len(words), maxLastWords)] + ")"
	}
	return parse.Clean(text)
}
