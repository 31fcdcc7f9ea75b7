package sinks

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"trawl/parse"
)

// failures is the errors file: one JSON object a failure, which is also a line of
// a list. The file is made at the first failure; without a name there is none.
type failures struct {
	lines
	private bool // it is readable by its owner only
	old     bool // an earlier run's stands in its place
}

// newFailures checks that the file can be made, and finds one of an earlier
// run, which is still to be displaced; or, if at is not nil, goes on with one that an interrupted run has left.
func newFailures(d disk, path, run string, at *mark) (*failures, error) {
	f := &failures{lines: lines{target: target{disk: d, path: path}, layout: layout{encode: newErrorLine(run)}}}
	if path == "" {
		return f, nil
	}
	info, err := os.Stat(path)
	switch {
	case err == nil && info.IsDir():
		return nil, wrap("open", path, syscall.EISDIR)
	case err == nil && !info.Mode().IsRegular():
		return f, nil
	case err == nil && at != nil:
		return f, f.open(at)
	}
	if _, err = os.Lstat(path); errors.Is(err, fs.ErrNotExist) {
		return f, wrap("open", path, probe(filepath.Dir(path)))
	}
	f.old = true
	return f, nil
}

// displace renames the file of an earlier run, when the journal is this run's: the old one
// may be a list that must not be lost.
func (f *failures) displace() error {
	if !f.old {
		return nil
	}
	f.old = false
	if err := f.disk.rename(f.path, PrevPath(f.path)); err != nil {
		return wrap("rename", f.path, err)
	}
	return f.disk.syncDir(f.path)
}

// probe returns why no file can be made in a folder. It does not make the one
// that will be made: another run may have just done so.
func probe(dir string) error {
	f, err := os.CreateTemp(dir, ".trawl-*")
	if err != nil {
		return err
	}
	return errors.Join(f.Close(), os.Remove(f.Name()))
}

func (f *failures) open(at *mark) error {
	l, err := openLines(f.disk, f.path, at, f.layout)
	if err != nil {
		return err
	}
	f.lines, f.private = *l, false
	return nil
}

func (f *failures) write(recs []parse.Record) error {
	if f.path == "" {
		return nil
	}
	failed, headers := false, false
	for i := range recs {
		failed = failed || recs[i].Class != ""
		headers = headers || recs[i].Class != "" && mayHoldHeaders(&recs[i])
	}
	if !failed {
		return nil
	}
	if f.file == nil {
		if err := f.open(nil); err != nil {
			return err
		}
	}
	// Headers may be secrets, so the file is closed to others before they come.
	if headers && f.regular && !f.private {
		if err := f.file.Chmod(0o600); err != nil {
			return wrap("chmod", f.path, err)
		}
		f.private = true
	}
	return f.lines.write(recs)
}

// reopen lets the next failure make a file anew, unless this one still has its name.
func (f *failures) reopen() error {
	if f.file == nil || !f.regular {
		return nil
	}
	now, missing := os.Stat(f.path)
	if missing == nil && idOf(now) == f.id && now.Size() == f.size {
		return nil
	}
	err := f.close()
	f.lines, f.private = lines{target: target{disk: f.disk, path: f.path}, layout: f.layout}, false
	if err == nil && missing == nil && now.Mode().IsRegular() {
		err = f.open(nil) // so that a mark says which file it is
	}
	return err
}
