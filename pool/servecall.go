package pool

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// server makes the calls of one parent.
type server[In, Value, Out any] struct {
	ctx    context.Context // of all calls; it ends with the parent
	worker Worker[In, Value, Out]
	most   int // calls at once that it takes
	out    Answers
	late   sync.WaitGroup // submits that wait for room

	mu    sync.Mutex                       // guards calls
	calls map[uint64]*call[In, Value, Out] // that have no answer yet
}

func newServer[In, Value, Out any](ctx context.Context, w Worker[In, Value, Out], most int, out Answers) *server[In, Value, Out] {
	w.In, w.Out = codecOr(w.In), codecOr(w.Out)
	return &server[In, Value, Out]{ctx: ctx, worker: w, most: most, out: out, calls: make(map[uint64]*call[In, Value, Out])}
}

// begin has the call made, or fails it. The error is one of the parent, not of the
// call.
func (s *server[In, Value, Out]) begin(id uint64, limit time.Duration, argument []byte) error {
	in, err := decodeValue(s.worker.In, argument)
	if err != nil {
		s.out.Failure(id, fmt.Errorf("decode argument: %w", err))
		return nil
	}
	c := &call[In, Value, Out]{server: s, id: id, in: in}
	if limit > 0 {
		c.ctx, c.cancel = context.WithTimeout(s.ctx, limit)
	} else {
		c.ctx, c.cancel = context.WithCancel(s.ctx)
	}
	err = s.enter(c) // from here on others may cancel it
	if err == nil {
		c.begin()
		return nil
	}
	c.cancel()
	if err == errOverCapacity {
		s.out.Failure(id, err)
		return nil
	}
	return err
}

// errOverCapacity is the error of a call that no parent sends.
var errOverCapacity = errors.New("more calls at once than the worker takes")

func (s *server[In, Value, Out]) enter(c *call[In, Value, Out]) error {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch {
	case s.calls[c.id] != nil:
		return &frameError{"a call that runs already"}
	case len(s.calls) == s.most:
		return errOverCapacity
	}
	s.calls[c.id] = c
	return nil
}

// cancel ends the context of a call, unless its answer has gone.
func (s *server[In, Value, Out]) cancel(id uint64) {
	s.mu.Lock()
	c := s.calls[id]
	s.mu.Unlock()
	if c != nil {
		c.cancel()
	}
}

// call is one that has no answer yet.
type call[In, Value, Out any] struct {
	server *server[In, Value, Out]
	id     uint64
	in     In
	ctx    context.Context // the call's
	cancel context.CancelFunc
}

// begin submits the call. The reader must not wait there, or no cancel would come
// through: the parent may send a call as soon as it has an answer, which is before
// that call's place in the window is free.
func (c *call[In, Value, Out]) begin() {
	s := c.server
	switch _, err := s.worker.Executor.TrySubmit(c.ctx, c.in, c.ended); err {
	case nil:
	case ErrFull:
		s.late.Go(c.submit)
	default:
		c.refused(err)
	}
}

func (c *call[In, Value, Out]) submit() {
	if _, err := c.server.worker.Executor.Submit(c.ctx, c.in, c.ended); err != nil {
		c.refused(err)
	}
}

func (c *call[In, Value, Out]) refused(err error) {
	var none Out
	c.answer(none, err)
}

// ended is the callback of the call.
func (c *call[In, Value, Out]) ended(f *Future[Value]) {
	var out Out
	var err error
	defer func() { c.answer(out, err) }()
	returned := false
	defer unlessReturned(&returned, func(p *PanicError) { err = p })
	out, err = c.server.worker.Done(c.ctx, c.in, f)
	returned = true
}

// answer sends the one answer to the call. If what encodes it does not return,
// nothing of it has been sent.
func (c *call[In, Value, Out]) answer(out Out, err error) {
	returned := false
	defer unlessReturned(&returned, func(p *PanicError) { c.server.out.Failure(c.id, p) })
	defer c.cancel()
	c.leave()
	if err == nil {
		err = c.result(out)
	}
	if err != nil {
		c.server.out.Failure(c.id, err)
	}
	returned = true
}

// leave is before the answer, upon which the parent may send another call.
func (c *call[In, Value, Out]) leave() {
	c.server.mu.Lock()
	defer c.server.mu.Unlock()
	delete(c.server.calls, c.id)
}

func (c *call[In, Value, Out]) result(out Out) error {
	s := c.server
	err := s.out.Result(c.id, func(dst []byte) ([]byte, error) {
		return appendValue(s.worker.Out, dst, out)
	})
	if err != nil {
		return fmt.Errorf("encode result: %w", err)
	}
	return nil
}
