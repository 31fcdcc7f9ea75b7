package pool

import (
	"errors"
	"fmt"
	"io"
)

// greet answers the parent's hello, and starts the worker.
func greet[In, Page, Out any](frames *frameReader, w io.Writer, start func([]byte) (Worker[In, Page, Out], error)) (worker Worker[In, Page, Out], _ error) {
	hello, err := readHello(frames)
	if err != nil {
		return worker, err
	}
	answer := helloAnswer{Version: wireVersion}
	worker, failed := startWorker(hello, &answer, start)
	if failed != nil {
		answer.Failure = appendError(nil, failed)
	}
	data, err := appendFrame(nil, frameHello, 0, func(dst []byte) ([]byte, error) { return helloAnswers.Append(dst, answer) })
	if err == nil {
		_, err = w.Write(data)
	}
	if failed != nil {
		return worker, failed
	}
	return worker, parentGone(err)
}

func readHello(frames *frameReader) (hello helloCall, _ error) {
	f, err := frames.next()
	if err != nil {
		return hello, parentGone(err)
	}
	if f.kind != frameHello {
		return hello, &frameError{"no hello"}
	}
	if hello, err = helloCalls.Decode(f.payload); err != nil {
		return hello, &frameError{"hello: " + err.Error()}
	}
	return hello, nil
}

// startWorker does what the hello asks for, and completes the answer.
func startWorker[In, Page, Out any](hello helloCall, answer *helloAnswer, start func([]byte) (Worker[In, Page, Out], error)) (worker Worker[In, Page, Out], err error) {
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
