package pool_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"trawl/pool"
)

// Calls that come one after the other need one process, whatever the number
// allowed.
func TestProcessesIdleWorkerIsUsedAgain(t *testing.T) {
	ex := overProcesses(t, 4, options{Processes: 4})
	first := pid(t, ex)
	for range 10 {
		if got := pid(t, ex); got != first {
			t.Errorf("a call ran in %d while %d had nothing to do", got, first)
		}
	}
}

// Calls at once are spread over as many processes as there may be.
func TestProcessesAreStartedWhileOthersAreBusy(t *testing.T) {
	ex := overProcesses(t, 64, options{Processes: 3})
	fill(t, ex, 3)
}

// fill has calls held in each of so many processes.
func fill(t *testing.T, ex *pool.Executor[string, string], processes int) {
	t.Helper()
	g := newGate(t)
	for met := map[int]int{}; len(met) < processes; {
		least := pid(t, ex) // busy one; others start meanwhile
		if met[least]++; met[least]%50 == 1 {
			send(t, ex, "hold "+g.address+" x")
			g.accept(t)
		}
	}
}

// Calls of one key go to one worker while it is not much busier than the others;
// without keys calls one after the other would all go to the same.
func TestProcessesCallsOfOneKeyGoToOneWorker(t *testing.T) {
	ex := overProcesses(t, 128, options{Processes: 3, Key: func(in string) string {
		_, key, _ := strings.Cut(in, "pid ")
		return key
	}})
	fill(t, ex, 3)
	g := newGate(t)
	for range 30 { // each to the least busy, so that in the end all are equally busy
		send(t, ex, "hold "+g.address+" x")
		g.accept(t)
	}
	worker, keys := map[string]string{}, map[string]int{}
	for n := range 60 {
		key := strconv.Itoa(n % 12)
		got := value(t, ex, "pid "+key)
		if before := worker[key]; before != "" && got != before {
			t.Errorf("a call of key %s ran in %s, the one before in %s", key, got, before)
		}
		worker[key] = got
		keys[got]++
	}
	if len(keys) < 2 {
		t.Errorf("calls of 12 keys all went to one worker of 3")
	}
}

// A worker is replaced after its last call, and what waits is done by the next.
func TestProcessesWorkerIsReplacedAfterItsLastCall(t *testing.T) {
	ex := overProcesses(t, 1, options{Processes: 1, MaxCalls: 3})
	var pids []int
	for range 9 {
		pids = append(pids, pid(t, ex))
	}
	distinct := slices.Compact(slices.Clone(pids))
	if len(distinct) != 3 || pids[0] != pids[2] || pids[2] == pids[3] {
		t.Errorf("nine calls, three a worker, ran in %v", pids)
	}
	for _, p := range distinct[:2] {
		for p != 0 {
			if syscall.Kill(p, 0) != nil {
				p = 0 // ended and waited for
			}
		}
	}
}

// However the limit, the backlog and the number of workers meet.
func TestProcessesBacklogAtTheLastCallOfAWorker(t *testing.T) {
	for _, o := range []options{{Processes: 1, MaxCalls: 1}, {Processes: 2, MaxCalls: 2}, {Processes: 3, MaxCalls: 4}} {
		ex, err := pool.New(processes(t, o), pool.Options{Workers: 8, Window: 100})
		if err != nil {
			t.Fatal(err)
		}
		var all []*pool.Future[string]
		for i := range 60 {
			all = append(all, send(t, ex, "upper x"+strconv.Itoa(i)))
		}
		if err := ex.Shutdown(t.Context(), pool.Drain); err != nil {
			t.Error(err)
		}
		for i, f := range all {
			if got, err := f.Result(t.Context()); err != nil || got != "X"+strconv.Itoa(i) {
				t.Errorf("%d processes, %d calls each: call %d: %q, %v", o.Processes, o.MaxCalls, i, got, err)
			}
		}
	}
}

