package sinks

import (
	"slices"

	"github.com/fxamacker/cbor/v2"

	"trawl/parse"
)

// begin makes the journal speak of this run, before anything is written.
func (w *Writer) begin() error {
	j := w.opts.Journal
	if j != nil && !w.opts.Resume {
		j.state = progress{}
	}
	if err := w.beginPages(); err != nil {
		return err
	}
	l, isLedger := w.results.(ledger)
	if isLedger {
		if err := w.transact(l, nil); err != nil {
			return err
		}
	}
	if j == nil {
		return nil
	}
	f := w.frame(nil, true)
	if isLedger {
		f = frame{} // the state file is head and lock only
	}
	h := head{
		Run: w.opts.Run, Holder: holderOf(w.opts.About),
		Format: w.opts.Format, Results: w.relative(w.place.path), Meaning: w.opts.Meaning,
	}
	if w.opts.Resume {
		return j.resume(h, f)
	}
	return j.begin(h, f)
}

// beginPages brings the database of pages to where the journal is.
func (w *Writer) beginPages() error {
	p := w.opts.Pages
	if p == nil {
		return nil
	}
	if err := p.begin(w.opts.Run, w.opts.Resume); err != nil || !w.opts.Resume {
		return err
	}
	return p.remember(w.opts.Journal.state.updates)
}

// remember has the database of pages take what committed records have to tell. The journal
// has it already, for who goes on with a run that ends before that.
func (w *Writer) remember(recs []parse.Record) error {
	updates := w.updates(recs)
	if len(updates) == 0 {
		return nil
	}
	return w.opts.Pages.remember(updates)
}

// updates are what records have to tell the database of pages.
func (w *Writer) updates(recs []parse.Record) (all []update) {
	for i := range recs {
		if rec := &recs[i]; rec.Known != nil && w.opts.Pages != nil {
			all = append(all, w.opts.Pages.update(rec.URL, rec.Known))
		}
	}
	return all
}

func (w *Writer) relative(path string) string {
	if w.opts.Journal == nil || path == "" {
		return path
	}
	return w.opts.Journal.relative(path)
}

// frame is what the journal is to say when recs are committed; all of it, if snapshot.
func (w *Writer) frame(recs []parse.Record, snapshot bool) frame {
	f := frame{Results: w.results.mark(), Errors: w.failures.mark(), Snapshot: snapshot}
	f.Results.Path, f.Errors.Path = w.relative(f.Results.Path), w.relative(f.Errors.Path)
	f.Done = map[int][]byte{theList: w.positions(recs, snapshot)}
	f.ListSum = w.sum
	f.Updates = w.updates(recs)
	if w.opts.Figures != nil {
		f.Figures = w.opts.Figures(recs, snapshot)
	}
	if w.opts.Total != nil {
		f.Total = w.opts.Total()
	}
	return f
}

// positions returns those that recs have made done, or all, if snapshot.
func (w *Writer) positions(recs []parse.Record, snapshot bool) []byte {
	done := make([]int64, len(recs))
	for i := range recs {
		done[i] = recs[i].Position()
		if done[i] > w.high {
			w.high, w.sum = done[i], recs[i].ListSum
		}
	}
	if !snapshot {
		slices.Sort(done)
		return appendAscending(nil, done)
	}
	all := &w.opts.Journal.state.done
	for _, position := range done {
		all.Add(position)
	}
	return all.appendTo(nil)
}

// note puts on disk that recs are committed.
func (w *Writer) note(recs []parse.Record) error {
	if l, ok := w.results.(ledger); ok {
		return w.transact(l, recs)
	}
	j := w.opts.Journal
	switch {
	case j == nil:
		return nil
	case j.long():
		return j.rewrite(w.frame(recs, true))
	}
	return j.add(w.frame(recs, false))
}

// transact has results that keep the frame themselves commit.
func (w *Writer) transact(l ledger, recs []parse.Record) error {
	if w.opts.Journal == nil {
		return l.transact(nil)
	}
	return w.keep(l, w.frame(recs, true))
}

func (w *Writer) keep(l ledger, f frame) error {
	data, err := cbor.Marshal(f)
	if err != nil {
		return wrap("write", w.place.path, err)
	}
	return l.transact(data)
}

// unmarshalFrame reads a frame that a ledger has kept.
func unmarshalFrame(data []byte, f *frame) error { return decoding.Unmarshal(data, f) }

// reopenFiles commits, and goes on in the files that have the names now. The journal knows
// beforehand that it may find others. Results that are one file go on in it.
func (w *Writer) reopenFiles() error {
	results, ok := w.results.(reopener)
	ok = ok && w.place.target == ""
	if !ok && w.failures.file == nil {
		return nil
	}
	if err := w.commit(); err != nil {
		return err
	}
	if err := w.noteReopening(true); err != nil {
		return err
	}
	if ok {
		if err := results.reopen(); err != nil {
			return err
		}
	}
	if err := w.failures.reopen(); err != nil {
		return err
	}
	return w.noteReopening(false)
}

func (w *Writer) noteReopening(before bool) error {
	j := w.opts.Journal
	if j == nil {
		return nil
	}
	l, isLedger := w.results.(ledger)
	f := w.frame(nil, isLedger)
	f.Reopening = before
	if isLedger {
		return w.keep(l, f)
	}
	return j.add(f)
}
