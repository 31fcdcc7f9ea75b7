package cluster

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/nats-io/nats.go/jetstream"
)

// The facts that a stream has for workers, before they ask its coordinator.
const (
	releaseFact = "trawl.release"
	wireFact    = "trawl.wire"
)

// takeUp makes the run's streams, or takes up those that are there: what the workers have
// finished is taken, what they have not begun is not to be begun.
func (e *Engine[In, Out]) takeUp(ctx context.Context) error {
	stream, err := e.makeStream(ctx, e.names.jobsStream(), jobs)
	if err != nil {
		return err
	}
	if err := stream.Purge(ctx); err != nil {
		return fmt.Errorf("purge old jobs: %w", err)
	}
	if _, err := e.makeStream(ctx, e.names.resultsStream(), results); err != nil {
		return err
	}
	for stream, consumer := range map[string]string{
		e.names.jobsStream(): workersConsumer, e.names.resultsStream(): coordinatorConsumer,
	} { // what was given to the coordinator before, and not acknowledged, is given at once to a new consumer
		if err := e.conn.js.DeleteConsumer(ctx, stream, consumer); err != nil && !errors.Is(err, jetstream.ErrConsumerNotFound) {
			return fmt.Errorf("take up %s: %w", stream, err)
		}
	}
	from, err := e.makeConsumers(ctx)
	if err != nil {
		return err
	}
	return e.takeEarly(from, from.CachedInfo().NumPending)
}

// makeStream is for one that is there too.
func (e *Engine[In, Out]) makeStream(ctx context.Context, name, what string) (jetstream.Stream, error) {
	config := jetstream.StreamConfig{
		Name:        name,
		Description: "trawl: " + what + " of run " + e.opts.Run,
		Subjects:    []string{e.names.subject(what)},
		Retention:   jetstream.WorkQueuePolicy,
		Storage:     jetstream.FileStorage,
		Replicas:    e.opts.Replicas,
		Metadata:    map[string]string{releaseFact: e.opts.Release, wireFact: fmt.Sprint(wireVersion)},
	}
	stream, err := e.conn.js.CreateOrUpdateStream(ctx, config)
	for tries := 1; isStoreFailed(err) && tries < 10 && ctx.Err() == nil; tries++ {
		rest(ctx, 20*time.Millisecond)
		stream, err = e.conn.js.CreateOrUpdateStream(ctx, config)
	}
	if err != nil {
		return nil, fmt.Errorf("make stream %s: %w", name, err)
	}
	return stream, nil
}

// isStoreFailed says whether a stream's folder could not be made. A server that has lost its
// last stream removes the folder of all of them a moment later, perhaps from under a new one.
func isStoreFailed(err error) bool {
	const storeFailed jetstream.ErrorCode = 10049
	e, ok := errors.AsType[*jetstream.APIError](err)
	return ok && e.ErrorCode == storeFailed
}

// makeConsumers returns that of the results. Its messages come again soon if a coordinator
// has taken them and not said so.
func (e *Engine[In, Out]) makeConsumers(ctx context.Context) (jetstream.Consumer, error) {
	if _, err := e.makeConsumer(ctx, e.names.jobsStream(), workersConsumer); err != nil {
		return nil, err
	}
	return e.makeConsumer(ctx, e.names.resultsStream(), coordinatorConsumer)
}

func (e *Engine[In, Out]) makeConsumer(ctx context.Context, stream, name string) (jetstream.Consumer, error) {
	consumer, err := e.conn.js.CreateOrUpdateConsumer(ctx, stream, jetstream.ConsumerConfig{
		Durable:       name,
		AckPolicy:     jetstream.AckExplicitPolicy,
		AckWait:       e.opts.Lease,
		MaxAckPending: -1,
		MaxWaiting:    10_000, // workers that ask for work, of which each does so once
	})
	if err != nil {
		return nil, fmt.Errorf("make consumer %s of %s: %w", name, stream, err)
	}
	return consumer, nil
}

// Forget takes the streams of a run off the server: of one that has ended, or that crashed
// and is not to be resumed. It is no error if they are not there.
func Forget(ctx context.Context, conn *Conn, run string) error {
	n := names{run}
	var failed error
	for _, stream := range []string{n.jobsStream(), n.resultsStream()} {
		if err := conn.js.DeleteStream(ctx, stream); err != nil && !errors.Is(err, jetstream.ErrStreamNotFound) {
			failed = errors.Join(failed, fmt.Errorf("take stream %s off the server: %w", stream, err))
		}
	}
	return failed
}

// rest waits, unless ctx ends.
func rest(ctx context.Context, d time.Duration) {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-timer.C:
	case <-ctx.Done():
	}
}
