package sinks

import (
	"errors"
	"io"
	"io/fs"
	"os"

	"trawl/parse"
)

// lines is the sink of a format that is a line a record.
type lines struct {
	target
	layout
	buf   []byte // kept between writes
	lead  int    // how much of buf is not worth a write of its own
	size  int64  // of the file: what there was and what was written
	whole int64  // of the file at the last commit
	last  tail   // of the file
	dirty bool   // something was written since
}

// layout is what lines look like.
type layout struct {
	encode encoder
	header []byte                     // the first line of a file
	check  func(file io.Reader) error // says why lines cannot be appended to a file; nil: they can to any
}

// target is an open file and what is known of it.
type target struct {
	disk    disk
	file    file
	path    string
	id      fileID
	regular bool // it is on a disk: it can be synced and cut
	fresh   bool // its name is not yet known to last
}

// maxBuffer bounds what is written at once, but for a longer line. It is far
// above the usual batch, which is one write.
const maxBuffer = 1 << 20

// openLines opens a file to append lines to, which it may make: after what there is, or,
// if at is not nil, after that much of it. A last line without its newline gets one.
func openLines(d disk, path string, at *mark, lay layout) (*lines, error) {
	t, err := d.openAppend(path)
	if err != nil {
		return nil, err
	}
	l := &lines{target: t, layout: lay}
	switch err := l.begin(at); {
	case err == nil:
		return l, nil
	case errors.Is(err, errMoved):
		_ = l.file.Close() // nothing was written to it
		return openLines(d, path, at, lay)
	default:
		l.abandon()
		return nil, err
	}
}

// begin finds out where the lines go.
func (l *lines) begin(at *mark) error {
	l.buf, l.lead, l.size, l.last = l.buf[:0], 0, 0, nil
	if l.regular {
		if err := l.lookBack(at); err != nil {
			return err
		}
	}
	if l.size == 0 {
		l.buf = append(l.buf, l.header...)
	} else if l.last[len(l.last)-1] != '\n' {
		l.buf, l.lead = append(l.buf, '\n'), 1
	}
	l.whole = l.size
	return nil
}

// lookBack reads what is to be known of what the file has already.
func (l *lines) lookBack(at *mark) error {
	f, err := os.Open(l.path)
	if errors.Is(err, fs.ErrNotExist) {
		err = errMoved
	}
	if err != nil {
		return wrap("read", l.path, err)
	}
	defer f.Close()
	info, err := f.Stat()
	if err == nil && idOf(info) != l.id {
		err = errMoved
	}
	if err != nil {
		return wrap("read", l.path, err)
	}
	l.size = info.Size()
	if at != nil && l.size > at.Len {
		l.size = at.Len
		if err := l.file.Truncate(at.Len); err != nil {
			return wrap("truncate", l.path, err)
		}
	}
	if l.last, err = tailOf(f, l.size); err != nil {
		return wrap("read", l.path, err)
	}
	if l.check == nil || l.size == 0 {
		return nil
	}
	return l.check(io.LimitReader(f, l.size))
}

// write appends the records in whole lines.
func (l *lines) write(recs []parse.Record) error {
	for i := range recs {
		if recs[i].Skipped != "" {
			continue
		}
		end := len(l.buf)
		l.buf = l.encode(l.buf, &recs[i])
		if len(l.buf) > maxBuffer && end > 0 {
			if err := l.flush(end); err != nil {
				return err
			}
		}
	}
	return l.flush(len(l.buf))
}

// flush writes the first n bytes of the buffer, which are whole lines, and keeps
// the rest.
func (l *lines) flush(n int) error {
	if n == l.lead {
		return nil
	}
	l.dirty, l.lead = true, 0
	wrote, err := l.file.Write(l.buf[:n])
	l.size += int64(wrote)
	l.last = l.last.add(l.buf[:wrote])
	if err == nil && wrote < n {
		err = io.ErrShortWrite
	}
	l.buf = append(l.buf[:0], l.buf[n:]...)
	if len(l.buf) == 0 && cap(l.buf) > 2*maxBuffer {
		l.buf = nil // a giant is not kept
	}
	return wrap("write", l.path, err)
}

// sync is the first half of a commit, after which a cut still takes off what was
// written.
func (l *lines) sync() error {
	if !l.dirty || !l.regular {
		return nil
	}
	if err := l.file.Sync(); err != nil {
		return wrap("sync", l.path, err)
	}
	if err := uncut(l.file, l.path, l.size); err != nil {
		return err
	}
	if l.fresh {
		if err := l.disk.syncDir(l.path); err != nil {
			return err
		}
		l.fresh = false
	}
	return nil
}

// mark says how far the file is written.
func (l *lines) mark() mark {
	return mark{Path: l.path, File: l.id, Len: l.size, Tail: l.last.sum()}
}

// settle is the second half.
func (l *lines) settle() { l.dirty, l.whole = false, l.size }

// cut takes off what was not committed, half a line perhaps, unless the file
// has grown by another's hand. It is the best that can be done after an error,
// and has none of its own.
func (l *lines) cut() {
	if !l.dirty || !l.regular {
		return
	}
	if info, err := l.file.Stat(); err == nil && info.Size() == l.size {
		_ = l.file.Truncate(l.whole)
	}
}

// reopen goes on in the file that has the name now: another one, if this one was moved.
// All that was written is committed.
func (l *lines) reopen() error {
	if l.file == nil || !l.regular {
		return nil
	}
	for old := l.file; ; {
		t, err := l.disk.openAppend(l.path)
		if err != nil {
			return err
		}
		l.target = t
		err = errors.Join(wrap("close", l.path, old.Close()), l.begin(nil))
		if !errors.Is(err, errMoved) {
			return err
		}
		old = t.file
	}
}

// errMoved: the file was moved as soon as it was opened, without a record of this run.
var errMoved = errors.New("it has just been moved")

func (l *lines) close() error {
	if l.file == nil {
		return nil
	}
	return wrap("close", l.path, l.file.Close())
}

// abandon closes a results file that will not be written after all, and takes
// it away if it had just been made.
func (l *lines) abandon() {
	_ = l.file.Close()
	if l.fresh {
		_ = os.Remove(l.path)
	}
}

// stream is a file that belongs to the caller: standard output. It is only
// written to.
type stream struct{ io.Writer }

func (stream) Stat() (fs.FileInfo, error) { return nil, os.ErrInvalid }
func (stream) Chmod(fs.FileMode) error    { return nil }
func (stream) Truncate(int64) error       { return nil }
func (stream) Sync() error                { return nil }
func (stream) Close() error               { return nil }
