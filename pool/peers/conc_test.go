package peers

import (
	"context"
	"iter"
	"testing"

	"github.com/sourcegraph/conc/pool"
	"github.com/sourcegraph/conc/stream"
)

// concResults uses the pool that collects results. It hands them out at its end only, so
// there is a pool for every 128 calls.
func concResults(t testing.TB, questions iter.Seq[question], done callback) {
	ctx := t.Context()
	next := func() *pool.ResultContextPool[answer] {
		return pool.NewWithResults[answer]().WithContext(ctx).WithMaxGoroutines(workers)
	}
	p, size := next(), 0
	finish := func() {
		answers, err := p.Wait()
		for _, out := range answers {
			done(out, err)
		}
		p, size = next(), 0
	}
	for in := range questions {
		p.Go(func(ctx context.Context) (answer, error) { return reply(ctx, in) })
		if size++; size == inFlight {
			finish()
		}
	}
	finish()
}

// concChannel keeps one pool, and has the task send its result and call back, as with ants.
func concChannel(t testing.TB, questions iter.Seq[question], done callback) {
	p := pool.New().WithMaxGoroutines(workers)
	defer p.Wait()
	ctx := t.Context()
	for in := range questions {
		result := make(chan outcome, 1)
		p.Go(func() {
			out, err := reply(ctx, in)
			result <- outcome{out, err}
			done(out, err)
		})
	}
}

// concStream has callbacks, which it calls in the order of the calls, one at a time. It has
// no future for a call, and bounds what is in flight itself (64 and a few).
func concStream(t testing.TB, questions iter.Seq[question], done callback) {
	s := stream.New().WithMaxGoroutines(workers)
	ctx := t.Context()
	for in := range questions {
		s.Go(func() stream.Callback {
			out, err := reply(ctx, in)
			return func() { done(out, err) }
		})
	}
	s.Wait()
}
