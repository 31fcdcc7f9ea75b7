package cluster

import (
	"context"
	"errors"
	"time"

	"github.com/nats-io/nats.go"

	"trawl/pool"
)

// keepAlive is the goroutine that says to the server that the worker has its messages still,
// and that ends calls which their maker does not end.
func (s *session) keepAlive() {
	tick := time.NewTicker(beat(s.lease))
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
		case <-s.over:
			return
		}
		now := time.Now()
		s.mu.Lock()
		if now.Sub(s.alive) > s.lease { // the process has stood still
			s.mu.Unlock()
			s.giveUp(errLease)
			s.mu.Lock()
		}
		s.alive = now
		for _, h := range s.held {
			_ = h.msg.InProgress() // while the server is not there it is not counted
		}
		late := s.late(now)
		s.mu.Unlock()
		for _, local := range late {
			s.Failure(local, context.DeadlineExceeded)
		}
		s.fill()
	}
}

// late are the calls that have not ended a while after their time. It is called with mu
// held.
func (s *session) late(now time.Time) (late []uint64) {
	for local, c := range s.calls {
		if !c.due.IsZero() && now.After(c.due) {
			late = append(late, local)
		}
	}
	return late
}

// report is the goroutine that says to the coordinator what the worker is doing, and
// hears whether there is one.
func (s *session) report() {
	tick := time.NewTicker(beat(s.lease))
	defer tick.Stop()
	heard := time.Now() // from a coordinator
	for {
		now, err := ask(s.pulling, s, status, statusRequestCodec, s.status(), statusReplyCodec)
		switch {
		case err == nil && now.Epoch != s.epoch:
			s.leave(errNewLeader)
		case err == nil:
			heard = time.Now()
		case errors.Is(err, nats.ErrNoResponders) && time.Since(heard) > 2*s.lease && s.isIdle():
			s.leave(errNewLeader) // there is nobody to work for
		}
		select {
		case <-tick.C:
		case <-s.over:
			return
		}
	}
}

// status is what the worker is doing. One that is to leave offers no more than what it has.
func (s *session) status() statusRequest {
	s.mu.Lock()
	defer s.mu.Unlock()
	q := statusRequest{
		Instance: s.instance, Name: s.worker.opts.Name, Epoch: s.epoch,
		Capacity: s.maker.Workers(), InFlight: len(s.calls), Ended: s.made,
	}
	if s.draining {
		q.Capacity = q.InFlight
	}
	for id := range s.held {
		q.Messages = append(q.Messages, id)
	}
	return q
}

var _ pool.Answers = (*session)(nil)
