package cluster_test

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"sync/atomic"
	"testing"

	"trawl/pool/cluster"
)

// worker is a worker process, seen from the test, with whose end it is killed.
type worker struct {
	t      testing.TB
	name   string
	cmd    *exec.Cmd
	stdin  io.WriteCloser
	events chan cluster.Event // what it was told; closed at its end
	over   chan struct{}      // it has ended, and err is how
	err    error
}

// startWorker starts a process that serves nothing yet.
func startWorker(t testing.TB, address string) *worker {
	t.Helper()
	w := &worker{t: t, cmd: exec.Command(os.Args[0]), events: make(chan cluster.Event, 1000), over: make(chan struct{})}
	w.cmd.Env = append(os.Environ(), workerVariable+"="+address, "GORACE=atexit_sleep_ms=0")
	w.cmd.Stderr = t.Output()
	stdin, err := w.cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	stdout, err := w.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := w.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.stdin = stdin
	go w.read(stdout)
	t.Cleanup(w.kill)
	return w
}

func (w *worker) read(stdout io.Reader) {
	defer close(w.over)
	defer close(w.events)
	for events := json.NewDecoder(stdout); ; {
		var e cluster.Event
		if events.Decode(&e) != nil {
			break
		}
		select {
		case w.events <- e:
		default: // nobody is interested in so many
		}
	}
	w.err = w.cmd.Wait()
}

// serve has the worker serve. What the job does not say is what most tests want.
func (w *worker) serve(j job) *worker {
	w.t.Helper()
	if j.Capacity == 0 {
		j.Capacity = 8
	}
	if j.Release == "" {
		j.Release = release
	}
	if j.Name == "" {
		j.Name = fmt.Sprintf("worker-%d", w.cmd.Process.Pid)
	}
	w.name = j.Name
	if err := json.NewEncoder(w.stdin).Encode(j); err != nil {
		w.t.Fatal(err)
	}
	return w
}

// kill ends the process without asking it, if it has not ended.
func (w *worker) kill() {
	_ = w.cmd.Process.Kill() // or it has ended
	<-w.over
}

// leave has the process finish what it has.
func (w *worker) leave() {
	w.t.Helper()
	w.stdin.Close()
	<-w.over
	if w.err != nil {
		w.t.Errorf("%s ends with %v", w.name, w.err)
	}
}

// await waits until the worker is told something.
func (w *worker) await(kind cluster.Kind) (e cluster.Event) {
	w.t.Helper()
	until(w.t, fmt.Sprintf("%s is told %s", w.name, kind), func() bool {
		for {
			select {
			case got, ok := <-w.events:
				if e = got; ok && e.Kind != kind {
					continue
				} else if !ok {
					w.t.Fatalf("%s has ended (%v), and was not told %s", w.name, w.err, kind)
				}
				return true
			default:
				return false
			}
		}
	})
	return e
}

var runs atomic.Int64

// newRunName names a run that there was not.
func newRunName() string { return fmt.Sprintf("run-%d_%d", os.Getpid(), runs.Add(1)) }
