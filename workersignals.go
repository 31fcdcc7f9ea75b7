package main

import (
	"context"
	"os"
	"os/signal"
	"sync"
	"sync/atomic"
	"syscall"
	"time"
)

// leaving are the signals that end a worker: the first has it finish what it has taken,
// for as long as that takes; the second ends it.
type leaving struct {
	stop  chan struct{}
	lost  chan struct{} // closed when it does not end though it should
	ctx   context.Context
	abort context.CancelCauseFunc

	first atomic.Int32 // the signal that closed stop; 0 is none
	sigs  chan os.Signal
	over  chan struct{}
	done  sync.WaitGroup
}

func watchForEnd(log *workerLog) *leaving {
	in := &leaving{stop: make(chan struct{}), lost: make(chan struct{}), sigs: make(chan os.Signal, 8), over: make(chan struct{})}
	in.ctx, in.abort = context.WithCancelCause(context.Background())
	ignore(sigPipe)
	signal.Notify(in.sigs, os.Interrupt, syscall.SIGTERM)
	in.done.Go(func() { in.watch(log) })
	return in
}

func (in *leaving) watch(log *workerLog) {
	var lost <-chan time.Time
	for {
		select {
		case sig := <-in.sigs:
			number, _ := sig.(syscall.Signal)
			if in.first.CompareAndSwap(0, int32(number)) {
				close(in.stop)
				log.stopping()
			} else if in.ctx.Err() == nil {
				in.abort(errInterrupted)
				lost = time.After(farewell)
			}
		case <-lost:
			close(in.lost)
			lost = nil
		case <-in.over:
			return
		}
	}
}

// close ends the watch: signals have their usual effect again.
func (in *leaving) close() {
	signal.Stop(in.sigs)
	close(in.over)
	in.done.Wait()
	in.abort(nil)
}

// code is the exit code that a signal asks for; 0 is none.
func (in *leaving) code() int {
	switch syscall.Signal(in.first.Load()) {
	case syscall.SIGINT:
		return exitINT
	case syscall.SIGTERM:
		return exitTERM
	}
	return 0
}

// stopping says that what was taken is being finished.
func (l *workerLog) stopping() {
	line := "stopping: what was taken is finished first"
	if l.tty {
		line += "; Ctrl-C again to stop now, others then do the rest"
	}
	l.note(line)
}
