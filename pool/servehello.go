package pool

import (
	"errors"
	"fmt"
	"io"
)

// greet answers the parent's hello, and starts the worker.
func greet[In, Value, Out any](
	frames *frameReader, w io.Writer, start Start[In, Value, Out],
) (worker Worker[In, Value, Out], _ error) {
	hello, err := readHello(frames)
	if err != nil {
		return worker, err
	}
	answer := workerHello{Version: wireVersion}
	worker, failed := startWorker(hello, &answer, start)
	if failed != nil {
		answer.Failure = AppendError(nil, failed)
	}
	data, err := appendFrame(nil, frameHello, 0, func(dst []byte) ([]byte, error) {
		return workerHelloCodec.Append(dst, answer)
	})
	if err == nil {
		_, err = w.Write(data)
	}
	if failed != nil {
		return worker, failed
	}
	return worker, parentGone(err)
}

func readHello(frames *frameReader) (hello parentHello, _ error) {
	f, err := frames.next()
	if err != nil {
		return hello, parentGone(err)
	}
	if f.kind != frameHello {
		return hello, &frameError{"no hello"}
	}
	if hello, err = parentHelloCodec.Decode(f.payload); err != nil {
		return hello, &frameError{"hello: " + err.Error()}
	}
	return hello, nil
}

// startWorker does what the hello asks for, and completes the answer.
func startWorker[In, Value, Out any](
	hello parentHello, answer *workerHello, start Start[In, Value, Out],
) (worker Worker[In, Value, Out], err error) {
	defer asError(&err)
	if hello.Version != wireVersion {
		return worker, fmt.Errorf("the parent's wire has version %d, the worker's %d", hello.Version, wireVersion)
	}
	if answer.Identity, err = identity(); err != nil {
		return worker, err
	}
	if err = limitMemory(hello.Memory); err != nil {
		return worker, err
	}
	if worker, err = start(hello.Setup); err != nil {
		return worker, fmt.Errorf("start: %w", err)
	}
	if worker.Executor == nil || worker.Done == nil {
		return worker, errors.New("start: a Worker needs an Executor and a Done")
	}
	answer.Capacity = worker.Executor.workers
	return worker, nil
}
