package crawl

import (
	"errors"
	"io"
	"sync"
	"time"

	"trawl/fetch"
)

// ErrDuplicate is what [List.Next] says of a URL that the list had before.
var ErrDuplicate = errors.New("listed before")

// ListOptions say what is taken from a list. The zero value is all of it.
type ListOptions struct {
	Dedupe   bool  // [List.Next] tells URLs that are there again: the same serialised URL without fragment. At most 16 bytes of memory a URL
	MaxPages int64 // positions taken, bad and repeated ones too; 0 is all
}

// List gives the URLs of all inputs in their order: pages that were named
// themselves, lists in files, standard input. It reads on as it is asked to, and
// holds one line of 64 KiB at most. All methods but Count and Close are for one
// goroutine at a time.
type List struct {
	opts   ListOptions
	inputs []input
	at     int       // the input that is read now
	lines  *lines    // of it; nil before it is opened
	late   io.Closer // its file, if that was not open before its turn
	next   found     // a URL line that Next has not given yet; no text is none
	index  int64     // position that Next gave last
	cut    bool      // MaxPages has ended the list
	seen   seen
	stdin  bool    // standard input is one of the inputs
	errs   []error // inputs that could not be read to their end

	done    chan struct{} // closed by Close
	mu      sync.Mutex    // guards what follows
	closers []io.Closer   // what the list has opened, and standard input if it is read
	opening string        // the FIFO that waits for its writer; "" is none
	opened  chan struct{} // closed when it has one
}

// found is one line that has a URL, or should.
type found struct {
	text []byte // valid until the lines are read on
	long bool   // text is only the beginning
	file string
	line int64
}

// Next returns the request of the next position, with Position, Asked, URL,
// Host, File, Line and Extra. It waits for input as long as that takes. The error
// is io.EOF at the end, when MaxPages is met and after Close; all others are about
// this one position: *[fetch.Error] of class bad_url, with the line as Asked (as
// [fetch.Printable] has it), and [ErrDuplicate].
func (l *List) Next() (fetch.Request, error) {
	if l.limited() || l.isClosed() || l.look(nil) != nil {
		return fetch.Request{}, io.EOF
	}
	l.index++
	line := l.next
	l.next = found{}
	r, err := parseLine(line.text, line.long)
	r.Index, r.File, r.Line = l.index, line.file, line.line
	if err == nil && l.opts.Dedupe && !l.seen.add(r.URL) {
		err = ErrDuplicate
	}
	return r, err
}

// Ready reports whether Next will return without waiting for input. A file is
// never waited for.
func (l *List) Ready() bool {
	return l.limited() || l.isClosed() || l.look(noWait) != errNotYet
}

// Empty reports whether the inputs have no URL line at all. Until the first one
// it waits for input as Next does.
func (l *List) Empty() bool { return l.index == 0 && l.look(nil) == io.EOF }

// Truncated reports, after Next has said io.EOF, whether that was for MaxPages
// and the inputs go on. An input that gives neither a line nor its end when it is
// asked goes on. It can be asked after Close too.
func (l *List) Truncated() bool { return l.cut && l.look(noWait) != io.EOF }

// Err returns, after Next has said io.EOF, what could not be read of the inputs:
// nil, a *[ListError], or several joined. An input that breaks off ends there, and
// the next is read.
func (l *List) Err() error {
	if len(l.errs) == 1 {
		return l.errs[0]
	}
	return errors.Join(l.errs...)
}

// Names returns the names of the lists, without pages that were named
// themselves. Standard input is [Stdin].
func (l *List) Names() []string {
	var names []string
	for i := range l.inputs {
		if l.inputs[i].url == "" {
			names = append(names, l.inputs[i].name)
		}
	}
	return names
}

// Close ends a Next that waits for input, and closes the files; standard input
// too, if it is read and an io.Closer. It may be called by any goroutine, and more
// than once. A reader that neither Close nor new input wakes keeps the goroutine
// that is in its Read.
func (l *List) Close() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.isClosed() {
		return nil
	}
	close(l.done)
	var errs []error
	for _, c := range l.closers {
		errs = append(errs, c.Close())
	}
	if l.opening != "" {
		giveUp(l.opening, l.opened)
	}
	return errors.Join(errs...)
}

func (l *List) isClosed() bool {
	select {
	case <-l.done:
		return true
	default:
		return false
	}
}

// limited reports whether MaxPages is met. Whether there is more is then looked
// at once, since files are closed when Truncated is asked.
func (l *List) limited() bool {
	if l.cut {
		return true
	}
	if l.opts.MaxPages <= 0 || l.index < l.opts.MaxPages {
		return false
	}
	l.cut = true
	l.look(noWait)
	return true
}

// look finds the next URL line and leaves it in l.next. The error is io.EOF after
// the last, errNotYet, errClosed.
func (l *List) look(until <-chan time.Time) error {
	for l.next.text == nil {
		if l.at == len(l.inputs) {
			return io.EOF
		}
		if err := l.lookIn(&l.inputs[l.at], until); err != nil {
			return err
		}
	}
	return nil
}

// lookIn takes one line from the input, or goes on to the next one.
func (l *List) lookIn(in *input, until <-chan time.Time) error {
	if in.url != "" {
		l.at++
		l.next = found{text: []byte(in.url), file: in.name, line: in.arg}
		return nil
	}
	if l.lines == nil {
		if err := l.open(in); err != nil {
			return l.end(in, err)
		}
	}
	text, err := l.lines.next(until)
	switch {
	case err == errNotYet:
		return err
	case err != nil && err != errLong:
		return l.end(in, err)
	case hasURL(text, err == errLong):
		l.next = found{text: text, long: err == errLong, file: in.name, line: l.lines.number}
	}
	return nil
}

// end leaves the input for the next one: at its end, or where it breaks off.
func (l *List) end(in *input, err error) error {
	if err != io.EOF {
		if l.isClosed() {
			return errClosed
		}
		l.errs = append(l.errs, &ListError{Name: in.name, Err: err})
	}
	l.at++
	l.lines = nil
	if l.late != nil {
		l.release(l.late)
		l.late = nil
	}
	return nil
}
