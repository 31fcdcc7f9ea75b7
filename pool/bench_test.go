package pool_test

import (
	"context"
	"fmt"
	"testing"

	"trawl/pool"
)

// How long a call takes that returns at once, with one
// callback, as a crawler does it. The channels are what one would write without this package:
// workers that receive calls, each with a channel of its own for the result.
// Calls take a few hundred bytes each way, as a request and a page do.

type (
	question [256]byte
	answer   [256]byte
)

func reply(context.Context, question) (answer, error) { return answer{}, nil }

var sizes = []struct{ workers, window int }{{1, 2}, {64, 128}, {128, 128}, {128, 1024}}

func BenchmarkSubmit(b *testing.B) {
	engines := map[string]func() pool.Engine[question, answer]{
		"thread": func() pool.Engine[question, answer] { return pool.Threads(reply) },
	}
	for name, newEngine := range engines {
		for _, size := range sizes {
			b.Run(fmt.Sprintf("engine=%s/workers=%d/window=%d", name, size.workers, size.window), func(b *testing.B) {
				ex, err := pool.New(newEngine(), pool.Options{Workers: size.workers, Window: size.window})
				if err != nil {
					b.Fatal(err)
				}
				benchmarkSubmit(b, ex)
				if err := ex.Shutdown(b.Context(), pool.Drain); err != nil {
					b.Fatal(err)
				}
			})
		}
	}
}

func benchmarkSubmit(b *testing.B, ex *pool.Executor[question, answer]) {
	b.ReportAllocs()
	ctx := b.Context()
	callback := func(f *pool.Future[answer]) {
		if _, err := f.Result(ctx); err != nil {
			b.Error(err)
		}
	}
	for b.Loop() {
		if _, err := ex.Submit(ctx, question{}, callback); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkChannels(b *testing.B) {
	for _, size := range sizes {
		b.Run(fmt.Sprintf("workers=%d/window=%d", size.workers, size.window), func(b *testing.B) {
			benchmarkChannels(b, size.workers, size.window)
		})
	}
}

func benchmarkChannels(b *testing.B, workers, window int) {
	type result struct {
		answer answer
		err    error
	}
	type call struct {
		ctx    context.Context
		in     question
		result chan result
	}
	calls := make(chan call, window)
	defer close(calls)
	for range workers {
		go func() {
			for c := range calls {
				out, err := reply(c.ctx, c.in)
				c.result <- result{out, err}
			}
		}()
	}
	b.ReportAllocs()
	ctx := b.Context()
	waiting := make([]chan result, 0, window) // results are taken when the window is full
	for b.Loop() {
		c := call{ctx, question{}, make(chan result, 1)}
		calls <- c
		if waiting = append(waiting, c.result); len(waiting) == window {
			for _, r := range waiting {
				if got := <-r; got.err != nil {
					b.Error(got.err)
				}
			}
			waiting = waiting[:0]
		}
	}
}

func BenchmarkMap(b *testing.B) {
	ex, err := pool.New(pool.Threads(reply), pool.Options{Workers: 64})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	items := func(yield func(question) bool) {
		for b.Loop() {
			if !yield(question{}) {
				return
			}
		}
	}
	for _, err := range ex.Map(b.Context(), items, pool.MapOptions{}) {
		if err != nil {
			b.Fatal(err)
		}
	}
	if err := ex.Shutdown(b.Context(), pool.Drain); err != nil {
		b.Fatal(err)
	}
}
