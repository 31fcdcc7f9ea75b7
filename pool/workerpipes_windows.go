package pool

import (
	"os"
	"syscall"
)

// brokenPipe is the errors of a write that nobody can read.
var brokenPipe = []error{syscall.ERROR_BROKEN_PIPE, errNoData}

const errNoData syscall.Errno = 232 // ERROR_NO_DATA: "the pipe is being closed"

// openPipe makes a file of a handle, which is inherited only by what is told of it.
func openPipe(handle int) (*os.File, error) { return os.NewFile(uintptr(handle), "parent"), nil }
