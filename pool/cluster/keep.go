package cluster

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// beat is how often workers say what they are doing, and the coordinator looks at what it
// has heard; at most a fifth of a lease.
func beat(lease time.Duration) time.Duration { return min(time.Second, lease/5) }

const (
	keepGone  = time.Minute      // a worker that nothing is heard of is shown so long
	patience  = 30 * time.Second // with a server that is there and stores nothing
	askServer = 2 * time.Second  // to answer about a stream
)

// keep is the goroutine that looks after workers and streams.
func (e *Engine[In, Out]) keep() {
	tick := time.NewTicker(beat(e.opts.Lease))
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			e.watchMembers(time.Now())
			e.watchMessages(time.Now())
		case <-e.look:
			e.restore()
		case <-e.ctx.Done():
			return
		}
	}
}

// watchMembers notices workers that are silent or slow.
func (e *Engine[In, Out]) watchMembers(now time.Time) {
	if !e.conn.nats.IsConnected() {
		return // they cannot be heard
	}
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.wasAway(now) {
		e.members.excuse(now)
	}
	e.looked = now
	for instance, w := range e.members.all {
		silent := now.Sub(w.Heard)
		switch {
		case !w.gone && silent > e.opts.Lease:
			w.gone, w.Rate, w.Slow = true, 0, false
			e.told.event(Event{Kind: Gone, Worker: w.Name, Detail: e.opts.Lease.String()})
		case silent > keepGone:
			e.members.leave(instance)
		}
	}
	e.observeSlow(now)
	e.measure()
}

// wasAway reports whether the coordinator could not hear workers lately, as it had no server,
// or stood still.
func (e *Engine[In, Out]) wasAway(now time.Time) bool {
	return now.Sub(e.looked) > 3*beat(e.opts.Lease)
}

// watchMessages has those sent again that may have been lost, and that no worker names.
func (e *Engine[In, Out]) watchMessages(now time.Time) {
	connected := e.conn.nats.IsConnected()
	e.mu.Lock()
	var stale []*message
	var stuck error
	lost := 0
	for _, m := range e.messages {
		switch {
		case !connected:
			m.failed = nil // a server that is away has not refused it
			continue
		case m.failed != nil && now.Sub(m.since) > patience:
			stuck = m.failed
		}
		switch {
		case !m.doubt.IsZero() && now.After(m.doubt):
			m.doubt = time.Time{}
			m.seen = now
			e.again = append(e.again, m)
			if m.seq > 0 {
				m.seq = 0
				m.tries++
				lost += m.left
			}
		case m.doubt.IsZero() && now.Sub(m.seen) > 2*e.opts.Lease && m.seq > 0:
			stale = append(stale, m)
		}
	}
	if len(e.again) > 0 {
		wake(e.room)
	}
	e.mu.Unlock()
	if lost > 0 {
		e.told.event(Event{Kind: Restored, Detail: fmt.Sprint(lost)})
	}
	if stuck != nil {
		e.breakDown(fmt.Errorf("%w: %w", ErrStore, stuck))
		return
	}
	e.lookFor(stale)
}

// lookFor doubts the messages that neither a worker has named for long, nor the stream has:
// the server has lost them, or their results.
func (e *Engine[In, Out]) lookFor(stale []*message) {
	if len(stale) == 0 {
		return
	}
	e.restore() // they wait, perhaps, since there is no consumer to give them
	ctx, done := context.WithTimeout(e.ctx, askServer)
	defer done()
	stream, err := e.conn.js.Stream(ctx, e.names.jobsStream())
	if err != nil {
		return
	}
	waiting, err := e.resultsWait(ctx)
	if err != nil || waiting { // perhaps theirs
		return
	}
	for _, m := range stale {
		_, err := stream.GetMsg(ctx, m.seq)
		if err != nil && !errors.Is(err, jetstream.ErrMsgNotFound) {
			return
		}
		e.mu.Lock()
		m.seen = time.Now()
		if err != nil {
			m.doubt = m.seen.Add(e.opts.Lease)
		}
		e.mu.Unlock()
	}
}

// resultsWait reports whether there are results that have not been taken.
func (e *Engine[In, Out]) resultsWait(ctx context.Context) (bool, error) {
	from, err := e.conn.js.Consumer(ctx, e.names.resultsStream(), coordinatorConsumer)
	if err != nil {
		return false, err
	}
	info := from.CachedInfo() // it was made this moment
	return info.NumPending+uint64(info.NumAckPending) > 0, nil
}

// restore makes sure that the streams are there, after the connection was lost or something
// said that they are not. What has been sent into a stream that is lost is in doubt.
func (e *Engine[In, Out]) restore() {
	if !e.conn.nats.IsConnected() {
		return
	}
	ctx, done := context.WithTimeout(e.ctx, askServer)
	defer done()
	had := e.hasStreams(ctx)
	if had == nil {
		return
	}
	if !errors.Is(had, jetstream.ErrStreamNotFound) && !errors.Is(had, jetstream.ErrConsumerNotFound) {
		e.lookLater()
		return
	}
	for what, stream := range map[string]string{jobs: e.names.jobsStream(), results: e.names.resultsStream()} {
		if _, err := e.makeStream(ctx, stream, what); err != nil {
			e.lookLater()
			return
		}
	}
	if _, err := e.makeConsumers(ctx); err != nil {
		e.lookLater()
		return
	}
	_ = e.conn.nats.Publish(news, nil)
	e.mu.Lock()
	defer e.mu.Unlock()
	e.reopen()
	for _, m := range e.messages {
		m.doubt = time.Now().Add(e.opts.Lease) // in which workers that have it say so
	}
}

// lookLater has the streams looked at again, a little later.
func (e *Engine[In, Out]) lookLater() {
	e.crew.Go(func() {
		rest(e.ctx, 200*time.Millisecond)
		wake(e.look)
	})
}

// hasStreams says which of streams and consumers is not there.
func (e *Engine[In, Out]) hasStreams(ctx context.Context) error {
	_, err := e.conn.js.Consumer(ctx, e.names.jobsStream(), workersConsumer)
	if err == nil {
		_, err = e.conn.js.Consumer(ctx, e.names.resultsStream(), coordinatorConsumer)
	}
	return err
}
