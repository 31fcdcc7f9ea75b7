package sinks

import (
	"time"

	"trawl/parse"
)

// sink is a results format. It is used by one goroutine at a time.
type sink interface {
	write(recs []parse.Record) error // appends those that it holds, and keeps nothing of recs
	commit() error                   // what was written is on disk
	cut()                            // after an error: takes off what was written since the last commit
	close() error
}

// run writes and commits, each when its time has come, until Close or the first
// error.
func (w *Writer) run() {
	defer close(w.done)
	timer := time.NewTimer(0)
	defer timer.Stop()
	closing := w.closing
	for {
		written, unwritten, full := w.state()
		now := time.Now()
		w.pace.see(now, unwritten)
		var err error
		switch {
		case closing == nil && written+unwritten == 0:
			return
		case closing == nil || full || w.pace.commitDue(now, written, unwritten):
			err = w.commit()
		case w.pace.writeDue(now, unwritten):
			err = w.write()
		default:
			arm(timer, now, w.pace.next(written+unwritten, unwritten))
			select {
			case <-w.wake:
			case <-timer.C:
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
	if err := w.syncAll(); err != nil {
		return err
	}
	w.pace.committed(time.Now())
	w.count(recs)
	if w.opts.OnCommit != nil {
		w.opts.OnCommit(recs)
	}
	w.release(recs)
	return nil
}

// syncAll commits both files or none: the failures can be cut off again until
// the results are committed.
func (w *Writer) syncAll() error {
	if err := w.failures.sync(); err != nil {
		return err
	}
	if err := w.results.commit(); err != nil {
		return err
	}
	w.failures.settle()
	return nil
}

// take swaps the records for an empty buffer.
func (w *Writer) take() (recs, unwritten []parse.Record) {
	w.mu.Lock()
	defer w.mu.Unlock()
	recs, unwritten = w.records, w.records[w.written:]
	w.records, w.written, w.committing = w.spare, 0, len(recs)
	w.spare = nil
	return recs, unwritten
}

// release keeps the committed records' buffer for the next swap, nothing of
// their strings, and makes room.
func (w *Writer) release(recs []parse.Record) {
	held := 0
	for i := range recs {
		held += len(recs[i].Data)
	}
	clear(recs)
	if cap(recs) <= 2*maxUncommitted {
		w.spare = recs[:0]
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	w.committing = 0
	w.held -= held
	if w.room != nil {
		close(w.room)
		w.room = nil
	}
}

func (w *Writer) count(recs []parse.Record) {
	for i := range recs {
		if recs[i].Class == "" {
			w.pages++
		} else {
			w.failed++
		}
	}
}

// fail keeps the first error, and brings the files back to the last commit.
func (w *Writer) fail(err error) {
	w.failures.cut()
	w.results.cut()
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

// finish closes the files, and renames the side file if that is to be.
func (w *Writer) finish(whole bool) {
	w.setErr(w.failures.close())
	w.setErr(w.results.close())
	allFailed := w.failed > 0 && w.pages == 0
	if w.side.path == "" || !whole || allFailed || w.Err() != nil {
		return
	}
	if err := w.disk.rename(w.side.path, w.side.target); err != nil {
		w.setErr(wrap("rename", w.side.target, err))
		return
	}
	w.setReplaced()
	w.setErr(w.disk.syncDir(w.side.target))
}

func (w *Writer) setReplaced() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.replaced = true
}
