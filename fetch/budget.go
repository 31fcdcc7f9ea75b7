package fetch

import (
	"context"

	"golang.org/x/sync/semaphore"
)

// A budget bounds the bytes of bodies that are in memory at once. Bodies that
// each hold a part and want more could wait for each other for ever, so when
// nothing is left one loan at a time may go on beyond the budget: it ends, and
// what it gives back lets others go on.
type budget struct {
	left *semaphore.Weighted
	over chan struct{} // has a token while a loan is beyond the budget
	lent func(n int64) // told of each change of the bytes that all loans hold, those beyond the budget too; nil but in tests
}

func newBudget(bytes int64) *budget {
	return &budget{left: semaphore.NewWeighted(bytes), over: make(chan struct{}, 1)}
}

// A loan is what one hop holds of a budget. The zero value with from set holds
// nothing. It is used by one goroutine at a time.
type loan struct {
	from   *budget
	held   int64 // bytes
	taken  int64 // and those among them that the budget had left
	beyond bool  // it has the token
}

// take takes n bytes more, waiting for them if need be until ctx ends.
func (l *loan) take(ctx context.Context, n int64) error {
	if !l.beyond && !l.from.left.TryAcquire(n) {
		if err := l.wait(ctx, n); err != nil {
			return err
		}
	}
	if !l.beyond {
		l.taken += n
	}
	l.hold(n)
	return nil
}

func (l *loan) hold(n int64) {
	l.held += n
	if l.from.lent != nil {
		l.from.lent(n)
	}
}

// wait waits for n bytes or for the token, whichever comes first.
func (l *loan) wait(ctx context.Context, n int64) error {
	waiting, cancel := context.WithCancel(ctx)
	token := make(chan bool, 1)
	go func() {
		select {
		case l.from.over <- struct{}{}:
			cancel()
			token <- true
		case <-waiting.Done():
			token <- false
		}
	}()
	err := l.from.left.Acquire(waiting, n)
	cancel()
	l.beyond = <-token
	switch {
	case l.beyond && err == nil:
		l.beyond = false // the bytes came too, and are better
		<-l.from.over
	case l.beyond:
		err = nil
	}
	return err
}

// give gives n bytes back: to the budget as far as they are of it.
func (l *loan) give(n int64) {
	l.hold(-n)
	n = min(n, l.taken)
	l.taken -= n
	l.from.left.Release(n)
}

// end gives everything back. It may be called more than once.
func (l *loan) end() {
	l.give(l.held)
	if l.beyond {
		l.beyond = false
		<-l.from.over
	}
}
