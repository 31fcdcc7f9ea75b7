package pool_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"trawl/pool"
)

// However a worker dies in a call: that call is lost, after three workers, and no
// other is.
func TestProcessesPoisonCallFailsAlone(t *testing.T) {
	t.Parallel()
	for in, state := range map[string]string{
		"kill":       "signal: killed",
		"os.Exit 99": "exit status 99",
		"segv":       "exit status 2", // Go tells it, and exits
		"overflow":   "exit status 2",
	} {
		t.Run(in, func(t *testing.T) {
			t.Parallel()
			for range 3 {
				ex := overProcesses(t, 16, options{Processes: 2})
				var good []*pool.Future[string]
				for i := range 50 {
					good = append(good, send(t, ex, "upper x"+strconv.Itoa(i)))
				}
				_, err := result(t, ex, in)
				wantLost(t, err, state)
				if lost, ok := errors.AsType[*pool.WorkerLostError](err); ok && lost.Runs != 3 {
					t.Errorf("the call was run %d times, want 3", lost.Runs)
				}
				for i, f := range good {
					if got, err := f.Result(t.Context()); err != nil || got != "X"+strconv.Itoa(i) {
						t.Errorf("call %d beside it: %q, %v", i, got, err)
					}
				}
			}
		})
	}
}

// What a worker has printed comes with its error.
func TestProcessesLostWorkerComesWithItsOutput(t *testing.T) {
	t.Parallel()
	ex := overProcesses(t, 1, options{Processes: 1})
	_, err := result(t, ex, "overflow")
	lost, ok := errors.AsType[*pool.WorkerLostError](err)
	if !ok || !strings.Contains(lost.Output, "stack") || len(lost.Output) > 5<<10 {
		t.Errorf("output of a worker that overflowed its stack: %.300q (%d bytes)", lost.Output, len(lost.Output))
	}
	if !strings.Contains(err.Error(), "stack") {
		t.Errorf("the error does not say it: %v", err)
	}
}