// Shutdown comes in the middle of a worker's replacement.
func TestProcessesShutdownWhileAWorkerIsReplaced(t *testing.T) {
	for _, mode := range []pool.Mode{pool.Drain, pool.NoWait, pool.CancelPending, pool.Kill} {
		for range 5 {
			ex := overProcesses(t, 2, options{Processes: 1, MaxCalls: 1})
			var all []*pool.Future[string]
			for range 4 {
				all = append(all, send(t, ex, "upper x"))
			}
			if err := ex.Shutdown(t.Context(), mode); err != nil {
				t.Errorf("mode %v: %v", mode, err)
			}
			if err := ex.Shutdown(t.Context(), pool.Drain); err != nil {
				t.Errorf("mode %v, the second time: %v", mode, err)
			}
			for _, f := range all {
				got, err := f.Result(t.Context())
				if err == nil && got == "X" {
					continue
				}
				if mode&(pool.CancelPending|pool.Kill) == 0 || !errors.Is(err, pool.ErrCancelled) && !errors.Is(err, pool.ErrWorkerLost) {
					t.Errorf("mode %v: %q, %v", mode, got, err)
				}
			}
		}
	}
}

// A worker's memory does not grow with its calls.
func TestProcessesWorkerKeepsNothingOfItsCalls(t *testing.T) {
	ex := overProcesses(t, 8, options{Processes: 1})
	memory := func() int {
		n, err := strconv.Atoi(value(t, ex, "memory"))
		if err != nil {
			t.Fatal(err)
		}
		return n
	}
	big := "upper " + strings.Repeat("x", 64<<10)
	for range 10 {
		value(t, ex, big)
	}
	before := memory()
	for range 100 {
		value(t, ex, big)
	}
	if after := memory(); after > before+2<<20 {
		t.Errorf("the worker's heap has grown from %d to %d bytes over calls of 64 KiB", before, after)
	}
}

// Shutdown by force ends what runs and what waits; it may be the first thing that
// happens, or the workers may be dead.
func TestProcessesAreEndedByForce(t *testing.T) {
	for name, mode := range map[string]pool.Mode{"Terminate": pool.Terminate, "Kill": pool.Kill} {
		t.Run(name, func(t *testing.T) {
			t.Run("busy", func(t *testing.T) {
				ex, err := pool.New(processes(t, options{Processes: 2}), pool.Options{Workers: 2, Window: 4})
				if err != nil {
					t.Fatal(err)
				}
				var all []*pool.Future[string]
				for range 4 {
					all = append(all, send(t, ex, "spin"))
				}
				for !all[0].Running() || !all[1].Running() {
					value(t, overProcesses(t, 1, options{Processes: 1}), "upper x") // some time
				}
				if err := ex.Shutdown(t.Context(), mode); err != nil {
					t.Error(err)
				}
				for i, f := range all[:2] {
					if _, err := f.Result(t.Context()); !errors.Is(err, pool.ErrWorkerLost) {
						t.Errorf("running call %d: %v, want a lost worker", i, err)
					}
				}
				for i, f := range all[2:] {
					if _, err := f.Result(t.Context()); !errors.Is(err, pool.ErrCancelled) {
						t.Errorf("pending call %d: %v, want cancelled", i, err)
					}
				}
				if _, err := ex.Submit(t.Context(), "upper x"); !errors.Is(err, pool.ErrShutdown) {
					t.Errorf("Submit: %v, want ErrShutdown", err)
				}
			})
			t.Run("not started", func(t *testing.T) {
				ex := overProcesses(t, 2, options{Processes: 2})
				if err := ex.Shutdown(t.Context(), mode); err != nil {
					t.Error(err)
				}
			})
			t.Run("dead already", func(t *testing.T) {
				ex := overProcesses(t, 2, options{Processes: 1})
				if err := syscall.Kill(pid(t, ex), syscall.SIGKILL); err != nil {
					t.Fatal(err)
				}
				if err := ex.Shutdown(t.Context(), mode); err != nil {
					t.Error(err)
				}
			})
		})
	}
}

