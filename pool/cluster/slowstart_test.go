package cluster

import (
	"context"
	"testing"
	"time"

	"trawl/pool"
	"trawl/pool/cluster/natstest"
)

// A worker whose start takes longer than a lease has not stood still since its hello.
func TestAWorkerThatStartsSlowlyKeepsWhatItTakesFirst(t *testing.T) {
	t.Parallel()
	e := newTestEngine(t, natstest.Start(t, natstest.Options{}))
	release := make(chan struct{})
	begun := make(chan struct{}, 2)
	serve(t, e.conn, func(ctx context.Context, _ []byte, answers pool.Answers) (pool.Maker, error) {
		<-time.After(2 * e.opts.Lease)
		return newMaker(ctx, 1, answers, func(context.Context, string) (string, error) {
			begun <- struct{}{}
			<-release
			return "", nil
		})
	})
	e.offer(t, "other", 1)
	e.call(t, "x")
	<-begun
	consumer, err := e.conn.js.Consumer(t.Context(), e.names.jobsStream(), workersConsumer)
	if err != nil {
		t.Fatal(err)
	}
	if n := consumer.CachedInfo().Delivered.Consumer; n != 1 {
		t.Errorf("the message was given %d times before its call was begun, want once", n)
	}
	close(release)
}
