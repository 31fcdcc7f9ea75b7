package pool

import (
	"context"
	"fmt"
	"iter"
	"math"
)

// MapOptions configures an [Executor.Map]. The zero value is ready to use; negative
// numbers are refused.
type MapOptions struct {
	// Chunk is how many items are one call as the executor sees it: they hold one
	// place in the window, and one worker makes them, one after the other. That
	// saves work where calls are very short. 0 is 1.
	Chunk int

	// Ahead is how many items are read and not yielded, at most, beside the one
	// that the loop's body has. 0 is as many as the window holds.
	Ahead int
}

// Map makes a call for each item of seq and yields the results in the order of the
// items, each with its error at its place; later items still come. It starts when
// it is ranged over, anew each time. It reads Ahead items before it yields the
// first result, and one more after each, so that workers are busy while the loop's
// body runs, and seq may be without end. seq is read on the goroutine that ranges.
// A nil seq has no items.
//
// When ctx ends, or the executor refuses a call (as [Executor.Submit] does), what has
// come before is yielded as far as it has ended, then that error, and nothing more. A
// negative option gives one error and nothing else.
//
// When the loop is left early its calls that are pending are cancelled, and the
// context of those that are running ends (the context of each is made from ctx).
// Map does not wait for these; Shutdown does.
//
// A call or a callback may use a Map of its own executor as long as other workers
// are free to make its calls; see [Future.Result].
func (e *Executor[In, Out]) Map(ctx context.Context, seq iter.Seq[In], opts MapOptions) iter.Seq2[Out, error] {
	return func(yield func(Out, error) bool) {
		opts, err := opts.in(e.window)
		if err != nil {
			var none Out
			yield(none, err)
			return
		}
		ctx, cancel := context.WithCancel(ctx)
		m := mapping[In, Out]{executor: e, opts: opts, ctx: ctx, yield: yield}
		defer cancel()
		defer m.cancelAll() // before cancel, so that none of them is begun
		if seq != nil {
			m.run(seq)
		}
	}
}

// in sets what is not set, for an executor with that window.
func (o MapOptions) in(window int) (MapOptions, error) {
	if o.Chunk < 0 || o.Ahead < 0 {
		return o, fmt.Errorf("map: chunks of %d, %d ahead", o.Chunk, o.Ahead)
	}
	if o.Chunk == 0 {
		o.Chunk = 1
	}
	if o.Ahead == 0 && o.Chunk > math.MaxInt/window {
		o.Ahead = math.MaxInt
	}
	if o.Ahead == 0 {
		o.Ahead = window * o.Chunk
	}
	return o, nil
}
