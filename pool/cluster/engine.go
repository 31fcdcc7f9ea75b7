package cluster

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"time"

	"trawl/pool"
)

// Options configures an [Engine].
type Options[In, Out any] struct {
	Run     string // names the run on its server: letters, digits, - and _; the same for a run that is resumed
	Release string // of the program: workers of another one are refused
	Setup   []byte // handed to the start function of each worker; at most 512 KiB, and what the server takes in a message
	Secret  bool   // Setup has secrets: it goes only over connections that are private

	In    pool.Codec[In]         // how arguments travel; nil is CBOR
	Out   pool.Codec[Out]        // how results travel; nil is CBOR
	Limit func(In) time.Duration // the longest time that a call may take, from when its worker has it; nil, or 0, is as long as it likes

	Replicas int           // copies of the run's streams on a cluster of servers; 0 is 1
	Lease    time.Duration // how long nothing is heard of a worker before others get its calls; 0 is 5 s

	// OnCapacity is told how many calls the workers take at once, all together, when that
	// changes, and 0 when the engine is broken; one goroutine at a time. The engine sends no more than that: further
	// calls wait in it. nil: nobody is told.
	OnCapacity func(calls int)

	// OnExposed is told of a worker whose connection is not private, before it gets anything.
	// nil: nobody is told.
	OnExposed func()

	OnEvent func(Event) // is told what happens to workers and server; one goroutine at a time; nil: nobody is
}

const (
	defaultLease = 5 * time.Second
	maxSetup     = 512 << 10
)

func (o Options[In, Out]) withDefaults() (Options[In, Out], error) {
	o.Lease = cmp.Or(o.Lease, defaultLease)
	o.Replicas = cmp.Or(o.Replicas, 1)
	if o.In == nil {
		o.In = pool.CBOR[In]()
	}
	if o.Out == nil {
		o.Out = pool.CBOR[Out]()
	}
	return o, checkRun(o.Run)
}

// ErrNotPrivate is the error of New for a setup with secrets, whose connection would show
// them to others.
var ErrNotPrivate = errors.New("the connection is neither encrypted nor local")

// ErrStore is why an engine is broken whose server takes no more calls, its disk being full.
var ErrStore = errors.New("the NATS server stores nothing")

// Engine makes calls on the workers of a run. It is a [pool.Engine], a [pool.Breaker]
// and a [pool.Terminator], for one executor.
//
// A call runs once, unless its worker dies, freezes or loses its server for a Lease: then
// another worker makes it again. Calls whose message has been given to three workers in
// vain run alone after that, and only a call that has two more workers die while nothing
// else runs there fails, with [*pool.WorkerLostError]. What the server loses is made
// again. A call waits for as long as there is no worker.
//
// A call ends at the end of its context, and at its Limit, though it may go on
// elsewhere if it looks at neither.
type Engine[In, Out any] struct {
	opts  Options[In, Out]
	conn  *Conn
	names names
	epoch uint64 // tells this coordinator from others of the run, before and after
	seed  uint64 // for print

	ctx  context.Context // ends with Close
	end  context.CancelFunc
	crew sync.WaitGroup
	room chan struct{} // there is something to send, or room for it; for the sender
	look chan struct{} // the streams may be lost; for the keeper

	told  *notices
	spare sync.Pool // of *flight

	mu       sync.Mutex // guards all below
	lastID   uint64     // of a call, or a message
	waiting  []*flight
	flights  map[uint64]*flight  // that have been sent, by id
	messages map[uint64]*message // that have calls without an answer
	again    []*message          // to be sent once more
	early    earlyResults
	parts    map[partOf]*parts
	members  members
	capacity int
	looked   time.Time // when the workers were last watched
	reopen   func()    // has the results' consumer opened anew
	broken   error
	forced   bool
	shut     bool
}

