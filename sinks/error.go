package sinks

import (
	"errors"
	"io/fs"
	"os"
)

// ErrClosed is what Append returns after Close.
var ErrClosed = errors.New("writer is closed")

// Error says which file could not be opened, written, synced, closed or
// renamed. Err is the system's reason: errors.Is(err, syscall.ENOSPC) is a full
// disk, errors.Is(err, syscall.EPIPE) a reader that has gone.
type Error struct {
	Op   string // "open", "read", "write", "sync", "chmod", "close", "rename"
	Path string // as it was named in [Options], or derived from that; "-" is standard output
	Err  error
}

func (e *Error) Error() string {
	path := e.Path
	if path == "-" {
		path = "standard output"
	}
	return e.Op + " " + path + ": " + e.Err.Error()
}

func (e *Error) Unwrap() error { return e.Err }

// wrap makes an Error of what the system says, without the operation and path
// that it says too.
func wrap(op, path string, err error) error {
	switch e := err.(type) {
	case nil:
		return nil
	case *fs.PathError:
		err = e.Err
	case *os.LinkError:
		err = e.Err
	}
	return &Error{Op: op, Path: path, Err: err}
}
