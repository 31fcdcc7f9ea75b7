package pool

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime/debug"
	"strings"
	"syscall"
	"testing"
)

// testPipes is workerEnv for the processes of these tests, which are this test again.
const testPipes = "POOL_TEST_PIPES"

// asWorker serves if this is such a process, and reports whether it is.
func asWorker(t *testing.T) bool {
	pipes := os.Getenv(testPipes)
	if pipes == "" {
		return false
	}
	startedAs = pipes
	t.Setenv(workerEnv, pipes)
	if !IsWorker() {
		t.Error("this is no worker")
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	err := Serve(ctx, lines(t, Options{Workers: 2}, func(call context.Context, in string) (string, error) {
		if in == "end Serve" {
			cancel()
		}
		return obey(call, in)
	}))
	if err != nil && !(ctx.Err() != nil && errors.Is(err, context.Canceled)) {
		t.Errorf("Serve: %v", err)
	}
	return true
}

// obey is the call of these processes.
func obey(ctx context.Context, in string) (string, error) {
	switch in {
	case "env":
		value, set := os.LookupEnv(workerEnv)
		return fmt.Sprint(value, set), nil
	case "inherited pipes":
		return inheritedPipes(ctx)
	case "limits":
		return limitsNow()
	case "larger limits":
		if err := limitMemory(1 << 40); err != nil {
			return "", err
		}
		return limitsNow()
	case "grow":
		return grow(4 << 30), nil
	case "grow a little":
		return grow(32 << 20), nil
	case "recurse":
		return fmt.Sprint(recurse(1)), nil
	}
	<-ctx.Done()
	return "", context.Cause(ctx)
}

// inheritedPipes is how many of its pipes to the parent a process that is started
// here has.
func inheritedPipes(ctx context.Context) (string, error) {
	files, err := exec.CommandContext(ctx, "ls", "-l", "/proc/self/fd").Output()
	if err != nil {
		return "", err
	}
	inherited := 0
	for _, own := range []string{"/proc/self/fd/3", "/proc/self/fd/4"} {
		pipe, err := os.Readlink(own)
		if err != nil || !strings.HasPrefix(pipe, "pipe:") {
			return "", fmt.Errorf("%s is %q, %v", own, pipe, err)
		}
		inherited += strings.Count(string(files), pipe)
	}
	return fmt.Sprint(inherited), nil
}

func limitsNow() (string, error) {
	var data syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_DATA, &data); err != nil {
		return "", err
	}
	stack := debug.SetMaxStack(1)
	debug.SetMaxStack(stack)
	return fmt.Sprintf("heap %d stack %d mapped %d", debug.SetMemoryLimit(-1)>>20, stack>>20, data.Cur>>20), nil
}

// grow uses so many bytes, and lets go of them.
func grow(size int) string {
	var all [][]byte
	for range size >> 20 {
		all = append(all, bytes.Repeat([]byte{1}, 1<<20))
	}
	return fmt.Sprint(len(all))
}

func recurse(n int) int {
	if n == 0 {
		return 0
	}
	return recurse(n+1) + 1
}

// process is a worker process, and this its parent.
type process struct {
	*parent
	cmd    *exec.Cmd
	stderr bytes.Buffer
}

func startProcess(t *testing.T, memory int64, env ...string) *process {
	t.Helper()
	r, to, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	from, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	p := &process{
		parent: &parent{t: t, to: to, from: from, frames: newFrameReader(from)},
		cmd:    exec.Command(os.Args[0], "-test.run=^"+t.Name()+"$"),
	}
	p.cmd.Env = append(os.Environ(), append(env, testPipes+"=3,4", "GORACE=atexit_sleep_ms=0")...)
	p.cmd.ExtraFiles = []*os.File{r, w}
	p.cmd.Stderr = &p.stderr
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		to.Close()
		from.Close()
		_ = p.cmd.Process.Kill() // most have ended
		_ = p.cmd.Wait()
	})
	r.Close()
	w.Close()
	p.greet(parentHello{Version: wireVersion, Memory: memory})
	return p
}

func (p *process) ask(id uint64, in string) string {
	p.t.Helper()
	p.call(id, 0, in)
	got, out, err := p.next()
	if got != id || err != nil {
		p.t.Fatalf("%s: answer to %d: %v\n%s", in, got, err, p.stderr.String())
	}
	return out
}

