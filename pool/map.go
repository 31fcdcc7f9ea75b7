package pool

import (
	"context"
	"iter"
)

// Map makes a call for each item of seq and yields the results in the order of
// the items, each with its error at its place; later items still come. It starts when
// it is ranged over, anew each time. It reads Options.Window items before it yields the
// first result, and one more after each, so that workers are busy while the loop's body
// runs, and seq may be without end. seq is read on the goroutine that ranges.
//
// When ctx ends, or the executor refuses a call (as [Executor.Submit] does), what has
// come before is yielded as far as it has ended, then that error, and nothing more.
//
// When the loop is left early its calls that are pending are cancelled, and the
// context of those that are running ends (the context of each is made from ctx). Map does not wait
// for these; Shutdown does.
func (e *Executor[In, Out]) Map(ctx context.Context, seq iter.Seq[In]) iter.Seq2[Out, error] {
	return func(yield func(Out, error) bool) {
		ctx, cancel := context.WithCancel(ctx)
		m := mapping[Out]{ctx: ctx, yield: yield}
		defer cancel()
		defer m.cancelAll() // before cancel, so that none of them is begun

		var refused error
		for in := range seq {
			f, err := e.Submit(ctx, in)
			if err != nil {
				refused = err
				break
			}
			m.ahead = append(m.ahead, f)
			if len(m.ahead) == e.window && !m.yieldNext() {
				return
			}
		}
		for len(m.ahead) > 0 {
			if !m.yieldNext() {
				return
			}
		}
		if refused != nil {
			var none Out
			yield(none, refused)
		}
	}
}

// mapping is one loop over a Map.
type mapping[Out any] struct {
	ctx   context.Context // of its calls
	yield func(Out, error) bool
	ahead []*Future[Out] // submitted and not yielded, oldest first
}

// yieldNext waits for the oldest call and yields it. It reports whether the loop
// goes on.
func (m *mapping[Out]) yieldNext() bool {
	f := m.ahead[0]
	err := f.wait(m.ctx)
	if err == nil && f.err != nil {
		err = context.Cause(m.ctx) // nil, or what ended the call too: that is said once
	}
	if err != nil {
		var none Out
		m.yield(none, err)
		return false
	}
	m.ahead[0] = nil // a result is the loop's alone
	m.ahead = m.ahead[1:]
	return m.yield(f.value, f.err)
}

func (m *mapping[Out]) cancelAll() {
	for _, f := range m.ahead {
		f.Cancel()
	}
}
