package cluster

import (
	"context"
	"fmt"
	"slices"
	"time"

	"trawl/pool"
)

// flight is a call that has no answer yet.
type flight struct {
	id      uint64
	print   [16]byte
	data    []byte // its argument, encoded
	limit   time.Duration
	message *message   // that has it; nil while it waits
	answer  chan reply // has room for one
}

// reply is how a flight ends: with a whole result, or without one.
type reply struct {
	result result
	err    error
}

// end is called once, with mu held.
func (f *flight) end(r reply) { f.answer <- r }

// Call has the call made by a worker. A codec that panics does so here, where the executor
// makes it the call's error.
func (e *Engine[In, Out]) Call(ctx context.Context, in In) (out Out, err error) {
	f := e.flight()
	defer e.spare.Put(f)
	if err := e.prepare(ctx, f, in); err != nil {
		return out, err
	}
	if err := e.enter(f); err != nil {
		return out, err
	}
	select {
	case r := <-f.answer:
		if r.err != nil {
			return out, r.err
		}
		return e.outcome(&r.result)
	case <-ctx.Done():
		e.forget(f)
		return out, context.Cause(ctx)
	}
}

// flight is a new one, or one that is over.
func (e *Engine[In, Out]) flight() *flight {
	f, ok := e.spare.Get().(*flight)
	if !ok {
		return &flight{answer: make(chan reply, 1)}
	}
	*f = flight{answer: f.answer, data: f.data[:0]}
	return f
}

// prepare makes the call ready to be sent.
func (e *Engine[In, Out]) prepare(ctx context.Context, f *flight, in In) (err error) {
	if f.data, err = e.opts.In.Append(f.data, in); err != nil {
		return fmt.Errorf("encode argument: %w", err)
	}
	if most := e.maxArgument(); len(f.data) > most {
		return fmt.Errorf("an argument of %d bytes, and the NATS server takes %d in a message", len(f.data), most)
	}
	if e.opts.Limit != nil {
		f.limit = e.opts.Limit(in)
	}
	if deadline, ok := ctx.Deadline(); ok && (f.limit == 0 || time.Until(deadline) < f.limit) {
		f.limit = max(1, time.Until(deadline))
	}
	f.print = print(e.seed, f.data)
	return nil
}

func (e *Engine[In, Out]) maxArgument() int { return int(e.conn.nats.MaxPayload()) - overhead }

// enter has the call sent, unless its result is there already.
func (e *Engine[In, Out]) enter(f *flight) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if err := e.refusal(); err != nil {
		return err
	}
	if early, ok := e.early.take(f.print); ok {
		f.end(reply{result: early})
		return nil
	}
	e.lastID++
	f.id = e.lastID
	e.waiting = append(e.waiting, f)
	if n := len(e.waiting); n == 1 || n%maxCalls == 0 { // in between they gather
		wake(e.room)
	}
	return nil
}

// outcome decodes a whole result.
func (e *Engine[In, Out]) outcome(r *result) (out Out, err error) {
	if r.Failed {
		failure, bad := pool.DecodeError(r.Data)
		if bad != nil {
			failure = fmt.Errorf("decode error: %w", bad)
		}
		return out, failure
	}
	if out, err = e.opts.Out.Decode(r.Data); err != nil {
		err = fmt.Errorf("decode result: %w", err)
	}
	return out, err
}

// forget gives a call up whose context has ended, and tells the workers.
func (e *Engine[In, Out]) forget(f *flight) {
	e.mu.Lock()
	sent := e.flights[f.id] == f
	e.leave(f)
	select {
	case <-f.answer: // it has come nevertheless
	default:
	}
	e.mu.Unlock()
	if sent {
		notice := cancelNotice{Epoch: e.epoch, Calls: []uint64{f.id}}
		_ = e.conn.nats.Publish(e.names.subject(cancel), seal(cancelCodec, notice)) // its answer is dropped anyway
		wake(e.room)
	}
}

// leave takes a call out of those that have no answer, if it is among them, with what has come
// of its result. It is called with mu held.
func (e *Engine[In, Out]) leave(f *flight) {
	if e.flights[f.id] != f {
		if i := slices.Index(e.waiting, f); i >= 0 {
			e.waiting = slices.Delete(e.waiting, i, i+1)
		}
		return
	}
	delete(e.flights, f.id)
	for of := range e.parts {
		if of.epoch == e.epoch && of.call == f.id {
			delete(e.parts, of)
		}
	}
	if m := f.message; m != nil {
		if m.left--; m.left == 0 {
			delete(e.messages, m.id)
		}
	}
}