// A start function that fails breaks the executor: nothing hangs, and everybody is
// told why, each call with an error of its own.
func TestProcessesWorkerThatDoesNotStartBreaksTheExecutor(t *testing.T) {
	missing := filepath.Join(t.TempDir(), "missing")
	for name, c := range map[string]struct {
		opts options
		want string
	}{
		"initializer fails": {options{Processes: 2, Setup: []byte("fail 7")}, "status 7"},
		"initializer exits": {options{Processes: 2, Setup: []byte("os.Exit 9")}, "exit status 9"},
		"no such program":   {options{Processes: 2, Path: missing}, "no such file"},
		"not a worker":      {options{Processes: 2, Path: "/bin/true"}, "exit status 0"},
		"another language":  {options{Processes: 1, Path: "/bin/echo", Args: []string{"echo", "hello"}}, "exit status 0: hello"},
	} {
		t.Run(name, func(t *testing.T) {
			ex, err := pool.New(processes(t, c.opts), pool.Options{Workers: 4, Window: 8})
			if err != nil {
				t.Fatal(err)
			}
			var all []*pool.Future[string]
			for range 8 {
				f, err := ex.Submit(t.Context(), "upper x")
				if err != nil {
					if !errors.Is(err, pool.ErrBroken) {
						t.Fatal(err)
					}
					break
				}
				all = append(all, f)
			}
			for i, f := range all {
				if _, err := f.Result(t.Context()); !errors.Is(err, pool.ErrBroken) || !strings.Contains(err.Error(), c.want) {
					t.Errorf("call %d: %v, want a broken executor: %s", i, err, c.want)
				}
			}
			if _, err := ex.Submit(t.Context(), "upper x"); !errors.Is(err, pool.ErrBroken) {
				t.Errorf("Submit: %v, want ErrBroken", err)
			}
			if err := ex.Shutdown(t.Context(), pool.Drain); err != nil {
				t.Errorf("Shutdown: %v", err)
			}
		})
	}
}

// Nothing is left of an executor whose workers did not start: neither processes nor
// open files.
func TestProcessesBrokenExecutorLeavesNothingBehind(t *testing.T) {
	open := func() int {
		entries, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(entries)
	}
	broken := func() {
		ex := overProcesses(t, 2, options{Processes: 2, Setup: []byte("fail 7")})
		if _, err := result(t, ex, "upper x"); !errors.Is(err, pool.ErrBroken) {
			t.Fatal(err)
		}
		if err := ex.Shutdown(t.Context(), pool.Drain); err != nil {
			t.Error(err)
		}
	}
	broken()
	before := open()
	for range 10 {
		broken()
	}
	if after := open(); after > before {
		t.Errorf("%d files are open after ten broken executors, %d before", after, before)
	}
}

func TestProcessesRefuseNumbersThatMakeNoSense(t *testing.T) {
	for _, o := range []options{{Processes: -1}, {Memory: -1}, {MaxCalls: -1}, {Memory: 1 << 20}} {
		if _, err := pool.Processes(o); err == nil {
			t.Errorf("%+v was not refused", o)
		}
	}
}

// Closures, methods and values that are nothing outside of this process are
// refused when they are submitted: only data travels.
func TestProcessesRefuseAnArgumentThatCannotTravel(t *testing.T) {
	refuses(t, func() {})
	refuses(t, t.Name)
	refuses(t, make(chan int))
	refuses(t, struct{ hidden int }{7})
}

func refuses[In any](t *testing.T, in In) {
	t.Helper()
	engine, err := pool.Processes(pool.ProcessOptions[In, string]{Processes: 1})
	if err != nil {
		t.Fatal(err)
	}
	ex, err := pool.New(engine, pool.Options{Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	f, err := ex.Submit(t.Context(), in)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Result(t.Context()); err == nil || !strings.Contains(err.Error(), "encode argument") {
		t.Errorf("%T: %v, want it refused when encoded", in, err)
	}
	if err := ex.Shutdown(t.Context(), pool.Drain); err != nil {
		t.Error(err)
	}
}
