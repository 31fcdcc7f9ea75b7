package pool_test

import (
	"errors"
	"os"
	"strings"
	"syscall"
	"testing"

	"trawl/pool"
)

// phases is a codec that breaks where a value tells it to. Arguments are encoded
// here and decoded in the worker, results the other way round.
type phases struct{}

func (phases) Append(dst []byte, v string) ([]byte, error) {
	if err := breakIn("encode", v); err != nil {
		return dst, err
	}
	return append(dst, v...), nil
}

func (phases) Decode(data []byte) (string, error) {
	v := string(data)
	return v, breakIn("decode", v)
}

// breakIn does in that phase what the value says: "WHAT at PHASE".
func breakIn(phase, v string) error {
	what, at, _ := strings.Cut(v, " at ")
	if at != phase {
		return nil
	}
	switch what {
	case "error":
		return errors.New("broken on purpose")
	case "panic":
		panic("broken on purpose")
	case "exit":
		os.Exit(1)
	case "crash":
		_ = syscall.Kill(os.Getpid(), syscall.SIGSEGV)
		select {}
	}
	return nil // it is the argument for such a result
}

// Crash by phase: whatever breaks where, that call alone has an error, and the
// executor goes on.
func TestProcessesBreakInAPhase(t *testing.T) {
	for _, c := range []struct{ name, in, want string }{
		{"ErrorAtArgumentEncode", "error at encode", "encode argument: broken on purpose"},
		{"PanicAtArgumentEncode", "panic at encode", "panic: broken on purpose"},
		{"ErrorAtArgumentDecode", "error at decode", "decode argument: broken on purpose"},
		{"PanicAtArgumentDecode", "panic at decode", "panic: broken on purpose"},
		{"ExitAtArgumentDecode", "exit at decode", "died: exit status 1"},
		{"CrashAtArgumentDecode", "crash at decode", "died: exit status 2: SIGSEGV"},
		{"CrashDuringTheCall", "segv", "died: exit status 2: SIGSEGV"},
		{"ExitDuringTheCall", "os.Exit 99", "died: exit status 99"},
		{"ErrorDuringTheCall", "fail 404", "status 404"},
		{"CrashAtResultEncode", "reply crash at encode", "died: exit status 2: SIGSEGV"},
		{"ExitAtResultEncode", "reply exit at encode", "died: exit status 1"},
		{"ErrorAtResultEncode", "reply error at encode", "encode result: broken on purpose"},
		{"PanicAtResultEncode", "reply panic at encode", "panic: broken on purpose"},
		{"ErrorAtResultDecode", "reply error at decode", "decode result: broken on purpose"},
		{"PanicAtResultDecode", "reply panic at decode", "panic: broken on purpose"},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			ex := overProcesses(t, 4, options{Processes: 1})
			for range 2 {
				_, err := result(t, ex, c.in)
				if err == nil || !strings.Contains(err.Error(), c.want) {
					t.Fatalf("%q: %v, want %s", c.in, err, c.want)
				}
				if errors.Is(err, pool.ErrWorkerLost) != strings.HasPrefix(c.want, "died") {
					t.Errorf("%q: %v, which is a lost worker: %v", c.in, err, errors.Is(err, pool.ErrWorkerLost))
				}
			}
			if got := value(t, ex, "upper on"); got != "ON" {
				t.Errorf("the next call: %q", got)
			}
		})
	}
}

// Shutdown waits for calls that break in any way, and has no deadlock then.
func TestProcessesShutDownWhileCallsBreak(t *testing.T) {
	for _, in := range []string{"error at encode", "exit at decode", "crash at decode", "os.Exit 3", "reply crash at encode", "reply error at decode"} {
		ex := overProcesses(t, 8, options{Processes: 2})
		var all []*pool.Future[string]
		for i := range 8 {
			call := in
			if i%2 == 0 {
				call = "upper x"
			}
			all = append(all, send(t, ex, call))
		}
		if err := ex.Shutdown(t.Context(), pool.Drain); err != nil {
			t.Errorf("%q: Shutdown: %v", in, err)
		}
		for i, f := range all {
			got, err := f.Result(t.Context())
			if good := i%2 == 0; good != (err == nil) || good && got != "X" {
				t.Errorf("%q: call %d: %q, %v", in, i, got, err)
			}
		}
	}
}

// A worker that dies while more is being written to it than its pipe holds, or is
// written by it, leaves nobody waiting.
func TestProcessesCrashWithBigData(t *testing.T) {
	big := strings.Repeat("x", 1<<20)
	ex := overProcesses(t, 8, options{Processes: 1})
	for range 3 {
		var all []*pool.Future[string]
		for i := range 6 {
			call := "upper " + big
			if i == 1 {
				call = "kill " + big
			}
			all = append(all, send(t, ex, call))
		}
		for i, f := range all {
			got, err := f.Result(t.Context())
			if i == 1 {
				wantLost(t, err, "signal: killed")
			} else if err != nil || len(got) != len(big) {
				t.Errorf("call %d: %d bytes, %v", i, len(got), err)
			}
		}
	}
}

// Submit never waits for a pipe: with more calls in flight than both pipes hold,
// and no worker that reads, it waits for the window only.
func TestProcessesSubmitNeverWaitsForAPipe(t *testing.T) {
	ex := overProcesses(t, 64, options{Processes: 1})
	worker := pid(t, ex)
	if err := syscall.Kill(worker, syscall.SIGSTOP); err != nil {
		t.Fatal(err)
	}
	var all []*pool.Future[string]
	for range 64 {
		all = append(all, send(t, ex, "upper "+strings.Repeat("x", 64<<10)))
	}
	if err := syscall.Kill(worker, syscall.SIGCONT); err != nil {
		t.Fatal(err)
	}
	for i, f := range all {
		if got, err := f.Result(t.Context()); err != nil || len(got) != 64<<10 {
			t.Errorf("call %d: %d bytes, %v", i, len(got), err)
		}
	}
}
