package sinks

import (
	"bufio"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/klauspost/compress/gzip"

	"trawl/fetch"
	"trawl/parse"
)

// maxWARC is the size at which a file of an archive is followed by the next one. It ends
// with a commit, so it is larger by what that had.
const maxWARC = 1 << 30

// warc is the sink of web archives (ISO 28500:2017, WARC/1.1): every answer that a
// position had, with its request, each a gzip member of its own.
//
// The file of a number is made by the first write after a commit whose mark names it,
// with no length, or names the one before. So whatever a crash leaves is the file of the
// last mark, or the one that follows it.
type warc struct {
	disk  disk
	run   string
	about About
	limit int64 // size at which the next file begins

	name   warcName
	number int
	file   file // nil: it is not made yet
	done   file // the one before, not closed yet; nil is none
	id     fileID
	size   int64
	last   tail  // of the file
	whole  int64 // of the file at the last commit
	dirty  bool  // something was written since
	made   bool  // the file was made since
	closed bool  // to others than the owner: it holds headers that a user has given

	out *bufio.Writer // over the sink's own Write
	zip *gzip.Writer  // over out
	buf []byte        // a record's head
	via []byte        // what goes from a block to zip
}

// openWARC begins an archive, or, at a mark of it, goes on: what is behind the mark is
// cut off. A mark without a length says that its file was not made, or only since.
func openWARC(d disk, opts Options, at *mark) (*warc, error) {
	w := &warc{disk: d, run: opts.Run, about: opts.About, limit: maxWARC}
	w.via = make([]byte, 64<<10)
	w.out = bufio.NewWriterSize(w, 256<<10)
	w.zip = gzip.NewWriter(w.out)
	var err error
	if at == nil {
		w.name, err = newWARCName(opts.Output, opts.About.Started)
		if err == nil {
			err = wrap("open", w.path(), probe(filepath.Dir(w.path())))
		}
		return w, err
	}
	var ok bool
	if w.name, w.number, ok = parseWARCName(filepath.Join(filepath.Dir(opts.Output), filepath.Base(at.Path))); !ok {
		return nil, wrap("open", at.Path, errors.New("it is no name of an archive's file"))
	}
	if err := w.resume(at.Len); err != nil {
		return nil, err
	}
	return w, nil
}

func (w *warc) path() string { return w.name.file(w.number) }

// resume goes on behind the first n bytes of its file.
func (w *warc) resume(n int64) error {
	if _, err := cutWARC(w.path(), n); err != nil || n == 0 {
		return err
	}
	f, err := w.disk.open(w.path(), os.O_RDWR|os.O_APPEND, 0)
	if err != nil {
		return wrap("open", w.path(), err)
	}
	w.file, w.size = f, n
	if err := w.identify(); err != nil {
		return errors.Join(err, f.Close())
	}
	w.settle()
	return nil
}

// identify finds out what a mark says of the file.
func (w *warc) identify() error {
	info, err := w.file.Stat()
	if err != nil {
		return wrap("open", w.path(), err)
	}
	w.id, w.last = idOf(info), nil
	if w.size == 0 {
		return nil
	}
	f, err := os.Open(w.path())
	if err != nil {
		return wrap("open", w.path(), err)
	}
	w.last, err = tailOf(f, w.size)
	return errors.Join(wrap("read", w.path(), err), wrap("close", w.path(), f.Close()))
}

// cutWARC brings an archive back to the first n bytes of a file, the one of its last mark,
// and returns how many there were behind it. Without any the file is removed, and so is the
// one that follows: no mark speaks of it.
func cutWARC(path string, n int64) (cut int64, err error) {
	if name, number, ok := parseWARCName(path); ok {
		next := name.file(number + 1)
		if info, err := os.Stat(next); err == nil {
			cut = info.Size()
		}
		if err := remove(next); err != nil {
			return 0, err
		}
	}
	info, err := os.Stat(path)
	switch {
	case n == 0 && errors.Is(err, fs.ErrNotExist):
		return cut, nil
	case err != nil:
		return cut, wrap("open", path, err)
	case info.Size() < n:
		return cut, wrap("open", path, fmt.Errorf("%w: %d bytes of %d", ErrShorter, info.Size(), n))
	case n == 0:
		return cut + info.Size(), remove(path)
	}
	return cut + info.Size() - n, wrap("truncate", path, os.Truncate(path, n))
}

