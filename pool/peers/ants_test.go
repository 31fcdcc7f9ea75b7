package peers

import (
	"context"
	"iter"
	"testing"

	"github.com/panjf2000/ants/v2"
)

// antsSubmit has the task send its result and call back: ants knows neither. It has no
// queue: Submit waits while all 64 workers are busy. (Memory allocated before, with
// ants.WithPreAlloc, makes no difference with 64 workers.)
func antsSubmit(t testing.TB, questions iter.Seq[question], done callback) {
	p, err := ants.NewPool(workers)
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	for in := range questions {
		result := make(chan outcome, 1)
		err := p.Submit(func() {
			out, err := reply(ctx, in)
			result <- outcome{out, err}
			done(out, err)
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := p.ReleaseContext(ctx); err != nil { // waits for the tasks
		t.Fatal(err)
	}
}

// antsInvoke uses a pool with one function for all calls, which saves the allocation of a
// closure for each.
func antsInvoke(t testing.TB, questions iter.Seq[question], done callback) {
	type call struct {
		ctx    context.Context
		in     question
		result chan<- outcome
	}
	p, err := ants.NewPoolWithFuncGeneric(workers, func(c call) {
		out, err := reply(c.ctx, c.in)
		c.result <- outcome{out, err}
		done(out, err)
	})
	if err != nil {
		t.Fatal(err)
	}
	ctx := t.Context()
	for in := range questions {
		if err := p.Invoke(call{ctx, in, make(chan outcome, 1)}); err != nil {
			t.Fatal(err)
		}
	}
	if err := p.ReleaseContext(ctx); err != nil {
		t.Fatal(err)
	}
}
