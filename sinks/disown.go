package sinks

import (
	"os"
	"path/filepath"
)

// relative is a file's name as a mark has it: as seen from the journal's folder, so that
// the folder may be moved.
func (j *Journal) relative(path string) string {
	dir, errD := filepath.Abs(filepath.Dir(j.path))
	abs, errA := filepath.Abs(path)
	if rel, err := filepath.Rel(dir, abs); errD == nil && errA == nil && err == nil {
		return rel
	}
	return path
}

// at undoes relative.
func (j *Journal) at(m mark) string {
	if filepath.IsAbs(m.Path) {
		return m.Path
	}
	return filepath.Join(filepath.Dir(j.path), m.Path)
}

// Check says whether the files are those that the interrupted run wrote: an [*Error]
// that is [ErrShorter] or [ErrOther] if not.
func (j *Journal) Check() error {
	if j.found == nil {
		return nil
	}
	for _, m := range []mark{j.state.Results, j.state.Errors} {
		if err := j.check(m); err != nil {
			return err
		}
	}
	return nil
}

// check is nil for a file that a rotation had just begun anew when the run was
// interrupted: nothing was written to it.
func (j *Journal) check(m mark) error {
	if m.Path == "" || j.inLedger(m) {
		return nil
	}
	err := m.check(j.at(m))
	if err != nil && j.state.Reopening {
		return nil
	}
	return err
}

// disown cuts off what the interrupted run has written and not committed, and returns
// how many bytes that was. A file that is another one by now is an error if the run is
// to be resumed, and is else left alone.
func (j *Journal) disown(m mark, resume bool) (cut int64, err error) {
	if m.Path == "" || j.inLedger(m) {
		return 0, nil
	}
	path := j.at(m)
	if err := m.check(path); err != nil {
		if resume && !j.state.Reopening {
			return 0, err
		}
		return 0, nil
	}
	if j.head.Format == WARC && m.Path == j.state.Results.Path {
		return cutWARC(path, m.Len)
	}
	info, err := os.Stat(path)
	if err != nil || info.Size() <= m.Len {
		return 0, nil // there is none, or nothing to cut
	}
	return info.Size() - m.Len, wrap("truncate", path, os.Truncate(path, m.Len))
}

// kept is how far a file is to be kept when the run is resumed: the mark, but nil, all of
// it, if it is another file, which a rotation has just begun.
func (j *Journal) kept(m mark) *mark {
	if !j.inLedger(m) && m.check(j.at(m)) != nil {
		return nil
	}
	return &m
}

// inLedger says whether the file looks after itself.
func (j *Journal) inLedger(m mark) bool {
	return j.head.Format == SQLite && m.Path == j.state.Results.Path
}
