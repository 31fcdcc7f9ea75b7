package crawl

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"strings"
	"syscall"
)

// What a request has as File if its URL is from no file.
const (
	Argument = "argument" // the page is an argument itself
	Stdin    = "stdin"
)

// keptOpen is how many files are held open until their turn comes, so that a file
// which is renamed meanwhile, as this run does with the errors file of the one
// before, is read all the same.
const keptOpen = 64

// ListError says which list could not be read, or broke off, and why.
type ListError struct {
	Name string // as it was given, or Stdin
	Err  error  // fs.ErrNotExist, fs.ErrPermission, …, or what is wrong with an archive
}

func (e *ListError) Error() string { return e.Name + ": " + e.reason() }

func (e *ListError) Unwrap() error { return e.Err }

func (e *ListError) reason() string {
	switch {
	case errors.Is(e.Err, fs.ErrNotExist):
		return "no such file"
	case errors.Is(e.Err, fs.ErrPermission):
		return "permission denied"
	case errors.Is(e.Err, io.ErrUnexpectedEOF):
		return "it ends in the middle of an archive"
	}
	if path, ok := errors.AsType[*fs.PathError](e.Err); ok {
		return path.Err.Error()
	}
	return e.Err.Error()
}

// input is one argument: a page, or something to read lines from.
type input struct {
	name string
	url  string // the argument, if it is a page
	arg  int64  // which argument, from 1

	info  fs.FileInfo // from when it was looked at; nil is a reader that is not a file
	r     io.Reader   // standard input, or the open file; nil: it is opened when its turn comes
	at    io.ReaderAt // the same as r, if that is a file
	start int64       // where in at the list begins
}

// OpenList looks at all arguments and opens what they name. One that begins with
// http:// or https:// is a page, "-" is standard input (the first time: there is only
// one), and any other is the name of a list file. Standard input is opened only if an
// argument names it or there is none, and read when its turn comes; nil is an empty
// one. The error is a *[ListError]: there is no such file, it is a directory, it may
// not be read. Nothing has been read then.
//
// A list has one URL, or one JSON object, per line, and may be compressed with gzip
// or zstd, which its first bytes tell. A FIFO is opened when its turn comes, and
// waits for its writer.
func OpenList(args []string, stdin io.Reader, opts ListOptions) (*List, error) {
	if len(args) == 0 {
		args = []string{"-"}
	}
	l := &List{opts: opts, done: make(chan struct{})}
	for i, arg := range args {
		in, err := l.lookAt(arg, stdin)
		if err != nil {
			l.Close()
			return nil, &ListError{Name: arg, Err: err}
		}
		if in.name != "" {
			in.arg = int64(i) + 1
			l.inputs = append(l.inputs, in)
		}
	}
	if c, ok := stdin.(io.Closer); ok && l.stdin {
		l.closers = append(l.closers, c)
	}
	return l, nil
}

// lookAt makes an argument an input. A second "-" gives one without a name, which is none.
func (l *List) lookAt(arg string, stdin io.Reader) (input, error) {
	switch {
	case IsURL(arg):
		return input{name: Argument, url: arg}, nil
	case arg != "-":
		return l.lookAtFile(arg)
	case l.stdin:
		return input{}, nil
	}
	l.stdin = true
	if stdin == nil {
		stdin = strings.NewReader("")
	}
	return stdinInput(stdin), nil
}

func (l *List) lookAtFile(name string) (input, error) {
	info, err := os.Stat(name)
	if err != nil {
		return input{}, err
	}
	in := input{name: name, info: info}
	if info.IsDir() {
		return input{}, syscall.EISDIR
	}
	if !in.isFile() {
		return in, mayRead(name)
	}
	file, err := os.Open(name)
	if err != nil {
		return input{}, err
	}
	if len(l.closers) >= keptOpen {
		return in, file.Close()
	}
	l.closers = append(l.closers, file)
	in.r, in.at = file, file
	return in, nil
}

// stdinInput finds out whether standard input is a file, as in "trawl <urls.txt".
func stdinInput(r io.Reader) input {
	in := input{name: Stdin, r: r}
	file, ok := r.(interface {
		io.ReaderAt
		io.Seeker
		Stat() (fs.FileInfo, error)
	})
	if !ok {
		return in
	}
	info, err := file.Stat()
	if err != nil || !info.Mode().IsRegular() {
		return in
	}
	if in.start, err = file.Seek(0, io.SeekCurrent); err == nil {
		in.info, in.at = info, file
	}
	return in
}

// IsURL reports whether [OpenList] takes the argument for a page: it begins with
// http:// or https://, in upper or lower case.
func IsURL(arg string) bool {
	hasPrefix := func(p string) bool { return len(arg) >= len(p) && strings.EqualFold(arg[:len(p)], p) }
	return hasPrefix("http://") || hasPrefix("https://")
}

// isFile is false for what may have to be waited for.
func (in *input) isFile() bool { return in.info != nil && in.info.Mode().IsRegular() }

// open opens a file that was not kept open. It must still be the one that was looked
// at: by now this very run may be writing another one of that name.
func (in *input) open() (*os.File, error) {
	file, err := os.Open(in.name)
	if err != nil {
		return nil, err
	}
	info, err := file.Stat()
	if err == nil && !os.SameFile(info, in.info) {
		err = errors.New("it has been replaced by another file during the run")
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	return file, nil
}
