package sinks

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// file is what is needed of an open file; [os.File] is one.
type file interface {
	io.Writer
	Stat() (fs.FileInfo, error)
	Chmod(mode fs.FileMode) error
	Truncate(size int64) error
	Sync() error
	Close() error
}

// disk is where files are. There is one, the system's; a test puts itself
// between, so that any single call fails.
type disk struct {
	open   func(name string, flag int, perm fs.FileMode) (file, error)
	rename func(from, to string) error
}

var system = disk{
	open: func(name string, flag int, perm fs.FileMode) (file, error) {
		f, err := os.OpenFile(name, flag, perm)
		if err != nil {
			return nil, err // not a nil *os.File in a file that is not nil
		}
		return f, nil
	},
	rename: os.Rename,
}

// syncDir makes the names in the folder of path last. A file system that cannot
// sync a folder has nothing to do there.
func (d disk) syncDir(path string) error {
	dir := filepath.Dir(path)
	f, err := d.open(dir, os.O_RDONLY, 0)
	if err != nil {
		return wrap("open", dir, err)
	}
	err = f.Sync()
	if errors.Is(err, syscall.EINVAL) || errors.Is(err, errors.ErrUnsupported) {
		err = nil
	}
	return errors.Join(wrap("sync", dir, err), wrap("close", dir, f.Close()))
}
