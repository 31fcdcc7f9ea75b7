package cluster

import (
	"context"
	"testing"

	"trawl/pool/cluster/natstest"
)

// Of the workers' consumer the coordinator hears nothing by itself.
func TestAConsumerThatIsDeletedIsMadeAgain(t *testing.T) {
	t.Parallel()
	e := newTestEngine(t, natstest.Start(t, natstest.Options{}))
	ctx, cancel := context.WithTimeout(t.Context(), soon)
	defer cancel()
	if err := e.conn.js.DeleteConsumer(ctx, e.names.jobsStream(), workersConsumer); err != nil {
		t.Fatal(err)
	}
	serveHere(t, e.conn, 1, func(_ context.Context, in string) (string, error) { return in, nil })
	if got, err := e.Call(ctx, "x"); got != "x" || err != nil {
		t.Errorf("the call ends with %q, %v", got, err)
	}
}
