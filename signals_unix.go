//go:build unix

package main

import (
	"os"
	"syscall"
)

var (
	sigPipe       = []os.Signal{syscall.SIGPIPE}
	reopenSignals = []os.Signal{syscall.SIGHUP}
	screenSignals = []os.Signal{syscall.SIGUSR1, syscall.SIGTSTP}
	workerIgnores = []os.Signal{syscall.SIGINT, syscall.SIGTERM, syscall.SIGHUP}
)

// signal does what a signal asks of the screen.
func (s *screen) signal(sig os.Signal) {
	switch sig {
	case syscall.SIGUSR1:
		s.progress.Line()
	case syscall.SIGTSTP: // the line is the shell's while we are stopped
		s.progress.Hide()
		_ = syscall.Kill(os.Getpid(), syscall.SIGSTOP) // until SIGCONT
		s.progress.Show()
	}
}