func TestProcessesOnePoisonAmongTwentyThousand(t *testing.T) {
	const calls = 20_000
	ex := overProcesses(t, 64, options{Processes: 2})
	var mu sync.Mutex // guards failed, ended
	var failed []error
	ended := 0
	for i := range calls {
		in := "upper x" + strconv.Itoa(i)
		if i == calls/2 {
			in = "kill"
		}
		_, err := ex.Submit(t.Context(), in, func(f *pool.Future[string]) {
			got, err := f.Result(t.Context())
			if err == nil && got != "X"+strconv.Itoa(i) {
				err = fmt.Errorf("call %d: %q", i, got)
			}
			mu.Lock()
			defer mu.Unlock()
			ended++
			if err != nil {
				failed = append(failed, err)
			}
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := ex.Shutdown(t.Context(), pool.Drain); err != nil {
		t.Fatal(err)
	}
	if ended != calls || len(failed) != 1 {
		t.Fatalf("%d calls ended, %d failed: %v; want %d and the poison", ended, len(failed), failed, calls)
	}
	wantLost(t, failed[0], "signal: killed")
}

// Workers that are killed from outside, one after the other at random moments, cost
// no call its result.
func TestProcessesKilledWorkersCostNothing(t *testing.T) {
	const kills, between = 50, 200 // calls from one to the next, so that the last one's calls have been run again
	ex := overProcesses(t, 32, options{Processes: 3})
	met := make(chan int, 1)
	for killed, calls := 0, 0; killed < kills; calls++ {
		_, err := ex.Submit(t.Context(), "pid", func(f *pool.Future[string]) {
			got, err := f.Result(t.Context())
			if err != nil {
				t.Errorf("a call beside: %v", err)
				return
			}
			pid, err := strconv.Atoi(got)
			if err != nil {
				t.Error(err)
			}
			select {
			case met <- pid:
			default:
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		if calls < between+rand.N(between) {
			continue
		}
		calls = 0
		<-met // of long ago
		if syscall.Kill(<-met, syscall.SIGKILL) == nil {
			killed++
		}
	}
	if err := ex.Shutdown(t.Context(), pool.Drain); err != nil {
		t.Error(err)
	}
}

// A call that does not end in its time is ended, by its context if it looks at that, else
// with its worker; the calls beside it have their results.
func TestProcessesCallEndsAtItsLimit(t *testing.T) {
	t.Parallel()
	limit := func(in string) time.Duration {
		switch {
		case strings.HasPrefix(in, "hold"):
			return 50 * time.Millisecond
		case strings.HasPrefix(in, "spin"): // long enough to begin
			return 2 * time.Second
		}
		return 0
	}
	for range 2 {
		ex := overProcesses(t, 8, options{Processes: 1, Limit: limit})
		before := pid(t, ex)
		silent := newGate(t).address
		if _, err := result(t, ex, "hold "+silent+" a"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a call that looks at its context: %v, want deadline exceeded", err)
		}
		if got := pid(t, ex); got != before {
			t.Error("its worker has been replaced")
		}
		began := newGate(t)
		spinning := send(t, ex, "spin "+began.address)
		beside := send(t, ex, "grow 1")
		began.accept(t) // a call whose time is over before it begins costs no worker
		if _, err := spinning.Result(t.Context()); !errors.Is(err, context.DeadlineExceeded) || errors.Is(err, pool.ErrWorkerLost) {
			t.Errorf("a call that does not: %v, want deadline exceeded", err)
		}
		if got, err := beside.Result(t.Context()); got != "1" || err != nil {
			t.Errorf("a call beside it: %q, %v", got, err)
		}
		if got := pid(t, ex); got == before {
			t.Error("its worker has not been replaced")
		}
	}
}

// The end of the call's own context ends it too, at once for who waits.
func TestProcessesDeadlineOfTheContextTravels(t *testing.T) {
	ex := overProcesses(t, 2, options{Processes: 1})
	before := pid(t, ex)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	f, err := ex.Submit(ctx, "hold "+newGate(t).address+" a")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Result(t.Context()); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("Result: %v, want deadline exceeded", err)
	}
	spin, err := ex.Submit(ctx, "spin")
	if err == nil { // the deadline was not over yet
		if _, err := spin.Result(t.Context()); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("Result: %v, want deadline exceeded", err)
		}
	}
	if got := pid(t, ex); got != before && spin == nil {
		t.Error("a call that was cancelled cost its worker")
	}
}

// A worker whose cancelled call never ends is killed, and replaced.
func TestProcessesCancelledCallThatNeverEndsCostsItsWorkerOnly(t *testing.T) {
	t.Parallel()
	lost := make(chan *pool.WorkerLostError, 1)
	ex := overProcesses(t, 2, options{Processes: 1, OnLost: func(l *pool.WorkerLostError) { lost <- l }})
	before := pid(t, ex)
	g := newGate(t)
	ctx, cancel := context.WithCancelCause(t.Context())
	f, err := ex.Submit(ctx, "spin "+g.address)
	if err != nil {
		t.Fatal(err)
	}
	g.accept(t) // it has begun
	reason := errors.New("enough")
	cancel(reason)
	if _, err := f.Result(t.Context()); !errors.Is(err, reason) {
		t.Errorf("Result: %v, want the cause", err)
	}
	if l := <-lost; l.State != "did not end a call in time" {
		t.Errorf("the worker: %v", l)
	}
	if got := pid(t, ex); got == before {
		t.Error("the worker has not been replaced")
	}
}

// A worker that grows too far is ended, the calls beside have their results.
func TestProcessesWorkerThatGrowsTooFar(t *testing.T) {
	t.Parallel()
	ex := overProcesses(t, 8, options{Processes: 1, Memory: 192 << 20})
	for range 2 {
		growing := send(t, ex, "grow 4000")
		beside := send(t, ex, "grow 8")
		_, err := growing.Result(t.Context())
		if !errors.Is(err, pool.ErrWorkerLost) {
			t.Errorf("a call that takes 4 GB: %v, want a lost worker", err)
		}
		if got, err := beside.Result(t.Context()); got != "8" || err != nil {
			t.Errorf("a call beside it: %q, %v", got, err)
		}
	}
}

func TestProcessesPanicIsTheCallsErrorAndTheWorkerLives(t *testing.T) {
	ex := overProcesses(t, 1, options{Processes: 1})
	before := pid(t, ex)
	for range 20 {
		_, err := result(t, ex, "panic out of cheese")
		p, ok := errors.AsType[*pool.PanicError](err)
		if !ok || p.Value != "out of cheese" || !strings.Contains(string(p.Stack), "pooltest.Call") {
			t.Fatalf("%#v, want the panic and its stack in the worker", err)
		}
	}
	if got := pid(t, ex); got != before {
		t.Error("the worker has been replaced")
	}
}

// Whatever a worker writes where frames should be: it is replaced, what it was
// doing beside is done elsewhere, and memory stays bounded.
func TestProcessesNonsenseCostsTheWorkerOnly(t *testing.T) {
	t.Parallel()
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	for name, in := range map[string]string{
		"garbage":           "write " + strings.Repeat("garbage ", 100),
		"4 GB":              "write \xff\xff\xff\xff\x00\x00\x00\x00\x04",
		"60 MB, never sent": "write \x00\x00\x90\x03\x00\x00\x00\x00\x04",
		"torn":              "tear \x10\x00\x00\x00\x01",
		"zeros":             "write " + strings.Repeat("\x00", 64),
		"text":              "write panic: something printed to the wrong place\n",
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			for range 2 {
				ex := overProcesses(t, 8, options{Processes: 1, Limit: func(in string) time.Duration {
					if strings.HasPrefix(in, "write") {
						return time.Second
					}
					return 0
				}})
				writing := send(t, ex, in)
				beside := send(t, ex, "grow 4")
				_, err := writing.Result(t.Context())
				if !errors.Is(err, pool.ErrWorkerLost) && !errors.Is(err, context.DeadlineExceeded) {
					t.Errorf("the call: %v", err)
				}
				if got, err := beside.Result(t.Context()); got != "4" || err != nil {
					t.Errorf("a call beside it: %q, %v", got, err)
				}
			}
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			if m.HeapSys > before.HeapSys+512<<20 {
				t.Errorf("this process's heap has grown from %d to %d MiB", before.HeapSys>>20, m.HeapSys>>20)
			}
		})
	}
}

// What is printed in a call harms nothing, and is passed on.
func TestProcessesPrintingIsPassedOn(t *testing.T) {
	said := make(chan string, 10)
	ex := overProcesses(t, 1, options{Processes: 1, Name: "shop", OnOutput: func(worker, line string) { said <- worker + ": " + line }})
	if got := value(t, ex, "say cheese"); got != "cheese" {
		t.Errorf("value %q", got)
	}
	for range 2 {
		if got := <-said; got != "shop-1: cheese" {
			t.Errorf("%q was passed on", got)
		}
	}
}

// HUP and INT to all workers end none: their main function says so. They are in a
// process group of their own, so Ctrl-C at a terminal does not even come.
func TestProcessesHUPEndsNoWorker(t *testing.T) {
	ex := overProcesses(t, 1, options{Processes: 1})
	before := pid(t, ex)
	group, err := syscall.Getpgid(before)
	if err != nil || group == syscall.Getpgrp() {
		t.Errorf("the worker's group is %d (%v), this process's %d", group, err, syscall.Getpgrp())
	}
	for _, s := range []syscall.Signal{syscall.SIGHUP, syscall.SIGINT} {
		if err := syscall.Kill(before, s); err != nil {
			t.Fatal(err)
		}
	}
	if got := pid(t, ex); got != before {
		t.Error("the worker has been replaced")
	}
}

// After Shutdown no process is left.
func TestProcessesAreGoneAfterShutdown(t *testing.T) {
	ex := overProcesses(t, 8, options{Processes: 3})
	var all []*pool.Future[string]
	for range 40 {
		all = append(all, send(t, ex, "pid"))
	}
	if err := ex.Shutdown(t.Context(), pool.Drain); err != nil {
		t.Fatal(err)
	}
	for _, f := range all {
		got, err := f.Result(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat("/proc/" + got); err == nil {
			t.Errorf("process %s is still there", got)
		}
	}
}
