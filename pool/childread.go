package pool

import (
	"errors"
	"fmt"
	"io"
	"os"
	"time"
)

// read is the life of a child: it takes what the worker says until its end.
func (c *child[In, Out]) read() {
	defer close(c.gone)
	err := c.listen()
	if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		c.condemn("sent nonsense: " + err.Error())
	}
	c.bury()
}

// listen returns when there is nothing more to hear. io.EOF is the worker's own end.
func (c *child[In, Out]) listen() error {
	frames := newFrameReader(c.answers)
	first, err := frames.next()
	if err != nil {
		return err
	}
	if first.kind != frameHello {
		return fmt.Errorf("a frame of kind %d instead of hello", first.kind)
	}
	hello, err := helloAnswers.Decode(first.payload)
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
	if !flight.left { // leave is called before remove, or finds no flight
		flight.answer <- c.decode(f)
	}
	c.engine.release(c)
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
	failure, err := decodeError(f.payload)
	if err != nil {
		failure = fmt.Errorf("decode error: %w", err)
	}
	return reply[Out]{err: failure}
}

// bury waits for the end of the process, and tells it to the calls that the
// worker had.
func (c *child[In, Out]) bury() {
	kill := time.AfterFunc(closeGrace, func() { c.signal(os.Kill) }) // it has closed its pipe and should be ending
	state := c.wait()
	kill.Stop()
	c.calls.Close()
	c.out.close()
	c.answers.Close()
	lost := &WorkerLostError{Worker: c.name, State: state, Output: c.printed.end()}

	flights, byItself := c.end(lost)
	met := c.engine.remove(c)
	for _, f := range flights {
		if !f.left {
			f.answer <- reply[Out]{err: lost}
		}
	}
	if met && byItself && c.engine.opts.OnLost != nil {
		c.engine.opts.OnLost(lost)
	}
}

func (c *child[In, Out]) wait() string {
	err := c.process.Wait()
	if exit := c.process.ProcessState; exit != nil {
		return exit.String()
	}
	return err.Error()
}

// end takes no more calls, and returns those that have no answer. byItself says
// that nobody has wanted the worker's end.
func (c *child[In, Out]) end(lost *WorkerLostError) (flights map[uint64]*flight[Out], byItself bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.verdict != "" {
		lost.State = c.verdict
	}
	flights, c.flights = c.flights, nil
	c.ended, c.lost = true, lost
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
