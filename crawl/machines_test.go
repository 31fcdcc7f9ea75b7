package crawl

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"trawl/fetch"
	"trawl/pool"
)

// machines is an engine whose workers might be on other machines: nothing but bytes goes to
// them and comes back. Jobs go round.
type machines struct {
	jobs Jobs

	mu     sync.Mutex // guards all below
	makers []pool.Maker
	calls  map[uint64]chan<- reply
	last   uint64
	forced bool
	broken error
}

// reply is what has come back.
type reply struct {
	data []byte
	err  error
}

// newMachines makes as many as there are options. It says nothing of how many jobs they take.
func newMachines(jobs Jobs, each ...WorkerOptions) (*machines, error) {
	e := &machines{jobs: jobs, calls: map[uint64]chan<- reply{}}
	for _, opts := range each {
		maker, err := NewWorker(context.Background(), jobs.Setup, e, opts)
		if err != nil {
			return nil, errors.Join(err, e.Close())
		}
		e.makers = append(e.makers, maker)
	}
	return e, nil
}

func (e *machines) Call(ctx context.Context, r fetch.Request) (out Parsed, err error) {
	data, err := e.jobs.In.Append(nil, r)
	if err != nil {
		return out, fmt.Errorf("encode argument: %w", err)
	}
	got := make(chan reply, 1)
	maker, id, err := e.begin(got)
	if err != nil {
		return out, err
	}
	if err := maker.Begin(id, e.jobs.Limit(r), data); err != nil {
		return out, err
	}
	select {
	case answer := <-got:
		if answer.err != nil {
			return out, answer.err
		}
		return e.jobs.Out.Decode(answer.data)
	case <-ctx.Done():
		maker.Cancel(id)
		e.answer(id, reply{})
		return out, context.Cause(ctx)
	}
}

func (e *machines) begin(got chan<- reply) (pool.Maker, uint64, error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	switch {
	case e.broken != nil:
		return nil, 0, e.broken
	case e.forced:
		return nil, 0, &pool.WorkerLostError{State: "ended by force"}
	}
	e.last++
	e.calls[e.last] = got
	return e.makers[e.last%uint64(len(e.makers))], e.last, nil
}

// answer gives the one answer to a call, if it still waits for one.
func (e *machines) answer(id uint64, r reply) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if got := e.calls[id]; got != nil {
		got <- r
	}
	delete(e.calls, id)
}

func (e *machines) Result(id uint64, encode func([]byte) ([]byte, error)) error {
	data, err := encode(nil)
	if err == nil {
		e.answer(id, reply{data: data})
	}
	return err
}

// Failure takes errors to the other machine and back as the pool's wires do.
func (e *machines) Failure(id uint64, err error) {
	data := pool.AppendError(nil, err)
	err, failed := pool.DecodeError(data)
	e.answer(id, reply{err: errors.Join(err, failed)})
}

// end has all calls fail, and those that come.
func (e *machines) end(err error, how func()) {
	e.mu.Lock()
	defer e.mu.Unlock()
	how()
	for id, got := range e.calls {
		got <- reply{err: err}
		delete(e.calls, id)
	}
}

func (e *machines) breakDown(err error) { e.end(err, func() { e.broken = err }) }
func (e *machines) Kill() {
	e.end(&pool.WorkerLostError{State: "ended by force"}, func() { e.forced = true })
}
func (e *machines) Terminate() { e.Kill() }

func (e *machines) Broken() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.broken
}

func (e *machines) Close() error {
	for _, m := range e.makers {
		m.Close()
	}
	return nil
}
