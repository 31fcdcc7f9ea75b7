package sinks

import (
	"context"
)

// finish does what is left to do when all is committed, and closes the files. A file that
// is there is not replaced by nothing but failures.
func (w *Writer) finish(ctx context.Context, end End) {
	if w.Err() == nil {
		w.setErr(w.stands())
	}
	whole := end.Whole && w.Err() == nil
	if l, ok := w.results.(ledger); ok && w.Err() == nil {
		w.setErr(l.end(end))
	}
	w.setErr(w.failures.close())
	w.setErr(w.results.close())
	if whole && w.place.target != "" && !(w.place.exists && end.Failed > 0 && end.Pages == 0) {
		w.setErr(w.replace(ctx, end.Exit))
	}
	w.setErr(w.leave(whole && w.Err() == nil))
}

// stands says whether the files are still those that were written. A file that a rotation
// has moved just now holds all that it should.
func (w *Writer) stands() error {
	if err := w.results.mark().stands(w.place.target != ""); err != nil {
		return err
	}
	return w.failures.mark().stands(false)
}

// replace makes the output of the side file. From the moment at which the journal says that
// the run has ended, any later run would do the rest.
func (w *Writer) replace(ctx context.Context, exit int) error {
	if err := w.place.produce(ctx, w.disk); err != nil {
		return err
	}
	left, j := w.place.left(), w.opts.Journal
	left.Exit = exit
	if j == nil {
		j = &Journal{path: w.place.target, disk: w.disk, head: head{Format: w.opts.Format}} // it has the folder
	} else if err := j.add(left); err != nil {
		return err
	}
	if err := j.rename(left); err != nil {
		return err
	}
	w.setReplaced()
	return j.tidy(left)
}

// leave gives up the journal: there is none beside an output that is whole.
func (w *Writer) leave(whole bool) error {
	switch j := w.opts.Journal; {
	case j == nil:
		return nil
	case whole:
		return j.Remove()
	default:
		return j.Close()
	}
}

func (w *Writer) setReplaced() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.replaced = true
}

// abandon closes a writer that has not begun.
func (w *Writer) abandon() {
	abandon(w.results)
	if w.failures.file != nil {
		_ = w.failures.close()
	}
}
