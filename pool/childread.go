package pool

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

var errGoexit = errors.New("what decodes its answers ended the goroutine")

// read is the life of a child: it takes what the worker says until its end.
func (c *child[In, Out]) read() {
	err := errGoexit
	defer func() { c.bury(err) }()
	err = c.listen()
}

// listen returns when there is nothing more to hear. io.EOF is the worker's own end.
func (c *child[In, Out]) listen() error {
	frames := newFrameReader(c.from)
	first, err := frames.next()
	if err != nil {
		return err
	}
	if first.kind != frameHello {
		return fmt.Errorf("a frame of kind %d instead of hello", first.kind)
	}
	hello, err := workerHelloCodec.Decode(first.payload)
	if err != nil {
		return err
	}
	c.hello <- hello
	for {
		f, err := frames.next()
		if err != nil {
			return err
		}
		if err := c.answered(f); err != nil {
			return err
		}
	}
}

// answered takes the answer to a call.
func (c *child[In, Out]) answered(f frame) error {
	if f.kind != frameResult && f.kind != frameFailure {
		return fmt.Errorf("a frame of kind %d instead of an answer", f.kind)
	}
	flight := c.remove(f.id)
	if flight == nil {
		return fmt.Errorf("an answer to call %d, which it does not have", f.id)
	}
	if flight.abandoned { // abandon is called before remove, or finds no flight
		c.engine.release(c)
		return nil
	}
	var r reply[Out]
	returned := false
	defer func() {
		if !returned {
			r.err = newPanicError(recover())
		}
		c.engine.release(c) // first: who makes calls one after the other needs one worker
		flight.answer <- r
	}()
	r = c.decode(f)
	returned = true
	return nil
}

func (c *child[In, Out]) decode(f frame) (r reply[Out]) {
	if f.kind == frameResult {
		r.value, r.err = decodeValue(c.engine.opts.Out, f.payload)
		if r.err != nil {
			r.err = fmt.Errorf("decode result: %w", r.err)
		}
		return r
	}
	failure, err := DecodeError(f.payload)
	if err != nil {
		failure = fmt.Errorf("decode error: %w", err)
	}
	return reply[Out]{err: failure}
}

// bury waits for the end of the process, and tells it to the calls that the worker
// had. err is why there is no more to hear.
func (c *child[In, Out]) bury(err error) {
	if !isEnd(err) {
		c.condemn("sent nonsense: " + err.Error())
	}
	late := time.AfterFunc(closeGrace, c.kill) // it has closed its pipe and should be ending
	<-c.exited
	late.Stop()
	c.to.Close()
	c.out.close()
	c.from.Close()
	lost := &WorkerLostError{Worker: c.name, State: c.state, Output: c.printed.end()}

	flights, unexpected := c.end(lost)
	met := c.engine.remove(c)
	for _, f := range flights {
		if !f.abandoned {
			f.answer <- reply[Out]{lost: lost}
		}
	}
	close(c.gone)
	if met && unexpected && c.engine.opts.OnLost != nil {
		c.engine.opts.OnLost(lost)
	}
}

// isEnd reports whether err is that the worker has ended. One that has, and whose
// pipe another process holds, is heard until a deadline: see reap.
func isEnd(err error) bool {
	return errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) || errors.Is(err, os.ErrDeadlineExceeded)
}

// reap waits for the process, and ends what it has started. What is left in its pipe
// is heard.
func (c *child[In, Out]) reap() {
	err := c.process.Wait()
	if exit := c.process.ProcessState; exit != nil {
		c.state = exit.String()
	} else {
		c.state = err.Error()
	}
	killGroup(c.process.Process)
	close(c.exited)
	_ = c.from.SetReadDeadline(time.Now().Add(closeGrace)) // a system without deadlines waits for the pipe's end
}

// end takes no more calls, and returns those that have no answer. unexpected says
// that nobody has told the worker to end.
func (c *child[In, Out]) end(lost *WorkerLostError) (flights map[uint64]*flight[Out], unexpected bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.verdict != "" {
		lost.State = c.verdict
	}
	flights, c.flights = c.flights, nil
	c.lost = lost
	return flights, !c.retired && c.verdict != endedByForce
}

// remove forgets a worker that has ended. met says whether it had begun to work.
func (e *processes[In, Out]) remove(c *child[In, Out]) (met bool) {
	e.mu.Lock()
	defer e.mu.Unlock()
	delete(e.children, c)
	if c.slot != nil && c.slot.child == c {
		c.slot.child = nil
	}
	return c.capacity > 0
}
