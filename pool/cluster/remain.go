package cluster

import (
	"fmt"
	"time"

	"trawl/pool"
)

// deliveries is how many deliveries of a message are in vain before its calls run alone, and
// aloneDeaths how many workers may die then under a call.
const (
	deliveries  = 3
	aloneDeaths = 2
)

// remaining answers a worker that has been given a message again, or one that is to run
// alone.
func (e *Engine[In, Out]) remaining(data []byte) ([]byte, error) {
	q, err := unseal(remainRequestCodec, data)
	if err != nil {
		return nil, err
	}
	e.mu.Lock()
	r := e.remainingOf(&q)
	e.mu.Unlock()
	wake(e.room)
	return seal(remainReplyCodec, r), nil
}

// remainingOf is called with mu held.
func (e *Engine[In, Out]) remainingOf(q *remainRequest) (r remainReply) {
	m := e.messages[q.Message]
	if q.Epoch != e.epoch || m == nil {
		return r
	}
	if m.holder != "" && m.holder != q.Instance {
		alive := e.members.isAlive(m.holder, e.opts.Lease/2)
		switch {
		case e.wasAway(time.Now()), alive && !e.hasGivenUp(m):
			return remainReply{Busy: true} // it has it still, perhaps, though the server thought otherwise
		case !alive:
			m.deaths++
		}
	}
	m.seen, m.doubt = time.Now(), time.Time{}
	switch {
	case m.alone && m.deaths >= aloneDeaths:
		e.condemn(m)
		return r
	case !m.alone && q.Delivered > deliveries && m.deaths >= deliveries-1: // of the first one's nothing may be known
		e.separate(m)
		return r
	}
	m.holder = q.Instance
	r.Calls = e.callsOf(m)
	return r
}

// callsOf are the calls of the message that have no answer.
func (e *Engine[In, Out]) callsOf(m *message) (ids []uint64) {
	for _, id := range m.calls {
		if f := e.flights[id]; f != nil && f.message == m {
			ids = append(ids, id)
		}
	}
	return ids
}

// hasGivenUp reports whether the message's holder has been heard of for a lease without naming
// it. It is called with mu held.
func (e *Engine[In, Out]) hasGivenUp(m *message) bool {
	return e.members.all[m.holder].Heard.Sub(m.seen) > e.opts.Lease
}

// separate has the calls of a message sent again, each alone.
func (e *Engine[In, Out]) separate(m *message) {
	e.told.event(Event{Kind: Alone, Detail: fmt.Sprint(m.left)})
	delete(e.messages, m.id)
	for _, id := range e.callsOf(m) {
		e.lastID++
		single := &message{id: e.lastID, alone: true, calls: []uint64{id}, left: 1, before: m.deaths}
		e.flights[id].message = single
		e.messages[single.id] = single
		e.again = append(e.again, single)
	}
}

// condemn ends the call under which its workers die.
func (e *Engine[In, Out]) condemn(m *message) {
	name := "worker"
	if w := e.members.all[m.holder]; w != nil {
		name = w.Name
	}
	for _, id := range e.callsOf(m) {
		f := e.flights[id]
		e.leave(f)
		f.end(reply{err: &pool.WorkerLostError{
			Worker: name, State: fmt.Sprintf("nothing was heard of it for %v", e.opts.Lease), Runs: m.before + m.deaths,
		}})
	}
}
