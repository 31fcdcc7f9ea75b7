package sinks

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
)

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
