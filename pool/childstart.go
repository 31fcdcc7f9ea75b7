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

// start starts a worker and waits for its hello. An error that Is ErrBroken
// would come again.
func (e *processes[In, Out]) start(name string, s *slot[In, Out]) (*child[In, Out], error) {
	c, err := e.spawn(name, s)
	if err != nil {
		return nil, fmt.Errorf("start %s: %w", name, err)
	}
	if err := c.meet(); err != nil {
		c.condemn(err.Error())
		<-c.gone
		return nil, err
	}
	return c, nil
}

// pipe has one end here and one in the worker.
type pipe struct{ r, w *os.File }

func (p pipe) close() {
	p.r.Close()
	p.w.Close()
}

// spawn starts the process, and the goroutines that hear it.
func (e *processes[In, Out]) spawn(name string, s *slot[In, Out]) (_ *child[In, Out], err error) {
	var calls, answers, prints pipe
	for _, p := range []*pipe{&calls, &answers, &prints} {
		if p.r, p.w, err = os.Pipe(); err != nil {
			break
		}
	}
	cmd := &exec.Cmd{Path: e.opts.Path, Args: e.opts.Args, Env: append(os.Environ(), e.opts.Env...), Stdout: prints.w, Stderr: prints.w}
	if err == nil {
		err = handOver(cmd, calls.r, answers.w)
	}
	if err == nil {
		err = e.starter.start(cmd)
	}
	if err != nil {
		for _, p := range []pipe{calls, answers, prints} {
			p.close()
		}
		return nil, err
	}
	calls.r.Close()
	answers.w.Close()
	prints.w.Close()

	c := &child[In, Out]{
		engine: e, slot: s, name: name, process: cmd,
		calls: calls.w, answers: answers.r, printed: newOutput(prints.r),
		hello: make(chan helloAnswer, 1), gone: make(chan struct{}),
		flights: map[uint64]*flight[Out]{},
	}
	c.out = newFrameWriter(c.calls, func(error) { c.signal(os.Kill) }) // it hears nothing any more
	e.enlist(c)
	return c, nil
}

// enlist makes the child one of the engine's.
func (e *processes[In, Out]) enlist(c *child[In, Out]) {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.children[c] = true
	e.crew.Go(c.read)
	e.crew.Go(func() { c.printed.read(c.name, e.opts.OnOutput) })
	if e.refusal() != nil { // all others have been ended already
		c.signal(os.Kill)
	}
}

// meet exchanges hellos with a worker that has been started.
func (c *child[In, Out]) meet() error {
	_ = c.out.send(frameHello, 0, func(dst []byte) ([]byte, error) { // it fails when the worker is ending anyway
		return helloCalls.Append(dst, helloCall{Version: wireVersion, Setup: c.engine.opts.Setup, Memory: c.engine.opts.Memory})
	})
	late := time.NewTimer(startLimit)
	defer late.Stop()
	select {
	case hello := <-c.hello:
		return c.met(hello)
	case <-late.C:
		return fmt.Errorf("start %s: no hello within %s", c.name, startLimit)
	case <-c.gone:
	}
	select {
	case hello := <-c.hello: // its last word
		return c.met(hello)
	default:
		return fmt.Errorf("start worker: %w", c.lost)
	}
}

// met judges the worker's hello.
func (c *child[In, Out]) met(hello helloAnswer) error {
	if hello.Version != wireVersion {
		return broken(fmt.Errorf("start %s: it speaks version %d of the pipe's language, this program version %d", c.name, hello.Version, wireVersion))
	}
	if len(hello.Failure) > 0 {
		err, bad := decodeError(hello.Failure)
		return broken(fmt.Errorf("start %s: %w", c.name, errors.Join(err, bad)))
	}
	if hello.Capacity < 1 {
		return broken(fmt.Errorf("start %s: it takes %d calls", c.name, hello.Capacity))
	}
	return c.engine.accept(c, hello)
}

// accept lets calls come to a worker, if its program is that of the others.
func (e *processes[In, Out]) accept(c *child[In, Out], hello helloAnswer) error {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.identity == "" {
		e.identity = hello.Identity
	}
	if e.identity != hello.Identity {
		return broken(fmt.Errorf("start %s: %s has been replaced since this run began", c.name, e.opts.Path))
	}
	c.capacity = hello.Capacity
	if c.slot != nil && e.children[c] {
		c.slot.child = c
		e.handOut(c)
	}
	return nil
}

// broken makes err one that Is ErrBroken.
func broken(err error) error {
	if errors.Is(err, ErrBroken) {
		return err
	}
	return &BrokenError{Err: err}
}
