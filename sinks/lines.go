package sinks

import (
	"io"
	"io/fs"
	"os"

	"trawl/parse"
)

// lines is the sink of a format that is a line a record.
type lines struct {
	target
	encode encoder
	buf    []byte // kept between writes
	size   int64  // of the file: what there was and what was written
	whole  int64  // of the file at the last commit
	dirty  bool   // something was written since
}

// target is an open file and what is known of it.
type target struct {
	disk    disk
	file    file
	path    string
	regular bool // it is on a disk: it can be synced and cut
	fresh   bool // its name is not yet known to last
	torn    bool // its last line has no newline: it gets one before the first record
}

// maxBuffer bounds what is written at once, but for a longer line. It is far
// above the usual batch, which is one write.
const maxBuffer = 1 << 20

func newLines(t target, size int64, encode encoder) *lines {
	return &lines{target: t, encode: encode, size: size, whole: size}
}

// write appends the records in whole lines.
func (l *lines) write(recs []parse.Record) error {
	for i := range recs {
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
	if n == 0 {
		return nil
	}
	if l.torn {
		l.torn = false
		l.buf = append([]byte{'\n'}, l.buf...)
		n++
	}
	l.dirty = true
	wrote, err := l.file.Write(l.buf[:n])
	l.size += int64(wrote)
	if err == nil && wrote < n {
		err = io.ErrShortWrite
	}
	l.buf = append(l.buf[:0], l.buf[n:]...)
	if len(l.buf) == 0 && cap(l.buf) > 2*maxBuffer {
		l.buf = nil // a giant is not kept
	}
	return wrap("write", l.path, err)
}

// commit returns when what was written is on disk.
func (l *lines) commit() error {
	if err := l.sync(); err != nil {
		return err
	}
	l.settle()
	return nil
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
	if l.fresh {
		if err := l.disk.syncDir(l.path); err != nil {
			return err
		}
		l.fresh = false
	}
	return nil
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

func (l *lines) close() error {
	if l.file == nil {
		return nil
	}
	return wrap("close", l.path, l.file.Close())
}

// stream is a file that belongs to the caller: standard output. It is only
// written to.
type stream struct{ io.Writer }

func (stream) Stat() (fs.FileInfo, error) { return nil, os.ErrInvalid }
func (stream) Chmod(fs.FileMode) error    { return nil }
func (stream) Truncate(int64) error       { return nil }
func (stream) Sync() error                { return nil }
func (stream) Close() error               { return nil }
