package cluster

import (
	"fmt"
	"runtime"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// message is one that has been sent, and has calls without an answer.
type message struct {
	id     uint64
	alone  bool
	calls  []uint64
	left   int       // calls without an answer
	tries  int       // how often the server has lost it
	seq    uint64    // in the stream; 0 is that this is not known
	seen   time.Time // when it was last known to be somewhere: in the stream, or at a worker
	doubt  time.Time // when it is sent again, unless a worker says that it has it; zero: it is not
	holder string    // the worker that had it last, as far as is known; if alone, that has begun it
	deaths int       // of workers that had it
	before int       // of workers that had its call with others
	failed error     // why the server has not stored it; nil: it has, or is not known not to have
	since  time.Time // when that began
}

// sendGap is the least time between messages, within which calls gather: at most so many
// messages a second, of which each costs the server as much as a hundred calls do.
const sendGap = 2 * time.Millisecond

// send is the goroutine that sends calls to the workers.
func (e *Engine[In, Out]) send() {
	stored := make(chan published, 1024)
	e.crew.Go(func() { e.confirm(stored) })
	defer close(stored)
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	var last time.Time
	for {
		now := time.Now()
		m, msg, gathering := e.next(now.Sub(last) < sendGap)
		switch {
		case m != nil:
			last = now
			stored <- e.publish(m, msg)
			continue
		case gathering:
			timer.Reset(sendGap - now.Sub(last))
		default:
			timer.Reset(time.Hour)
		}
		select {
		case <-e.room:
			runtime.Gosched() // who is about to submit will have: fuller messages
		case <-timer.C:
		case <-e.ctx.Done():
			return
		}
	}
}

// next is the next message. With gathering it is there only if it is full; then gathering
// says that there would be one later.
func (e *Engine[In, Out]) next(gather bool) (m *message, msg *nats.Msg, gathering bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	for len(e.again) > 0 {
		m, e.again = e.again[0], e.again[1:]
		if e.messages[m.id] == m { // else its calls have ended since, or are sent alone
			return m, e.encode(m), false
		}
	}
	n := min(len(e.waiting), e.capacity-len(e.flights), e.share())
	if n <= 0 {
		return nil, nil, false
	}
	if n < maxCalls && n < e.share() && gather {
		return nil, nil, true
	}
	return e.fill(n)
}

// share is how many calls a message has at most, so that no worker is given more than
// half of what it takes at once while others have nothing.
func (e *Engine[In, Out]) share() int {
	return max(1, min(maxCalls, e.members.least()/2))
}

// fill makes a message of the n calls that have waited longest, or of fewer that are large.
func (e *Engine[In, Out]) fill(n int) (m *message, msg *nats.Msg, _ bool) {
	e.lastID++
	m = &message{id: e.lastID, calls: make([]uint64, 0, n)}
	size := 0
	for i, f := range e.waiting[:n] {
		if size += len(f.data); i > 0 && size > min(maxMessage, e.maxArgument()) {
			n = i
			break
		}
		f.message = m
		m.calls = append(m.calls, f.id)
		e.flights[f.id] = f
	}
	clear(e.waiting[copy(e.waiting, e.waiting[n:]):])
	e.waiting = e.waiting[:len(e.waiting)-n]
	m.left = len(m.calls)
	e.messages[m.id] = m
	return m, e.encode(m), false
}

// encode is called with mu held. What is published again because nothing was heard of the
// server is stored once, within its memory of two minutes.
func (e *Engine[In, Out]) encode(m *message) *nats.Msg {
	j := job{Epoch: e.epoch, Message: m.id, Alone: m.alone, Calls: make([]jobCall, 0, m.left)}
	for _, id := range m.calls {
		if f := e.flights[id]; f != nil {
			j.Calls = append(j.Calls, jobCall{ID: id, Limit: f.limit, Argument: f.data})
		}
	}
	m.seen, m.doubt = time.Now(), time.Time{}
	msg := nats.NewMsg(e.names.subject(jobs))
	msg.Header.Set(nats.MsgIdHdr, fmt.Sprintf("%x-%d-%d", e.epoch, m.id, m.tries))
	msg.Data = seal(jobCodec, j)
	return msg
}

// published is a message on its way to the server.
type published struct {
	m   *message
	ack jetstream.PubAckFuture
	err error
}

// publish does not wait for the server.
func (e *Engine[In, Out]) publish(m *message, msg *nats.Msg) published {
	ack, err := e.conn.js.PublishMsgAsync(msg, jetstream.WithStallWait(e.opts.Lease))
	return published{m, ack, err}
}

// confirm waits for the server's word on each message, and has those sent again which it has
// not stored.
func (e *Engine[In, Out]) confirm(stored <-chan published) {
	for p := range stored {
		if p.err == nil {
			select {
			case ack := <-p.ack.Ok():
				e.isStored(p.m, ack.Sequence)
				continue
			case p.err = <-p.ack.Err():
			case <-e.ctx.Done():
				continue
			}
		}
		e.notStored(p.m, p.err)
	}
}

func (e *Engine[In, Out]) isStored(m *message, seq uint64) {
	e.mu.Lock()
	defer e.mu.Unlock()
	m.seq, m.failed = seq, nil
}

// notStored has the message sent again, once the streams are known to be there.
func (e *Engine[In, Out]) notStored(m *message, err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	now := time.Now()
	m.doubt = now.Add(beat(e.opts.Lease))
	if m.failed == nil {
		m.since = now
	}
	m.failed = err
	wake(e.look)
}
