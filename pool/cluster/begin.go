package cluster

import "time"

// overdue is how long a call may take beyond its limit before it is given up.
const overdue = 2 * time.Second

// begin has the calls made, as there is room for them, unless the message is not held any
// more, or the session was left.
func (s *session) begin(h *held, j *job) {
	s.mu.Lock()
	if s.held[h.id] == h && !s.left {
		for i := range j.Calls {
			s.lastID++
			s.calls[s.lastID] = &heldCall{jobCall: j.Calls[i], of: h}
			s.waiting = append(s.waiting, s.lastID)
		}
	}
	s.mu.Unlock()
	s.fill()
}

// fill begins calls that wait while there is room.
func (s *session) fill() {
	for {
		local, c := s.next()
		if c == nil {
			return
		}
		if err := s.maker.Begin(local, c.Limit, c.Argument); err != nil {
			s.Failure(local, err)
		}
	}
}

// next is the call to be begun. There is none if the worker has stood still for so long
// that others have its calls by now.
func (s *session) next() (local uint64, c *heldCall) {
	s.mu.Lock()
	defer s.mu.Unlock()
	now := time.Now()
	if len(s.waiting) == 0 || s.running >= s.maker.Workers() || now.Sub(s.alive) > s.lease {
		return 0, nil
	}
	local, s.waiting = s.waiting[0], s.waiting[1:]
	c = s.calls[local]
	s.running++
	if c.Limit > 0 {
		c.due = now.Add(c.Limit + overdue)
	}
	return local, c
}
