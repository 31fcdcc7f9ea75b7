package pool

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync"
	"time"
)

// Worker is what a worker process does with the calls that come.
type Worker[In, Value, Out any] struct {
	// Executor runs the calls. The parent sends as many at once as it has workers.
	// It is [Serve]'s, which shuts it down.
	Executor *Executor[In, Value]

	// Done is the done-callback of each call: what it returns travels back. It has
	// the call's context. A panic in it is the call's error.
	Done func(ctx context.Context, in In, f *Future[Value]) (Out, error)

	In  Codec[In]  // nil is CBOR; the same as the parent's
	Out Codec[Out] // nil is CBOR; the same as the parent's
}

// Start makes the worker of a process, with what the parent has for its workers
// ([ProcessOptions].Setup). An Executor that comes with an error is shut down too.
type Start[In, Value, Out any] func(setup []byte) (Worker[In, Value, Out], error)

// Outcome is a Done that sends back what the call has returned.
func Outcome[In, Out any](ctx context.Context, _ In, f *Future[Out]) (Out, error) {
	return f.Result(ctx)
}

// workerEnv says to a process which file descriptors (Windows: handles) it has as a
// worker, one to read from and one to write to: "3,4".
const workerEnv = "POOL_WORKER"

// startedAs is what workerEnv was when the process began; "" is no worker.
var startedAs = os.Getenv(workerEnv)

// IsWorker reports whether this process was started as a worker, by [Processes]. A
// program that starts itself asks it first of all, and then calls [Serve] and
// nothing else.
func IsWorker() bool { return startedAs != "" }

// Serve makes the calls that the parent sends. It returns nil when the parent has
// closed the pipe or is gone, and the context's cause when ctx has ended: at once,
// even if calls run. The pipe is closed and then their contexts end, but nothing
// waits for them: main is to return. A parent that still wants their results has
// them made elsewhere.
//
// start is called once, on this goroutine. If it fails or panics, the parent is
// told, and Serve returns that error. Serve also fails in a process that is no
// worker, and if what comes is not from a parent.
//
// Standard input and output are not used, so what the program prints harms nothing.
// If the parent limits the memory, that begins before start is called.
func Serve[In, Value, Out any](ctx context.Context, start Start[In, Value, Out]) error {
	r, w, err := workerPipes(startedAs)
	if err == nil {
		err = os.Unsetenv(workerEnv) // what this process starts is no worker
	}
	if err == nil {
		err = serve(ctx, r, w, start)
	}
	if err != nil {
		return fmt.Errorf("serve: %w", err)
	}
	return nil
}

// serve is Serve on any pair of pipes, which it closes. Closing them must end a Read
// and a Write.
func serve[In, Value, Out any](
	ctx context.Context, r io.ReadCloser, w io.WriteCloser, start Start[In, Value, Out],
) error {
	calls, cancel := context.WithCancelCause(context.WithoutCancel(ctx))
	hangUp := sync.OnceFunc(func() {
		w.Close() // nothing can be done about errors of these
		r.Close()
		cancel(context.Cause(ctx)) // after w: a call must not give this as its own end
	})
	defer hangUp()
	defer context.AfterFunc(ctx, hangUp)()

	frames := newFrameReader(r)
	worker, err := greet(frames, w, start)
	if worker.Executor != nil {
		defer worker.Executor.Shutdown(calls, NoWait) // which has no error
	}
	if err == nil {
		out := newFrameWriter(w, func(error) { hangUp() }) // the parent is gone, or as good as
		s := newServer(calls, worker, worker.Executor.workers, pipeAnswers{out})
		err = s.read(frames)
		hangUp()
		out.close()
		s.late.Wait()
	}
	if err == errParentGone {
		return context.Cause(ctx) // nil, if it is not we who have hung up
	}
	return err
}

// read does what the parent says, until the pipe ends.
func (s *server[In, Value, Out]) read(frames *frameReader) error {
	for {
		f, err := frames.next()
		if err != nil {
			return parentGone(err)
		}
		switch f.kind {
		case frameCall:
			var limit time.Duration
			var argument []byte
			if limit, argument, err = cutLimit(f.payload); err == nil {
				err = s.begin(f.id, limit, argument)
			}
		case frameCancel:
			s.cancel(f.id)
		default:
			err = &frameError{"not a parent's"}
		}
		if err != nil {
			return err
		}
	}
}

// pipeAnswers sends answers to the parent. If they cannot be written, it is gone.
type pipeAnswers struct{ *frameWriter }

func (p pipeAnswers) Result(id uint64, encode func(dst []byte) ([]byte, error)) error {
	return p.send(frameResult, id, encode)
}

func (p pipeAnswers) Failure(id uint64, err error) {
	_ = p.send(frameFailure, id, func(dst []byte) ([]byte, error) { return AppendError(dst, err), nil })
}
