package pool

import (
	"errors"
	"time"
)

// Close ends the workers: it closes their pipes, and kills those that are still
// there half a second later. It returns when all are gone. Its error is always nil.
func (e *processes[In, Out]) Close() error {
	e.closing.Do(e.close)
	return nil
}

func (e *processes[In, Out]) close() {
	for _, c := range e.refuse() {
		c.retire()
	}
	close(e.closed)
	kill := time.AfterFunc(closeGrace, e.killAll)
	defer kill.Stop()
	e.crew.Wait()
	e.starter.close()
}

// refuse has no call taken from now on.
func (e *processes[In, Out]) refuse() []*child[In, Out] {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.shut = true
	return e.living()
}

// Terminate asks the workers to end (SIGTERM, where there is such a thing), and
// kills those that are still there two seconds later.
func (e *processes[In, Out]) Terminate() {
	for _, c := range e.force() {
		c.blame(endedByForce)
		c.endBy(time.Now().Add(overdueGrace))
		_ = c.process.Process.Signal(terminateSignal) // it may have ended
	}
}

// Kill kills the workers.
func (e *processes[In, Out]) Kill() {
	for _, c := range e.force() {
		c.condemn(endedByForce)
	}
}

// force has no worker replaced and no call run again from now on.
func (e *processes[In, Out]) force() []*child[In, Out] {
	e.mu.Lock()
	defer e.mu.Unlock()
	e.forced = true
	e.refuseWaiting()
	return e.living()
}

func (e *processes[In, Out]) killAll() {
	e.mu.Lock()
	defer e.mu.Unlock()
	for c := range e.children {
		c.kill()
	}
}

// living is called with mu held.
func (e *processes[In, Out]) living() (all []*child[In, Out]) {
	for c := range e.children {
		all = append(all, c)
	}
	return all
}

// breakDown fails the calls that wait, and all that come.
func (e *processes[In, Out]) breakDown(err error) {
	e.mu.Lock()
	defer e.mu.Unlock()
	if e.refusal() == nil {
		e.broken = err
	}
	e.refuseWaiting()
}

// refuseWaiting is called with mu held.
func (e *processes[In, Out]) refuseWaiting() {
	for _, a := range e.waiting {
		a.answer <- nil
	}
	e.waiting = nil
}

var errEngineClosed = errors.New("process engine is closed")

// refusal says why no call is taken. It is called with mu held.
func (e *processes[In, Out]) refusal() error {
	switch {
	case e.broken != nil:
		return e.broken
	case e.forced:
		return &WorkerLostError{Worker: e.opts.Name, State: endedByForce}
	case e.shut:
		return errEngineClosed
	}
	return nil
}
