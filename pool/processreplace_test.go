package pool_test

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"trawl/pool"
)

// copyOfThis is this test binary at a place of its own.
func copyOfThis(t *testing.T) string {
	t.Helper()
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	from, err := os.Open(self)
	if err != nil {
		t.Fatal(err)
	}
	defer from.Close()
	path := filepath.Join(t.TempDir(), "worker")
	to, err := os.OpenFile(path, os.O_CREATE|os.O_WRONLY, 0o755)
	if err != nil {
		t.Fatal(err)
	}
	_, err = io.Copy(to, from)
	if err := errors.Join(err, to.Close()); err != nil {
		t.Fatal(err)
	}
	return path
}

// kill ends the only worker there is.
func kill(t *testing.T, ex *pool.Executor[string, string]) {
	t.Helper()
	if err := syscall.Kill(pid(t, ex), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
}

// A worker that cannot be replaced breaks the executor, and nothing hangs.
func TestProcessesWorkerThatCannotBeReplacedBreaksTheExecutor(t *testing.T) {
	t.Parallel()
	path := copyOfThis(t)
	ex := overProcesses(t, 1, options{Processes: 1, Path: path})
	value(t, ex, "upper x")
	if err := os.Remove(path); err != nil {
		t.Fatal(err)
	}
	kill(t, ex)
	_, err := result(t, ex, "upper y")
	if !errors.Is(err, pool.ErrBroken) || !strings.Contains(err.Error(), "no such file") {
		t.Errorf("a call after that: %v, want a broken executor: no such file", err)
	}
}

// Nor is it replaced by another program, which has taken the name meanwhile.
func TestProcessesAreOfOneProgram(t *testing.T) {
	t.Parallel()
	path, other := copyOfThis(t), copyOfThis(t)
	ex := overProcesses(t, 1, options{Processes: 1, Path: path})
	value(t, ex, "upper x")
	if err := os.Rename(other, path); err != nil {
		t.Fatal(err)
	}
	kill(t, ex)
	_, err := result(t, ex, "upper y")
	if !errors.Is(err, pool.ErrBroken) || !strings.Contains(err.Error(), "has been replaced") {
		t.Errorf("a call after that: %v, want a broken executor: has been replaced", err)
	}
}

// This program is started again even when its file has been removed.
func TestProcessesAreThisProgramThoughItsFileIsGone(t *testing.T) {
	t.Parallel()
	value(t, overProcesses(t, 1, options{Processes: 1}), "upper x")
	// The copy is a parent that starts itself: see parent.
	path := copyOfThis(t)
	l := newGate(t)
	cmd := parentAt(t, path, l.address, func() {
		if err := os.Remove(path); err != nil {
			t.Error(err)
		}
	})
	defer cmd.stop()
	l.accept(t) // of a worker
}

// Workers are gone some time after a Shutdown that does not wait.
func TestProcessesShutdownWithoutWaitingLeavesNoProcess(t *testing.T) {
	t.Parallel()
	g := newGate(t)
	ex := overProcesses(t, 2, options{Processes: 1})
	held := send(t, ex, "hold "+g.address+" x")
	conn := g.accept(t)
	if err := ex.Shutdown(t.Context(), pool.NoWait); err != nil {
		t.Fatal(err)
	}
	if _, err := io.WriteString(conn, "\n"); err != nil {
		t.Fatal(err)
	}
	if got, err := held.Result(t.Context()); got != "x" || err != nil {
		t.Errorf("the call that ran: %q, %v", got, err)
	}
	if err := ex.Shutdown(t.Context(), pool.Drain); err != nil { // returns when they are gone
		t.Error(err)
	}
}

// A worker that dies while Shutdown does not wait, or waits, leaves nothing hanging.
func TestProcessesShutdownWhileAWorkerDies(t *testing.T) {
	t.Parallel()
	for _, mode := range []pool.Mode{pool.NoWait, pool.Drain, pool.CancelPending, pool.CancelPending | pool.NoWait} {
		ex := overProcesses(t, 4, options{Processes: 2})
		dying, beside := send(t, ex, "os.Exit 1"), send(t, ex, "upper x")
		if err := ex.Shutdown(t.Context(), mode); err != nil {
			t.Error(err)
		}
		if err := ex.Shutdown(t.Context(), pool.Drain); err != nil {
			t.Error(err)
		}
		if _, err := dying.Result(t.Context()); !errors.Is(err, pool.ErrWorkerLost) && !errors.Is(err, pool.ErrCancelled) {
			t.Errorf("mode %v: the dying call: %v", mode, err)
		}
		if got, err := beside.Result(t.Context()); got != "X" && !errors.Is(err, pool.ErrCancelled) {
			t.Errorf("mode %v: the call beside it: %q, %v", mode, got, err)
		}
	}
}
