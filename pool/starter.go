package pool

import (
	"os/exec"
	"runtime"
	"sync"
)

// starter starts processes, all on one thread, which lives as long as they do:
// the signal that ends a worker with its parent (on Linux) is sent when the thread
// that has started it ends, not the process.
type starter struct {
	once  sync.Once
	work  chan func()
	ended chan struct{}
}

func (s *starter) start(cmd *exec.Cmd) error {
	s.once.Do(func() {
		s.work, s.ended = make(chan func()), make(chan struct{})
		go s.run()
	})
	started := make(chan error, 1)
	s.work <- func() { started <- cmd.Start() }
	return <-started
}

func (s *starter) run() {
	defer close(s.ended)
	runtime.LockOSThread()
	defer runtime.UnlockOSThread() // no process is left
	for start := range s.work {
		start()
	}
}

// close is called after the end of the last process.
func (s *starter) close() {
	if s.work != nil {
		close(s.work)
		<-s.ended
	}
}
