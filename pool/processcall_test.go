package pool_test

import (
	"context"
	"errors"
	"fmt"
	"net"
	"os"
	"runtime"
	"runtime/debug"
	"slices"
	"strconv"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"trawl/pool"
	"trawl/pool/pooltest"
)

type options = pool.ProcessOptions[string, string]

// processes is an engine whose workers are this test binary.
func processes(t testing.TB, opts options) pool.Engine[string, string] {
	t.Helper()
	opts.Env = append(opts.Env, "GORACE=atexit_sleep_ms=0")
	if opts.In == nil {
		opts.In = phases{}
	}
	if opts.Out == nil {
		opts.Out = phases{}
	}
	engine, err := pool.Processes(opts)
	if err != nil {
		t.Fatal(err)
	}
	return engine
}

// overProcesses is an executor that is shut down with the test.
func overProcesses(t testing.TB, workers int, opts options) *pool.Executor[string, string] {
	t.Helper()
	ex, err := pool.New(processes(t, opts), pool.Options{Workers: workers})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ex.Shutdown(context.Background(), pool.Kill) }) // its error is the test's business
	return ex
}

func send(t testing.TB, ex *pool.Executor[string, string], in string) *pool.Future[string] {
	t.Helper()
	f, err := ex.Submit(t.Context(), in)
	if err != nil {
		t.Fatalf("Submit(%q): %v", in, err)
	}
	return f
}

// result makes a call and waits for it.
func result(t testing.TB, ex *pool.Executor[string, string], in string) (string, error) {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), 60*time.Second)
	defer cancel()
	return send(t, ex, in).Result(ctx)
}

// value is the result of a call that must not fail.
func value(t testing.TB, ex *pool.Executor[string, string], in string) string {
	t.Helper()
	got, err := result(t, ex, in)
	if err != nil {
		t.Fatalf("%q: %v", in, err)
	}
	return got
}

// pid is the process that a call runs in.
func pid(t testing.TB, ex *pool.Executor[string, string]) int {
	t.Helper()
	n, err := strconv.Atoi(value(t, ex, "pid"))
	if err != nil {
		t.Fatal(err)
	}
	return n
}

func wantLost(t testing.TB, err error, state string) {
	t.Helper()
	lost, ok := errors.AsType[*pool.WorkerLostError](err)
	if !ok || !errors.Is(err, pool.ErrWorkerLost) || !strings.Contains(lost.State, state) {
		t.Errorf("error %v, want a lost worker: %s", err, state)
	}
}

var made atomic.Int64 // calls in this process

// workerCall is pooltest.Call, and:
//
//	broken         the error of an executor that is broken
//	lost           the error of another's worker that was lost
//	reply TEXT     the value is TEXT
//	pid            the value is the process id
//	made           how many calls the process has made, this one too
//	memory         bytes of heap in use
//	say TEXT       prints TEXT on standard output and error
//	os.Exit CODE   ends the process
//	kill           SIGKILL to itself
//	segv           SIGSEGV to itself
//	overflow       uses up a stack of 8 MiB
//	grow MIB       takes so much memory and holds it until its context ends
//	spin ADDRESS   never returns; connects to ADDRESS (TCP) first, if there is one
//	tear TEXT      writes TEXT where frames should be, and ends the process
//	write TEXT     writes TEXT where frames should be
func workerCall(ctx context.Context, in string) (string, error) {
	n := made.Add(1)
	verb, rest, _ := strings.Cut(in, " ")
	switch verb {
	case "broken":
		return "", fmt.Errorf("another: %w", pool.ErrBroken)
	case "lost":
		return "", &pool.WorkerLostError{Worker: "inner", State: "exit status 1"}
	case "reply":
		return rest, nil
	case "pid":
		return strconv.Itoa(os.Getpid()), nil
	case "made":
		return strconv.FormatInt(n, 10), nil
	case "memory":
		var m runtime.MemStats
		runtime.GC()
		runtime.ReadMemStats(&m)
		return strconv.FormatUint(m.HeapAlloc, 10), nil
	case "say":
		fmt.Println(rest)
		fmt.Fprintln(os.Stderr, rest)
		return rest, nil
	case "os.Exit":
		code, err := strconv.Atoi(rest)
		if err != nil {
			return "", err
		}
		os.Exit(code)
	case "kill":
		return "", errors.Join(syscall.Kill(os.Getpid(), syscall.SIGKILL), wait(ctx))
	case "segv":
		return "", errors.Join(syscall.Kill(os.Getpid(), syscall.SIGSEGV), wait(ctx))
	case "overflow":
		debug.SetMaxStack(8 << 20)
		return strconv.Itoa(overflow(1)), nil
	case "grow":
		return grow(ctx, rest)
	case "spin":
		if rest != "" {
			conn, err := net.Dial("tcp", rest)
			if err != nil {
				return "", err
			}
			defer conn.Close()
		}
		select {}
	case "tear":
		if _, err := syscall.Write(4, []byte(rest)); err != nil {
			return "", err
		}
		os.Exit(0)
	case "write":
		_, err := syscall.Write(4, []byte(rest)) // the pipe of the answers
		return "", errors.Join(err, wait(ctx))
	}
	return pooltest.Call(ctx, in)
}

func wait(ctx context.Context) error {
	<-ctx.Done()
	return context.Cause(ctx)
}

func overflow(n int) int {
	if n < 0 { // not before the stack is used up
		return n
	}
	var room [1 << 10]byte
	room[n%len(room)] = byte(n)
	return overflow(n+1) + int(room[(n+1)%len(room)])
}

func grow(ctx context.Context, mib string) (string, error) {
	n, err := strconv.Atoi(mib)
	if err != nil {
		return "", err
	}
	var held [][]byte
	for range n {
		block := make([]byte, 1<<20)
		for i := 0; i < len(block); i += os.Getpagesize() {
			block[i] = 1
		}
		held = append(held, block)
	}
	if n < 100 { // honest
		return strconv.Itoa(len(slices.Concat(held...)) >> 20), nil
	}
	err = wait(ctx)
	runtime.KeepAlive(held)
	return "", err
}
