package cluster

import (
	"testing"
	"time"
)

// newDeaf makes an engine that hears only what the test says to it.
func newDeaf(alone bool) (*Engine[string, string], *message) {
	f := &flight{id: 1, answer: make(chan reply, 1)}
	f.message = &message{id: 2, alone: alone, calls: []uint64{1}, left: 1, seen: time.Now()}
	return &Engine[string, string]{
		opts: Options[string, string]{Lease: defaultLease}, looked: time.Now(), told: newNotices(nil, nil),
		members: members{all: map[string]*member{}},
		flights: map[uint64]*flight{1: f}, messages: map[uint64]*message{2: f.message},
	}, f.message
}

func (e *Engine[In, Out]) hears(instance string, leaving bool, messages ...uint64) {
	e.noteStatus(&statusRequest{Instance: instance, Name: instance, Capacity: 8, Messages: messages, Leaving: leaving})
}

func (e *Engine[In, Out]) isAsked(instance string) remainReply {
	return e.remainingOf(&remainRequest{Instance: instance, Message: 2, Delivered: 2})
}

// silence has nothing be heard of the worker for so long.
func (e *Engine[In, Out]) silence(instance string, d time.Duration) {
	w := e.members.all[instance]
	w.Heard = w.Heard.Add(-d)
}

func TestACallAloneIsCondemnedForTheWorkersThatMadeIt(t *testing.T) {
	e, m := newDeaf(true)
	f := e.flights[1]
	for _, worker := range []string{"a", "b"} {
		e.hears(worker, false, m.id)
		if r := e.isAsked(worker); len(r.Calls) != 1 {
			t.Fatalf("%s is told %+v, want the call", worker, r)
		}
		e.silence(worker, defaultLease)
	}
	e.hears("c", false, m.id)
	if r := e.isAsked("c"); len(r.Calls) != 0 || r.Busy || len(f.answer) != 1 {
		t.Errorf("c is told %+v, and the call has %d answers; want that it is condemned", r, len(f.answer))
	}
}

// A worker that has a call alone waits until the others have ended, of which one may kill it.
func TestACallAloneIsNotCondemnedForWorkersThatHadNotBegunIt(t *testing.T) {
	e, m := newDeaf(true)
	for _, worker := range []string{"a", "b", "c"} {
		e.hears(worker, false, m.id)
		e.silence(worker, defaultLease)
	}
	e.hears("d", false, m.id)
	if r := e.isAsked("d"); len(r.Calls) != 1 {
		t.Errorf("d is told %+v, want the call", r)
	}
}

func TestACallAloneIsNotCondemnedForWorkersThatLeave(t *testing.T) {
	e, m := newDeaf(true)
	for _, worker := range []string{"a", "b", "c", "d"} {
		e.hears(worker, false)
		if r := e.isAsked(worker); len(r.Calls) != 1 {
			t.Fatalf("%s is told %+v, want the call", worker, r)
		}
		e.hears(worker, false, m.id)
		e.hears(worker, true)
	}
}

// A worker that was frozen is there again, and has given up what it had.
func TestAMessageIsNotKeptForAWorkerThatHasGivenItUp(t *testing.T) {
	e, m := newDeaf(false)
	e.hears("a", false, m.id)
	if r := e.isAsked("b"); !r.Busy {
		t.Errorf("b is told %+v though a has the message", r)
	}
	m.seen = m.seen.Add(-defaultLease - time.Second)
	e.hears("a", false)
	if r := e.isAsked("b"); len(r.Calls) != 1 {
		t.Errorf("b is told %+v, want the call that a has given up", r)
	}
}
