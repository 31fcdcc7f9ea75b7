package peers

import (
	"iter"
	"testing"

	"trawl/pool"
)

// trawl bounds what is in flight itself, and calls back on its workers.
func trawl(t testing.TB, questions iter.Seq[question], done callback) {
	ex, err := pool.New(pool.Threads(reply), pool.Options{Workers: workers, Window: inFlight})
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	whenDone := func(f *pool.Future[answer]) { done(f.Result(ctx)) }
	for in := range questions {
		if _, err := ex.Submit(ctx, in, whenDone); err != nil {
			t.Fatal(err)
		}
	}
	if err := ex.Shutdown(ctx, pool.Drain); err != nil {
		t.Fatal(err)
	}
}
