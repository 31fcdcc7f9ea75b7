package pool_test

import (
	"context"
	"errors"
	"sync"
	"testing"

	"trawl/pool"
)

// failures are the errors of calls that return none of their own.
type failures chan error

func (f failures) Result(_ uint64, encode func([]byte) ([]byte, error)) error {
	f <- errors.New("a value")
	return nil
}

func (f failures) Failure(_ uint64, err error) { f <- err }

// Unlike a parent's, the calls of a Maker are cancelled on other goroutines than they are
// begun.
func TestACallOfAMakerIsCancelledWhileItBegins(t *testing.T) {
	ex, err := pool.New(pool.Threads(func(ctx context.Context, _ string) (string, error) {
		<-ctx.Done()
		return "", context.Cause(ctx)
	}), pool.Options{Workers: 4})
	if err != nil {
		t.Fatal(err)
	}
	const calls = 1000
	answers := make(failures, calls)
	m, err := pool.NewMaker(t.Context(), pool.Worker[string, string, string]{Executor: ex, Done: pool.Outcome[string, string]}, answers)
	if err != nil {
		t.Fatal(err)
	}
	argument, err := pool.CBOR[string]().Append(nil, "")
	if err != nil {
		t.Fatal(err)
	}
	for id := range uint64(calls) {
		begun := make(chan struct{})
		var cancelling sync.WaitGroup
		cancelling.Go(func() {
			for {
				m.Cancel(id)
				select {
				case <-begun:
					m.Cancel(id)
					return
				default:
				}
			}
		})
		if err := m.Begin(id, 0, argument); err != nil {
			t.Fatal(err)
		}
		close(begun)
		cancelling.Wait()
		if err := <-answers; !errors.Is(err, context.Canceled) {
			t.Fatalf("call %d: %v, want that it was cancelled", id, err)
		}
	}
	m.Close()
}
