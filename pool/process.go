package pool

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"time"
)

// ProcessOptions configures [Processes]. The zero value runs GOMAXPROCS copies of
// this program.
type ProcessOptions[In, Out any] struct {
	Processes int // workers; 0 is GOMAXPROCS

	// Path is the file of the program, which calls [Serve]. It is not searched for. "" is
	// this program as it is running, though its file may have been replaced.
	Path string

	Args  []string // its argv, its name first; nil is the name of its file alone
	Env   []string // NAME=VALUE, beside what this process has
	Setup []byte   // handed to the start function of each worker; at most 64 MiB

	In  Codec[In]  // how arguments travel; nil is CBOR
	Out Codec[Out] // how results travel; nil is CBOR

	// Limit is the longest time that a call may take, from when its worker has it. nil,
	// or 0, is as long as it likes.
	Limit func(In) time.Duration

	// Key names what calls have in common that their worker may keep. Calls of one key
	// go to the same worker, unless that is much busier than the others. Nothing rests on
	// it: when all workers are busy, a call goes to the first that has room. nil: there is no
	// such thing.
	Key func(In) string

	Memory   int64  // bytes that a worker may use, at least 32 MiB; 0 is no limit
	MaxCalls int    // a worker is replaced after so many calls; 0 is never
	Name     string // of the workers, "NAME-1" and so on; "" is "worker"

	// OnOutput is told each line that a worker prints, on standard output or error,
	// without its end; one goroutine a worker tells it. One that does not return keeps the
	// worker's printing waiting, and Close. nil: nobody is told.
	OnOutput func(worker, line string)

	// OnLost is told of each worker that has said hello and then died, or was ended for
	// what it did; by many goroutines at once. It may make calls, but must not wait for
	// the end of the executor. nil: nobody is told.
	OnLost func(*WorkerLostError)
}

const (
	overdueGrace = 2 * time.Second        // from the end of a call's time to the end of a worker that has not answered
	closeGrace   = 500 * time.Millisecond // for workers that have closed their pipes, or found them closed, to end
	watchEvery   = 100 * time.Millisecond
	leastMemory  = 32 << 20
	aloneWorkers = 8 // that run the calls of dead workers, at once
)

// Processes is the engine of worker processes: each runs the program of opts.Path, whose
// main function must call [Serve], and makes many calls at once. They are started when
// calls come, in a process group of their own, and end with the engine; each has a pair of
// pipes to talk through, and what it prints harms nothing. An engine is for one executor.
//
// A call whose worker dies is run again, alone in a worker of its own; if that dies too,
// once more. So a call may run up to three times. Only one that has had three workers die
// fails, with [*WorkerLostError]; a worker that is killed, crashes, exits, sends nonsense
// or grows past Memory costs no other call its result. Eight calls at most run alone at
// once, so calls that never end, or need each other, should have a Limit.
//
// A call ends at the end of its context, at its deadline or its Limit, also if it does not
// look at its context: a worker that has not answered two seconds later is killed, and what
// it was doing beside is run again elsewhere. A worker that stands still is noticed by
// that alone.
//
// An argument or a result that cannot travel fails its own call. Errors travel as
// [RegisterError] says. An executor is broken ([ErrBroken]) when a worker's start function
// fails, or no worker can be started.
//
// On Linux workers end with this process, even if it is killed. Elsewhere they end when
// they find their pipe closed, and Memory is left to the worker's garbage collector alone.
// The engine has been tried on Linux only.
func Processes[In, Out any](opts ProcessOptions[In, Out]) (Engine[In, Out], error) {
	if err := opts.check(); err != nil {
		return nil, fmt.Errorf("new process engine: %w", err)
	}
	own, err := OwnProgram()
	if err != nil {
		return nil, fmt.Errorf("new process engine: %w", err)
	}
	opts = opts.withDefaults(own)
	e := &processes[In, Out]{opts: opts, closed: make(chan struct{}), children: map[*child[In, Out]]bool{}}
	e.alone.tokens = make(chan struct{}, aloneWorkers)
	if opts.Path == own {
		if e.identity, err = identity(); err != nil {
			return nil, fmt.Errorf("new process engine: %w", err)
		}
	}
	for i := range opts.Processes {
		e.slots = append(e.slots, &slot[In, Out]{name: fmt.Sprintf("%s-%d", opts.Name, i+1)})
	}
	return e, nil
}

func (o ProcessOptions[In, Out]) check() error {
	switch {
	case os.Getenv(workerEnv) != "": // or it would start itself for ever
		return errors.New("this process is a worker: its main function must call Serve first of all")
	case o.Processes < 0 || o.MaxCalls < 0:
		return fmt.Errorf("%d processes, %d calls each", o.Processes, o.MaxCalls)
	case o.Memory != 0 && o.Memory < leastMemory:
		return fmt.Errorf("a worker does not run in %d bytes", o.Memory)
	}
	return nil
}

func (o ProcessOptions[In, Out]) withDefaults(own string) ProcessOptions[In, Out] {
	o.Processes = cmp.Or(o.Processes, runtime.GOMAXPROCS(0))
	o.Path = cmp.Or(o.Path, own)
	o.Name = cmp.Or(o.Name, "worker")
	if o.Args == nil {
		o.Args = []string{filepath.Base(o.Path)}
	}
	o.In, o.Out = codecOr(o.In), codecOr(o.Out)
	return o
}

// processes is the engine. Its goroutines: one that starts processes, one that watches
// them, one for each slot that is filled, and four for each child.
type processes[In, Out any] struct {
	opts    ProcessOptions[In, Out]
	starter starter
	spare   sync.Pool      // of *flight[Out]
	crew    sync.WaitGroup // the goroutines, but for the starter's, and the frame writers', for which bury waits
	closing sync.Once
	closed  chan struct{} // by Close: nothing is started any more

	mu       sync.Mutex // guards all below
	slots    []*slot[In, Out]
	children map[*child[In, Out]]bool // that live, those that run calls alone too
	waiting  []*applicant[In, Out]    // calls that wait for a worker with room, oldest first
	alone    alone[In, Out]
	watched  bool   // there is a goroutine that watches
	identity string // of the workers' program; "" before the first has said
	broken   error
	forced   bool // workers have been ended by force
	shut     bool // Close has been called
}

// Call runs the call in a worker.
func (e *processes[In, Out]) Call(ctx context.Context, in In) (Out, error) {
	var none Out
	data, err := appendValue(e.opts.In, nil, in)
	if err != nil {
		return none, fmt.Errorf("encode argument: %w", err)
	}
	a := argument{data: data}
	if e.opts.Limit != nil {
		a.limit = e.opts.Limit(in)
	}
	key := ""
	if e.opts.Key != nil {
		key = e.opts.Key(in)
	}
	for {
		worker, err := e.acquire(ctx, key)
		if err != nil {
			return none, err
		}
		r := worker.call(ctx, a)
		switch {
		case r.unsent: // it had died before
		case r.lost != nil:
			return e.callAlone(ctx, a, r.lost)
		default:
			return r.value, r.err
		}
	}
}

// argument is a call on its way to a worker.
type argument struct {
	data  []byte // encoded
	limit time.Duration
}

// Broken says why there are no workers any more.
func (e *processes[In, Out]) Broken() error {
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.broken
}
