package pool

import (
	"context"
	"time"
)

// flight is a call that a worker process has. It is used again when it is over.
type flight[Out any] struct {
	answer    chan reply[Out] // has room for one
	limit     time.Duration   // 0 is none
	due       time.Time       // when an answer is overdue; zero is never
	abandoned bool            // nobody waits for the answer
}

// reply is how a flight ends.
type reply[Out any] struct {
	value  Out
	err    error            // what the call has returned, or why it has not been made
	lost   *WorkerLostError // not nil: the worker died meanwhile
	unsent bool             // the worker had died before
}

func (e *processes[In, Out]) newFlight() *flight[Out] {
	if f, ok := e.spare.Get().(*flight[Out]); ok {
		*f = flight[Out]{answer: f.answer}
		return f
	}
	return &flight[Out]{answer: make(chan reply[Out], 1)}
}

// timeLeft is the limit, or what is left of ctx's time if that is less. 0 is no limit.
func timeLeft(ctx context.Context, limit time.Duration) time.Duration {
	deadline, ok := ctx.Deadline()
	if !ok {
		return limit
	}
	left := max(1, time.Until(deadline))
	if limit == 0 {
		return left
	}
	return min(limit, left)
}

// isOver reports whether ctx's deadline has passed.
func isOver(ctx context.Context) bool {
	deadline, ok := ctx.Deadline()
	return ok && !time.Now().Before(deadline)
}
