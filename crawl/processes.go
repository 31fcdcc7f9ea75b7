package crawl

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"runtime"
	"strings"
	"time"

	"trawl/fetch"
	"trawl/parse"
	"trawl/pool"
)

// ProcessOptions has get_page and parse_page run in worker processes: a page that
// crashes, hangs or bloats its parser costs one of them, and no other page. A
// worker is a program that calls [Serve]. The zero value starts this program again,
// as many times as there are processors. Workers are started as there is work for them.
//
// When a worker dies, another takes its place, and what it had in flight is run
// again, each job alone. So get_page and parse_page may run up to three times for one
// request; a URL whose job has three workers die, two of them alone with it, fails
// as worker_lost. A job that has not ended ParseTimeout after its request's own
// fails as timeout.
//
// The limits of [fetch.StageOptions] hold over all workers together; when one dies,
// a host may see its requests once more than they say. Of [fetch.ClientOptions], Connections
// are shared out among the workers, and BodyMemory is each one's own, at most a quarter
// of Memory. OnHead is called in this process, when the page has been parsed.
//
// On Linux the workers end with this process, however it ends. On macOS and Windows
// they end when they find the pipe to it closed, and Memory is a goal for their garbage
// collectors alone; there it has not been tried.
type ProcessOptions struct {
	Processes int      // how many; 0 is GOMAXPROCS
	Memory    int64    // bytes; a worker that has more is ended and replaced; 0 is no limit
	Path      string   // the program; "" is this one
	Args      []string // its command line, its own name first; nil is the name alone

	// ParseTimeout is how long a job may take beyond its request's Timeout, the wait
	// for a processor included; then the URL fails as timeout, and the worker is ended if it does
	// not let go of it. ParsePage has bounds of its own, of seconds; this one is for a
	// parser that has none. 0 is a minute.
	ParseTimeout time.Duration

	OnOutput func(worker, line string)   // each line that a worker prints; by many goroutines, but one at a time for one worker. nil: nobody wants them
	OnLost   func(*pool.WorkerLostError) // a worker has died and is replaced; by many goroutines. nil: nobody is told
}

// workers is how many there are.
func (p *ProcessOptions) workers() int { return cmp.Or(p.Processes, runtime.GOMAXPROCS(0)) }

// processes has the jobs run in worker processes.
func (c *crawl) processes() (taker, error) {
	switch {
	case c.opts.ParsePage != nil:
		return nil, errors.New("ParsePage cannot go to worker processes: the worker's program gives it to Serve")
	case pool.IsWorker(): // or it would start itself for ever
		return nil, errors.New("this process is a worker: it must call Serve")
	}
	client, err := fetch.NewClient(c.opts.Client) // so that options which no worker could use are refused at once
	if err != nil {
		return nil, err
	}
	client.Close()
	setup, err := setupCodec.Append(nil, setupOf(c.opts))
	if err != nil {
		return nil, fmt.Errorf("set up workers: %w", err)
	}
	p := c.opts.Processes
	engine, err := pool.Processes(pool.ProcessOptions[fetch.Request, parsed]{
		Processes: p.workers(),
		Path:      p.Path,
		Args:      p.Args,
		Setup:     setup,
		In:        &hopCodec{},
		Out:       parsedCodec{},
		Limit:     c.jobLimit,
		Key:       func(r fetch.Request) string { return r.Host },
		Memory:    p.Memory,
		OnOutput:  p.OnOutput,
		OnLost:    p.OnLost,
	})
	if err != nil {
		return nil, err
	}
	return func(stop <-chan struct{}, abort context.CancelCauseFunc, list *List) (bool, error) {
		return run(c, stop, abort, list, engine, c.collect)
	}, nil
}

// collect is the done-callback of a job that a worker process has made, parse_page
// and all.
func (c *crawl) collect(r fetch.Request, job *pool.Future[parsed]) {
	page, err := job.Result(c.ctx)
	if err != nil {
		why := c.whyLost(&r, err)
		if why == nil {
			c.stage.Abandon(r)
			return
		}
		page.Answer.Err = why
	}
	defer c.finish(&r, page.Answer, &page.Record) // though OnHead panics
	if tell := c.opts.Client.OnHead; tell != nil {
		for _, head := range page.Heads {
			tell(r, head)
		}
	}
}

// jobLimit is the longest that a worker may have the request; 0 is no limit.
func (c *crawl) jobLimit(r fetch.Request) time.Duration {
	if r.Timeout == 0 {
		return 0
	}
	return r.Timeout + cmp.Or(c.opts.Processes.ParseTimeout, time.Minute)
}

// whyLost says why a job gave nothing. It is nil if that is not the URL's affair,
// which then remains.
func (c *crawl) whyLost(r *fetch.Request, err error) *fetch.Error {
	lost := &fetch.Error{URL: r.URL, Class: fetch.Callback}
	switch {
	case c.ctx.Err() != nil:
		return nil
	case errors.Is(err, pool.ErrBroken):
		c.breakOff(err)
		return nil
	case errors.Is(err, pool.ErrWorkerLost):
		lost.Class, lost.Detail = fetch.WorkerLost, deathOf(err)
	case errors.Is(err, context.DeadlineExceeded):
		lost.Class, lost.Limit = fetch.Timeout, c.jobLimit(*r)
		lost.Detail = fmt.Sprintf("get_page and parse_page took more than %v s", lost.Limit.Seconds())
	default:
		lost.Detail = "worker process: " + err.Error()
		if panicked, ok := errors.AsType[*pool.PanicError](err); ok { // get_page's are the page's error
			lost.Detail = "parse_page: " + panicked.Value
		}
	}
	return lost
}

const maxLastWords = 100 // bytes

// deathOf tells of the death of two workers, with the first line that the last one said.
func deathOf(err error) string {
	died, ok := errors.AsType[*pool.WorkerLostError](err)
	if !ok {
		return "the worker process died twice"
	}
	text := "the worker process died twice: " + died.State
	words, _, _ := strings.Cut(strings.TrimSpace(died.Output), "\n")
	if words = strings.TrimSpace(words); words != "" {
		text += " (" + words[:min(len(words), maxLastWords)] + ")"
	}
	return parse.Clean(text)
}

// breakOff ends the run, since there are no workers: what is in flight may end,
// and nothing is begun any more.
func (c *crawl) breakOff(err error) {
	c.breaking.Do(func() {
		c.brokenBy = err
		close(c.broken)
	})
}

// whyBroken adds to err why there are no workers, if that has ended the run and
// err does not say it.
func (c *crawl) whyBroken(err error) error {
	select {
	case <-c.broken:
		if !errors.Is(err, pool.ErrBroken) {
			return errors.Join(err, c.brokenBy)
		}
	default:
	}
	return err
}
