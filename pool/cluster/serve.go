package cluster

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"trawl/pool"
)

// Start makes what makes a run's calls, with what its coordinator has for workers
// ([Options].Setup). ctx is the life of the calls.
type Start func(ctx context.Context, setup []byte, answers pool.Answers) (pool.Maker, error)

// WorkerOptions configures [Serve].
type WorkerOptions struct {
	Name    string      // "" is the machine's name and the process's id
	Release string      // of the program: runs of another one are refused
	Run     string      // serve this run alone; "" is any, the oldest first
	Once    bool        // return when the first run has ended
	OnEvent func(Event) // one goroutine at a time; nil: nobody is told
}

// ErrAway is why a worker that is stopped cannot finish what it has taken.
var ErrAway = errors.New("the NATS server is away, and takes nothing of what is finished here")

// Serve makes the calls of the runs on the server, one run after the other, until stop is
// closed and what it has taken is finished, or at once when ctx ends, with its cause. It
// returns nil after stop, or when with Once the run has ended. While the server is not
// there it waits, with what it has finished in hand; after stop for a lease, and returns
// [ErrAway].
//
// A run of another version is left alone and told of ([Refused]); with Run or Once that is
// an error, as is one whose start fails.
func Serve(ctx context.Context, stop <-chan struct{}, conn *Conn, start Start, opts WorkerOptions) error {
	if opts.Run != "" {
		if err := checkRun(opts.Run); err != nil {
			return fmt.Errorf("serve: %w", err)
		}
	}
	if opts.Name == "" {
		host, err := os.Hostname()
		if err != nil {
			host = "worker"
		}
		opts.Name = fmt.Sprintf("%s-%d", host, os.Getpid())
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	w := &worker{
		conn: conn, start: start, opts: opts, stop: stop, told: newNotices(opts.OnEvent, nil), refused: map[string]bool{},
	}
	var crew sync.WaitGroup
	telling, quiet := context.WithCancel(context.Background())
	crew.Go(func() { w.told.run(telling) })
	err := w.serve(ctx)
	quiet()
	crew.Wait()
	return err
}

// worker serves runs.
type worker struct {
	conn    *Conn
	start   Start
	opts    WorkerOptions
	stop    <-chan struct{}
	told    *notices
	away    bool            // the server was, for so long that what was taken is given up
	refused map[string]bool // runs that have been told of, by name and reason
}

func (w *worker) isStopped() bool {
	select {
	case <-w.stop:
		return true
	default:
		return false
	}
}

func (w *worker) serve(ctx context.Context) error {
	heard := make(chan *nats.Msg, 1)
	s, err := w.conn.nats.ChanSubscribe(news, heard)
	if err != nil {
		return fmt.Errorf("serve: %w", err)
	}
	defer s.Unsubscribe() // the connection may be closed
	for ctx.Err() == nil && !w.isStopped() {
		served, err := w.serveOne(ctx)
		switch {
		case w.away && ctx.Err() == nil:
			return fmt.Errorf("serve: %w", ErrAway)
		case err != nil && (w.opts.Run != "" || w.opts.Once) && ctx.Err() == nil:
			return fmt.Errorf("serve: %w", err)
		case served && w.opts.Once:
			return nil
		case served:
			continue
		}
		w.wait(ctx, heard)
	}
	return context.Cause(ctx) // nil, if it was stopped
}

const lookEvery = time.Second // for runs

// wait is before the next look for runs.
func (w *worker) wait(ctx context.Context, heard <-chan *nats.Msg) {
	timer := time.NewTimer(lookEvery)
	defer timer.Stop()
	select {
	case <-heard:
	case <-timer.C:
	case <-w.stop:
	case <-ctx.Done():
	}
}

// serveOne serves the oldest run that there is, to its end, and reports whether it has
// ended. The error is that it cannot be served.
func (w *worker) serveOne(ctx context.Context) (ended bool, err error) {
	for _, run := range w.runs(ctx) {
		s, refusal := w.join(ctx, run)
		if refusal != nil {
			w.refuse(run.name, refusal)
			err = refusal
			continue
		}
		if s == nil {
			continue
		}
		ended, broken := s.serve(ctx)
		if broken != nil {
			w.refuse(run.name, broken)
		}
		return ended, broken
	}
	return false, err
}

// refuse tells of a run that cannot be served, once.
func (w *worker) refuse(run string, err error) {
	key := run + " " + err.Error()
	if len(w.refused) < maxNotices && !w.refused[key] {
		w.refused[key] = true
		w.told.event(Event{Kind: Refused, Detail: "run " + run + ": " + err.Error()})
	}
}

// run is one on the server.
type run struct {
	name, wire string
	made       time.Time
}

// runs are those on the server, oldest first; none while it cannot be asked.
func (w *worker) runs(ctx context.Context) (all []run) {
	ctx, done := context.WithTimeout(ctx, askServer)
	defer done()
	list := w.conn.js.ListStreams(ctx, jetstream.WithStreamListSubject(anyJobs))
	for info := range list.Info() {
		name, ok := runOf(info.Config.Name)
		if ok && (w.opts.Run == "" || w.opts.Run == name) {
			all = append(all, run{name, info.Config.Metadata[wireFact], info.Created})
		}
	}
	slices.SortFunc(all, func(a, b run) int { return a.made.Compare(b.made) })
	return all
}

// join says hello to the run's coordinator. Without one there is no session. The error is
// that worker and run do not suit each other.
func (w *worker) join(ctx context.Context, r run) (*session, error) {
	if r.wire != fmt.Sprint(wireVersion) {
		return nil, fmt.Errorf("it is one of another version: its wire is %q, the worker's %d", r.wire, wireVersion)
	}
	s := newSession(w, r.name)
	q := helloRequest{Instance: s.instance, Name: w.opts.Name, Release: w.opts.Release, Private: w.conn.Private()}
	hi, err := ask(ctx, s, hello, helloRequestCodec, q, helloReplyCodec)
	if err != nil {
		return nil, nil
	}
	if hi.Refusal != "" {
		return nil, errors.New(hi.Refusal)
	}
	s.epoch, s.lease, s.seed = hi.Epoch, hi.Lease, setupSeed(hi.Setup)
	if s.lease <= 0 {
		return nil, fmt.Errorf("its lease is %v", hi.Lease)
	}
	s.ctx, s.end = context.WithCancelCause(context.WithoutCancel(ctx))
	s.pulling, s.endPull = context.WithCancel(s.ctx)
	if s.maker, err = w.start(s.ctx, hi.Setup, s); err != nil {
		s.endPull()
		s.end(nil)
		s.regret(ctx, err)
		return nil, fmt.Errorf("start: %w", err)
	}
	return s, nil
}

// ask asks the run's coordinator. Without one, or without a server, the error comes soon.
func ask[Q, R any](ctx context.Context, s *session, what string, qc pool.Codec[Q], q Q, rc pool.Codec[R]) (r R, err error) {
	ctx, done := context.WithTimeout(ctx, askServer)
	defer done()
	msg, err := s.worker.conn.nats.RequestWithContext(ctx, s.names.subject(what), seal(qc, q))
	if err != nil {
		return r, err
	}
	return unseal(rc, msg.Data)
}
