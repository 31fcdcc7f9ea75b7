package crawl

import (
	"errors"
	"fmt"
	"time"

	"trawl/fetch"
	"trawl/pool"
)

// Jobs is what an engine that runs a crawl's jobs elsewhere, on other machines, must know.
type Jobs struct {
	Run    string // the run's id
	Setup  []byte // for [NewWorker] on the other side
	Secret bool   // Setup has secrets: a header field that is not [fetch.Field.Harmless], or who the proxy is to believe it is

	In  pool.Codec[fetch.Request] // the same request is always the same bytes
	Out pool.Codec[Parsed]

	// Limit is the longest time that a job may take, from when its worker has it; 0 is no limit.
	// A job that has not ended then is to fail with [context.DeadlineExceeded].
	Limit func(fetch.Request) time.Duration

	// Resize is to be told how many jobs the engine takes at once now; until then that is
	// 0, and nothing is submitted. An engine that comes to an end while it has no jobs says
	// so there, after which it is asked whether it is broken ([pool.Breaker]). Any goroutine may call
	// it, whatever locks it holds.
	Resize func(calls int)

	// Guard is to be told whether requests stay secret on their way. Until it is told that
	// they do, In refuses one that has secrets of its own, with ErrSecret, which ends the run: header
	// fields that are not harmless, or a listed URL's user and password. Any goroutine may call it, at any time.
	Guard func(private bool)
}

// elsewhere has the jobs run where the options say.
func (c *crawl) elsewhere() error {
	switch {
	case c.opts.ParsePage != nil:
		return errors.New("ParsePage cannot go elsewhere: the worker's program gives it to NewWorker")
	case c.opts.Processes != nil:
		return errors.New("jobs run elsewhere, or in Processes of this machine")
	}
	if err := checkClient(c.opts.Client); err != nil {
		return err
	}
	c.room = newRoom(c.opts.Stage.Concurrency)
	jobs, err := c.jobs()
	if err != nil {
		return err
	}
	engine, err := c.opts.Elsewhere(jobs)
	if err != nil {
		return err
	}
	return run(c, engine, c.collect)
}

func (c *crawl) jobs() (Jobs, error) {
	s := setupOf(c.opts)
	s.Means = means{}
	data, err := setupCodec.Append(nil, s)
	if err != nil {
		return Jobs{}, fmt.Errorf("set up workers: %w", err)
	}
	in := new(guardedCodec)
	return Jobs{
		Run:    c.opts.Output.Run,
		Setup:  data,
		Secret: hasSecrets(c.opts.Client.Header) || c.opts.Client.Proxy != nil && c.opts.Client.Proxy.User != nil,
		In:     in,
		Out:    wholeCodec{},
		Limit:  c.jobLimit,
		Resize: c.room.resize,
		Guard:  in.private.Store,
	}, nil
}

// mostElsewhere is how many jobs run elsewhere at once, at most.
const mostElsewhere = 1<<16 - 1

// workersWanted is how many workers the executor has. Elsewhere others decide how many are
// busy; they are made as they are needed.
func (c *crawl) workersWanted() int {
	if c.opts.Elsewhere != nil {
		return mostElsewhere
	}
	return c.opts.Stage.Concurrency
}
