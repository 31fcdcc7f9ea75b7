package sinks

import (
	"cmp"
	"context"
	"path/filepath"
)

// finish does what is left to do when all is committed, and closes the files.
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
	if whole && w.Err() == nil {
		w.setErr(w.conclude(ctx, end))
	}
	if w.opts.Pages != nil {
		w.setErr(w.opts.Pages.Close())
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

// conclude does what is left to do. From the moment at which the journal says that the run
// has ended, any later run would do the rest.
func (w *Writer) conclude(ctx context.Context, end End) error {
	left, err := w.left(ctx, end)
	if err != nil || !left.Ended {
		return err
	}
	j := w.opts.Journal
	if j == nil {
		j = &Journal{path: cmp.Or(w.place.target, w.place.path), disk: w.disk, head: head{Format: w.opts.Format}} // it has the folder
	} else if err := j.add(left); err != nil {
		return err
	}
	if err := j.rename(left); err != nil {
		return err
	}
	if len(left.Renames)+len(left.Removes) > 0 {
		w.setReplaced()
	}
	if w.opts.Pages != nil {
		if err := w.opts.Pages.end(); err != nil {
			return err
		}
	}
	return j.tidy(left)
}

// left is what is left to do: a frame that has not Ended if it is nothing. A file that is
// there is replaced neither by nothing but failures, which stay beside it, nor by nothing.
// Failures beside pages that are unchanged are the changes of a run if one of them is gone.
func (w *Writer) left(ctx context.Context, end End) (left frame, err error) {
	p := w.place
	switch {
	case p.target == "":
	case p.exists && end.Pages == 0 && end.Failed > 0 && end.Unchanged == 0:
	case p.exists && end.Pages == 0 && end.Skipped > 0 && (end.Gone == 0 || w.opts.Format == Text):
		left = frame{Ended: true, Removes: []string{filepath.Base(p.path)}}
	default:
		if err := p.produce(ctx, w.disk); err != nil {
			return frame{}, err
		}
		left = p.left()
	}
	if w.opts.Pages != nil {
		left.Ended, left.Pages = true, w.relative(w.opts.Pages.path)
	}
	left.Exit = end.Exit
	return left, nil
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
