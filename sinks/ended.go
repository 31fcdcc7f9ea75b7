package sinks

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// Ended is a run that was interrupted when all was done but to give the files their names.
type Ended struct{ Exit int }

// Ended is the run whose last renames [OpenJournal] has done; nil if there was none.
func (j *Journal) Ended() *Ended { return j.ended }

// finish does what is left to do.
func (j *Journal) finish(left frame) error {
	if err := j.rename(left); err != nil {
		return err
	}
	return j.tidy(left)
}

// rename does the renames that are left to do of a run that has ended. What was done
// before is not done again.
func (j *Journal) rename(left frame) error {
	dir := filepath.Dir(j.path)
	for _, r := range left.Renames {
		from, to := filepath.Join(dir, r.From), filepath.Join(dir, r.To)
		if _, err := os.Lstat(from); errors.Is(err, fs.ErrNotExist) {
			continue // and what is beside the new name is its own
		}
		if j.head.Format == SQLite {
			if err := checkAlone(from); err != nil {
				return err
			}
			removeLogs(to)
		}
		if err := j.disk.rename(from, to); err != nil {
			return wrap("rename", to, err)
		}
	}
	return nil
}

// tidy makes the new names last, and takes away what is not needed any more.
func (j *Journal) tidy(left frame) error {
	if err := j.disk.syncDir(j.path); err != nil {
		return err
	}
	for _, name := range left.Removes {
		path := filepath.Join(filepath.Dir(j.path), name)
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return wrap("remove", path, err)
		}
	}
	return nil
}
