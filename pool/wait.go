package pool

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// When says what [Wait] waits for. A call that was cancelled has ended, and has not
// failed.
type When int

const (
	FirstCompleted When = iota // one call has ended
	FirstError                 // one has failed, or all have ended
	AllCompleted               // all have ended
)

// Wait waits until as many of the futures have ended as when says, and returns
// those that have, at that moment, and those that have not: each once, in the order
// in which they were given. There may be none of them.
//
// If ctx ends before, the error is its cause, and the futures are sorted
// nevertheless. Inside a call or a callback it may be [ErrWouldDeadlock], as for
// [Future.Result]. Futures of several executors: a wait that any one of them could
// end is not found to be a deadlock.
func Wait[Out any](
	ctx context.Context, when When, futures ...*Future[Out],
) (done, pending []*Future[Out], err error) {
	if when < FirstCompleted || when > AllCompleted {
		return nil, nil, fmt.Errorf("wait: no such When: %d", when)
	}
	futures = unique(futures)
	g := newGroup(futures, when)
	defer g.close()
	err = g.wait(ctx)
	for _, f := range futures {
		if f.State().ended() {
			done = append(done, f)
		} else {
			pending = append(pending, f)
		}
	}
	return done, pending, err
}

// unique returns a slice of its own.
func unique[Out any](futures []*Future[Out]) []*Future[Out] {
	if len(futures) < 2 {
		return slices.Clone(futures)
	}
	seen := make(map[*Future[Out]]bool, len(futures))
	each := make([]*Future[Out], 0, len(futures))
	for _, f := range futures {
		if !seen[f] {
			seen[f] = true
			each = append(each, f)
		}
	}
	return each
}

// group is a watch on futures, each of which is there once.
type group[Out any] struct {
	watch
	when    When
	futures []*Future[Out] // nil: nobody needs it any longer
	links   []link         // of futures
	timer   *time.Timer
}

func newGroup[Out any](futures []*Future[Out], when When) *group[Out] {
	g := &group[Out]{when: when, futures: futures, timer: time.NewTimer(grace)}
	g.links = make([]link, len(futures))
	g.ready = make(chan struct{}, 1)
	g.onError = when == FirstError
	g.missing = len(futures)
	if when == FirstCompleted {
		g.missing = min(1, len(futures))
	}
	if g.missing == 0 {
		g.wake()
	}
	for i, f := range futures {
		g.links[i] = link{watch: &g.watch, index: i}
		if !f.watch(&g.links[i]) {
			g.tell(i, f.failed())
		}
	}
	return g
}

// close leaves nothing on the futures.
func (g *group[Out]) close() {
	g.timer.Stop()
	for i, f := range g.futures {
		if f != nil {
			f.unwatch(&g.links[i])
		}
	}
}

// wait waits until the group is woken.
func (g *group[Out]) wait(ctx context.Context) error {
	if g.over() {
		return nil
	}
	return await(ctx, g.ready, g, g.timer)
}

// within is of all futures that have not ended if each is needed; else only if
// they are of one executor.
func (g *group[Out]) within() (all []*insiders) {
	seen := map[*insiders]bool{}
	for _, f := range g.futures {
		if f == nil || f.State().ended() {
			continue
		}
		if in := f.owner.insiders(); !seen[in] {
			seen[in] = true
			all = append(all, in)
		}
	}
	if len(all) > 1 && g.when != AllCompleted {
		return nil
	}
	return all
}
