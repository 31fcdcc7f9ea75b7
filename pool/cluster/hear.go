package cluster

import (
	"slices"

	"github.com/nats-io/nats.go"
)

// listen hears what the coordinator tells all workers.
func (s *session) listen() (unsubscribe func()) {
	var all []*nats.Subscription
	for what, hear := range map[string]func([]byte) error{cancel: s.hearCancel, end: s.hearEnd} {
		sub, err := s.worker.conn.nats.Subscribe(s.names.subject(what), func(msg *nats.Msg) {
			if err := hear(msg.Data); err != nil {
				s.worker.told.dropped(what, err)
			}
		})
		if err == nil { // else the connection is closed
			all = append(all, sub)
		}
	}
	return func() {
		for _, sub := range all {
			_ = sub.Unsubscribe()
		}
	}
}

func (s *session) hearEnd(data []byte) error {
	n, err := unseal(endCodec, data)
	if err == nil && n.Epoch == s.epoch {
		s.leave(errRunEnded)
	}
	return err
}

func (s *session) hearCancel(data []byte) error {
	n, err := unseal(cancelCodec, data)
	if err != nil || n.Epoch != s.epoch {
		return err
	}
	given := make(map[uint64]bool, len(n.Calls))
	for _, id := range n.Calls {
		given[id] = true
	}
	for _, local := range s.cancelled(given) {
		s.maker.Cancel(local)
	}
	s.changed()
	return nil
}

// cancelled gives up the calls that nobody waits for. Their failures are published
// nowhere: who takes the run up later would take them for what has come of the calls.
func (s *session) cancelled(given map[uint64]bool) (running []uint64) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.waiting = slices.DeleteFunc(s.waiting, func(local uint64) bool {
		c := s.calls[local]
		if !given[c.ID] {
			return false
		}
		delete(s.calls, local)
		s.less(c.of)
		return true
	})
	for local, c := range s.calls {
		if given[c.ID] && !c.givenUp {
			c.givenUp = true
			s.less(c.of)
			running = append(running, local)
		}
	}
	return running
}
