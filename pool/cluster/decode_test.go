package cluster

import (
	"context"
	"testing"

	"trawl/pool"
	"trawl/pool/cluster/natstest"
)

// asking is a codec that asks the engine something.
type asking struct {
	pool.Codec[string]
	ask func()
}

func (a asking) Decode(data []byte) (string, error) {
	a.ask()
	return a.Codec.Decode(data)
}

// Results are decoded by who waits for them: the engine goes on meanwhile.
func TestAResultIsDecodedWithoutALock(t *testing.T) {
	t.Parallel()
	e := newTestEngine(t, natstest.Start(t, natstest.Options{}))
	e.opts.Out = asking{e.opts.Out, func() { e.Workers() }}
	serveHere(t, e.conn, 1, func(_ context.Context, in string) (string, error) { return in, nil })
	ctx, cancel := context.WithTimeout(t.Context(), soon)
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		_, err := e.Call(ctx, "x")
		ended <- err
	}()
	select {
	case err := <-ended:
		if err != nil {
			t.Error(err)
		}
	case <-ctx.Done():
		panic("the engine waits for the codec, which waits for it")
	}
}
