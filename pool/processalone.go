package pool

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// alone are the workers that run calls whose worker has died: one call at a time each,
// so that it is known which call kills its worker. Guarded by processes.mu, but for tokens.
type alone[In, Out any] struct {
	tokens   chan struct{}     // has one for each call that runs alone
	suspects int               // calls that run alone, or wait for it
	spare    []*child[In, Out] // workers between two such calls
	named    int               // workers that there have been
}

// callAlone runs a call whose worker has died, once more, and if need be twice.
func (e *processes[In, Out]) callAlone(ctx context.Context, a argument, lost *WorkerLostError) (none Out, _ error) {
	e.suspect(1)
	defer e.suspect(-1)
	select {
	case e.alone.tokens <- struct{}{}:
		defer func() { <-e.alone.tokens }()
	case <-ctx.Done():
		return none, context.Cause(ctx)
	}
	for runs := 1; runs < 3 && !e.isForced(); {
		worker, err := e.aloneWorker(ctx)
		if err != nil {
			return none, err
		}
		r := worker.call(ctx, a)
		switch {
		case r.unsent: // it had died before
		case r.lost != nil:
			runs++
			last := *r.lost // the worker's; the call's says how often
			last.Runs = runs
			lost = &last
		default:
			e.keepSpare(worker)
			return r.value, r.err
		}
	}
	return none, lost
}

func (e *processes[In, Out]) isForced() bool {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.forced
}

// suspect counts the calls that are to run alone. After the last the workers for
// them are let go.
func (e *processes[In, Out]) suspect(n int) {
	e.mu.Lock()
	e.alone.suspects += n
	var needless []*child[In, Out]
	if e.alone.suspects == 0 {
		needless, e.alone.spare = e.alone.spare, nil
	}
	e.mu.Unlock()
	for _, c := range needless {
		c.retire()
	}
}

// aloneWorker takes a worker that has nothing to do, or starts one. While there are
// other workers it goes on trying.
func (e *processes[In, Out]) aloneWorker(ctx context.Context) (*child[In, Out], error) {
	for {
		c, name, err := e.takeSpare()
		if c != nil || err != nil {
			return c, err
		}
		c, err = e.hireFor(ctx, name)
		switch {
		case err == nil:
			return c, nil
		case ctx.Err() != nil:
			return nil, context.Cause(ctx)
		case errors.Is(err, ErrBroken) || !e.others():
			e.breakDown(asBroken(err))
		default:
			e.pause(ctx, time.Second)
		}
	}
}

// takeSpare takes a worker that has nothing to do, if there is one, else a name for a
// new one.
func (e *processes[In, Out]) takeSpare() (c *child[In, Out], name string, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.refusal(); err != nil {
		return nil, "", err
	}
	if last := len(e.alone.spare) - 1; last >= 0 {
		c, e.alone.spare = e.alone.spare[last], e.alone.spare[:last]
		return c, "", nil
	}
	e.alone.named++
	return nil, fmt.Sprintf("%s-alone-%d", e.opts.Name, e.alone.named), nil
}

// hireFor is hire for a call, which may end while its worker starts.
func (e *processes[In, Out]) hireFor(ctx context.Context, name string) (*child[In, Out], error) {
	type hired struct {
		c   *child[In, Out]
		err error
	}
	got := make(chan hired, 1)
	e.crew.Go(func() {
		c, err := e.hire(ctx, name, nil)
		got <- hired{c, err}
	})
	select {
	case h := <-got:
		return h.c, h.err
	case <-ctx.Done():
	}
	e.crew.Go(func() {
		if h := <-got; h.err == nil {
			h.c.retire()
		}
	})
	return nil, context.Cause(ctx)
}

// keepSpare keeps the worker for the next call, unless it still has this one, whose
// context has ended.
func (e *processes[In, Out]) keepSpare(c *child[In, Out]) {
	if c.busy() || e.opts.MaxCalls > 0 {
		c.retire()
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.alone.spare = append(e.alone.spare, c)
}