func remove(path string) error {
	err := os.Remove(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	return wrap("remove", path, err)
}

// write appends what the records' positions had on the wire, and releases it.
func (w *warc) write(recs []parse.Record) error {
	for i := range recs {
		if err := w.add(&recs[i]); err != nil {
			return err
		}
	}
	if w.out.Buffered() == 0 {
		return nil
	}
	return w.failed(w.out.Flush())
}

func (w *warc) add(rec *parse.Record) error {
	var last string // id of the last response
	for _, x := range rec.Exchanges {
		if err := w.ready(x.Private); err != nil {
			return err
		}
		var err error
		if last, err = w.exchange(x); err != nil {
			return err
		}
		x.Release()
	}
	if len(rec.Data) == 0 || last == "" {
		return nil
	}
	return w.failed(w.metadata(rec, last))
}

// ready makes the file if there is none. One that is to hold headers that a user has
// given, which may be secrets, is closed to others before they come.
func (w *warc) ready(private bool) error {
	if done := w.done; done != nil {
		w.done = nil
		if err := done.Close(); err != nil {
			return wrap("close", w.name.file(w.number-1), err)
		}
	}
	if w.file == nil {
		if err := w.begin(); err != nil {
			return err
		}
	}
	if private && !w.closed {
		if err := w.file.Chmod(0o600); err != nil {
			return wrap("chmod", w.path(), err)
		}
		w.closed = true
	}
	return nil
}

// begin makes the file.
func (w *warc) begin() error {
	perm := fs.FileMode(0o644)
	if w.closed {
		perm = 0o600
	}
	f, err := w.disk.open(w.path(), os.O_WRONLY|os.O_APPEND|os.O_CREATE|os.O_EXCL, perm)
	if err != nil {
		return wrap("open", w.path(), err)
	}
	w.file, w.made, w.dirty = f, true, true
	if err := w.identify(); err != nil {
		return err
	}
	return w.failed(w.info())
}

// exchange writes response and request, and gives the id of the response.
func (w *warc) exchange(x *fetch.Exchange) (id string, err error) {
	wire, err := x.Open()
	if err != nil {
		return "", w.failed(err)
	}
	id, err = w.response(x, wire)
	if err == nil {
		err = w.request(x, wire, id)
	}
	return id, w.failed(cmp.Or(err, wire.Close()))
}

// Write implements [io.Writer] for the records: it appends to the file.
func (w *warc) Write(p []byte) (int, error) {
	w.dirty = true
	n, err := w.file.Write(p)
	w.size += int64(n)
	w.last = w.last.add(p[:n])
	if err == nil && n < len(p) {
		err = io.ErrShortWrite
	}
	return n, err
}

// failed is the error of a write: of the archive, or, if it says so, of a file that has
// an exchange.
func (w *warc) failed(err error) error {
	if e, ok := errors.AsType[*Error](err); ok {
		return e
	}
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return wrap(e.Op, e.Path, e.Err)
	}
	return wrap("write", w.path(), err)
}

func (w *warc) sync() error {
	if !w.dirty {
		return nil
	}
	if err := w.file.Sync(); err != nil {
		return wrap("sync", w.path(), err)
	}
	if err := uncut(w.file, w.path(), w.size); err != nil {
		return err
	}
	if !w.made {
		return nil
	}
	return w.disk.syncDir(w.path())
}

// mark names a file that is still to be made without its id.
func (w *warc) mark() mark {
	if w.size == 0 {
		return mark{Path: w.path(), Tail: w.last.sum()}
	}
	return mark{Path: w.path(), File: w.id, Len: w.size, Tail: w.last.sum()}
}

func (w *warc) settle() {
	w.dirty, w.made, w.whole = false, false, w.size
	if w.size >= w.limit {
		w.turn()
	}
}

// turn has the next write begin the next file.
func (w *warc) turn() {
	w.done, w.file = w.file, nil
	w.number++
	w.size, w.whole, w.last = 0, 0, nil
}

// reopen ends the file, unless it has nothing, and begins the next one. It is called
// when all is committed. The mark has no length then.
func (w *warc) reopen() error {
	if w.file != nil && !w.dirty {
		w.turn()
	}
	return nil
}

// cut takes off what was not committed, and the file itself if it was made since,
// unless it has grown by another's hand.
func (w *warc) cut() {
	w.out.Reset(w) // what it holds, and its error
	if w.file == nil || !w.dirty {
		return
	}
	if info, err := w.file.Stat(); err != nil || info.Size() != w.size {
		return
	}
	if w.file.Truncate(w.whole) == nil {
		w.size, w.dirty = w.whole, false
	}
	if w.made {
		_ = os.Remove(w.path())
	}
}

func (w *warc) close() error {
	var errs []error
	for i, f := range []file{w.done, w.file} {
		if f != nil {
			errs = append(errs, wrap("close", w.name.file(w.number-1+i), f.Close()))
		}
	}
	w.done, w.file = nil, nil
	return errors.Join(errs...)
}

// warcTime is that of a record (ISO 28500:2017, §5.4).
func warcTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000Z") }
