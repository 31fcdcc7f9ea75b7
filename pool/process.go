package pool

import (
	"cmp"
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"sync"
	"time"
)

// ProcessOptions configures [Processes]. The zero value runs GOMAXPROCS copies of
// this program.
type ProcessOptions[In, Out any] struct {
	Processes int      // workers; 0 is GOMAXPROCS
	Path      string   // the program, which calls [Serve]; "" is this one, as it is running: its file may have been replaced
	Args      []string // its argv, its name first; nil is the name of its file alone
	Env       []string // NAME=VALUE, beside what this process has
	Setup     []byte   // handed to the start function of each worker

	In  Codec[In]  // how arguments travel; nil is CBOR
	Out Codec[Out] // how results travel; nil is CBOR

	Limit func(In) time.Duration // longest time that a call may take, from when its worker has it; nil, or 0: as long as it likes
	Key   func(In) string        // calls of one key go to the same worker, unless that is much busier than the others; nil: to the least busy

	Memory   int64  // bytes that a worker may use, at least 32 MiB; 0 is no limit
	MaxCalls int    // a worker is replaced after so many calls; 0 is never
	Name     string // of the workers, "NAME-1" and so on; "" is "worker"

	// OnOutput is told each line that a worker prints, on standard output or
	// error, without its end; by one goroutine a worker. nil: nobody is.
	OnOutput func(worker, line string)

	// OnLost is told of each worker that has died by itself or was ended for what it
	// did; by many goroutines at once. nil: nobody is.
	OnLost func(*WorkerLostError)
}

const (
	overdueGrace = 2 * time.Second        // from the end of a call's time to the end of a worker that has not answered
	closeGrace   = 500 * time.Millisecond // for workers that have closed their pipes, or found them closed, to end
	watchEvery   = 100 * time.Millisecond
	leastMemory  = 32 << 20
	aloneWorkers = 8 // that run the calls of dead workers, at once
)

// Processes is the engine of worker processes: each runs the program of
// opts.Path, whose main function must call [Serve], and makes many calls at
// once. They are started when calls come, in a process group of their own, and closed with
// the engine; each has a pair of pipes to talk through, and what it prints harms nothing.
//
// A call whose worker dies is run again, alone in a worker of its own; if that
// dies too, once more. So a call may run up to three times. Only one that has had three
// workers die fails, with [*WorkerLostError]; a worker that is killed, crashes, exits,
// sends nonsense or grows past Memory costs no other call its result.
//
// A call ends at the end of its context, at its deadline or its Limit, also if it
// does not look at its context: a worker that has not answered two seconds later
// is killed, and what it was doing beside is run again elsewhere.
//
// An argument or a result that cannot travel fails its own call. Errors travel as
// [RegisterError] says. An executor is broken ([ErrBroken]) when a worker's start function
// fails, or no worker can be started.
//
// On Linux workers end with this process, even if it is killed. Elsewhere they
// end when they find their pipe closed, and Memory is left to the worker's garbage collector alone.
// The engine has been tried on Linux only.
func Processes[In, Out any](opts ProcessOptions[In, Out]) (Engine[In, Out], error) {
	if opts.Processes < 0 || opts.Memory < 0 || opts.MaxCalls < 0 {
		return nil, fmt.Errorf("new process engine: a negative number: %d processes, %d bytes, %d calls", opts.Processes, opts.Memory, opts.MaxCalls)
	}
	if opts.Memory > 0 && opts.Memory < leastMemory {
		return nil, fmt.Errorf("new process engine: a worker does not run in %d bytes", opts.Memory)
	}
	own, err := ownProgram()
	if err != nil {
		return nil, fmt.Errorf("new process engine: %w", err)
	}
	opts.Processes = cmp.Or(opts.Processes, runtime.GOMAXPROCS(0))
	opts.Path = cmp.Or(opts.Path, own)
	opts.Name = cmp.Or(opts.Name, "worker")
	if opts.Args == nil {
		opts.Args = []string{filepath.Base(opts.Path)}
	}
	opts.In, opts.Out = codecOr(opts.In), codecOr(opts.Out)
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

// processes is the engine. Its goroutines: one that starts processes, one that watches
// them, one for each slot that is filled, and three for each child.
type processes[In, Out any] struct {
	opts    ProcessOptions[In, Out]
	starter starter
	encoded sync.Pool      // of *[]byte
	flights sync.Pool      // of *flight[Out]
	crew    sync.WaitGroup // all goroutines but the starter's
	closed  chan struct{}  // by Close: nothing is started any more

	mu       sync.Mutex // guards all below
	slots    []*slot[In, Out]
	children map[*child[In, Out]]bool // that live, those that run calls alone too
	waiting  []*applicant[In, Out]    // calls that wait for a worker with room, oldest first
	alone    alone[In, Out]
	watched  bool   // there is a goroutine that watches
	identity string // of the workers' program; "" before the first has said
	broken   error
	forced   bool // workers have been ended by force
	closing  bool
}

// Call runs the call in a worker.
func (e *processes[In, Out]) Call(ctx context.Context, in In) (out Out, err error) {
	buffer := e.buffer()
	defer e.encoded.Put(buffer)
	*buffer, err = e.opts.In.Append((*buffer)[:0], in)
	if err != nil {
		return out, fmt.Errorf("encode argument: %w", err)
	}
	a := argument{data: *buffer}
	if e.opts.Limit != nil {
		a.limit = e.opts.Limit(in)
	}
	if e.opts.Key != nil {
		a.key = e.opts.Key(in)
	}
	for {
		worker, err := e.acquire(ctx, a.key)
		if err != nil {
			return out, err
		}
		out, err = worker.call(ctx, a)
		if err == errNotSent {
			continue // it had died before
		}
		if isLost(err) {
			return e.callAlone(ctx, a)
		}
		return out, err
	}
}

// argument is a call on its way to a worker.
type argument struct {
	data  []byte // encoded
	limit time.Duration
	key   string
}

func (e *processes[In, Out]) buffer() *[]byte {
	if b, ok := e.encoded.Get().(*[]byte); ok && cap(*b) <= 1<<20 { // a larger one is not kept for small calls
		return b
	}
	return new([]byte)
}

// isLost reports whether the error is a worker's death, rather than what a call
// has returned.
func isLost(err error) bool {
	lost, ok := err.(*WorkerLostError)
	return ok && lost.Runs == 0
}
