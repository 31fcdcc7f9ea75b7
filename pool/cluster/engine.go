package cluster

import (
	"context"
	"errors"
	"time"

	"trawl/pool"
)

// Options configures an [Engine].
type Options[In, Out any] struct {
	Run     string // names the run on its server: letters, digits, - and _; the same for a run that is resumed
	Release string // of the program: workers of another one are refused
	Setup   []byte // handed to the start function of each worker; at most 512 KiB
	Secret  bool   // Setup has secrets: it goes only over connections that are encrypted or local

	In    pool.Codec[In]         // how arguments travel; nil is CBOR
	Out   pool.Codec[Out]        // how results travel; nil is CBOR
	Limit func(In) time.Duration // the longest time that a call may take, from when its worker has it; nil, or 0, is as long as it likes

	Replicas int           // copies of the run's streams on a cluster of servers; 0 is 1
	Lease    time.Duration // how long nothing is heard of a worker before others get its calls; 0 is 5 s

	// OnCapacity is told how many calls the workers take at once, all together, when that
	// changes; one goroutine at a time. The engine sends no more than that: further
	// calls wait in it. nil: nobody is told.
	OnCapacity func(calls int)

	OnEvent func(Event) // is told what happens to workers and server; one goroutine at a time; nil: nobody is
}

// Engine makes calls on the workers of a run. It is a [pool.Engine], a [pool.Breaker]
// and a [pool.Terminator], for one executor.
type Engine[In, Out any] struct{}

// New makes the streams of a run, or takes up those that an earlier process of the same
// run has left, with the results that wait there. The connection remains the caller's,
// and must live longer.
func New[In, Out any](ctx context.Context, conn *Conn, opts Options[In, Out]) (*Engine[In, Out], error) {
	return nil, errors.New("not yet")
}

func (e *Engine[In, Out]) Call(ctx context.Context, in In) (out Out, err error) { return out, nil }
func (e *Engine[In, Out]) Close() error                                         { return nil }
func (e *Engine[In, Out]) Broken() error                                        { return nil }
func (e *Engine[In, Out]) Terminate()                                           {}
func (e *Engine[In, Out]) Kill()                                                {}

// Workers says what the workers are doing, in the order in which they came.
func (e *Engine[In, Out]) Workers() []WorkerStatus { return nil }

// WorkerStatus is what a worker was doing when it was last heard of, a second ago or so.
type WorkerStatus struct {
	Name     string  // as it calls itself: its machine and process
	Capacity int     // calls at once
	InFlight int     // calls that it has
	Rate     float64 // calls a second that it has ended, over the last ten seconds or so
	Slow     bool    // much slower than the others for what it has
	Heard    time.Time
}

// Event is something that happens to a worker, or to the server.
type Event struct {
	Kind   Kind
	Worker string // its name; "" if it is about none
	Detail string // more of it, for people; perhaps ""
}

// Kind is what has happened.
type Kind string

const (
	Joined       Kind = "joined"       // a worker; or the coordinator, told by [Serve]: it serves a run
	Left         Kind = "left"         // a worker, having finished what it had
	Gone         Kind = "gone"         // nothing has been heard of a worker for a Lease: others get its calls
	Back         Kind = "back"         // it is heard of again
	Slow         Kind = "slow"         // a worker has become much slower than the others
	Refused      Kind = "refused"      // a worker of another version, or a run of one
	Alone        Kind = "alone"        // calls that had three workers die run alone from now on
	Dropped      Kind = "dropped"      // a message that is none of ours; Detail says what is wrong
	Disconnected Kind = "disconnected" // the server is gone
	Connected    Kind = "connected"    // it is there again
	Restored     Kind = "restored"     // the server had lost calls, which are sent again; Detail says how many
	Ended        Kind = "ended"        // told by Serve: the run has ended
)
