package sinks

import (
	"bufio"
	"bytes"
	"errors"
	"io"
	"io/fs"
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
	err := j.recognise(m)
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
	if err := j.recognise(m); err != nil {
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
	return info.Size() - m.Len, wrap("truncate", path, truncate(path, m.Len))
}

// truncate cuts a file, on disk: the journal that knows its length may be gone soon.
func truncate(path string, size int64) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	return errors.Join(f.Truncate(size), f.Sync(), f.Close())
}

// kept is how far a file is to be kept when the run is resumed: the mark, but nil, all of
// it, if it is another file, which a rotation has just begun.
func (j *Journal) kept(m mark) *mark {
	if !j.inLedger(m) && j.recognise(m) != nil {
		return nil
	}
	return &m
}

// untouched says that the run has got no further than its journal: the errors file is still
// the one that it would have renamed before anything else.
func (j *Journal) untouched() bool {
	m := j.state.Errors
	if j.state.done.Count() > 0 || m.Path == "" || !errors.Is(j.recognise(m), ErrOther) {
		return false
	}
	info, err := os.Stat(j.at(j.state.Results))
	return err != nil || j.inLedger(j.state.Results) || info.Size() <= j.state.Results.Len
}

// recognise is a mark's check of its file. Of an errors file that no commit has seen yet
// nothing is known but the name, which other outputs' runs may use, too.
func (j *Journal) recognise(m mark) error {
	path := j.at(m)
	if err := m.check(path); err != nil || m.Path != j.state.Errors.Path || m.Len > 0 || m.File != (fileID{}) {
		return err
	}
	return j.begunBy(path)
}

// begunBy is ErrOther for an errors file whose first line is not of the interrupted run. One
// that was torn may be.
func (j *Journal) begunBy(path string) error {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return wrap("open", path, err)
	}
	defer f.Close()
	line, err := bufio.NewReader(f).ReadBytes('\n')
	whole := bytes.HasSuffix(line, appendEnd(nil, j.head.Run))
	torn := err == io.EOF && bytes.HasPrefix(line, []byte(errorLineStart)[:min(len(line), len(errorLineStart))])
	switch {
	case err != nil && err != io.EOF:
		return wrap("read", path, err)
	case !whole && !torn && bytes.IndexByte(line, 0) < 0: // zeros are what a power cut leaves
		return wrap("open", path, ErrOther)
	}
	return nil
}

// inLedger says whether the file looks after itself: it has no length for us.
func (j *Journal) inLedger(m mark) bool {
	return j.head.Format == SQLite && m.Path == j.state.Results.Path && m.Len == 0
}
