package peers

import (
	"iter"
	"testing"

	"github.com/alitto/pond/v2"
)

// pondSubmit bounds pond's queue, which makes Submit wait, and calls back in the task, just
// before its future has the result: pond has no callbacks.
func pondSubmit(t testing.TB, questions iter.Seq[question], done callback) {
	ctx := t.Context()
	p := pond.NewResultPool[answer](workers, pond.WithContext(ctx), pond.WithQueueSize(inFlight-workers))
	defer p.StopAndWait()
	for in := range questions {
		p.SubmitErr(func() (answer, error) {
			out, err := reply(ctx, in)
			done(out, err)
			return out, err
		})
	}
}

// pondTaken waits for the oldest future, and calls back. (A goroutine that waits for each
// would cost more.)
func pondTaken(t testing.TB, questions iter.Seq[question], done callback) {
	ctx := t.Context()
	p := pond.NewResultPool[answer](workers, pond.WithContext(ctx))
	defer p.StopAndWait()
	tasks := window[pond.ResultTask[answer]]{take: func(task pond.ResultTask[answer]) { done(task.Wait()) }}
	for in := range questions {
		tasks.makeRoom()
		tasks.add(p.SubmitErr(func() (answer, error) { return reply(ctx, in) }))
	}
	tasks.drain()
}

// pondGroup does without a future for each: a group gives the results of its 128 calls
// together, and its first error instead of them.
func pondGroup(t testing.TB, questions iter.Seq[question], done callback) {
	ctx := t.Context()
	p := pond.NewResultPool[answer](workers, pond.WithContext(ctx))
	defer p.StopAndWait()
	group, size := p.NewGroup(), 0
	finish := func() {
		answers, err := group.Wait()
		for _, out := range answers {
			done(out, err)
		}
		group, size = p.NewGroup(), 0
	}
	for in := range questions {
		group.SubmitErr(func() (answer, error) { return reply(ctx, in) })
		if size++; size == inFlight {
			finish()
		}
	}
	finish()
}
