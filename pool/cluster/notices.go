package cluster

import (
	"context"
	"sync"
)

// Event is something that happens to a worker, or to the server.
type Event struct {
	Kind   Kind
	Worker string // its name; "" if it is about none
	Detail string // more of it, for people; perhaps ""
}

// Kind is what has happened.
type Kind string

const (
	Joined       Kind = "joined"       // a worker, Detail is its capacity; told by [Serve]: it serves a run, which is the Detail
	Left         Kind = "left"         // a worker, having finished what it had
	Gone         Kind = "gone"         // nothing has been heard of a worker for a Lease, which is the Detail: others get its calls
	Back         Kind = "back"         // it is heard of again
	Slow         Kind = "slow"         // a worker has become much slower than the others; Detail has both rates
	Refused      Kind = "refused"      // a worker, or a run; Detail says why
	Denied       Kind = "denied"       // the server does not let us in again, or do what we must; Detail says why and how it is mended; told again and again
	Alone        Kind = "alone"        // so many calls, which is the Detail, run alone from now on: three workers have died under their message
	Dropped      Kind = "dropped"      // a message that is none of ours; Detail says what is wrong
	Disconnected Kind = "disconnected" // the server is gone; Detail is its address
	Connected    Kind = "connected"    // it is there again; Detail is its address
	Restored     Kind = "restored"     // the server has lost so many calls, which is the Detail; they are sent again
	Ended        Kind = "ended"        // told by Serve: the run has ended, which is the Detail
)

// maxNotices is how many events wait to be told. Beyond them some are not told: there is no
// end to what a server may be sent.
const maxNotices = 1024

// notices tells of events and of capacity, on a goroutine of its own, without a lock held.
type notices struct {
	onEvent    func(Event) // nil: nobody is told
	onCapacity func(int)   // nil: nobody is told
	news       chan struct{}

	mu     sync.Mutex // guards all below
	events []Event
	calls  int  // the capacity
	resize bool // nobody has been told of it
}

func newNotices(onEvent func(Event), onCapacity func(int)) *notices {
	return &notices{onEvent: onEvent, onCapacity: onCapacity, news: make(chan struct{}, 1)}
}

// run is the goroutine, until ctx ends.
func (n *notices) run(ctx context.Context) {
	for {
		select {
		case <-n.news:
			n.tell()
		case <-ctx.Done():
			n.tell()
			return
		}
	}
}

func (n *notices) tell() {
	n.mu.Lock()
	events, calls, resize := n.events, n.calls, n.resize
	n.events, n.resize = nil, false
	n.mu.Unlock()
	if resize && n.onCapacity != nil {
		n.onCapacity(calls)
	}
	for _, e := range events {
		if n.onEvent != nil {
			n.onEvent(e)
		}
	}
}

func (n *notices) event(e Event) {
	n.mu.Lock()
	if len(n.events) < maxNotices {
		n.events = append(n.events, e)
	}
	n.mu.Unlock()
	wake(n.news)
}

// dropped tells of a message that is none.
func (n *notices) dropped(what string, err error) {
	n.event(Event{Kind: Dropped, Detail: what + ": " + err.Error()})
}

func (n *notices) capacity(calls int) {
	n.mu.Lock()
	n.calls, n.resize = calls, true
	n.mu.Unlock()
	wake(n.news)
}
