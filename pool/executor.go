package pool

import (
	"fmt"
	"runtime"
	"sync"
)

// Options configures an [Executor]. The zero value is ready to use.
type Options struct {
	Workers int // calls at once; 0 is DefaultWorkers()
	Window  int // calls submitted and not ended, at most; 0 is 2×Workers, less than Workers is refused

	// Name is what workers are called: Name-1, Name-2 and so on; "" is "worker". A worker's
	// goroutine, and those that its calls start, have it as the profiler's label "worker".
	Name string

	// Init is called on each worker's goroutine, here in this process, before the first call
	// that it makes. It may be called on several at once. If it fails, by a panic too, the
	// executor is broken: see [BrokenError]. nil: workers are ready as they are.
	Init func() error

	// OnPanic is told of every callback that panicked, on the goroutine that ran
	// the callback; so more than one may call it at once. A panic of its own is not caught.
	// nil: only the error of Shutdown tells of them.
	OnPanic func(*PanicError)
}

// DefaultWorkers is the number of workers of an executor that is not told any:
// four more than there are processors (GOMAXPROCS), at most 32, as in Python. It
// suits calls that compute, with a few that wait; for calls that mostly wait for a
// network a larger number is better.
func DefaultWorkers() int { return min(32, runtime.GOMAXPROCS(0)+4) }

// Executor makes calls with an [Engine], Options.Workers at once. All methods
// may be called from any goroutine. It holds goroutines until Shutdown.
type Executor[In, Out any] struct {
	engine  Engine[In, Out]
	workers int
	window  int
	name    string
	init    func() error
	onPanic func(*PanicError)
	breaker Breaker // the engine, if it is one

	inside *insiders
	crew   sync.WaitGroup // the workers
	ended  chan struct{}  // closed after the engine is

	mu       sync.Mutex       // guards all below
	queue    line[In, Out]    // in the window, waiting for a worker
	blocked  line[In, Out]    // Submits that wait for room; only while the window is full
	used     int              // calls in the window: submitted and not ended
	hired    int              // workers there are
	idle     *worker[In, Out] // the one that became idle last, then worker.below
	rousing  bool             // a worker is on its way to the queue
	closing  bool             // no more calls
	ending   bool             // the last call has ended
	broken   error            // why no more calls are made
	closeErr error
	faults   faults
}

// New makes an executor that calls engine, and owns it: Shutdown closes it.
// Workers start when calls come. Options that make no sense are refused; the engine
// is then still the caller's.
func New[In, Out any](engine Engine[In, Out], opts Options) (*Executor[In, Out], error) {
	if opts.Workers == 0 {
		opts.Workers = DefaultWorkers()
	}
	if opts.Workers < 0 {
		return nil, fmt.Errorf("new executor: %d workers", opts.Workers)
	}
	if opts.Window == 0 {
		opts.Window = 2 * opts.Workers
	}
	if opts.Window < opts.Workers {
		return nil, fmt.Errorf("new executor: a window of %d is less than %d workers", opts.Window, opts.Workers)
	}
	if opts.Name == "" {
		opts.Name = "worker"
	}
	breaker, _ := engine.(Breaker)
	return &Executor[In, Out]{
		engine:  engine,
		workers: opts.Workers,
		window:  opts.Window,
		name:    opts.Name,
		init:    opts.Init,
		onPanic: opts.OnPanic,
		breaker: breaker,
		inside:  newInsiders(opts.Workers),
		ended:   make(chan struct{}),
	}, nil
}
