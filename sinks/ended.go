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
	if left.Pages != "" {
		if err := endPages(j.at(mark{Path: left.Pages}), j.head.Run); err != nil {
			return err
		}
	}
	return j.tidy(left)
}

// endPages says in a database of pages that the run has ended. One that is not there any
// more, or has not heard of the run, is another one.
func endPages(path, run string) error {
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	pages, err := OpenPages(path)
	if err != nil {
		return err
	}
	err = pages.begin(run, true)
	if err == nil {
		err = pages.end()
	}
	if errors.Is(err, ErrOther) {
		err = nil
	}
	return errors.Join(err, pages.Close())
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
