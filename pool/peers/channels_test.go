package peers

import (
	"context"
	"iter"
	"sync"
	"testing"
)

// outcome is what travels through a result channel.
type outcome struct {
	answer answer
	err    error
}

// channels is what one would write without a library: workers that receive calls,
// each with a channel of its own for the result. Calls travel by value (a pointer is an
// allocation more, and slower). 64 on workers and 64 in the channel are the 128.
func channels(t testing.TB, questions iter.Seq[question], done callback) {
	type call struct {
		ctx    context.Context
		in     question
		result chan<- outcome
	}
	calls := make(chan call, inFlight-workers)
	var crew sync.WaitGroup
	defer crew.Wait()
	defer close(calls)
	for range workers {
		crew.Go(func() {
			for c := range calls {
				out, err := reply(c.ctx, c.in)
				c.result <- outcome{out, err}
				done(out, err)
			}
		})
	}
	ctx := t.Context()
	for in := range questions {
		calls <- call{ctx, in, make(chan outcome, 1)}
	}
}

// channelsTaken is channels where the submitter takes each result, and calls back.
func channelsTaken(t testing.TB, questions iter.Seq[question], done callback) {
	type call struct {
		ctx    context.Context
		in     question
		result chan<- outcome
	}
	calls := make(chan call, inFlight) // never makes the sender wait
	var crew sync.WaitGroup
	defer crew.Wait()
	defer close(calls)
	for range workers {
		crew.Go(func() {
			for c := range calls {
				out, err := reply(c.ctx, c.in)
				c.result <- outcome{out, err}
			}
		})
	}
	ctx := t.Context()
	results := window[<-chan outcome]{take: func(result <-chan outcome) {
		o := <-result
		done(o.answer, o.err)
	}}
	for in := range questions {
		results.makeRoom()
		result := make(chan outcome, 1)
		calls <- call{ctx, in, result}
		results.add(result)
	}
	results.drain()
}
