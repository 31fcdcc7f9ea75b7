// Package process puts trawl's worker processes beside those of Python's
// concurrent.futures: two processes, and calls that do nothing, with a small number as argument
// and result. Both start their processes before the clock starts.
package process

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"sync/atomic"
	"testing"

	"trawl/pool"
)

const (
	processes = 2
	inFlight  = 128 // calls that are on their way to a process, in it, or on their way back
)

func noop(_ context.Context, n int) (int, error) { return n, nil }

// TestMain is the worker's main too: Processes starts this binary again.
func TestMain(m *testing.M) {
	if !pool.IsWorker() {
		os.Exit(m.Run())
	}
	if err := pool.Serve(context.Background(), start); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func start([]byte) (pool.Worker[int, int, int], error) {
	ex, err := pool.New(pool.Threads(noop), pool.Options{Workers: inFlight / processes})
	return pool.Worker[int, int, int]{Executor: ex, Done: pool.Outcome[int, int]}, err
}

func BenchmarkProcesses(b *testing.B) {
	ex := newExecutor(b)
	ctx := b.Context()
	var submitted, ended atomic.Int64
	done := func(f *pool.Future[int]) {
		if _, err := f.Result(ctx); err != nil {
			b.Error(err)
		}
		ended.Add(1)
	}
	for b.Loop() { // without the last 256 results: a thousandth
		if _, err := ex.Submit(ctx, int(submitted.Add(1)), done); err != nil {
			b.Fatal(err)
		}
	}
	reportRate(b, float64(submitted.Load())/b.Elapsed().Seconds())
	if err := ex.Shutdown(ctx, pool.Drain); err != nil {
		b.Fatal(err)
	}
	if got, want := ended.Load(), submitted.Load(); got != want {
		b.Errorf("%d calls called back, of %d", got, want)
	}
}

// newExecutor returns one whose processes are there and have made calls.
func newExecutor(b *testing.B) *pool.Executor[int, int] {
	engine, err := pool.Processes(pool.ProcessOptions[int, int]{Processes: processes})
	if err != nil {
		b.Fatal(err)
	}
	ex, err := pool.New(engine, pool.Options{Workers: inFlight, Window: 2 * inFlight})
	if err != nil {
		b.Fatal(err)
	}
	var first []*pool.Future[int]
	for n := range 1000 {
		f, err := ex.Submit(b.Context(), n)
		if err != nil {
			b.Fatal(err)
		}
		first = append(first, f)
	}
	for n, f := range first {
		if got, err := f.Result(b.Context()); got != n || err != nil {
			b.Fatalf("call %d: %d, %v", n, got, err)
		}
	}
	return ex
}

// BenchmarkPython runs the script, which takes some seconds and has a clock of its own.
func BenchmarkPython(b *testing.B) {
	python, err := exec.LookPath("python3")
	if err != nil {
		b.Skip(err)
	}
	var sum float64
	runs := 0
	for b.Loop() {
		sum += runPython(b, python)
		runs++
	}
	reportRate(b, sum/float64(runs))
}

func runPython(b *testing.B, python string) (callsPerSecond float64) {
	cmd := exec.CommandContext(b.Context(), python, "noop.py")
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		b.Fatalf("%s: %v", cmd, err)
	}
	if _, err := fmt.Sscanf(string(out), "%f calls/s\n", &callsPerSecond); err != nil {
		b.Fatalf("%s printed %q: %v", cmd, out, err)
	}
	return callsPerSecond
}

// reportRate replaces the time of a round of the loop, which is a call here and 20,000 there.
func reportRate(b *testing.B, callsPerSecond float64) {
	b.ReportMetric(callsPerSecond, "calls/s")
	b.ReportMetric(1e9/callsPerSecond, "ns/op")
}
