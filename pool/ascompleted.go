package pool

import (
	"context"
	"fmt"
	"iter"
)

// AsCompleted yields the futures as their calls end, each once: first those that
// have ended, in the order in which they were given. It starts when it is ranged
// over, anew each time, and keeps no future that it has yielded.
//
// If ctx ends before all calls have, the loop ends with (nil, error): how many are
// unfinished, and the context's cause. Inside a call or a callback that may be
// [ErrWouldDeadlock] instead, as for [Wait]. A loop that is left early leaves
// nothing behind.
func AsCompleted[Out any](ctx context.Context, futures ...*Future[Out]) iter.Seq2[*Future[Out], error] {
	return func(yield func(*Future[Out], error) bool) {
		g := newGroup(unique(futures), FirstCompleted)
		defer g.close()
		unfinished, all := len(g.futures), len(g.futures)
		for unfinished > 0 {
			if err := g.wait(ctx); err != nil {
				yield(nil, fmt.Errorf("%d (of %d) futures unfinished: %w", unfinished, all, err))
				return
			}
			for _, i := range g.take() {
				unfinished--
				if !yield(g.give(i), nil) {
					return
				}
			}
		}
	}
}

// give returns a future that has ended, and keeps it no longer.
func (g *group[Out]) give(i int) *Future[Out] {
	f := g.futures[i]
	g.futures[i] = nil
	return f
}
