package pool

import (
	"context"
	"errors"
	"math"
	"time"
)

// Maker makes calls whose arguments come as bytes. It is the worker's half of an engine
// that has a wire of its own; [Serve] is for the pipes of [Processes].
type Maker interface {
	// Workers is how many calls are made at once. More may be begun, and then wait.
	Workers() int

	// Begin has the call made, or fails it, and returns at once: the one answer to it goes
	// to the Answers, on any goroutine, perhaps this one. limit is the longest time that the
	// call may take, 0 as long as it likes. argument is the caller's again when Begin has
	// returned. The error is that a call of that id has no answer yet.
	Begin(id uint64, limit time.Duration, argument []byte) error

	// Cancel ends the context of a call, unless its answer has gone.
	Cancel(id uint64)

	// Close ends the contexts of all calls and has no more made. Calls that run may still
	// answer afterwards.
	Close()
}

// Answers takes the answers of a [Maker]; from many goroutines at once.
type Answers interface {
	// Result takes what a call has returned, which encode appends to dst. Its error is the
	// call's then: a Failure follows.
	Result(id uint64, encode func(dst []byte) ([]byte, error)) error

	// Failure takes the error of a call, for [AppendError].
	Failure(id uint64, err error)
}

// NewMaker makes a Maker of what a worker process does with its calls. ctx is
// the calls' life. w.Executor is the Maker's, which shuts it down.
func NewMaker[In, Value, Out any](ctx context.Context, w Worker[In, Value, Out], out Answers) (Maker, error) {
	if w.Executor == nil || w.Done == nil {
		return nil, errors.New("new maker: a Worker needs an Executor and a Done")
	}
	ctx, cancel := context.WithCancelCause(ctx)
	return &maker[In, Value, Out]{newServer(ctx, w, math.MaxInt, out), cancel}, nil
}

type maker[In, Value, Out any] struct {
	*server[In, Value, Out]
	end context.CancelCauseFunc
}

func (m *maker[In, Value, Out]) Workers() int { return m.worker.Executor.workers }

func (m *maker[In, Value, Out]) Begin(id uint64, limit time.Duration, argument []byte) error {
	return m.begin(id, limit, argument)
}

func (m *maker[In, Value, Out]) Cancel(id uint64) { m.cancel(id) }

func (m *maker[In, Value, Out]) Close() {
	m.end(ErrShutdown)
	_ = m.worker.Executor.Shutdown(m.ctx, NoWait) // which has no error
	m.late.Wait()
}
