package pool

import (
	"context"
	"time"
)

// grace is how long something waits before it asks whether its goroutine is one
// that must not: Go answers that with a stack trace only, 10 to 50 µs.
const grace = 10 * time.Millisecond

// turn is what a goroutine waits with; later ones use it again.
type turn struct {
	answer chan error // for Submit; nil: admitted
	grace  *time.Timer
}

func newTurn() any {
	t := &turn{answer: make(chan error, 1), grace: time.NewTimer(grace)}
	t.grace.Stop()
	return t
}

// awaited is what a goroutine waits for: the end of one future or of several.
type awaited interface {
	over() bool          // nothing is left to wait for; asked by any goroutine
	within() []*insiders // of the executors without whose workers that cannot be
}

// await returns nil when ready is, or the cause of ctx when that has ended, or
// ErrWouldDeadlock.
func await(ctx context.Context, ready <-chan struct{}, what awaited, timer *time.Timer) error {
	timer.Reset(grace)
	defer timer.Stop()
	select {
	case <-ready:
		return nil
	case <-ctx.Done():
		return causeOf(ctx, what)
	case <-timer.C:
		return awaitLong(ctx, ready, what)
	}
}

func awaitLong(ctx context.Context, ready <-chan struct{}, what awaited) error {
	ended := ctx.Done()
	over := func() bool { return what.over() || isClosed(ended) }
	id := goroutineID()
	for _, in := range what.within() {
		if !in.begin(id, over) {
			return ErrWouldDeadlock
		}
		defer in.finish(id)
	}
	select {
	case <-ready:
		return nil
	case <-ended:
		return causeOf(ctx, what)
	}
}

// causeOf is the end of a wait whose context has ended: what came at the same
// time counts.
func causeOf(ctx context.Context, what awaited) error {
	if what.over() {
		return nil
	}
	return context.Cause(ctx)
}

func isClosed(done <-chan struct{}) bool {
	select {
	case <-done:
		return true
	default:
		return false
	}
}
