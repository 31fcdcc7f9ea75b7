package crawl

import (
	"cmp"
	"context"
	"errors"
	"os"
	"path/filepath"
	"sync"

	"trawl/fetch"
	"trawl/pool"
)

// WorkerOptions are what a worker on another machine than its coordinator has of its own. The
// zero value makes as many jobs at once as a run of its own would.
type WorkerOptions struct {
	Concurrency int   // jobs at once; 0 is [fetch.DefaultConcurrency]
	Connections int   // idle connections kept; 0 is [fetch.DefaultConnections]
	BodyMemory  int64 // bytes of bodies in memory at once; 0 is [fetch.DefaultBodyMemory], at least one body of the run's MaxSize fits

	// ParsePage is what [Options].ParsePage is; it must be nil with Processes, whose program gives
	// its own to [Serve].
	ParsePage ParsePage

	Processes *ProcessOptions // has jobs made in worker processes of this machine; ParseTimeout is the run's; nil: in this one

	// Spool is a folder in which the worker makes one for what is captured for an archive, while it is
	// here, and removes it with its end; those of workers that were killed, too. "" is the one for temporary files.
	Spool string
}

// NewWorker makes what makes the jobs of a run elsewhere, as [Jobs].Setup says: which headers,
// which limits of a page, what is taken from it. A proxy that the run does not name is this machine's environment's.
// ctx is the life of the jobs, whose answers go to answers. The error is that the setup is of
// another release, or that this machine cannot do what it says.
//
// The maker holds its client, processes and folder until Close and the end of its last job.
func NewWorker(ctx context.Context, setup []byte, answers pool.Answers, opts WorkerOptions) (pool.Maker, error) {
	s, err := readSetup(setup)
	if err != nil {
		return nil, err
	}
	s.Means = means{
		Concurrency: cmp.Or(opts.Concurrency, fetch.DefaultConcurrency),
		Connections: cmp.Or(opts.Connections, fetch.DefaultConnections),
		BodyMemory:  cmp.Or(opts.BodyMemory, fetch.DefaultBodyMemory),
	}
	end := nothing
	if s.Capture {
		a, err := newArchived(filepath.Join(cmp.Or(opts.Spool, os.TempDir()), "trawl"))
		if err != nil {
			return nil, err
		}
		s.Means.Spool, end = a.dir, sync.OnceValue(a.close)
	}
	maker, err := s.maker(ctx, answers, opts, end)
	if err != nil {
		return nil, errors.Join(err, end())
	}
	return maker, nil
}

// maker makes it; end is called at its end.
func (s setup) maker(ctx context.Context, answers pool.Answers, opts WorkerOptions, end func() error) (pool.Maker, error) {
	if opts.Processes == nil {
		w, err := s.worker(opts.ParsePage, end)
		if err != nil {
			return nil, err
		}
		w.Out = wholeCodec{s.spool()}
		return pool.NewMaker(ctx, w, answers)
	}
	engine, err := opts.Processes.engine(s, opts.ParsePage, nil)
	if err != nil {
		return nil, err
	}
	ex, err := newExecutor(ending[Parsed]{engine, end}, s.Means.Concurrency)
	if err != nil {
		return nil, err
	}
	return pool.NewMaker(ctx, pool.Worker[fetch.Request, Parsed, Parsed]{
		Executor: ex, Done: pool.Outcome[fetch.Request, Parsed], In: &hopCodec{}, Out: wholeCodec{s.spool()},
	}, answers)
}
