package fetch

import (
	"context"
	"errors"
	"io"
	"sync"
	"time"

	"trawl/pool"
)

// List is where a stage takes its requests from. Close may be called while
// another goroutine is in Next, which then returns soon.
type List interface {
	Next() (Request, error) // io.EOF is the end; any other error is about this one position
	Ready() bool            // the next Next need not wait for input
	Close() error
}

// Stage submits get_page jobs to an executor, each when its host may be asked,
// and attaches parse_page as their done-callback. For each job the callback must
// call [Stage.Done] or [Stage.Abandon] exactly once: until then the job counts
// as in flight, its host's slot is taken, and Run waits. Out is what a job gives:
// a [Page], if it runs in this process.
type Stage[Out any] struct {
	pages     *pool.Executor[Request, Out]
	parsePage func(Request, *pool.Future[Out])
	refused   func(Request, error)
	denied    func(Request, Ending)
	frontier  *frontier
	jobs      sync.Pool // of *job[Out]
}

// job is a request that has been submitted. It is used again: a callback that
// held the request by itself would cost two allocations a URL.
type job[Out any] struct {
	stage *Stage[Out]
	r     Request
	done  func(*pool.Future[Out]) // its method parsePage
}

func (j *job[Out]) parsePage(page *pool.Future[Out]) {
	r := j.r
	j.r = Request{}
	j.stage.jobs.Put(j)
	j.stage.parsePage(r, page)
}

// NewStage returns a stage over pages, which the caller shuts down after Run.
// parsePage is called once for each job, on the goroutine that has completed it,
// and must call Done with the job's answer, or Abandon if the job has none. It
// may be called by many goroutines at once.
//
// refused is called, by one goroutine at a time, for each position for which the
// list gives an error instead of a request. denied is called, by one goroutine at a
// time, for each position that the stage ends without its last request having been
// sent: robots.txt does not allow it, or its host is down. Attempt is then how many
// were made, and URL what was not asked for. Either may take its time: the list is
// read, or more is submitted, when it has returned.
func NewStage[Out any](
	pages *pool.Executor[Request, Out],
	parsePage func(Request, *pool.Future[Out]),
	refused func(Request, error),
	denied func(Request, Ending),
	opts StageOptions,
) *Stage[Out] {
	s := &Stage[Out]{
		pages: pages, parsePage: parsePage, refused: refused, denied: denied, frontier: newFrontier(opts.withDefaults()),
	}
	s.jobs.New = func() any {
		j := &job[Out]{stage: s}
		j.done = j.parsePage
		return j
	}
	return s
}

// Run takes the list to its end: it returns when every position has ended, or,
// once stop is closed, when what was in flight has (redirects and retries that
// were still due are not asked any more), or at once with the cause when ctx
// ends. It closes the list. The callbacks of jobs that the executor still runs
// may come later.
func (s *Stage[Out]) Run(ctx context.Context, stop <-chan struct{}, list List) error {
	read := make(chan struct{})
	go func() {
		defer close(read)
		s.read(list)
	}()
	err := s.submit(ctx, stop)
	s.frontier.stop()
	err = errors.Join(err, list.Close())
	<-read
	return err
}

// Done tells the stage what became of a request that it has submitted: the
// host's slot is free again. If the answer was not the URL's last one (a
// redirect to be followed, a failure worth another try), the stage asks again
// and says so.
func (s *Stage[Out]) Done(r Request, a Answer) Ending {
	return s.frontier.done(&r, &a)
}

// Abandon is Done for a request that has no answer, as an abort has cut it off:
// its host's slot is free again, and its position has no ending.
func (s *Stage[Out]) Abandon(r Request) { s.frontier.abandon(r) }

// Resize changes [StageOptions].Concurrency from now on: what is in flight beyond it ends as
// it would. 0 pauses: nothing is read from the list, and Run goes on until there is room again,
// or a stop. It is of no use beyond what the executor takes. Any goroutine may call it.
func (s *Stage[Out]) Resize(concurrency int) { s.frontier.resize(concurrency) }

// Status is what the stage is doing now.
func (s *Stage[Out]) Status() Status { return s.frontier.status() }

// submit is the stage's own goroutine: the only one that submits.
func (s *Stage[Out]) submit(ctx context.Context, stop <-chan struct{}) error {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	var t turn
	for {
		s.frontier.take(&t)
		if t.over {
			return nil
		}
		if err := s.do(ctx, &t); err != nil {
			return err
		}
		if !t.empty() && ctx.Err() == nil && !closed(stop) {
			continue
		}
		timer.Reset(t.wait)
		select {
		case <-s.frontier.wake:
		case <-timer.C:
		case <-stop:
			s.frontier.stop()
			stop = nil
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// do does what a turn has to be done.
func (s *Stage[Out]) do(ctx context.Context, t *turn) error {
	for i, r := range t.start {
		if err := s.getPage(ctx, r); err != nil {
			s.frontier.abandon(t.start[i:]...)
			return err
		}
	}
	for _, key := range t.lookUp {
		s.frontier.lookUp(key)
	}
	for _, file := range t.fresh {
		s.frontier.opts.RobotsCache.Put(file)
	}
	for i := range t.denied {
		s.denied(t.denied[i].r, t.denied[i].end)
	}
	if len(t.denied) > 0 {
		s.frontier.told(t.denied)
	}
	return nil
}

func (s *Stage[Out]) getPage(ctx context.Context, r Request) error {
	j := s.jobs.Get().(*job[Out])
	j.r = r
	_, err := s.pages.Submit(ctx, r, j.done)
	return err
}

// read moves the list into the hosts' queues, as far as the frontier wants it.
func (s *Stage[Out]) read(list List) {
	batch := make([]Request, 0, readBatch)
	for wanted := s.frontier.wanted(); wanted > 0; wanted = s.frontier.wanted() {
		batch = batch[:0]
		for range wanted {
			r, err := list.Next()
			if err == io.EOF {
				s.frontier.add(batch)
				s.frontier.end()
				return
			}
			if err == nil {
				batch = append(batch, r)
			} else {
				s.frontier.add(batch) // positions in their order
				batch = batch[:0]
				s.refused(r, err)
				s.frontier.refuse(r)
			}
			if !list.Ready() {
				break
			}
		}
		s.frontier.add(batch)
	}
}

func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
