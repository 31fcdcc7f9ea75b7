package cluster

import (
	"fmt"
	"slices"
	"time"

	"github.com/nats-io/nats.go"

	"trawl/pool"
)

// WorkerStatus is what a worker was doing when it was last heard of, a second ago or so.
type WorkerStatus struct {
	Name     string    // as it calls itself: its machine and process
	Capacity int       // calls at once
	InFlight int       // calls that it has
	Rate     float64   // calls a second that it has ended, over the last ten seconds or so
	Slow     bool      // much slower than the others for what it has
	Heard    time.Time // when it was
}

// member is a worker that has been heard of.
type member struct {
	WorkerStatus
	since    time.Time
	ended    uint64    // calls, when Heard
	gone     bool      // nothing has been heard for a lease
	slowFrom time.Time // since when it has been slow, whenever it was looked at; zero is not
}

// members are the workers. Guarded by Engine.mu.
type members struct {
	all   map[string]*member // by instance
	order []string           // instances, as they came
}

// least is the capacity of the smallest worker that takes calls, 0 if there is none.
func (m *members) least() (calls int) {
	for _, w := range m.all {
		if !w.gone && w.Capacity > 0 && (calls == 0 || w.Capacity < calls) {
			calls = w.Capacity
		}
	}
	return calls
}

func (m *members) capacity() (calls int) {
	for _, w := range m.all {
		if !w.gone {
			calls += w.Capacity
		}
	}
	return calls
}

func (m *members) leave(instance string) {
	delete(m.all, instance)
	m.order = slices.DeleteFunc(m.order, func(i string) bool { return i == instance })
}

// isAlive reports whether the worker has been heard of in the last time.
func (m *members) isAlive(instance string, within time.Duration) bool {
	w := m.all[instance]
	return w != nil && time.Since(w.Heard) < within
}

// excuse has no worker be silent for the time in which none could be heard.
func (m *members) excuse(now time.Time) {
	for _, w := range m.all {
		if !w.gone {
			w.Heard = now
		}
	}
}

// Workers says what the workers are doing, in the order in which they came. One that is
// gone is among them for a minute.
func (e *Engine[In, Out]) Workers() []WorkerStatus {
	e.mu.Lock()
	defer e.mu.Unlock()
	all := make([]WorkerStatus, 0, len(e.members.order))
	for _, instance := range e.members.order {
		all = append(all, e.members.all[instance].WorkerStatus)
	}
	return all
}

// answer has the workers' questions answered.
func (e *Engine[In, Out]) answer() (unsubscribe func(), err error) {
	var all []*nats.Subscription
	unsubscribe = func() {
		for _, s := range all {
			_ = s.Unsubscribe() // the connection may be closed
		}
	}
	for what, reply := range map[string]func([]byte) ([]byte, error){
		hello: e.welcome, failed: e.regret, status: e.note, remain: e.remaining,
	} {
		s, err := e.conn.nats.Subscribe(e.names.subject(what), func(msg *nats.Msg) {
			data, err := reply(msg.Data)
			if err != nil {
				e.told.dropped(what, err)
				return
			}
			_ = msg.Respond(data) // who does not hear it asks again
		})
		if err != nil {
			unsubscribe()
			return nil, err
		}
		all = append(all, s)
	}
	return unsubscribe, e.conn.nats.Flush()
}

// welcome answers a worker that wants to join.
func (e *Engine[In, Out]) welcome(data []byte) ([]byte, error) {
	q, err := unseal(helloRequestCodec, data)
	if err != nil {
		return nil, err
	}
	r := helloReply{Epoch: e.epoch, Lease: e.opts.Lease}
	switch {
	case q.Release != e.opts.Release:
		r.Refusal = fmt.Sprintf("the run is one of version %s, the worker of %s", e.opts.Release, q.Release)
	case e.opts.Secret && !q.Private:
		r.Refusal = "the run has secrets, and the worker's connection is neither encrypted nor local"
	default:
		r.Setup = e.opts.Setup
		if !q.Private && e.opts.OnExposed != nil {
			e.opts.OnExposed()
		}
	}
	if r.Refusal != "" {
		e.told.event(Event{Kind: Refused, Worker: called(q.Name), Detail: r.Refusal})
	}
	return seal(helloReplyCodec, r), nil
}

// regret hears of a worker whose start has failed. If there is no other, no call will ever be
// made.
func (e *Engine[In, Out]) regret(data []byte) ([]byte, error) {
	q, err := unseal(failedCodec, data)
	if err != nil {
		return nil, err
	}
	why, bad := pool.DecodeError(q.Error)
	if bad != nil {
		return nil, bad
	}
	if q.Epoch == e.epoch {
		e.told.event(Event{Kind: Refused, Worker: called(q.Name), Detail: "start: " + why.Error()})
		e.mu.Lock()
		none := e.capacity == 0
		e.mu.Unlock()
		if none {
			e.breakDown(fmt.Errorf("start of %s: %w", called(q.Name), why))
		}
	}
	return seal(statusReplyCodec, statusReply{Epoch: e.epoch}), nil
}

// note takes down what a worker says of itself.
func (e *Engine[In, Out]) note(data []byte) ([]byte, error) {
	q, err := unseal(statusRequestCodec, data)
	if err != nil {
		return nil, err
	}
	if q.Epoch == e.epoch {
		e.mu.Lock()
		e.noteStatus(&q)
		e.measure()
		e.mu.Unlock()
		wake(e.room)
	}
	return seal(statusReplyCodec, statusReply{Epoch: e.epoch}), nil
}

// noteStatus is called with mu held.
func (e *Engine[In, Out]) noteStatus(said *statusRequest) {
	q, now := said.believed(), time.Now()
	w := e.members.all[q.Instance]
	switch {
	case q.Leaving && w == nil:
		return
	case q.Leaving:
		e.members.leave(q.Instance)
		for _, m := range e.messages {
			if m.holder == q.Instance {
				m.holder = "" // which has not died
			}
		}
		e.told.event(Event{Kind: Left, Worker: q.Name})
		return
	case w == nil:
		w = &member{since: now}
		w.Name, w.Heard, w.ended = q.Name, now, q.Ended
		e.members.all[q.Instance] = w
		e.members.order = append(e.members.order, q.Instance)
		e.told.event(Event{Kind: Joined, Worker: q.Name, Detail: fmt.Sprint(q.Capacity)})
	case w.gone:
		w.gone = false
		e.told.event(Event{Kind: Back, Worker: q.Name})
	}
	w.heard(&q, now)
	for _, id := range q.Messages {
		if m := e.messages[id]; m != nil {
			m.seen, m.doubt, m.failed = now, time.Time{}, nil
			if !m.alone { // else its holder asks before it begins
				m.holder = q.Instance
			}
		}
	}
}

const rateOver = 10.0 // seconds

func (w *member) heard(q *statusRequest, now time.Time) {
	if passed := now.Sub(w.Heard).Seconds(); passed > 0 && q.Ended >= w.ended {
		share := min(1, passed/min(rateOver, max(passed, now.Sub(w.since).Seconds())))
		w.Rate += share * (float64(q.Ended-w.ended)/passed - w.Rate)
	}
	w.Capacity, w.InFlight, w.ended, w.Heard = q.Capacity, q.InFlight, q.Ended, now
}

// measure tells of the capacity if it has changed. It is called with mu held.
func (e *Engine[In, Out]) measure() {
	if calls := e.members.capacity(); calls != e.capacity && e.broken == nil {
		e.capacity = calls
		e.told.capacity(calls)
	}
}
