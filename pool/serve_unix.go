//go:build unix

package pool

import (
	"errors"
	"fmt"
	"os"
	"syscall"
)

// workerPipes opens what workerEnv says.
func workerPipes(env string) (r, w *os.File, err error) {
	var in, out int
	if env == "" {
		return nil, nil, errors.New("this process was not started as a worker")
	}
	if _, err := fmt.Sscanf(env, "%d,%d", &in, &out); err != nil || in == out {
		return nil, nil, fmt.Errorf("%s is %q", workerEnv, env)
	}
	if r, err = openPipe(in); err != nil {
		return nil, nil, err
	}
	if w, err = openPipe(out); err != nil {
		r.Close()
		return nil, nil, err
	}
	return r, w, nil
}

// openPipe makes a file of fd that what this process starts does not have, and
// whose Close ends a Read.
func openPipe(fd int) (*os.File, error) {
	var st syscall.Stat_t
	if err := syscall.Fstat(fd, &st); err != nil {
		return nil, fmt.Errorf("%s: descriptor %d: %w", workerEnv, fd, err)
	}
	if kind := st.Mode & syscall.S_IFMT; fd < 3 || kind != syscall.S_IFIFO && kind != syscall.S_IFSOCK {
		return nil, fmt.Errorf("%s: descriptor %d is not a pipe of its own", workerEnv, fd)
	}
	syscall.CloseOnExec(fd)
	if err := syscall.SetNonblock(fd, true); err != nil {
		return nil, fmt.Errorf("%s: descriptor %d: %w", workerEnv, fd, err)
	}
	return os.NewFile(uintptr(fd), "parent"), nil
}

// inode is what tells files of one size and time apart.
func inode(fi os.FileInfo) string {
	st, ok := fi.Sys().(*syscall.Stat_t)
	if !ok {
		return ""
	}
	return fmt.Sprintf("device %d inode %d", st.Dev, st.Ino)
}
