package crawl

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"

	"github.com/gofrs/flock"

	"trawl/fetch"
	"trawl/sinks"
)

// archived is a run's folder for what waits to be archived. It stands beside the
// archive, as it is for what is too much for memory, which a folder for temporary files
// may be in.
type archived struct {
	dir  string
	lock *flock.Flock // held while the run lasts: a folder without it is a dead run's
}

const spoolInfix = ".spool-"

// newArchived makes the folder, and removes those that runs with this output which were
// killed have left.
func newArchived(output string) (*archived, error) {
	parent, prefix := filepath.Dir(output), filepath.Base(output)+spoolInfix
	if err := removeDead(parent, prefix); err != nil {
		return nil, err
	}
	for {
		dir, err := os.MkdirTemp(parent, prefix+"*")
		if err != nil {
			return nil, spoolError(parent, err)
		}
		a := at(dir)
		mine, err := a.take()
		if mine {
			return a, nil
		}
		if err != nil {
			return nil, errors.Join(spoolError(dir, err), a.close())
		} // else another run has taken the folder for a dead one's
	}
}

func at(dir string) *archived {
	return &archived{dir: dir, lock: flock.New(filepath.Join(dir, "lock"))}
}

// take locks the folder, and reports whether it is there and not another's.
func (a *archived) take() (bool, error) {
	locked, err := a.lock.TryLock()
	if err == nil && locked {
		_, err = os.Stat(a.lock.Path())
	}
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	return locked && err == nil, err
}

func removeDead(parent, prefix string) error {
	entries, err := os.ReadDir(parent)
	if err != nil {
		return spoolError(parent, err)
	}
	for _, e := range entries {
		if !e.IsDir() || !strings.HasPrefix(e.Name(), prefix) {
			continue
		}
		a := at(filepath.Join(parent, e.Name()))
		if dead, err := a.take(); err != nil || !dead {
			continue
		}
		if err := a.close(); err != nil {
			return err
		}
	}
	return nil
}

// close removes the folder; the lock last, but where a file that is open cannot be.
func (a *archived) close() error {
	_ = os.RemoveAll(a.dir)
	err := a.lock.Close()
	return errors.Join(spoolError(a.dir, err), spoolError(a.dir, os.RemoveAll(a.dir)))
}

func spoolError(path string, err error) error {
	if err == nil {
		return nil
	}
	if e, ok := errors.AsType[*os.PathError](err); ok {
		return &sinks.Error{Op: e.Op, Path: e.Path, Err: e.Err}
	}
	return &sinks.Error{Op: "open", Path: path, Err: err}
}

// archives begins to keep what is on the wire, if the output is an archive. end is called
// when all of that is archived; a second call does nothing, and returns the same.
func (c *crawl) archives() (end func() error, err error) {
	if c.opts.Output.Format != sinks.WARC {
		return func() error { return nil }, nil
	}
	a, err := newArchived(c.opts.Output.Output)
	if err != nil {
		return nil, err
	}
	c.opts.Client.Capture = fetch.NewSpool(a.dir, 0)
	return sync.OnceValue(a.close), nil
}
