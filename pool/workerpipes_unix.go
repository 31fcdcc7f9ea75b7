//go:build unix

package pool

import (
	"errors"
	"os"
	"syscall"
)

// brokenPipe is the errors of a write that nobody can read.
var brokenPipe = []error{syscall.EPIPE}

// openPipe makes a file of fd that what this process starts does not have, and
// whose Close ends a Read.
func openPipe(fd int) (*os.File, error) {
	var st syscall.Stat_t
	if err := syscall.Fstat(fd, &st); err != nil {
		return nil, err
	}
	if kind := st.Mode & syscall.S_IFMT; fd < 3 || kind != syscall.S_IFIFO && kind != syscall.S_IFSOCK {
		return nil, errors.New("not a pipe of its own")
	}
	syscall.CloseOnExec(fd)
	if err := syscall.SetNonblock(fd, true); err != nil {
		return nil, err
	}
	return os.NewFile(uintptr(fd), "parent"), nil
}
