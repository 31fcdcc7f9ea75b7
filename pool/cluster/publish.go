package cluster

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"

	"trawl/pool"
)

// pending is a result on its way to the server.
type pending struct {
	result
	of *held // nil: the message is not held any more
}

var errResultTooLarge = errors.New("more than 64 MiB")

// Result takes what a call has returned, for [pool.Answers].
func (s *session) Result(local uint64, encode func([]byte) ([]byte, error)) error {
	data, err := encode(nil)
	if err != nil {
		return err
	}
	if len(data) > maxResult {
		return errResultTooLarge
	}
	s.answer(local, false, data)
	return nil
}

// Failure takes a call's error. One that says that the worker can make no calls any more ends
// the session: others make them.
func (s *session) Failure(local uint64, err error) {
	if errors.Is(err, pool.ErrBroken) {
		s.leave(err)
		return
	}
	s.answer(local, true, pool.AppendError(nil, err))
}

// answer has the answer published, unless the call has been given up.
func (s *session) answer(local uint64, failed bool, data []byte) {
	tell := false
	s.mu.Lock()
	c := s.calls[local]
	if c != nil {
		delete(s.calls, local)
		s.running--
	}
	if c != nil && !c.givenUp {
		s.made++
		r := result{Call: c.ID, Made: local, Print: print(s.seed, c.Argument), Failed: failed, Parts: 1, Data: data}
		s.results = append(s.results, pending{r, c.of})
		tell = len(s.results) == 1 || len(s.results) == maxCalls || len(s.calls) == 0 // in between they gather
	}
	s.mu.Unlock()
	if tell {
		wake(s.ready)
	}
	if c != nil {
		s.changed()
		s.fill()
	}
}

// resultGap is the least time between messages of results, within which they gather.
const resultGap = 4 * time.Millisecond

// publish is the goroutine that takes results to the server: until the session is over,
// and then those that are left, if the server is there.
func (s *session) publish() {
	var last time.Time
	for sent := 0; ; sent++ {
		over := s.waitForResults(last)
		batch := s.batch()
		if over && len(batch) == 0 {
			return
		}
		last = time.Now()
		if !s.store(batch, fmt.Sprintf("%s-%d", s.instance, sent)) {
			return
		}
		s.stored(batch)
	}
}

// waitForResults waits until there are as many results as a message has, or some and
// the last message has been a while, or no call runs of which there could be more.
func (s *session) waitForResults(last time.Time) (over bool) {
	timer := time.NewTimer(time.Hour)
	defer timer.Stop()
	for {
		s.mu.Lock()
		n, all := len(s.results), len(s.calls) == 0
		s.mu.Unlock()
		gap := resultGap - time.Since(last)
		switch {
		case n >= maxCalls || n > 0 && (gap <= 0 || all):
			return false
		case n > 0:
			timer.Reset(gap)
		default:
			timer.Reset(time.Hour)
		}
		select {
		case <-s.ready:
		case <-timer.C:
		case <-s.over:
			return true
		}
	}
}

// batch takes as many results as a message has.
func (s *session) batch() (batch []pending) {
	s.mu.Lock()
	defer s.mu.Unlock()
	size, n := 0, 0
	for n < min(len(s.results), maxCalls) {
		if size += len(s.results[n].Data); n > 0 && size > maxMessage {
			break
		}
		n++
	}
	batch = append(batch, s.results[:n]...)
	clear(s.results[copy(s.results, s.results[n:]):])
	s.results = s.results[:len(s.results)-n]
	return batch
}

// store puts a message of results on the server, and tries until it is there; not for longer
// than a moment when the session is over. name tells a try from another message.
func (s *session) store(batch []pending, name string) bool {
	a := answers{Epoch: s.epoch, Instance: s.instance}
	for i := range batch {
		a.Results = append(a.Results, batch[i].result)
	}
	most := int(s.worker.conn.nats.MaxPayload()) - overhead
	if size := sizeOf(a.Results); size > most && len(a.Results) > 1 {
		half := len(batch) / 2
		return s.store(batch[:half], name+"a") && s.store(batch[half:], name+"b")
	} else if size > most {
		return s.storeParts(&a, most, name)
	}
	return s.storeMessage(&a, name)
}

func sizeOf(all []result) (bytes int) {
	for i := range all {
		bytes += itemHead + len(all[i].Data)
	}
	return bytes
}

// storeParts is for a result that is too large for one message.
func (s *session) storeParts(a *answers, most int, name string) bool {
	whole := a.Results[0]
	most = max(most-itemHead, 1024)
	count := (len(whole.Data) + most - 1) / most
	for i := range count {
		part := whole
		part.Part, part.Parts = i, count
		part.Data = whole.Data[i*most : min(len(whole.Data), (i+1)*most)]
		a.Results = []result{part}
		if !s.storeMessage(a, fmt.Sprintf("%s.%d", name, i)) {
			return false
		}
	}
	return true
}

// lastTries is how often what is left is published when the session is over.
const lastTries = 3

// storeMessage reports false if the server does not take the message, and the session is
// over.
func (s *session) storeMessage(a *answers, name string) bool {
	data := seal(answersCodec, *a)
	for last := 0; ; {
		ctx, done := context.WithTimeout(context.Background(), askServer)
		_, err := s.worker.conn.js.Publish(ctx, s.names.subject(results), data, jetstream.WithMsgID(name))
		done()
		if err == nil {
			return true
		}
		select {
		case <-s.over:
			if last++; s.ended.Load() || last == lastTries || !s.worker.conn.nats.IsConnected() {
				return false
			}
		default:
			s.rest(200 * time.Millisecond)
		}
	}
}

// stored acknowledges the messages whose results are all on the server.
func (s *session) stored(batch []pending) {
	s.mu.Lock()
	for _, p := range batch {
		if p.of != nil {
			s.less(p.of)
		}
	}
	s.mu.Unlock()
	s.changed()
}

// less counts one call of a message off, and acknowledges the message after the last. If
// that is lost, the message comes again, and nothing of it remains. It is called with mu
// held.
func (s *session) less(h *held) {
	if h.calls--; h.calls == 0 && s.held[h.id] == h {
		delete(s.held, h.id)
		_ = h.msg.Ack()
	}
}
