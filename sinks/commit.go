package sinks

import (
	"time"

	"trawl/parse"
)

// run writes and commits, each when its time has come, until Close or the first
// error.
func (w *Writer) run() {
	defer close(w.done)
	timer := time.NewTimer(0)
	defer timer.Stop()
	closing, last := w.closing, false
	for {
		written, unwritten, full := w.state()
		now := time.Now()
		w.pace.see(now, unwritten)
		var err error
		switch {
		case last:
			return
		case closing == nil || full || w.pace.commitDue(now, written, unwritten):
			err, last = w.commit(), closing == nil
		case w.pace.writeDue(now, unwritten):
			err = w.write()
		default:
			arm(timer, now, w.pace.next(written+unwritten, unwritten))
			select {
			case <-w.wake:
			case <-timer.C:
			case <-w.reopen:
				err = w.reopenFiles()
			case <-closing:
				closing = nil
			}
		}
		if err != nil {
			w.fail(err)
			return
		}
	}
}

// arm sets the timer; not at all if at is zero, so that an idle writer sleeps.
func arm(timer *time.Timer, now, at time.Time) {
	if at.IsZero() {
		timer.Stop()
		return
	}
	timer.Reset(at.Sub(now))
}

// state returns how many records are written and not committed, how many are not
// written, and whether Append waits until they are committed, since they are large.
func (w *Writer) state() (written, unwritten int, full bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.written, len(w.records) - w.written, w.held >= maxHeld
}

// write writes what is not written.
func (w *Writer) write() error {
	w.pace.wrote()
	return w.writeAll(w.unwritten())
}

// unwritten returns the records that are not written, which from now on count
// as such. They are read without the lock: they stay as they are until this
// goroutine takes them.
func (w *Writer) unwritten() []parse.Record {
	w.mu.Lock()
	defer w.mu.Unlock()
	recs := w.records[w.written:]
	w.written = len(w.records)
	return recs
}

func (w *Writer) writeAll(recs []parse.Record) error {
	if err := w.failures.write(recs); err != nil {
		return err
	}
	return w.results.write(recs)
}

// commit puts all records on disk, and tells of them.
func (w *Writer) commit() error {
	recs, unwritten := w.take()
	if err := w.writeAll(unwritten); err != nil {
		return err
	}
	if err := w.syncAll(recs); err != nil {
		return err
	}
	w.pace.committed(time.Now())
	if w.opts.OnCommit != nil && len(recs) > 0 {
		w.opts.OnCommit(recs)
	}
	if err := w.remember(recs); err != nil {
		return err
	}
	w.release(recs)
	return nil
}

// syncAll commits both files or none: the failures can be cut off again until
// the results are committed, and both until the journal speaks of them.
func (w *Writer) syncAll(recs []parse.Record) error {
	if err := w.failures.sync(); err != nil {
		return err
	}
	if err := w.results.sync(); err != nil {
		return err
	}
	if err := w.note(recs); err != nil {
		return err
	}
	w.results.settle()
	w.failures.settle()
	return nil
}

// take swaps the records for an empty buffer.
func (w *Writer) take() (recs, unwritten []parse.Record) {
	w.mu.Lock()
	defer w.mu.Unlock()
	recs, unwritten = w.records, w.records[w.written:]
	w.records, w.written, w.spare = w.spare, 0, nil
	w.leaving = w.held
	w.makeRoom()
	return recs, unwritten
}

// release keeps the committed records' buffer for the next swap, nothing of
// their strings, and makes room.
func (w *Writer) release(recs []parse.Record) {
	clear(recs)
	if cap(recs) <= 2*commitFull {
		w.spare = recs[:0]
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.held -= w.leaving
	w.leaving = 0
	w.makeRoom()
}

// makeRoom wakes those who wait for it. It needs the lock.
func (w *Writer) makeRoom() {
	if w.room != nil {
		close(w.room)
		w.room = nil
	}
}

// fail keeps the first error, and brings the files back to the last commit. If the
// journal cannot be brought back the files stay as they are: it may speak of what is in
// them.
func (w *Writer) fail(err error) {
	if w.opts.Journal == nil || w.opts.Journal.cut() == nil {
		w.failures.cut()
		w.results.cut()
	}
	w.setErr(err)
}

func (w *Writer) setErr(err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if err == nil || w.err != nil {
		return
	}
	w.err = err
	w.records = nil
	close(w.ruined)
}
