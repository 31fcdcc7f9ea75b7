package cluster_test

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"trawl/pool"
	"trawl/pool/cluster"
	"trawl/pool/pooltest"
)

// workerVariable makes a process a worker: it is the address of the server.
const workerVariable = "CLUSTER_TEST_WORKER"

// release is that of all who are not to be refused.
const release = "1.2.3"

// failed is the event of a Serve that has returned an error.
const failed cluster.Kind = "failed"

// job is a line that a worker process reads: a Serve. Several run side by side.
type job struct {
	Name     string
	Run      string // "" is any
	Release  string
	Once     bool
	Capacity int // calls at once
}

// workerMain is what the main function of a worker is: it serves until standard input ends, and
// finishes what it has. It prints the events that it is told, and an event when a Serve fails.
func workerMain(ctx context.Context, address string) int {
	conn, err := cluster.Connect(ctx, address, cluster.ConnectOptions{Name: "worker", OnEvent: printEvent})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	defer conn.Close()
	stop := make(chan struct{})
	var serving sync.WaitGroup
	for jobs := json.NewDecoder(bufio.NewReader(os.Stdin)); ; {
		var j job
		if jobs.Decode(&j) != nil {
			break
		}
		serving.Go(func() {
			if err := serve(ctx, stop, conn, j); err != nil {
				printEvent(cluster.Event{Kind: failed, Worker: j.Name, Detail: err.Error()})
			}
		})
	}
	close(stop)
	serving.Wait()
	return 0
}

func serve(ctx context.Context, stop <-chan struct{}, conn *cluster.Conn, j job) error {
	start := func(ctx context.Context, setup []byte, answers pool.Answers) (pool.Maker, error) {
		if len(setup) > 0 {
			if _, err := pooltest.Call(ctx, string(setup)); err != nil {
				return nil, err
			}
		}
		ex, err := pool.New(pool.Threads(call), pool.Options{Workers: j.Capacity})
		if err != nil {
			return nil, err
		}
		return pool.NewMaker(ctx, pool.Worker[string, string, string]{Executor: ex, Done: pool.Outcome[string, string]}, answers)
	}
	return cluster.Serve(ctx, stop, conn, start, cluster.WorkerOptions{
		Name: j.Name, Release: j.Release, Run: j.Run, Once: j.Once, OnEvent: printEvent,
	})
}

var printing sync.Mutex // guards standard output

func printEvent(e cluster.Event) {
	printing.Lock()
	defer printing.Unlock()
	_ = json.NewEncoder(os.Stdout).Encode(e) // nobody reads it when the test has ended
}

// call is what workers make: what pooltest has, and
//
//	note PATH ID TIME   appends a line ID to a file, and takes its time; the value is ID
//	large N             the value is N bytes long
//	length TEXT         the value is the length of TEXT
//	die PATH ID         appends a line, and kills the process
func call(ctx context.Context, in string) (string, error) {
	verb, rest, _ := strings.Cut(in, " ")
	switch verb {
	case "note":
		return note(ctx, rest)
	case "large":
		var n int
		_, err := fmt.Sscan(rest, &n)
		return strings.Repeat("x", n), err
	case "length":
		return fmt.Sprint(len(rest)), nil
	case "break": // the first time: the worker can make no calls any more
		f, err := os.OpenFile(rest, os.O_CREATE|os.O_EXCL, 0o600)
		if err != nil {
			return "made", nil
		}
		return "", errors.Join(&pool.BrokenError{Err: errors.New("no processes")}, f.Close())
	case "die":
		path, id, _ := strings.Cut(rest, " ")
		return "", errors.Join(appendLine(path, id), dieNow())
	}
	return pooltest.Call(ctx, in)
}

func note(ctx context.Context, in string) (string, error) {
	var path, id, takes string
	if _, err := fmt.Sscan(in, &path, &id, &takes); err != nil {
		return "", err
	}
	d, err := time.ParseDuration(takes)
	if err != nil {
		return "", err
	}
	if err := appendLine(path, id); err != nil {
		return "", err
	}
	select {
	case <-time.After(d):
		return id, nil
	case <-ctx.Done():
		return "", context.Cause(ctx)
	}
}

// appendLine is one write, which no other splits.
func appendLine(path, line string) error {
	f, err := os.OpenFile(path, os.O_WRONLY|os.O_APPEND|os.O_CREATE, 0o600)
	if err != nil {
		return err
	}
	_, err = f.WriteString(line + "\n")
	return errors.Join(err, f.Close())
}

func dieNow() error {
	p, err := os.FindProcess(os.Getpid())
	if err != nil {
		return err
	}
	if err := p.Kill(); err != nil {
		return err
	}
	select {}
}
