package cluster

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"trawl/pool"
)

// session is a worker's part in a run, with one coordinator of it: from its hello until the
// run ends, or another coordinator takes it up.
type session struct {
	worker   *worker
	names    names
	instance string
	epoch    uint64
	seed     uint64 // for print
	lease    time.Duration
	maker    pool.Maker
	ctx      context.Context // of the calls
	end      context.CancelCauseFunc
	crew     sync.WaitGroup
	pulling  context.Context // ends when over is closed
	endPull  context.CancelFunc
	over     chan struct{} // closed when there is nothing to do here any more
	finish   sync.Once     // closes it
	ended    atomic.Bool   // the run has
	broken   error         // why no more calls can be made here; nil: over was closed for another reason

	change chan struct{} // calls or messages have ended; for the puller
	idle   chan struct{} // the same, for who waits for the last
	ready  chan struct{} // there are results; for the publisher

	mu       sync.Mutex // guards all below
	held     map[uint64]*held
	calls    map[uint64]*heldCall // that have no answer, by the maker's id
	waiting  []uint64             // of them: those that have not begun
	running  int                  // and how many have
	lastID   uint64
	alive    time.Time // when the worker last said so
	freezes  int       // how often it has stood still for longer than a lease
	made     uint64    // calls that have had an answer
	results  []pending
	draining bool // nothing more is taken
	left     bool // nor begun of what comes still
}

// held is a message that the worker has, until its results are on the server.
type held struct {
	id    uint64
	msg   jetstream.Msg
	calls int // whose results are not on the server
}

// heldCall is a call that runs, or waits for room.
type heldCall struct {
	jobCall
	of      *held
	due     time.Time // when an answer is overdue; zero is never
	givenUp bool      // nobody wants the answer
}

func newSession(w *worker, run string) *session {
	return &session{
		worker: w, names: names{run}, instance: fmt.Sprintf("%x", rand.Uint64()),
		over: make(chan struct{}), change: make(chan struct{}, 1), idle: make(chan struct{}, 1), ready: make(chan struct{}, 1),
		held: map[uint64]*held{}, calls: map[uint64]*heldCall{},
		pulling: context.Background(), endPull: func() {},
	}
}

var (
	errRunEnded  = errors.New("the run has ended")
	errNewLeader = errors.New("another coordinator has taken the run up")
	errLease     = errors.New("the worker was not heard for too long: others have its calls")
)

// leave ends the session for the reason; its calls are given up.
func (s *session) leave(why error) {
	s.finish.Do(func() {
		s.ended.Store(why == errRunEnded)
		if errors.Is(why, pool.ErrBroken) {
			s.broken = why
		}
		s.giveUp(why)
		close(s.over)
		s.endPull()
	})
}

// serve serves the run, and reports whether it has ended. The error is that the worker
// cannot go on with it.
func (s *session) serve(ctx context.Context) (ended bool, err error) {
	s.worker.told.event(Event{Kind: Joined, Detail: s.names.run})
	s.alive = time.Now() // the start may have taken long
	unsubscribe := s.listen()
	s.crew.Go(s.pull)
	s.crew.Go(s.publish)
	s.crew.Go(s.keepAlive)
	s.crew.Go(s.report)
	select {
	case <-s.over:
	case <-s.worker.stop:
		s.worker.away = !s.drain(ctx)
	case <-ctx.Done():
	}
	s.leave(context.Canceled)
	s.maker.Close()
	unsubscribe()
	s.crew.Wait()
	s.end(nil)
	s.goodbye()
	if s.ended.Load() {
		s.worker.told.event(Event{Kind: Ended, Detail: s.names.run})
	}
	if s.broken != nil {
		s.regret(ctx, s.broken)
	}
	return s.ended.Load(), s.broken
}

// regret tells the coordinator why the worker makes no calls of the run. If that does not hear
// it, it has other workers, or none.
func (s *session) regret(ctx context.Context, why error) {
	q := failedRequest{Name: s.worker.opts.Name, Epoch: s.epoch, Error: pool.AppendError(nil, why)}
	_, _ = ask(ctx, s, failed, failedCodec, q, statusReplyCodec)
}

// drain finishes what the worker has taken. It reports false if the server has been away for
// a lease, after which others have it: that takes no results, and may never come back.
func (s *session) drain(ctx context.Context) bool {
	s.mu.Lock()
	s.draining = true
	s.mu.Unlock()
	tick := time.NewTicker(beat(s.lease))
	defer tick.Stop()
	for there := time.Now(); !s.isIdle(); {
		select {
		case <-s.idle:
		case <-tick.C:
			if s.worker.conn.nats.IsConnected() {
				there = time.Now()
			} else if time.Since(there) > s.lease {
				return false
			}
		case <-s.over:
			return true
		case <-ctx.Done():
			return true
		}
	}
	return true
}

func (s *session) isDraining() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.draining
}

func (s *session) isIdle() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.held) == 0
}

// goodbye gives back what the worker has not finished, and says that it leaves.
func (s *session) goodbye() {
	s.mu.Lock()
	for id, h := range s.held {
		_ = h.msg.Nak() // else it comes again after the lease
		delete(s.held, id)
	}
	s.mu.Unlock()
	q := s.status()
	q.Leaving = true
	_ = s.worker.conn.nats.PublishRequest(s.names.subject(status), s.worker.conn.nats.NewInbox(), seal(statusRequestCodec, q))
	_ = s.worker.conn.nats.FlushTimeout(askServer / 4)
}

// giveUp cancels all calls, forgets their messages, and drops what they will answer. What
// has been answered is published all the same.
func (s *session) giveUp(why error) {
	s.mu.Lock()
	for _, local := range s.waiting {
		delete(s.calls, local)
	}
	s.waiting = nil
	s.left = s.left || why != errLease
	if why == errLease {
		s.freezes++
	}
	var up []uint64
	for local, c := range s.calls {
		c.givenUp = true
		up = append(up, local)
	}
	if why == errLease || why == errNewLeader || why == errRunEnded {
		clear(s.held)
		for i := range s.results {
			s.results[i].of = nil
		}
	}
	s.mu.Unlock()
	for _, local := range up {
		s.maker.Cancel(local)
	}
	s.changed()
}

// changed says that calls or messages have ended.
func (s *session) changed() {
	wake(s.change)
	wake(s.idle)
}
