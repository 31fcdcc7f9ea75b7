package cluster

import (
	"context"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

const pullWait = time.Second // for a message; the worker asks again then

// pull is the goroutine that takes messages while there are free slots.
func (s *session) pull() {
	for s.waitForRoom() {
		from, err := s.worker.conn.js.Consumer(s.pulling, s.names.jobsStream(), workersConsumer)
		for err == nil && s.waitForRoom() {
			err = s.pullOne(from)
		}
		if err != nil { // there is no server, or no stream: the others find out whether there will be
			s.rest(200 * time.Millisecond)
		}
	}
}

// waitForRoom waits for a free slot, and reports whether messages are to be taken.
func (s *session) waitForRoom() bool {
	for {
		s.mu.Lock()
		room, draining := len(s.calls) < s.maker.Workers(), s.draining
		s.mu.Unlock()
		if room || draining {
			select {
			case <-s.over:
				return false
			default:
				return !draining
			}
		}
		select {
		case <-s.change:
		case <-s.worker.stop:
			return false
		case <-s.over:
			return false
		}
	}
}

// rest waits, unless the session is over.
func (s *session) rest(d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-s.over:
	}
}

func (s *session) pullOne(from jetstream.Consumer) error {
	ctx, done := context.WithTimeout(s.pulling, pullWait)
	defer done()
	s.mu.Lock()
	freezes := s.freezes
	s.mu.Unlock()
	batch, err := from.Fetch(1, jetstream.FetchContext(ctx))
	if err != nil {
		return err
	}
	for msg := range batch.Messages() {
		s.take(msg, s.stoodStillSince(freezes))
	}
	if err := batch.Error(); ctx.Err() == nil {
		return err
	}
	return nil
}

// stoodStillSince reports whether the worker has stood still for longer than a lease since
// it had done so that many times: a message that has come meanwhile may be another's by now.
func (s *session) stoodStillSince(freezes int) bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.freezes != freezes || time.Since(s.alive) > s.lease
}

// take begins the calls of a message. If it is an old one, the coordinator says first which
// of them remain.
func (s *session) take(msg jetstream.Msg, old bool) {
	j, err := unseal(jobCodec, msg.Data())
	facts, bad := msg.Metadata()
	if err == nil {
		err = bad
	}
	switch {
	case err != nil:
		s.worker.told.dropped(jobs, err)
		_ = msg.Term()
		return
	case len(j.Calls) == 0: // it would be held for ever
		s.worker.told.event(Event{Kind: Dropped, Detail: jobs + ": a message without a call"})
		_ = msg.Term()
		return
	case j.Epoch != s.epoch:
		s.strange(&j, msg)
		return
	}
	h, known := s.hold(&j, msg)
	if known {
		return
	}
	if j.Alone { // before the coordinator is asked, who then has a death be the call's doing
		s.waitUntil(func() bool { return len(s.calls) == 0 })
	}
	if old || j.Alone || facts.NumDelivered > 1 {
		if !s.askWhatRemains(h, &j, facts.NumDelivered) {
			return
		}
	}
	s.begin(h, &j)
	if j.Alone {
		s.waitUntil(func() bool { return s.held[h.id] != h })
	}
}

// strange is for a message of another coordinator: of one before, or of a new one.
func (s *session) strange(j *job, msg jetstream.Msg) {
	now, err := ask(s.pulling, s, status, statusRequestCodec, s.status(), statusReplyCodec)
	switch {
	case err == nil && now.Epoch == s.epoch:
		s.worker.told.event(Event{Kind: Dropped, Detail: jobs + ": a message of a coordinator that is no more"})
		_ = msg.Term()
		return
	case err == nil:
		s.leave(errNewLeader)
	}
	_ = msg.NakWithDelay(beat(s.lease))
}

// hold keeps the message alive from now on. One that is held already has come again:
// the server goes by the last that it has given. A session that was left begins nothing: its
// maker would fail the calls, and those failures be taken for what came of them.
func (s *session) hold(j *job, msg jetstream.Msg) (h *held, known bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.left {
		_ = msg.Nak()
		return nil, true
	}
	if h := s.held[j.Message]; h != nil {
		h.msg = msg
		return h, true
	}
	h = &held{id: j.Message, msg: msg, calls: len(j.Calls)}
	s.held[j.Message] = h
	return h, false
}

// letGo forgets a message that the worker has nothing to do with any more.
func (s *session) letGo(h *held) {
	s.mu.Lock()
	delete(s.held, h.id)
	s.mu.Unlock()
	s.changed()
}

// waitUntil waits until something is true, which is looked at with mu held, or the session is over.
func (s *session) waitUntil(is func() bool) {
	for {
		s.mu.Lock()
		now := is()
		s.mu.Unlock()
		if now {
			return
		}
		select {
		case <-s.change:
		case <-s.over:
			return
		}
	}
}
