package pool_test

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"strconv"
	"syscall"
	"testing"

	"trawl/pool"
	"trawl/pool/pooltest"

	"go.uber.org/goleak"
)

func init() { pool.RegisterError[*pooltest.StatusError]() } // here and in the workers

// The test binary is its own worker.
func TestMain(m *testing.M) {
	switch {
	case pool.IsWorker() && os.Getenv(exampleVariable) != "":
		exampleWorker()
		return
	case pool.IsWorker():
		os.Exit(worker())
	case os.Getenv(parentVariable) != "":
		os.Exit(parent())
	}
	goleak.VerifyTestMain(m)
}

// tidyVariable is a folder for what workers leave when they have tidied up.
const tidyVariable = "POOL_TEST_TIDY"

// worker is what the main function of a worker is. Its setup is a call that it
// makes first, if there is one.
func worker() int {
	signal.Ignore(syscall.SIGHUP, syscall.SIGINT)
	err := pool.Serve(context.Background(), func(setup []byte) (w pool.Worker[string, string, string], err error) {
		if len(setup) > 0 {
			if _, err := workerCall(context.Background(), string(setup)); err != nil {
				return w, err
			}
		}
		ex, err := pool.New(pool.Threads(workerCall), pool.Options{Workers: 256})
		return pool.Worker[string, string, string]{
			Executor: ex, Done: pool.Outcome[string, string], In: phases{}, Out: phases{},
		}, err
	})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if dir := os.Getenv(tidyVariable); dir != "" {
		if err := os.WriteFile(filepath.Join(dir, strconv.Itoa(os.Getpid())), nil, 0o600); err != nil {
			return 1
		}
	}
	return 0
}

func TestThreads(t *testing.T) {
	pooltest.Run(t, func(_ testing.TB, w pooltest.Want, opts *pool.Options) pool.Engine[string, string] {
		if w.Init != "" {
			opts.Init = func() error {
				_, err := pooltest.Call(context.Background(), w.Init)
				return err
			}
		}
		return pool.Threads(pooltest.Call)
	})
}

func TestProcesses(t *testing.T) {
	pooltest.Run(t, func(t testing.TB, w pooltest.Want, _ *pool.Options) pool.Engine[string, string] {
		return processes(t, options{Processes: 2, Setup: []byte(w.Init)})
	})
}
