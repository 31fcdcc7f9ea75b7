package sinks

import (
	"bufio"
	"cmp"
	"errors"
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
	var last string // id of the last answer
	for _, x := range rec.Exchanges {
		if err := w.ready(x.Private); err != nil {
			return err
		}
		var err error
		if last, err = w.exchange(x, revisits(rec, x)); err != nil {
			return err
		}
		x.Release()
	}
	if len(rec.Data) == 0 || last == "" || rec.Skipped != "" {
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

// exchange writes answer and request, and gives the id of the answer.
func (w *warc) exchange(x *fetch.Exchange, again revisit) (id string, err error) {
	wire, err := x.Open()
	if err != nil {
		return "", w.failed(err)
	}
	if again.profile == "" {
		id, err = w.response(x, wire)
	} else {
		id, err = w.revisit(x, wire, again)
	}
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

// warcTime is that of a record (ISO 28500:2017, §5.4).
func warcTime(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05.000000Z") }
