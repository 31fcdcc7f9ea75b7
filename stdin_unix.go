//go:build unix

package main

import (
	"errors"
	"io"
	"os"
	"sync/atomic"

	"golang.org/x/sys/unix"
)

// interruptible makes a reader of standard input that Close takes out of a Read
// which waits for a pipe or a terminal: closing the file alone does not.
func interruptible(f *os.File) io.Reader { return &input{File: f} }

type input struct {
	*os.File
	ended  bool // a terminal would go on after the end that Ctrl-D gave it
	closed atomic.Bool
}

const lookEvery = 100 // ms

func (in *input) Read(p []byte) (int, error) {
	for !in.closed.Load() && !in.ended {
		fds := []unix.PollFd{{Fd: int32(in.Fd()), Events: unix.POLLIN}}
		n, err := unix.Poll(fds, lookEvery)
		if err != nil && !errors.Is(err, unix.EINTR) {
			return 0, err
		}
		if n > 0 && fds[0].Revents&unix.POLLNVAL != 0 {
			return 0, io.EOF // standard input was closed before we began
		}
		if n > 0 {
			n, err := in.File.Read(p)
			in.ended = err == io.EOF
			return n, err
		}
	}
	if in.ended {
		return 0, io.EOF
	}
	return 0, os.ErrClosed
}

// Close may be called while another goroutine is in Read. The file itself stays
// open: it is the process's.
func (in *input) Close() error {
	in.closed.Store(true)
	return nil
}
