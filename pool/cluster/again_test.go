package cluster

import (
	"context"
	"testing"
	"time"

	"trawl/pool/cluster/natstest"
)

// A message waits to be sent again when its calls end, or are sent alone.
func TestAMessageThatIsNoMoreIsNotSentAgain(t *testing.T) {
	for name, end := range map[string]func(*Engine[string, string], *message){
		"ended": func(e *Engine[string, string], m *message) { e.leave(e.flights[1]) },
		"alone": func(e *Engine[string, string], m *message) {
			e.separate(m)
			e.again = e.again[:1]
			e.leave(e.flights[1])
		},
	} {
		t.Run(name, func(t *testing.T) {
			e, m := newDeaf(false)
			e.again = append(e.again, m)
			end(e, m)
			if again, _, _ := e.next(false); again != nil {
				t.Errorf("message %d is sent again", again.id)
			}
		})
	}
}

// A worker that has been given a message without calls is done with it.
func TestAMessageWithoutCallsIsDropped(t *testing.T) {
	t.Parallel()
	e := newTestEngine(t, natstest.Start(t, natstest.Options{}))
	ctx, cancel := context.WithTimeout(t.Context(), soon)
	defer cancel()
	if _, err := e.conn.js.Publish(ctx, e.names.subject(jobs), seal(jobCodec, job{Epoch: e.epoch, Message: 1 << 40})); err != nil {
		t.Fatal(err)
	}
	serveHere(t, e.conn, 1, func(context.Context, string) (string, error) { return "", nil })
	for {
		stream, err := e.conn.js.Stream(ctx, e.names.jobsStream())
		if err != nil {
			t.Fatalf("the message is kept: %v", err)
		}
		if stream.CachedInfo().State.Msgs == 0 {
			return
		}
		<-time.After(5 * time.Millisecond)
	}
}
