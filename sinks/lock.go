package sinks

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"time"

	"github.com/gofrs/flock"
)

// A LockedError says that another run writes the output. What its journal does not say
// (yet) is zero.
type LockedError struct {
	Path    string // of the journal
	PID     int
	Host    string
	Started time.Time
	Command string
	Done    int64 // URLs that have ended
	Total   int64 // of its list
}

func (e *LockedError) Error() string { return e.Path + " is locked by another run" }

// lockEvery is how often a lock that is waited for is tried.
const lockEvery = 100 * time.Millisecond

// lockFile makes the file, if there is none, and locks it: with flock(2), so that the
// kernel gives the lock back when the process ends, however it does.
func lockFile(ctx context.Context, path string, wait bool) (*flock.Flock, error) {
	for {
		lock := flock.New(path, flock.SetFlag(os.O_CREATE|os.O_RDWR), flock.SetPermissions(0o600))
		locked, err := lock.TryLock()
		if !locked && err == nil && wait {
			locked, err = lock.TryLockContext(ctx, lockEvery)
		}
		switch {
		case err != nil && ctx.Err() != nil:
			return nil, errors.Join(context.Cause(ctx), lock.Unlock())
		case err != nil:
			return nil, errors.Join(wrap("open", path, err), lock.Unlock())
		case !locked:
			return nil, errors.Join(lockedBy(path), lock.Unlock())
		case isNamed(lock, path):
			return lock, nil
		}
		// The run that had it has removed or replaced the file meanwhile.
		if err := lock.Unlock(); err != nil {
			return nil, wrap("close", path, err)
		}
	}
}

// isNamed says whether the locked file still has its name.
func isNamed(lock *flock.Flock, path string) bool {
	locked, err := lock.Stat()
	if err != nil {
		return false
	}
	named, err := os.Stat(path)
	return err == nil && os.SameFile(locked, named)
}

// lockedBy says who has the lock.
func lockedBy(path string) error {
	locked := &LockedError{Path: path}
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return locked
	}
	if err != nil {
		return wrap("open", path, err)
	}
	defer f.Close()
	h, state, _, err := readJournal(f)
	if err == nil {
		by := &h.Holder
		if state.holder != nil {
			by = state.holder
		}
		locked.PID, locked.Host, locked.Started, locked.Command = by.PID, by.Host, by.Started, by.Command
		locked.Done, locked.Total = state.done.Count(), state.Total
	}
	return locked
}

// Claim says in the journal who has locked it, before the run begins: it may have to wait for
// its list. What an interrupted run has left stays as it is. Errors are [*Error].
func (j *Journal) Claim(about About) error {
	by := holderOf(about)
	f, err := os.OpenFile(j.path, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		return wrap("open", j.path, err)
	}
	blocks, err := j.claim(by)
	if err == nil {
		err = f.Truncate(j.size)
	}
	if err == nil {
		_, err = f.Write(blocks)
	}
	j.size += int64(len(blocks))
	return errors.Join(wrap("write", j.path, err), wrap("close", j.path, f.Close()))
}

// claim is what is written: a head, or a frame that changes nothing else.
func (j *Journal) claim(by holder) ([]byte, error) {
	if j.ended != nil { // and it still has to be told how
		return appendBlock(nil, frame{Ended: true, Exit: j.ended.Exit, Holder: &by})
	}
	if j.found == nil {
		j.size = 0
		return appendBlock([]byte(journalMagic), head{Version: journalVersion, Holder: by})
	}
	f := j.state.frame
	f.Holder, f.Done, f.Figures, f.Updates, f.Snapshot = &by, nil, nil, nil, false
	return appendBlock(nil, f)
}
