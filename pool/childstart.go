package pool

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"time"
)

// startLimit is how long a worker may take from its start to its hello.
const startLimit = 30 * time.Second

// start starts a worker and waits for its hello. An error that Is ErrBroken would
// come again.
func (e *processes[In, Out]) start(name string, s *slot[In, Out]) (*child[In, Out], error) {
	c, err := e.spawn(name, s)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	final, err := c.meet()
	if err == nil {
		return c, nil
	}
	c.condemn(err.Error())
	<-c.gone
	err = fmt.Errorf("start %s: %w", name, err)
	if final {
		err = asBroken(err)
	}
	return nil, err
}

// spawn starts the process, and the goroutines that hear it.
func (e *processes[In, Out]) spawn(name string, s *slot[In, Out]) (*child[In, Out], error) {
	var calls, answers, prints pipe
	err := openAll(&calls, &answers, &prints)
	cmd := &exec.Cmd{
		Path: e.opts.Path, Args: e.opts.Args, Env: append(os.Environ(), e.opts.Env...),
		Stdout: prints.w, Stderr: prints.w,
	}
	if err == nil {
		err = handOver(cmd, calls.r, answers.w)
	}
	if err == nil {
		err = e.starter.start(cmd)
	}
	if err != nil {
		closeAll(calls.r, calls.w, answers.r, answers.w, prints.r, prints.w)
		return nil, err
	}
	closeAll(calls.r, answers.w, prints.w) // the worker's own
	c := &child[In, Out]{
		engine: e, slot: s, name: name, process: cmd,
		to: calls.w, from: answers.r, printed: newOutput(prints.r),
		hello: make(chan workerHello, 1), leaving: make(chan struct{}),
		exited: make(chan struct{}), gone: make(chan struct{}),
		flights: map[uint64]*flight[Out]{},
	}
	c.out = newFrameWriter(c.to, c.deaf)
	e.enlist(c)
	return c, nil
}

// pipe has one end here and one in the worker.
type pipe struct{ r, w *os.File }

// openAll opens as many as it can: those that are not are nil.
func openAll(pipes ...*pipe) (err error) {
	for _, p := range pipes {
		if p.r, p.w, err = os.Pipe(); err != nil {
			return err
		}
	}
	return nil
}

func closeAll(files ...*os.File) {
	for _, f := range files {
		_ = f.Close() // nil is none
	}
}

// deaf ends a worker to which nothing can be written any more, unless it was told to end.
func (c *child[In, Out]) deaf(err error) {
	if !errors.Is(err, os.ErrClosed) {
		time.AfterFunc(closeGrace, c.kill) // it is probably ending by itself
	}
}

// enlist makes the child one of the engine's.
func (e *processes[In, Out]) enlist(c *child[In, Out]) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.children[c] = true
	e.crew.Go(c.read)
	e.crew.Go(c.reap)
	e.crew.Go(func() { c.printed.read(c.name, e.opts.OnOutput) })
	if e.refusal() != nil { // all others have been ended already
		c.kill()
	}
}

// meet exchanges hellos with a worker that has been started. final says that the
// error would come again.
func (c *child[In, Out]) meet() (final bool, err error) {
	err = c.out.send(frameHello, 0, func(dst []byte) ([]byte, error) {
		return parentHelloCodec.Append(dst, parentHello{Version: wireVersion, Setup: c.engine.opts.Setup, Memory: c.engine.opts.Memory})
	})
	if errors.Is(err, errFrameTooLarge) {
		return true, fmt.Errorf("the setup: %w", err)
	} // any other is that of a worker which has ended
	late := time.NewTimer(startLimit)
	defer late.Stop()
	select {
	case hello := <-c.hello:
		return true, c.met(hello)
	case <-late.C:
		return false, fmt.Errorf("no hello within %s", startLimit)
	case <-c.gone:
	}
	select {
	case hello := <-c.hello: // its last word
		return true, c.met(hello)
	default:
		return false, c.lost
	}
}

// met judges the worker's hello.
func (c *child[In, Out]) met(hello workerHello) error {
	switch {
	case hello.Version != wireVersion:
		return fmt.Errorf("it speaks version %d of the pipe's language, this program version %d", hello.Version, wireVersion)
	case len(hello.Failure) > 0:
		err, bad := DecodeError(hello.Failure)
		return errors.Join(err, bad)
	case hello.Capacity < 1:
		return fmt.Errorf("it takes %d calls", hello.Capacity)
	}
	return c.engine.accept(c, hello)
}

// accept lets calls come to a worker, if its program is that of the others.
func (e *processes[In, Out]) accept(c *child[In, Out], hello workerHello) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.identity == "" {
		e.identity = hello.Identity
	}
	if e.identity != hello.Identity {
		return fmt.Errorf("%s has been replaced since this run began", e.opts.Path)
	}
	c.capacity = hello.Capacity
	if c.slot != nil && e.children[c] {
		c.slot.child = c
		e.handOut(c)
	}
	return nil
}
