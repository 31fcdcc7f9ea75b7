// Package peers puts trawl's pool beside other ways to do the same in Go: run calls on a
// bounded number of workers, with a future for each and a callback that gets its result.
//
// The rules are the same for all, and each library is used as cheaply as its
// documentation allows while it keeps them; where two ways suit, both are here.
//
//   - 64 workers. One goroutine submits.
//   - At most 128 calls are submitted and not ended, so that a list without end costs no memory.
//   - A call takes a context and 256 bytes, gives 256 bytes and an error, and returns at once.
//   - Its result can be waited for: with a future, with a channel of its own where
//     there are no futures, or together with those of 127 other calls.
//   - The callback gets each result once: on the worker, which is cheapest, or else
//     from who takes the result.
package peers

import (
	"context"
	"encoding/binary"
	"iter"
	"sync"
	"testing"
)

const (
	workers  = 64
	inFlight = 128
)

type (
	question [256]byte
	answer   [256]byte
)

func reply(_ context.Context, in question) (answer, error) { return answer(in), nil }

type callback func(answer, error)

// contender makes a call of reply for each question, and has the callback called
// for each before it returns.
type contender func(t testing.TB, questions iter.Seq[question], done callback)

var contenders = []struct {
	name string
	run  contender
}{
	{"channels", channels},
	{"channels-taken", channelsTaken},
	{"trawl", trawl},
	{"pond", pondSubmit},
	{"pond-taken", pondTaken},
	{"pond-group", pondGroup},
	{"ants", antsSubmit},
	{"ants-func", antsInvoke},
	{"conc", concResults},
	{"conc-channel", concChannel},
	{"conc-stream", concStream},
}

func BenchmarkCall(b *testing.B) {
	for _, c := range contenders {
		b.Run("by="+c.name, func(b *testing.B) {
			b.ReportAllocs()
			c.run(b, timed(b), func(_ answer, err error) {
				if err != nil {
					b.Error(err)
				}
			})
		})
	}
}

// timed asks until b has seen enough. The clock stops with the last question: what is
// then in flight, 128 calls of a million, is made off the clock by all alike.
func timed(b *testing.B) iter.Seq[question] {
	return func(yield func(question) bool) {
		for b.Loop() {
			if !yield(question{}) {
				return
			}
		}
	}
}

// A contender that lost a result would be the fastest.
func TestEachCallsBackOnceWithEachResult(t *testing.T) {
	for _, c := range contenders {
		t.Run(c.name, func(t *testing.T) {
			const calls = 10*inFlight + 1
			var mu sync.Mutex // guards seen: callbacks come on workers
			seen := map[uint64]int{}
			c.run(t, numbered(calls), func(out answer, err error) {
				mu.Lock()
				defer mu.Unlock()
				if err != nil {
					t.Error(err)
				}
				seen[binary.NativeEndian.Uint64(out[:])]++
			})
			for n := range uint64(calls) {
				if seen[n] != 1 {
					t.Errorf("call %d: called back %d times", n, seen[n])
				}
			}
			if len(seen) != calls {
				t.Errorf("results of %d calls, want %d", len(seen), calls)
			}
		})
	}
}

func numbered(calls uint64) iter.Seq[question] {
	return func(yield func(question) bool) {
		for n := range calls {
			var in question
			binary.NativeEndian.PutUint64(in[:], n)
			if !yield(in) {
				return
			}
		}
	}
}
