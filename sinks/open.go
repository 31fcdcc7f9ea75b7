package sinks

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"trawl/parse"
)

// Options says what a [Writer] writes where.
type Options struct {
	Output    string    // the results file, which is appended to; "-" is Stdout
	Stdout    io.Writer // for Output "-"; it is not closed
	Format    Format    // "" is what the extension of Output says
	Run       string    // id of the run, in the records of JSONL and errors
	Overwrite bool      // replace Output by a rename at the end; until then its old content stays
	Errors    string    // the errors file; "" is none
	KeepOrder bool      // records are written in ascending Seq, from 1

	// OnCommit gets the records that one commit has put on disk: each once, in
	// the order in which they are in the file. Where there is no disk (a FIFO,
	// standard output) they have been written. It is called on the writer's
	// goroutine, so it must not call Append or Close, and must not keep recs.
	// nil is none.
	OnCommit func(recs []parse.Record)
}

// Open opens the results file, checks that the errors file can be made, and
// renames the errors file of an earlier run ([PrevPath]). If any of that fails,
// results and errors are as they were, and the error is an [*Error] (but for a
// Format that does not exist). Opening a FIFO waits for its reader.
func Open(opts Options) (*Writer, error) { return open(opts, system) }

func open(opts Options, d disk) (*Writer, error) {
	if opts.Format == "" {
		opts.Format = FormatOf(opts.Output)
	}
	encode, err := newEncoder(opts.Format, opts.Run)
	if err != nil {
		return nil, err
	}
	side, err := planSide(opts)
	if err != nil {
		return nil, err
	}
	if err := apart(opts, side); err != nil {
		return nil, err
	}
	t, size, err := openResults(opts, side, d)
	if err != nil {
		return nil, err
	}
	results := newLines(t, size, encode)
	failures, err := newFailures(d, opts.Errors, opts.Run)
	if err != nil {
		results.abandon()
		return nil, err
	}
	w := newWriter(opts, results, failures)
	w.side, w.disk = side, d
	w.pace.synced = results.regular || opts.Errors != ""
	go w.run()
	return w, nil
}

// side is the file that holds the records until a rename makes them the output.
// The zero side is none.
type side struct {
	path   string
	target string // what it becomes: the output, or the file that the output links to
	perm   fs.FileMode
	exists bool // the target does
}

// planSide says where the records of an output that is to be replaced go. One
// that is no regular file cannot be replaced: it is written to.
func planSide(opts Options) (side, error) {
	if !opts.Overwrite || opts.Output == "-" {
		return side{}, nil
	}
	info, err := os.Stat(opts.Output)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		target, err := followLink(opts.Output)
		return side{path: target + ".part", target: target, perm: 0o644}, wrap("open", opts.Output, err)
	case err != nil:
		return side{}, wrap("open", opts.Output, err)
	case info.IsDir():
		return side{}, wrap("open", opts.Output, syscall.EISDIR)
	case !info.Mode().IsRegular():
		return side{}, nil
	}
	target, err := followLink(opts.Output)
	return side{path: target + ".part", target: target, perm: info.Mode().Perm(), exists: true}, wrap("open", opts.Output, err)
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

var errShared = errors.New("the results and the errors cannot be one file")

// apart says whether results and errors, and what becomes of them, are different
// files.
func apart(opts Options, s side) error {
	if opts.Errors == "" {
		return nil
	}
	for _, errs := range []string{opts.Errors, PrevPath(opts.Errors)} {
		for _, results := range []string{opts.Output, s.path, s.target} {
			if results != "" && same(errs, results) {
				return wrap("open", errs, errShared)
			}
		}
	}
	return nil
}

// same says whether two names are of one regular file, or would be.
func same(a, b string) bool {
	infoA, errA := os.Stat(a)
	infoB, errB := os.Stat(b)
	if errA == nil && errB == nil {
		return infoA.Mode().IsRegular() && os.SameFile(infoA, infoB)
	}
	absA, errA := filepath.Abs(a)
	absB, errB := filepath.Abs(b)
	return errA == nil && errB == nil && absA == absB
}

func openResults(opts Options, s side, d disk) (target, int64, error) {
	switch {
	case opts.Output == "-" && opts.Stdout == nil:
		return target{}, 0, wrap("open", "-", os.ErrInvalid)
	case opts.Output == "-":
		return target{disk: d, file: stream{opts.Stdout}, path: "-"}, 0, nil
	case s.path != "":
		return d.openSide(s)
	}
	return d.openAppend(opts.Output)
}

// openAppend opens a file to be appended to, and makes it if there is none.
func (d disk) openAppend(path string) (t target, size int64, err error) {
	_, err = os.Lstat(path)
	fresh := errors.Is(err, fs.ErrNotExist)
	f, err := d.open(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return t, 0, wrap("open", path, err)
	}
	info, err := f.Stat()
	if err != nil {
		return t, 0, errors.Join(wrap("open", path, err), f.Close())
	}
	t = target{disk: d, file: f, path: path, regular: info.Mode().IsRegular(), fresh: fresh}
	if !t.regular || info.Size() == 0 {
		return t, 0, nil
	}
	t.torn, err = isTorn(path, info.Size())
	if err != nil {
		return t, 0, errors.Join(wrap("read", path, err), f.Close())
	}
	return t, info.Size(), nil
}

// isTorn says whether the last line of a file lacks its newline.
func isTorn(path string, size int64) (bool, error) {
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	var last [1]byte
	if _, err := f.ReadAt(last[:], size-1); err != nil {
		return false, err
	}
	return last[0] != '\n', nil
}

// openSide makes the side file, with the mode of what it will replace, if that
// may be written to.
func (d disk) openSide(s side) (t target, size int64, err error) {
	if s.exists {
		f, err := d.open(s.target, os.O_WRONLY, 0)
		if err != nil {
			return t, 0, wrap("open", s.target, err)
		}
		if err := f.Close(); err != nil {
			return t, 0, wrap("close", s.target, err)
		}
	}
	f, err := d.open(s.path, os.O_WRONLY|os.O_CREATE|os.O_TRUNC|os.O_APPEND, s.perm)
	if err != nil {
		return t, 0, wrap("open", s.path, err)
	}
	if err := f.Chmod(s.perm); s.exists && err != nil {
		return t, 0, errors.Join(wrap("chmod", s.path, err), f.Close())
	}
	return target{disk: d, file: f, path: s.path, regular: true, fresh: true}, 0, nil
}

// abandon closes a results file that will not be written after all, and takes
// it away if it had just been made.
func (l *lines) abandon() {
	_ = l.file.Close()
	if l.fresh {
		_ = os.Remove(l.path)
	}
}
