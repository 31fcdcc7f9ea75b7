package crawl

import (
	"errors"
	"hash/crc64"
	"io"
	"sync"
	"time"

	"trawl/fetch"
)

// ErrDuplicate is the error of [List.Next] for a URL that was listed before.
var ErrDuplicate = errors.New("listed before")

// ListOptions say what is taken from a list. The zero value takes all of it.
type ListOptions struct {
	// Dedupe: Next returns [ErrDuplicate] for a URL that was listed before
	// (compared as serialised, without its fragment); costs at most 16 bytes of
	// memory a URL.
	Dedupe bool

	MaxPages int64 // positions taken, including bad and repeated ones; 0 is all

	Shard Share // only its lines are positions; the others are in nothing but Seq and ListSum
}

// List gives the URLs of all inputs in order: pages named as arguments, lists in
// files, standard input. It reads on when it is asked to, and holds one line of at
// most 64 KiB. All methods except Count and Close are for one goroutine at a time.
type List struct {
	opts   ListOptions
	inputs []input
	at     int       // the input being read
	lines  *lines    // of that input; nil before it is opened
	late   io.Closer // its file, if it was opened only when its turn came
	next   found     // a URL line that Next has not returned yet; nil text is none
	index  int64     // the position that was read last
	seq    int64     // URL lines that were read, the other shares' too
	before int64     // how many an interrupted run has done
	taken  int64     // how many Next has returned
	sum    uint64    // checksum of them
	again  []again   // what Resume has found below: comes first
	cut    bool      // MaxPages has ended the list
	seen   seen
	stdin  bool    // standard input is one of the inputs
	errs   []error // inputs that could not be read to their end

	done    chan struct{} // closed by Close
	mu      sync.Mutex    // guards what follows
	closers []io.Closer   // what the list has opened, and standard input if it is read
	opening string        // a FIFO that is waiting for its writer; "" is none
	opened  chan struct{} // closed when it has one
}

// found is one line that has a URL, or should have one.
type found struct {
	text []byte // valid until the next line is read
	long bool   // text is only the beginning
	file string
	line int64
	ours bool // it is in the list's share
}

// Next returns the request of the next position, with Position, Asked, URL, Host,
// File, Line, ListSum and Extra filled in. It waits for input as long as that takes. The
// error is io.EOF at the end, once MaxPages is reached, and after Close. Any other
// is about this one position: [ErrDuplicate], or a *[fetch.Error] of class bad_url,
// with the line in Asked (as [fetch.Printable] shows it).
func (l *List) Next() (fetch.Request, error) {
	if l.limited() || l.isClosed() {
		return fetch.Request{}, io.EOF
	}
	if len(l.again) > 0 {
		next := l.again[0]
		l.again = l.again[1:]
		l.taken++
		return next.r, next.err
	}
	if l.look(nil) != nil {
		return fetch.Request{}, io.EOF
	}
	l.taken++
	l.count()
	return l.parse()
}

// count makes the line that was found the next position.
func (l *List) count() {
	l.index++
	l.meet()
}

// meet counts the line that was found among those of all shares.
func (l *List) meet() {
	l.seq++
	l.sum = crc64.Update(l.sum, polynomial, l.next.text)
	l.sum = crc64.Update(l.sum, polynomial, newline)
}

// The checksum of a list is that of its URL lines, each with a newline; blank lines and
// comments are in it as little as in the positions.
var (
	polynomial = crc64.MakeTable(crc64.ECMA)
	newline    = []byte{'\n'}
)

// parse makes a request of the line that was found.
func (l *List) parse() (fetch.Request, error) {
	line := l.next
	l.next = found{}
	r, err := parseLine(line.text, line.long)
	r.Index, r.Seq, r.File, r.Line, r.ListSum = l.index, l.seq, line.file, line.line, l.sum
	if err == nil && l.opts.Dedupe && !l.seen.add(r.URL) {
		err = ErrDuplicate
	}
	return r, err
}

// Ready reports whether Next will return without waiting for input. Reading a file
// does not count as waiting.
func (l *List) Ready() bool {
	return len(l.again) > 0 || l.limited() || l.isClosed() || l.look(noWait) != errNotYet
}

// Empty reports whether the inputs have no URL line at all, of any share. It waits for
// the first one as Next does.
func (l *List) Empty() bool { return l.seq == 0 && l.lookAny(nil) == io.EOF }

// Truncated reports, after Next has returned io.EOF, whether that was because of
// MaxPages and there is more input. An input that has neither a line nor its end
// ready counts as more. Truncated may be called after Close.
func (l *List) Truncated() bool { return l.cut && (len(l.again) > 0 || l.look(noWait) != io.EOF) }

// Err returns, after Next has returned io.EOF, what could not be read of the
// inputs: nil, a *[ListError], or several of them joined. An input that breaks off
// ends there, and the next one is read.
func (l *List) Err() error {
	if len(l.errs) == 1 {
		return l.errs[0]
	}
	return errors.Join(l.errs...)
}

// Close ends a Next that is waiting for input and closes the files, and standard
// input too if the list reads it and it is an io.Closer. Any goroutine may call it,
// also more than once. If closing a reader does not end its Read, the goroutine in
// that Read stays until there is input.
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

// limited reports whether MaxPages is reached. If so, it looks for more input right
// away: when Truncated is called the files may be closed.
func (l *List) limited() bool {
	if l.cut {
		return true
	}
	if l.opts.MaxPages <= 0 || l.taken < l.opts.MaxPages {
		return false
	}
	l.cut = true
	l.look(noWait)
	return true
}

// look finds the next URL line of the share and puts it into l.next. The error is io.EOF
// after the last one, errNotYet or errClosed.
func (l *List) look(until <-chan time.Time) error {
	for !l.next.ours {
		if err := l.lookAny(until); err != nil {
			return err
		}
		if l.next.ours = l.opts.Shard.has(l.next.text, l.next.long); !l.next.ours {
			l.meet()
			l.next = found{}
		}
	}
	return nil
}

// lookAny is look for a line of any share.
func (l *List) lookAny(until <-chan time.Time) error {
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

// lookIn takes one line from the input, or goes on to the next input.
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

// end goes on to the next input, because this one has ended or broken off.
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
