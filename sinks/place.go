package sinks

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
)

// place is where the records of a run go: into the output itself, or into a file
// beside it, of which it is made at the end.
type place struct {
	path string // the file that is written to; "-" is standard output
	at   *mark  // how far it is to be kept; nil is all of it

	target string      // what it becomes, by a rename: the output, or the file that the output links to; "" is nothing
	exists bool        // the target does
	perm   fs.FileMode // of the target, if it exists

	// make makes what is renamed of what was written; nil: that is renamed itself.
	make func(ctx context.Context, w io.Writer, r io.Reader) error
}

// side is the suffix of a file that will be renamed, made that of one of which it will
// be made.
const (
	side = ".part"
	made = ".part.jsonl"
)

// ErrExists is a file of a format that cannot be appended to, without Overwrite.
var ErrExists = errors.New("it exists, and cannot be appended to")

// plan says where the records go. An output that is no regular file cannot be replaced:
// it is written to.
func plan(opts Options) (place, error) {
	p := place{path: opts.Output}
	whole := opts.Format == Parquet // such a file is never seen half
	if opts.Output == "-" || opts.Format == WARC || !opts.Overwrite && !whole {
		return p, nil
	}
	info, err := os.Stat(opts.Output)
	switch {
	case errors.Is(err, fs.ErrNotExist):
	case err != nil:
		return p, wrap("open", opts.Output, err)
	case info.IsDir():
		return p, wrap("open", opts.Output, syscall.EISDIR)
	case !info.Mode().IsRegular() && whole:
		return p, wrap("open", opts.Output, errors.ErrUnsupported)
	case !info.Mode().IsRegular():
		return p, nil
	case !opts.Overwrite:
		return p, wrap("open", opts.Output, ErrExists)
	default:
		p.exists, p.perm = true, info.Mode().Perm()
	}
	if p.target, err = followLink(opts.Output); err != nil {
		return p, wrap("open", opts.Output, err)
	}
	p.path = p.target + side
	if whole {
		p.path, p.make = p.target+made, makeParquet
	}
	return p, nil
}

// followLink returns the file that path links to, path itself if it is no link.
// The file need not exist.
func followLink(path string) (string, error) {
	for range 40 { // as many as Linux follows
		to, err := os.Readlink(path)
		if err != nil {
			return path, nil // no link
		}
		if !filepath.IsAbs(to) {
			to = filepath.Join(filepath.Dir(path), to)
		}
		path = to
	}
	return "", syscall.ELOOP
}

// prepare clears the way for a side file, unless one is to be resumed, if what it will
// replace may be written to.
func (p place) prepare(d disk) error {
	if p.target == "" {
		return nil
	}
	if p.exists {
		f, err := d.open(p.target, os.O_WRONLY, 0)
		if err != nil {
			return wrap("open", p.target, err)
		}
		if err := f.Close(); err != nil {
			return wrap("close", p.target, err)
		}
	}
	if p.at != nil {
		return nil
	}
	for _, suffix := range []string{"", "-wal", "-shm"} { // the latter are a database's
		if err := os.Remove(p.path + suffix); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return wrap("remove", p.path+suffix, err)
		}
	}
	return nil
}

// result is the file that takes the target's name.
func (p place) result() string {
	if p.make != nil {
		return p.target + side
	}
	return p.path
}

// produce makes the result of what was written, if it is not that itself.
func (p place) produce(ctx context.Context, d disk) error {
	if p.make == nil {
		return nil
	}
	from, err := os.Open(p.path)
	if err != nil {
		return wrap("read", p.path, err)
	}
	defer from.Close()
	to, err := d.open(p.result(), os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o644)
	if err != nil {
		return wrap("open", p.result(), err)
	}
	if p.exists {
		if err := to.Chmod(p.perm); err != nil {
			return errors.Join(wrap("chmod", p.result(), err), to.Close())
		}
	}
	err = wrap("write", p.result(), p.make(ctx, to, from))
	if err == nil {
		err = wrap("sync", p.result(), to.Sync())
	}
	if closing := wrap("close", p.result(), to.Close()); err == nil {
		err = closing
	}
	if err == nil {
		return nil
	}
	_ = os.Remove(p.result())
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	return err
}

// left is what is to be done when the run has ended: a frame that says it.
func (p place) left() frame {
	f := frame{Ended: true, Renames: []rename{{From: filepath.Base(p.result()), To: filepath.Base(p.target)}}}
	if p.make != nil {
		f.Removes = []string{filepath.Base(p.path)}
	}
	return f
}