// wantDeath waits for the end of a process that this call ends.
func (p *process) wantDeath(in, stderr string) {
	p.t.Helper()
	p.call(1000, 0, in)
	if f, err := p.frames.next(); err != io.EOF {
		p.t.Fatalf("%s: %v, %v, want the end", in, f, err)
	}
	var exit *exec.ExitError
	if err := p.cmd.Wait(); !errors.As(err, &exit) {
		p.t.Errorf("%s: the process has ended with %v", in, err)
	}
	if !strings.Contains(p.stderr.String(), stderr) {
		p.t.Errorf("%s: the process has said, without %q:\n%s", in, stderr, p.stderr.String())
	}
}

func TestServeInAProcessOfItsOwn(t *testing.T) {
	if asWorker(t) {
		return
	}
	p := startProcess(t, 0)
	if got := p.ask(1, "env"); got != "false" {
		t.Errorf("%s in the worker: %s", workerEnv, got)
	}
	if got := p.ask(2, "inherited pipes"); got != "0" {
		t.Errorf("what a worker starts has %s of the worker's pipes", got)
	}
	p.call(3, 0, "wait")
	p.to.Close()
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("the worker's end, after its parent's: %v\n%s", err, p.stderr.String())
	}
}

func TestServeInAProcessEndsWithItsContextWhileItReads(t *testing.T) {
	if asWorker(t) {
		return
	}
	p := startProcess(t, 0)
	p.call(1, 0, "end Serve")
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("the worker's end: %v\n%s", err, p.stderr.String())
	}
}

func TestMemoryOfAWorkerIsLimited(t *testing.T) {
	if asWorker(t) {
		return
	}
	p := startProcess(t, 256<<20)
	var heap, stack, most int
	limits := p.ask(1, "limits")
	if _, err := fmt.Sscanf(limits, "heap %d stack %d mapped %d", &heap, &stack, &most); err != nil {
		t.Fatal(err)
	}
	if heap != 224 || stack != 64 || most < 256+128 || most > 2048 { // the race detector maps much
		t.Errorf("limits: %s", limits)
	}
	if got := p.ask(2, "larger limits"); got != limits {
		t.Errorf("limits that were raised: %s, before %s", got, limits)
	}
	if got := p.ask(3, "grow a little"); got != "32" {
		t.Errorf("what is allowed: %s", got)
	}
	p.wantDeath("grow", "")
	usage, ok := p.cmd.ProcessState.SysUsage().(*syscall.Rusage)
	if !ok || usage.Maxrss>>10 > 2048 { // of the 4096 it wants; the race detector needs more than is used
		t.Errorf("the worker had %d MiB", usage.Maxrss>>10)
	}
}

func TestStackOfAWorkerIsLimited(t *testing.T) {
	if asWorker(t) {
		return
	}
	startProcess(t, 64<<20).wantDeath("recurse", "goroutine stack exceeds 16777216-byte limit")
}

func TestALowerGOMEMLIMITHolds(t *testing.T) {
	if asWorker(t) {
		return
	}
	p := startProcess(t, 256<<20, "GOMEMLIMIT=100MiB")
	if got := p.ask(1, "limits"); !strings.HasPrefix(got, "heap 100 ") {
		t.Errorf("limits: %s", got)
	}
}

func TestWithoutALimitNothingIsLimited(t *testing.T) {
	if asWorker(t) {
		return
	}
	want, err := limitsNow()
	if err != nil {
		t.Fatal(err)
	}
	if got := startProcess(t, 0).ask(1, "limits"); got != want {
		t.Errorf("limits: %s, want those of the parent, %s", got, want)
	}
}

func TestServeRefusesPipesThatAreNone(t *testing.T) {
	file, err := os.Open(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	for env, want := range map[string]string{
		"":                                      "not started as a worker",
		"yes":                                   `POOL_WORKER is "yes"`,
		"3":                                     `POOL_WORKER is "3"`,
		"3,3":                                   `POOL_WORKER is "3,3"`,
		"0,1":                                   "descriptor 0: not a pipe of its own",
		"-1,-2":                                 "bad file descriptor",
		fmt.Sprintf("%d,%d", file.Fd(), w.Fd()): "not a pipe of its own",
		fmt.Sprintf("%d,%d", 1<<20, w.Fd()):     "bad file descriptor",
	} {
		if _, _, err := workerPipes(env); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%q: %v, want %q", env, err, want)
		}
	}
}
