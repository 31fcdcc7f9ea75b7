package sinks

import (
	"context"
	"sync"

	"trawl/parse"
)

// Writer appends records to a results file and an errors file. Its methods may
// be called from many goroutines at once.
//
// The first error of a file is the writer's end: Failed is closed, every later
// call returns it, nothing is tried again, and what was not committed is cut off
// again, so that regular files hold what OnCommit has told of, in whole lines.
type Writer struct {
	opts     Options
	results  sink
	failures *failures // written and committed first: no result is on disk before its run's failures are
	place    place
	disk     disk

	wake    chan struct{} // there may be something to do for run
	ruined  chan struct{} // closed when err is set
	reopen  chan struct{} // the files are to be opened anew by name
	closing chan struct{} // closed when no record will come any more
	done    chan struct{} // closed when run has returned
	ended   sync.Once     // Close's part after run

	// Only run's goroutine, and Close after it.
	pace  pace
	high  int64  // the highest position committed, and
	sum   uint64 // its ListSum
	spare []parse.Record

	mu       sync.Mutex
	records  []parse.Record // guarded by mu: not yet committed. What is in it does not change until take
	written  int            // guarded by mu: how many of records are written
	held     int            // guarded by mu: bytes of data in these, and in those that are being committed
	leaving  int            // guarded by mu: those of held that are being committed
	order    *order         // guarded by mu; nil unless KeepOrder
	room     chan struct{}  // guarded by mu: closed when there is room again; nil if nobody waits
	closed   bool           // guarded by mu
	replaced bool           // guarded by mu: the side file has become the output
	err      error          // guarded by mu: the first one
}

func newWriter(opts Options, results sink, failures *failures) *Writer {
	w := &Writer{
		opts: opts, results: results, failures: failures,
		wake:    make(chan struct{}, 1),
		ruined:  make(chan struct{}),
		reopen:  make(chan struct{}, 1),
		closing: make(chan struct{}),
		done:    make(chan struct{}),
	}
	var done Positions
	if opts.Resume {
		done = opts.Journal.found.Done.clone()
		w.high, w.sum = done.High, opts.Journal.found.ListSum
	}
	if opts.KeepOrder {
		w.order = newOrder(done)
	}
	return w
}

// Append takes the record; it is on disk when OnCommit has told of it, or when
// Close has returned nil. While too much is uncommitted it waits for room, until
// ctx ends (the error is its cause). With room a record is taken though ctx has
// ended: what has been fetched need not be lost. After the first error of a file
// it returns that; after Close [ErrClosed].
//
// A record with Skipped is written nowhere: it says that its position has ended.
//
// With KeepOrder a record whose turn has not come is kept, without waiting,
// until all lower positions have been appended; the number of these is bounded by
// how far ahead the caller works.
func (w *Writer) Append(ctx context.Context, rec parse.Record) error {
	for {
		room, err := w.tryAppend(&rec)
		if room == nil {
			return err
		}
		select {
		case <-room:
		case <-w.ruined:
		case <-w.closing:
		case <-ctx.Done():
			return context.Cause(ctx)
		}
	}
}

// tryAppend takes the record, or returns what to wait for.
func (w *Writer) tryAppend(rec *parse.Record) (room <-chan struct{}, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return nil, w.err
	}
	if w.closed {
		return nil, ErrClosed
	}
	// A record that is not awaited must not wait for room: the room may depend
	// on the one that is.
	if w.order != nil && w.order.hold(rec) {
		return nil, nil
	}
	if len(w.records) >= commitFull || w.held >= maxHeld {
		if w.room == nil {
			w.room = make(chan struct{})
		}
		return w.room, nil
	}
	w.put(rec)
	if w.order != nil {
		w.order.done(rec.Position())
		w.putDue()
	}
	return nil, nil
}

// putDue puts the records that were waiting for their turn. It may go beyond
// the bound, by no more than was waiting.
func (w *Writer) putDue() {
	for {
		rec, ok := w.order.pop()
		if !ok {
			return
		}
		w.put(&rec)
	}
}

// put adds a record, and wakes the writer for the first one, which begins the
// time after which it is written, and for the one that makes a batch or is too much.
func (w *Writer) put(rec *parse.Record) {
	w.records = append(w.records, *rec)
	w.held += held(rec)
	if n := len(w.records) - w.written; n == 1 || n == writeBatch || w.held >= maxHeld {
		select {
		case w.wake <- struct{}{}:
		default:
		}
	}
}

// held is how much memory a record holds beside itself.
func held(rec *parse.Record) int {
	n := len(rec.Data)
	for _, x := range rec.Exchanges {
		n += int(x.Held())
	}
	return n
}

// Failed is closed at the first error of a file.
func (w *Writer) Failed() <-chan struct{} { return w.ruined }

// Err returns the first error of a file; nil if there was none.
func (w *Writer) Err() error {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.err
}

// SideFile returns the name of the file that holds the records instead of
// Output: with Overwrite, or a format that is made at the end, until Close has renamed
// it, and afterwards if it has not. "" is none.
func (w *Writer) SideFile() string {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.replaced || w.place.target == "" {
		return ""
	}
	return w.place.path
}

// Reopen commits, and goes on in the files that have the names by then: after the old ones
// were moved, in new ones. SQLite, Parquet and what Overwrite will replace go on as they
// are. It does not wait for that; an error of it is the writer's.
func (w *Writer) Reopen() {
	select {
	case w.reopen <- struct{}{}:
	default: // it is to be done anyway
	}
}

// Drain commits all records. With KeepOrder those that still waited for their turn are
// committed too, in ascending order, but not if there is a journal: then their positions
// are not done, and a run that goes on brings them in their turn. Append returns ErrClosed from now on. It returns the writer's
// first error.
func (w *Writer) Drain() error {
	if w.intakeEnds() {
		close(w.closing)
	}
	<-w.done
	return w.Err()
}

// Close drains the writer and closes the files. If the run has met its whole list the
// side file becomes the output, unless it would replace one and every record is a failure;
// what is made of it ends early when ctx does, and then the run is one that can be
// resumed. The journal goes if all is done. Close returns the writer's first error, which
// may be its own, or ctx's cause; a second call returns the same and does nothing.
func (w *Writer) Close(ctx context.Context, end End) error {
	_ = w.Drain()
	w.ended.Do(func() { w.finish(ctx, end) })
	return w.Err()
}

// intakeEnds says whether it has ended just now.
func (w *Writer) intakeEnds() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return false
	}
	w.closed = true
	if w.order != nil && w.opts.Journal == nil { // a run that goes on brings them in their turn
		for _, rec := range w.order.rest() {
			w.put(&rec)
		}
	}
	return true
}
