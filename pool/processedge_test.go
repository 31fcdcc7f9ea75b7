package pool_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"trawl/pool"
)

// program is a script that ends by being this test binary as a worker.
func program(t *testing.T, before string) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(t.TempDir(), "worker.sh")
	if err := os.WriteFile(path, []byte("#!/bin/sh\n"+before+"\nexec "+self+"\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	return path
}

// What a call returns is its own, though it be the error of an executor that is
// broken, or of a worker that was lost: it may have used another.
func TestProcessesErrorOfACallBreaksNothing(t *testing.T) {
	ex := overProcesses(t, 2, options{Processes: 1})
	before := pid(t, ex)
	if _, err := result(t, ex, "broken"); !errors.Is(err, pool.ErrBroken) {
		t.Errorf("a call that returns ErrBroken: %v", err)
	}
	_, err := result(t, ex, "lost")
	if lost, ok := errors.AsType[*pool.WorkerLostError](err); !ok || lost.Worker != "inner" || lost.Runs != 0 {
		t.Errorf("a call that returns a WorkerLostError: %#v, want what it has returned", err)
	}
	if after := pid(t, ex); after != before {
		t.Error("the worker has been replaced")
	}
}

// Calls one after the other need one process, however many they are.
func TestProcessesSequenceOfCallsNeedsOneWorker(t *testing.T) {
	ex := overProcesses(t, 4, options{Processes: 4})
	first := pid(t, ex)
	for range 500 {
		if got := pid(t, ex); got != first {
			t.Fatalf("a call ran in %d, after others in %d", got, first)
		}
	}
}

// goexiting is a codec that ends the goroutine that decodes a certain result.
type goexiting struct{ phases }

func (goexiting) Decode(data []byte) (string, error) {
	if string(data) == "goexit" {
		runtime.Goexit()
	}
	return string(data), nil
}

func TestProcessesGoexitInDecodeIsTheCallsError(t *testing.T) {
	ex := overProcesses(t, 4, options{Processes: 1, Out: goexiting{}})
	for range 3 {
		_, err := result(t, ex, "reply goexit")
		if p, ok := errors.AsType[*pool.PanicError](err); !ok || p.Value != "runtime.Goexit" {
			t.Errorf("the call: %v, want runtime.Goexit", err)
		}
		if got := value(t, ex, "upper on"); got != "ON" {
			t.Errorf("the next call: %q", got)
		}
	}
}

// Who is told of a lost worker may make calls.
func TestProcessesOnLostMayMakeCalls(t *testing.T) {
	var ex *pool.Executor[string, string]
	got := make(chan string, 1)
	ex = overProcesses(t, 4, options{Processes: 1, OnLost: func(*pool.WorkerLostError) {
		f, err := ex.Submit(context.Background(), "upper x")
		if err != nil {
			got <- err.Error()
			return
		}
		text, err := f.Result(context.Background())
		got <- fmt.Sprint(text, err)
	}})
	kill(t, ex)
	if text := <-got; text != "X<nil>" {
		t.Errorf("a call in OnLost: %s", text)
	}
}

// Who is told of lines, and does not return, keeps nobody from the end of a worker.
func TestProcessesSlowOnOutputDelaysNoCall(t *testing.T) {
	block := make(chan struct{})
	ex := overProcesses(t, 4, options{Processes: 1, OnOutput: func(string, string) { <-block }})
	defer close(block) // before Shutdown
	value(t, ex, "say something")
	g := newGate(t)
	held := send(t, ex, "hold "+g.address+" x")
	g.accept(t)
	kill(t, ex)
	if _, err := io.WriteString(g.accept(t), "\n"); err != nil { // it is run again
		t.Fatal(err)
	}
	if got, err := held.Result(t.Context()); got != "x" || err != nil {
		t.Errorf("the call: %q, %v", got, err)
	}
}

// A call whose context ends while a worker starts for it alone ends with it.
func TestProcessesCallEndsWhileItsWorkerStarts(t *testing.T) {
	g := newGate(t)
	ex := overProcesses(t, 4, options{Processes: 1, Setup: []byte("hold " + g.address + " start")})
	go g.letGo() // the first worker
	before := pid(t, ex)
	ctx, cancel := context.WithCancelCause(t.Context())
	f, err := ex.Submit(ctx, "spin "+g.address)
	if err != nil {
		t.Fatal(err)
	}
	g.accept(t) // it runs
	if err := syscall.Kill(before, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	g.accept(t) // two workers start: in the slot,
	g.accept(t) // and for the call
	enough := errors.New("enough")
	cancel(enough)
	if _, err := f.Result(t.Context()); !errors.Is(err, enough) {
		t.Errorf("Result: %v, want the cause", err)
	}
}

// A setup that no frame can hold is said to be that.
func TestProcessesSetupMayBeTooLarge(t *testing.T) {
	ex := overProcesses(t, 2, options{Processes: 1, Setup: make([]byte, 64<<20)})
	if _, err := result(t, ex, "upper x"); !errors.Is(err, pool.ErrBroken) || !strings.Contains(err.Error(), "setup") {
		t.Errorf("a call: %.200v, want a broken executor, for its setup", err)
	}
}

// A worker that has had its last call, and is long about it, keeps nobody waiting.
func TestProcessesSuccessorDoesNotWaitForTheLastCalls(t *testing.T) {
	g := newGate(t)
	ex := overProcesses(t, 8, options{Processes: 1, MaxCalls: 2})
	held := send(t, ex, "hold "+g.address+" x")
	conn := g.accept(t)
	first := pid(t, ex)
	if second := pid(t, ex); second == first {
		t.Error("the third call was the same worker's")
	}
	if _, err := io.WriteString(conn, "\n"); err != nil {
		t.Fatal(err)
	}
	if got, err := held.Result(t.Context()); got != "x" || err != nil {
		t.Errorf("the first call: %q, %v", got, err)
	}
}

// Other workers start, and will be enough.
func TestProcessesOneThatDoesNotStartLeavesTheOthers(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	first := filepath.Join(t.TempDir(), "first")
	path := program(t, "mkdir "+first+" 2>/dev/null || exit 1") // the first only
	ex := overProcesses(t, 4, options{Processes: 2, Path: path, Setup: []byte("hold " + g.address + " start")})
	all := []*pool.Future[string]{send(t, ex, "upper x"), send(t, ex, "upper x")}
	g.letGo()
	for i, f := range all {
		if got, err := f.Result(t.Context()); got != "X" || err != nil {
			t.Errorf("call %d: %q, %v", i, got, err)
		}
	}
}

// A system that is short of files for a moment breaks nothing.
func TestProcessesOutliveAShortageOfFiles(t *testing.T) {
	ex := overProcesses(t, 8, options{Processes: 1})
	g := newGate(t)
	held := send(t, ex, "hold "+g.address+" x")
	g.accept(t)
	worker := pid(t, ex)
	var before syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &before); err != nil {
		t.Fatal(err)
	}
	none := before
	none.Cur = 3
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &none); err != nil {
		t.Fatal(err)
	}
	err := syscall.Kill(worker, syscall.SIGKILL)
	for err == nil { // until it has been waited for
		err = syscall.Kill(worker, 0)
	}
	if err := syscall.Setrlimit(syscall.RLIMIT_NOFILE, &before); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(g.accept(t), "\n"); err != nil { // it is run again
		t.Fatal(err)
	}
	if got, err := held.Result(t.Context()); got != "x" || err != nil {
		t.Errorf("the call: %q, %v", got, err)
	}
}