// New makes the streams of a run, or takes up those that an earlier process of the same
// run has left, with the results that wait there. The connection remains the caller's,
// and must live longer.
func New[In, Out any](ctx context.Context, conn *Conn, opts Options[In, Out]) (*Engine[In, Out], error) {
	opts, err := opts.withDefaults()
	switch most := min(maxSetup, int(conn.nats.MaxPayload())-overhead); {
	case err != nil:
	case len(opts.Setup) > most:
		err = fmt.Errorf("a setup of %d bytes is too large for workers elsewhere, at most %d", len(opts.Setup), most)
	case opts.Secret && !conn.Private():
		err = ErrNotPrivate
	}
	if err != nil {
		return nil, fmt.Errorf("new cluster engine: %w", err)
	}
	e := &Engine[In, Out]{
		opts: opts, conn: conn, names: names{opts.Run}, epoch: rand.Uint64(), seed: setupSeed(opts.Setup),
		room: make(chan struct{}, 1), look: make(chan struct{}, 1),
		flights: map[uint64]*flight{}, messages: map[uint64]*message{}, parts: map[partOf]*parts{},
		members: members{all: map[string]*member{}}, told: newNotices(opts.OnEvent, opts.OnCapacity),
		looked: time.Now(), reopen: func() {},
	}
	e.ctx, e.end = context.WithCancel(context.WithoutCancel(ctx))
	if err := e.begin(ctx); err != nil {
		e.end()
		e.crew.Wait()
		return nil, fmt.Errorf("new cluster engine: %w", err)
	}
	return e, nil
}

func (e *Engine[In, Out]) begin(ctx context.Context) error {
	if err := e.takeUp(ctx); err != nil {
		return err
	}
	unsubscribe, err := e.answer()
	if err != nil {
		return err
	}
	e.crew.Go(func() { <-e.ctx.Done(); unsubscribe() })
	e.crew.Go(func() { e.told.run(e.ctx) })
	unwatch := e.conn.notify(func(connected bool) {
		if connected {
			wake(e.look)
			wake(e.room)
		}
	})
	e.crew.Go(func() { <-e.ctx.Done(); unwatch() })
	e.crew.Go(e.send)
	e.crew.Go(e.receive)
	e.crew.Go(e.keep)
	_ = e.conn.nats.Publish(news, nil) // who does not hear it looks every second
	return nil
}

// wake has room for one.
func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// Broken says why no calls are made any more.
func (e *Engine[In, Out]) Broken() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.broken
}

// Terminate ends all calls, with an error that Is [pool.ErrWorkerLost]. The workers remain,
// and serve other runs.
func (e *Engine[In, Out]) Terminate() { e.Kill() }

// Kill is the same as Terminate.
func (e *Engine[In, Out]) Kill() {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.forced = true
	e.endAll(&pool.WorkerLostError{Worker: "cluster", State: "ended by force"})
}

// breakDown ends all calls that have no answer, and those that will come.
func (e *Engine[In, Out]) breakDown(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.broken == nil && !e.shut {
		e.broken = &pool.BrokenError{Err: err}
		e.endAll(e.broken)
		e.told.capacity(0) // who has nothing submitted learns it, too
	}
}

// endAll is called with mu held.
func (e *Engine[In, Out]) endAll(err error) {
	for _, f := range e.waiting {
		f.end(reply{err: err})
	}
	for _, f := range e.flights {
		f.end(reply{err: err})
	}
	e.waiting, e.again = nil, nil
	clear(e.flights)
	clear(e.messages)
	clear(e.parts)
}

// refusal says why a call is not taken. It is called with mu held.
func (e *Engine[In, Out]) refusal() error {
	switch {
	case e.broken != nil:
		return e.broken
	case e.forced:
		return &pool.WorkerLostError{Worker: "cluster", State: "ended by force"}
	case e.shut:
		return errors.New("cluster engine is closed")
	}
	return nil
}

const closeTime = time.Second // to take the streams off the server

// Close tells the workers that the run has ended, and takes its streams off the server.
// If that is not there, the streams stay, which is the error.
func (e *Engine[In, Out]) Close() error {
	e.mu.Lock()
	e.shut = true
	e.mu.Unlock()
	e.end()
	_ = e.conn.nats.Publish(e.names.subject(end), seal(endCodec, endNotice{Epoch: e.epoch})) // workers find out by themselves
	ctx, done := context.WithTimeout(context.Background(), closeTime)
	defer done()
	err := Forget(ctx, e.conn, e.opts.Run)
	e.crew.Wait()
	return err
}
