package pool_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"slices"
	"strings"

	"trawl/pool"
)

// line is one line of a text.
type line struct {
	Number int
	Text   string
}

// emptyLineError is what its calls fail with.
type emptyLineError struct{ Number int }

func (e *emptyLineError) Error() string { return fmt.Sprintf("line %d is empty", e.Number) }

func init() { pool.RegisterError[*emptyLineError]() } // in parent and worker: they are one program

// words is one call, in a worker process.
func words(_ context.Context, l line) ([]string, error) {
	if l.Text == "" {
		return nil, &emptyLineError{l.Number}
	}
	return strings.Fields(l.Text), nil
}

// longest runs in the worker too, after each call: the words stay there, and only the
// longest travels back.
func longest(ctx context.Context, _ line, f *pool.Future[[]string]) (string, error) {
	all, err := f.Result(ctx)
	if err != nil {
		return "", err
	}
	return slices.MaxFunc(all, func(a, b string) int { return len(a) - len(b) }), nil
}

// exampleWorker is what main does if pool.IsWorker.
func exampleWorker() {
	err := pool.Serve(context.Background(), func([]byte) (w pool.Worker[line, []string, string], err error) {
		w.Executor, err = pool.New(pool.Threads(words), pool.Options{Workers: 8}) // in this process
		w.Done = longest
		return w, err
	})
	if err != nil {
		log.Fatal(err)
	}
}

// exampleVariable tells a worker of this test binary which of its workers it is.
const exampleVariable = "POOL_EXAMPLE_WORKER"

// The longest word of each line, found in two worker processes, up to eight lines at
// once. The function main begins
//
//	if pool.IsWorker() {
//		exampleWorker()
//		return
//	}
func ExampleProcesses() {
	engine, err := pool.Processes(pool.ProcessOptions[line, string]{
		Processes: 2,
		Env:       []string{exampleVariable + "=1"},
	})
	if err != nil {
		log.Fatal(err)
	}
	lines, err := pool.New(engine, pool.Options{Workers: 8}) // over both processes
	if err != nil {
		log.Fatal(err)
	}

	ctx := context.Background()
	text := func(yield func(line) bool) {
		for i, t := range []string{"so much depends", "upon", "", "a red wheel barrow"} {
			if !yield(line{i + 1, t}) {
				return
			}
		}
	}
	for word, err := range lines.Map(ctx, text, pool.MapOptions{}) {
		var empty *emptyLineError
		if errors.As(err, &empty) {
			fmt.Println("none in line", empty.Number)
			continue
		}
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(word)
	}
	if err := lines.Shutdown(ctx, pool.Drain); err != nil {
		log.Fatal(err)
	}
	// Output:
	// depends
	// upon
	// none in line 3
	// barrow
}
