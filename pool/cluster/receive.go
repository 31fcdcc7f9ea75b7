package cluster

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// What a pull of results asks of the server: no more than the memory bears where results are
// large, and that it is told of the end, and in between
// that there is nothing, so that a server is missed soon.
const (
	pullMessages  = 64 // of at most the size that the server takes
	pullExpiry    = 5 * time.Second
	pullHeartbeat = time.Second
)

// receive is the goroutine that takes results.
func (e *Engine[In, Out]) receive() {
	for e.ctx.Err() == nil {
		if err := e.receiveSome(); err != nil && e.ctx.Err() == nil {
			wake(e.look) // the stream may be lost
			rest(e.ctx, 200*time.Millisecond)
		}
	}
}

// receiveSome takes results until that fails.
func (e *Engine[In, Out]) receiveSome() error {
	from, err := e.conn.js.Consumer(e.ctx, e.names.resultsStream(), coordinatorConsumer)
	if err != nil {
		return err
	}
	messages, err := from.Messages(jetstream.PullMaxMessages(pullMessages), jetstream.PullExpiry(pullExpiry), jetstream.PullHeartbeat(pullHeartbeat))
	if err != nil {
		return err
	}
	ctx, done := context.WithCancel(e.ctx)
	defer done()
	e.mu.Lock()
	e.reopen = done
	e.mu.Unlock()
	defer context.AfterFunc(ctx, messages.Stop)()
	defer messages.Stop()
	for {
		msg, err := messages.Next()
		if err != nil {
			return err
		}
		e.accept(msg)
	}
}

// accept takes a message of results. What is none is dropped.
func (e *Engine[In, Out]) accept(msg jetstream.Msg) {
	a, err := unseal(answersCodec, msg.Data())
	if err != nil {
		e.told.dropped(results, err)
		_ = msg.Term()
		return
	}
	e.mu.Lock()
	strange := 0
	for i := range a.Results {
		if !e.hear(&a, &a.Results[i]) {
			strange++
		}
	}
	e.mu.Unlock()
	wake(e.room)
	_ = msg.Ack() // a second time it would be nobody's
	if strange > 0 {
		e.told.event(Event{Kind: Dropped, Detail: fmt.Sprintf("%d results that nobody waits for", strange)})
	}
}

// hear takes a result, and reports whether it is anybody's. It is called with mu held.
func (e *Engine[In, Out]) hear(a *answers, r *result) bool {
	f := e.flightOf(a, r)
	if f == nil && a.Epoch == e.epoch {
		return false // it has come before, or nobody waits for it
	}
	if r.Parts != 1 {
		if whole := e.gather(a, r); !whole {
			return true
		}
	}
	if f == nil {
		e.early.add(*r)
		return true
	}
	e.leave(f)
	f.end(reply{result: *r})
	return true
}

// flightOf is the call that the result is of, nil if there is none: by its id, or what it is
// if another coordinator has sent it.
func (e *Engine[In, Out]) flightOf(a *answers, r *result) *flight {
	if a.Epoch == e.epoch {
		return e.flights[r.Call]
	}
	for _, f := range e.flights {
		if f.print == r.Print {
			return f
		}
	}
	for _, f := range e.waiting {
		if f.print == r.Print {
			return f
		}
	}
	return nil
}

// partOf says what parts belong together.
type partOf struct {
	epoch, call uint64
	instance    string
	made        uint64
}

// parts are what has come of a result.
type parts struct {
	data  [][]byte
	count int
	size  int
}

// gather reports whether the result is whole now, which it then is. What makes no sense
// is dropped.
func (e *Engine[In, Out]) gather(a *answers, r *result) (whole bool) {
	of := partOf{a.Epoch, r.Call, a.Instance, r.Made}
	p := e.parts[of]
	if p == nil {
		if r.Parts < 1 || r.Parts > maxResult/1024 {
			return false
		}
		p = &parts{data: make([][]byte, r.Parts)}
		e.parts[of] = p
	}
	if r.Part < 0 || r.Part >= len(p.data) || p.data[r.Part] != nil || p.size+len(r.Data) > maxResult {
		return false
	}
	p.data[r.Part] = append([]byte{}, r.Data...)
	p.size += len(r.Data)
	if p.count++; p.count < len(p.data) {
		return false
	}
	delete(e.parts, of)
	r.Data = make([]byte, 0, p.size)
	for _, data := range p.data {
		r.Data = append(r.Data, data...)
	}
	return true
}

// takeEarly takes the results that have waited since another coordinator of the run.
func (e *Engine[In, Out]) takeEarly(from jetstream.Consumer, count uint64) error {
	for count > 0 {
		batch, err := from.Fetch(int(min(count, 100)), jetstream.FetchMaxWait(time.Second))
		if err != nil {
			return err
		}
		got := uint64(0)
		for msg := range batch.Messages() {
			e.accept(msg)
			got++
		}
		if err := batch.Error(); err != nil && !errors.Is(err, nats.ErrTimeout) {
			return err
		}
		if got == 0 {
			return nil // another has taken them
		}
		count -= min(count, got)
	}
	return nil
}
