package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"slices"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"trawl/display"
)

const (
	grace    = 5 * time.Second // that a signal leaves to what is in flight
	farewell = 2 * time.Second // that an aborted run has to return
)

var errInterrupted = errors.New("interrupted")

// interrupts are the signals that reach a run: the first that asks for its end
// closes stop; another one, or grace later, ends ctx.
type interrupts struct {
	stop   chan struct{}
	reopen chan struct{}   // gets a value when the files were moved
	lost   chan struct{}   // closed when the run does not return: the system keeps it, as a FIFO does that nobody reads
	ctx    context.Context // the run's life
	abort  context.CancelCauseFunc

	first atomic.Int32 // the signal that closed stop; 0 is none
	sigs  chan os.Signal
	shows chan func() // what the screen is to show: not by watch, which a screen that takes nothing must not hold up
	over  chan struct{}
	done  sync.WaitGroup
}

// listen turns signals into the end of the run, and into what the screen shows.
func (s *screen) listen() *interrupts {
	in := &interrupts{
		stop:   make(chan struct{}),
		reopen: make(chan struct{}, 1),
		lost:   make(chan struct{}),
		sigs:   make(chan os.Signal, 8),
		shows:  make(chan func(), 8),
		over:   make(chan struct{}),
	}
	in.ctx, in.abort = context.WithCancelCause(context.Background())
	ignore(sigPipe) // a closed pipe is an error of the write
	signal.Notify(in.sigs, slices.Concat([]os.Signal{os.Interrupt, syscall.SIGTERM}, screenSignals, reopenSignals)...)
	in.done.Go(func() { in.watch(s) })
	in.done.Go(in.show)
	return in
}

// ignore ignores signals, if there are any: none would be all of them.
func ignore(signals []os.Signal) {
	if len(signals) > 0 {
		signal.Ignore(signals...)
	}
}

// release gives the signals back their usual effect. A rotation must not end a run that
// has nothing to open anew, or not yet, or not any more: that signal is ignored then.
func (in *interrupts) release() {
	ignore(reopenSignals)
	signal.Stop(in.sigs)
}

// show shows one thing after the other.
func (in *interrupts) show() {
	for {
		select {
		case do := <-in.shows:
			do()
		case <-in.over:
			return
		}
	}
}

// tell has the screen show something, if it is not far behind.
func (in *interrupts) tell(do func()) {
	select {
	case in.shows <- do:
	default:
	}
}

func (in *interrupts) watch(s *screen) {
	var late, lost <-chan time.Time // grace and farewell are over; nil is not begun
	abort := func() {
		in.abort(errInterrupted)
		late, lost = nil, time.After(farewell)
	}
	for aborted := false; ; {
		select {
		case sig := <-in.sigs:
			number, ok := sig.(syscall.Signal)
			switch {
			case slices.Contains(reopenSignals, sig):
				select {
				case in.reopen <- struct{}{}:
				default: // it is to be done anyway
				}
			case !ok || sig != os.Interrupt && sig != syscall.SIGTERM:
				in.tell(func() { s.signal(sig) })
			case in.first.CompareAndSwap(0, int32(number)):
				close(in.stop)
				late = time.After(grace)
				in.tell(s.stopping)
			case !aborted:
				aborted = true
				abort()
			}
		case <-late:
			aborted = true
			abort()
		case <-lost:
			in.release() // what is left to do may hang too: the next signal kills
			close(in.lost)
			lost = nil
		case <-in.over:
			return
		}
	}
}

// close ends the watch. Signals have their usual effect again: also on who waits
// here for a screen that takes nothing.
func (in *interrupts) close() {
	in.release()
	close(in.over)
	in.done.Wait()
	in.abort(nil)
}

// code is the exit code that a signal asks for, with its name; 0 is none.
func (in *interrupts) code() (code int, name string) {
	switch syscall.Signal(in.first.Load()) {
	case syscall.SIGINT:
		return exitINT, "SIGINT"
	case syscall.SIGTERM:
		return exitTERM, "SIGTERM"
	}
	return 0, ""
}

// stopping says that the run is being ended.
func (s *screen) stopping() {
	n := s.stats.Counts().Stage.InFlight
	stopping := fmt.Sprintf("Stopping: %s in flight, up to %d s.", display.Plural(int64(n), "request", "requests"), int(grace.Seconds()))
	s.say(stopping + " Ctrl-C again to stop now; nothing finished is lost.")
	s.notifier.stopping(stopping)
}
