package pool

import (
	"context"
	"errors"
	"fmt"
)

// alone are the workers that run calls whose worker has died: one call at a
// time each, so that it is known which call kills its worker. Guarded by processes.mu, but for
// tokens.
type alone[In, Out any] struct {
	tokens chan struct{}     // has one for each call that runs alone
	calls  int               // that run alone or wait for it
	spare  []*child[In, Out] // workers between two such calls
	named  int               // workers that there have been
}

// callAlone runs a call that was in a worker which died. It has run once.
func (e *processes[In, Out]) callAlone(ctx context.Context, a argument) (out Out, err error) {
	e.suspect(1)
	defer e.suspect(-1)
	select {
	case e.alone.tokens <- struct{}{}:
		defer func() { <-e.alone.tokens }()
	case <-ctx.Done():
		return out, context.Cause(ctx)
	}
	for runs := 2; ; runs++ {
		worker, err := e.aloneWorker()
		if err != nil {
			return out, err
		}
		out, err = worker.call(ctx, a)
		if err == errNotSent {
			runs--
			continue
		}
		if !isLost(err) {
			e.spare(worker)
			return out, err
		}
		if runs == 3 || e.isForced() {
			lost := *err.(*WorkerLostError)
			lost.Runs = runs
			return out, &lost
		}
	}
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
	e.alone.calls += n
	var needless []*child[In, Out]
	if e.alone.calls == 0 {
		needless, e.alone.spare = e.alone.spare, nil
	}
	e.mu.Unlock()
	for _, c := range needless {
		c.retire()
	}
}

// aloneWorker takes a worker that has nothing to do, or starts one.
func (e *processes[In, Out]) aloneWorker() (*child[In, Out], error) {
	e.mu.Lock()
	if err := e.refusal(); err != nil {
		e.mu.Unlock()
		return nil, err
	}
	if last := len(e.alone.spare) - 1; last >= 0 {
		c := e.alone.spare[last]
		e.alone.spare = e.alone.spare[:last]
		e.mu.Unlock()
		return c, nil
	}
	e.alone.named++
	name := fmt.Sprintf("%s-alone-%d", e.opts.Name, e.alone.named)
	e.mu.Unlock()
	c, err := e.hire(name, nil)
	if err != nil && (errors.Is(err, ErrBroken) || !e.hasReady()) {
		err = broken(err)
		e.breakDown(err)
	}
	return c, err
}

// spare keeps the worker for the next call, unless it still has this one, whose
// context has ended.
func (e *processes[In, Out]) spare(c *child[In, Out]) {
	if c.busy() || e.opts.MaxCalls > 0 {
		c.retire()
		return
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	e.alone.spare = append(e.alone.spare, c)
}
