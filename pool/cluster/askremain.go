package cluster

import "time"

// askWhatRemains asks the coordinator which of the message's calls are to be made, and
// reports whether any are. A worker that is to leave asks once.
func (s *session) askWhatRemains(h *held, j *job, delivered uint64) bool {
	q := remainRequest{Instance: s.instance, Name: s.worker.opts.Name, Epoch: s.epoch, Message: j.Message, Delivered: delivered}
	for {
		r, err := ask(s.pulling, s, remain, remainRequestCodec, q, remainReplyCodec)
		switch {
		case err == nil && !r.Busy:
			return s.only(h, j, r.Calls)
		case err == nil || s.isDraining():
			s.letGo(h)
			_ = h.msg.NakWithDelay(s.lease / 2)
			return false
		}
		s.rest(200 * time.Millisecond)
		select {
		case <-s.over:
			return false
		default:
		}
	}
}

// only leaves the calls in the message that remain.
func (s *session) only(h *held, j *job, calls []uint64) bool {
	remain := make(map[uint64]bool, len(calls))
	for _, id := range calls {
		remain[id] = true
	}
	kept := j.Calls[:0]
	for _, c := range j.Calls {
		if remain[c.ID] {
			kept = append(kept, c)
		}
	}
	j.Calls = kept
	if len(kept) == 0 {
		s.letGo(h)
		_ = h.msg.Ack()
		return false
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	h.calls = len(kept)
	return true
}
