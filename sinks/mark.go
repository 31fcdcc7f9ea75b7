package sinks

import (
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"io/fs"
	"os"
)

// mark says how far a results or errors file is written.
type mark struct {
	Path string `cbor:"1,keyasint"` // as seen from the journal's folder; "" is no file
	File fileID `cbor:"2,keyasint"`
	Len  int64  `cbor:"3,keyasint"`
	Tail uint32 `cbor:"4,keyasint"` // checksum of the last bytes before Len
}

// fileID tells files apart while both exist: device and inode. The zero fileID is that of
// a file which was still to be made, by nobody but the run.
type fileID struct {
	Dev uint64 `cbor:"1,keyasint"`
	Ino uint64 `cbor:"2,keyasint"`
}

// Why a file is not the one that an interrupted run wrote.
var (
	ErrShorter = errors.New("it is shorter than the interrupted run has left it")
	ErrOther   = errors.New("it is another file than the one that the interrupted run wrote")
)

// check says whether the file of that name is the one of the mark: nil, an error
// that is ErrShorter or ErrOther, or why it cannot be read. A copy of it is as good.
func (m mark) check(path string) error {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		if m.Len == 0 && m.File == (fileID{}) {
			return nil
		}
		return wrap("open", path, fmt.Errorf("%w: it is gone", ErrShorter))
	}
	if err != nil {
		return wrap("open", path, err)
	}
	defer f.Close()
	info, err := f.Stat()
	switch {
	case err != nil:
		return wrap("read", path, err)
	case info.Size() < m.Len && idOf(info) == m.File:
		return wrap("open", path, fmt.Errorf("%w: %d bytes of %d", ErrShorter, info.Size(), m.Len))
	case info.Size() < m.Len || m.Len == 0 && m.File != (fileID{}) && idOf(info) != m.File && info.Size() > 0:
		return wrap("open", path, ErrOther)
	}
	last, err := tailOf(f, m.Len)
	if err != nil {
		return wrap("read", path, err)
	}
	if last.sum() != m.Tail {
		return wrap("open", path, ErrOther)
	}
	return nil
}

// Why a file is not what a run has made of it.
var (
	errReplaced  = errors.New("another file has taken its name")
	errTruncated = errors.New("another program has truncated it")
	errRemoved   = errors.New("another program has removed it")
)

// uncut says whether an open file has all that was written to it, and can be found again.
func uncut(f file, path string, size int64) error {
	info, err := f.Stat()
	switch {
	case err != nil:
		return wrap("sync", path, err)
	case info.Size() < size:
		return wrap("sync", path, errTruncated)
	case !hasName(info):
		return wrap("sync", path, errRemoved)
	}
	return nil
}

// stands says whether the name is still that of the file that was written. One that was
// moved has none, which is no harm unless it is to become something.
func (m mark) stands(needed bool) error {
	if m.File == (fileID{}) { // it is not made yet, or no file
		return nil
	}
	info, err := os.Stat(m.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist) && needed:
		return wrap("close", m.Path, errRemoved)
	case errors.Is(err, fs.ErrNotExist):
		return nil
	case err != nil:
		return wrap("close", m.Path, err)
	case idOf(info) != m.File:
		return wrap("close", m.Path, errReplaced)
	case info.Mode().IsRegular() && info.Size() < m.Len:
		return wrap("close", m.Path, errTruncated)
	}
	return nil
}

// tail is the last bytes of a file, by which it is known again.
type tail []byte

const tailLen = 4 << 10

// tailOf reads the tail of the first size bytes.
func tailOf(r io.ReaderAt, size int64) (tail, error) {
	t := make(tail, min(size, tailLen))
	if _, err := r.ReadAt(t, size-int64(len(t))); err != nil && err != io.EOF {
		return nil, err
	}
	return t, nil
}

// add is the tail after more bytes.
func (t tail) add(b []byte) tail {
	if len(b) >= tailLen {
		return append(t[:0], b[len(b)-tailLen:]...)
	}
	if over := len(t) + len(b) - tailLen; over > 0 {
		t = t[:copy(t, t[over:])]
	}
	return append(t, b...)
}

func (t tail) sum() uint32 { return crc32.Checksum(t, castagnoli) }
