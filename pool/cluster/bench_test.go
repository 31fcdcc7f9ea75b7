package cluster_test

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"testing"

	"trawl/pool"
	"trawl/pool/cluster/broker"
)

// What a call costs that does nothing, with an argument and a result of 256 bytes, in two
// processes: over the wire of this package, with the server in the coordinator's process, and
// over pipes.

const benchmarkCalls = 512 // at once, in each of the two workers

var benchmarkArgument = "upper " + string(bytes.Repeat([]byte("x"), 250))

var benchmarkSizes = []struct{ workers, window int }{{128, 256}, {1024, 2048}}

func BenchmarkCluster(b *testing.B) {
	server, err := broker.Start(broker.Options{Dir: b.TempDir()})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = server.Remove() })
	workers := []*worker{startWorker(b, server.Address()), startWorker(b, server.Address())}
	for _, size := range benchmarkSizes {
		b.Run(fmt.Sprintf("workers=%d", size.workers), func(b *testing.B) {
			r := newEngine(b, dial(b, server.Address()), nil)
			for _, w := range workers {
				w.serve(job{Run: r.name, Once: true, Capacity: benchmarkCalls})
			}
			r.awaitCapacity(2 * benchmarkCalls)
			benchmarkCallsOf(b, r.engine, size.workers, size.window)
		})
	}
}

func BenchmarkProcesses(b *testing.B) {
	for _, size := range benchmarkSizes {
		b.Run(fmt.Sprintf("workers=%d", size.workers), func(b *testing.B) {
			engine, err := pool.Processes(pool.ProcessOptions[string, string]{Processes: 2, Env: os.Environ()})
			if err != nil {
				b.Fatal(err)
			}
			benchmarkCallsOf(b, engine, size.workers, size.window)
		})
	}
}

// benchmarkCallsOf makes calls, after some for warmth.
func benchmarkCallsOf(b *testing.B, engine pool.Engine[string, string], workers, window int) {
	ex, err := pool.New(engine, pool.Options{Workers: workers, Window: window})
	if err != nil {
		b.Fatal(err)
	}
	ctx := b.Context()
	done := func(f *pool.Future[string]) {
		if _, err := f.Result(ctx); err != nil {
			b.Error(err)
		}
	}
	var first []*pool.Future[string]
	for range 2 * window {
		f, err := ex.Submit(ctx, benchmarkArgument, done)
		if err != nil {
			b.Fatal(err)
		}
		first = append(first, f)
	}
	if _, _, err := pool.Wait(ctx, pool.AllCompleted, first...); err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	calls := 0
	for b.Loop() {
		if _, err := ex.Submit(ctx, benchmarkArgument, done); err != nil {
			b.Fatal(err)
		}
		calls++
	}
	b.ReportMetric(float64(calls)/b.Elapsed().Seconds(), "calls/s")
	if err := ex.Shutdown(context.WithoutCancel(ctx), pool.Drain); err != nil {
		b.Fatal(err)
	}
}

// processMain is what a worker of pool.Processes does here.
func processMain() error {
	return pool.Serve(context.Background(), func([]byte) (pool.Worker[string, string, string], error) {
		ex, err := pool.New(pool.Threads(call), pool.Options{Workers: benchmarkCalls})
		return pool.Worker[string, string, string]{Executor: ex, Done: pool.Outcome[string, string]}, err
	})
}