// A process that a worker has started may hold all its pipes: the worker's end is
// noticed nevertheless, and that process ends too.
func TestProcessesEndIsNoticedThoughItsPipesAreHeld(t *testing.T) {
	t.Parallel()
	ex := overProcesses(t, 4, options{Processes: 1, Path: program(t, "sleep 1000 &")})
	g := newGate(t)
	held := send(t, ex, "hold "+g.address+" x")
	g.accept(t)
	kill(t, ex)
	if _, err := io.WriteString(g.accept(t), "\n"); err != nil {
		t.Fatal(err)
	}
	if got, err := held.Result(t.Context()); got != "x" || err != nil {
		t.Errorf("the call: %q, %v", got, err)
	}
	if err := ex.Shutdown(t.Context(), pool.Kill); err != nil {
		t.Error(err)
	}
}

// Workers end by themselves when their pipe is closed, so that their main functions
// can tidy up, though calls have just been cancelled.
func TestProcessesTidyUpAfterServe(t *testing.T) {
	for range 5 {
		dir := t.TempDir()
		ex := overProcesses(t, 16, options{Processes: 1, Env: []string{tidyVariable + "=" + dir}})
		worker := value(t, ex, "pid")
		ctx, cancel := context.WithCancel(t.Context())
		g := newGate(t)
		for range 16 {
			if _, err := ex.Submit(ctx, "hold "+g.address+" x"); err != nil {
				t.Fatal(err)
			}
			g.accept(t)
		}
		cancel()
		if err := ex.Shutdown(t.Context(), pool.Drain); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(filepath.Join(dir, worker)); err != nil {
			t.Errorf("the worker was killed: %v", err)
		}
	}
}

// A worker whose main function does not call Serve starts no workers of its own.
func TestProcessesDoNotMultiply(t *testing.T) {
	t.Setenv("POOL_WORKER", "3,4")
	if _, err := pool.Processes(options{}); err == nil || !strings.Contains(err.Error(), "Serve") {
		t.Errorf("Processes in a worker: %v, want to be told of Serve", err)
	}
}

// An engine may be closed more than once.
func TestProcessesMayBeClosedTwice(t *testing.T) {
	engine := processes(t, options{Processes: 1})
	if got, err := engine.Call(t.Context(), "upper x"); got != "X" || err != nil {
		t.Errorf("%q, %v", got, err)
	}
	for range 2 {
		if err := engine.Close(); err != nil {
			t.Error(err)
		}
	}
}
