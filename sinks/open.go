package sinks

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"trawl/parse"
)

// Options says what a [Writer] writes where.
type Options struct {
	Output    string    // the results file, which is appended to; "-" is Stdout
	Stdout    io.Writer // for Output "-"; it is not closed
	Format    Format    // "" is what the extension of Output says
	Fields    []string  // columns of JSONL and CSV, in this order; nil is all that the format has
	Run       string    // id of the run, in the records; a run that is resumed keeps its own
	About     About     // what SQLite and WARC say of the run
	Overwrite bool      // replace Output by a rename at the end; until then its old content stays
	Errors    string    // the errors file; "" is none
	KeepOrder bool      // records are written in ascending Position, from 1

	// Journal keeps how far the run has come; the Writer owns it from Open on, unless
	// that fails. nil is none.
	Journal *Journal
	Resume  bool // go on with the run that Journal has found

	// Pages keeps what is known of the pages, for runs that want to know what has changed:
	// what records have as Known, from when they are committed. The Writer owns it from
	// Open on, unless that fails. nil is none.
	Pages *Pages

	Meaning []Setting // options that whoever resumes the run must have too

	// Figures returns what the journal is to say of the run's figures when recs are
	// committed: what has come since it was last called, or, if whole, all of them. It is
	// called on the writer's goroutine, for each commit. nil is nothing.
	Figures func(recs []parse.Record, whole bool) []byte

	Total func() int64 // URLs of the list, 0 while not known, for who finds the output locked; nil is never known

	// OnCut is told by Open what an interrupted run had written and not committed, in
	// bytes. nil: nobody is.
	OnCut func(path string, cut int64)

	// OnCommit gets the records that one commit has put on disk: each once, in
	// the order in which they are in the file. Where there is no disk (a FIFO,
	// standard output) they have been written. It is called on the writer's
	// goroutine, so it must not call Append or Close, and must not keep recs.
	// nil is none.
	OnCommit func(recs []parse.Record)
}

// Open opens the results file, checks that the errors file can be made, and
// renames the errors file of an earlier run ([PrevPath]). With Resume it cuts both back
// to the last commit of the interrupted run that Journal has found, and goes on; without,
// what such a run has not committed is cut off before. If any of that fails, what was
// committed is as it was, and the error is an [*Error] (but for a Format that does not
// exist). Opening a FIFO waits for its reader.
func Open(opts Options) (*Writer, error) { return open(opts, system) }

func open(opts Options, d disk) (*Writer, error) {
	if opts.Format == "" {
		opts.Format = FormatOf(opts.Output)
	}
	if _, err := ParseFormat(string(opts.Format)); err != nil {
		return nil, err
	}
	if opts.Output == "-" && opts.Stdout == nil {
		return nil, wrap("open", "-", os.ErrInvalid)
	}
	p, err := plan(opts)
	if err != nil {
		return nil, err
	}
	if err := apart(opts, p); err != nil {
		return nil, err
	}
	if err := opts.settle(); err != nil {
		return nil, err
	}
	results, failures, err := opts.openBoth(p, d)
	if err != nil {
		return nil, err
	}
	w := newWriter(opts, results, failures)
	w.place, w.disk = p, d
	w.pace.synced = isOrWillBeFile(opts.Output) || opts.Errors != ""
	err = w.begin()
	if err == nil {
		err = failures.displace()
	}
	if err != nil {
		w.abandon()
		return nil, err
	}
	go w.run()
	return w, nil
}

// settle brings the files of an interrupted run back to its last commit.
func (opts *Options) settle() error {
	j := opts.Journal
	if j == nil || j.found == nil {
		return nil
	}
	for _, m := range []mark{j.state.Results, j.state.Errors} {
		cut, err := j.disown(m, opts.Resume)
		if err != nil {
			return err
		}
		if cut > 0 && opts.OnCut != nil {
			opts.OnCut(j.at(m), cut)
		}
	}
	if opts.Resume {
		opts.Run = j.head.Run
	}
	return nil
}

// openBoth opens results and errors file, or neither.
func (opts *Options) openBoth(p place, d disk) (sink, *failures, error) {
	var errorsAt *mark
	if j := opts.Journal; opts.Resume {
		if opts.Errors != "" && j.relative(opts.Errors) != j.state.Errors.Path {
			return nil, nil, wrap("open", opts.Errors, ErrOther) // the mark is not of this file
		}
		p.at, errorsAt = opts.Journal.kept(opts.Journal.state.Results), opts.Journal.kept(opts.Journal.state.Errors)
	}
	if err := p.prepare(d); err != nil {
		return nil, nil, err
	}
	var results sink
	var err error
	for _, f := range formats {
		if f.name == opts.Format {
			results, err = f.open(*opts, p, d)
		}
	}
	if err != nil {
		return nil, nil, err
	}
	failures, err := newFailures(d, opts.Errors, opts.Run, errorsAt)
	if err != nil {
		abandon(results)
		return nil, nil, err
	}
	return results, failures, nil
}

// abandon closes results that will not be written after all, and takes away a file that
// had just been made for them.
func abandon(results sink) {
	if r, ok := results.(interface{ abandon() }); ok {
		r.abandon()
		return
	}
	_ = results.close()
}

var errShared = errors.New("the results and the errors cannot be one file")

// apart says whether results and errors, and what becomes of them, are different
// files.
func apart(opts Options, p place) error {
	if opts.Errors == "" {
		return nil
	}
	for _, errs := range []string{opts.Errors, PrevPath(opts.Errors)} {
		for _, results := range []string{opts.Output, p.path, p.target} {
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

// openAppend opens a file to be appended to, and makes it if there is none.
func (d disk) openAppend(path string) (t target, err error) {
	_, err = os.Lstat(path)
	fresh := errors.Is(err, fs.ErrNotExist)
	f, err := d.open(path, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		return t, wrap("open", path, err)
	}
	info, err := f.Stat()
	if err != nil {
		return t, errors.Join(wrap("open", path, err), f.Close())
	}
	return target{disk: d, file: f, path: path, id: idOf(info), regular: info.Mode().IsRegular(), fresh: fresh}, nil
}
