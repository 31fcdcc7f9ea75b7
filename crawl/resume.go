package crawl

import (
	"errors"

	"trawl/fetch"
	"trawl/sinks"
)

// ErrListChanged is the error of [List.Resume] for a list that is another one, up to the
// point that the interrupted run has reached, than that run has read.
var ErrListChanged = errors.New("the list has changed")

// again is a position that Resume has passed and that is not done.
type again struct {
	r   fetch.Request
	err error
}

// Resume has Next go on where an interrupted run has stopped: first the positions below
// its highest that are not done, then those above. It reads the list up to there, and
// keeps what is not done, which is what that run had taken and not ended. The error is
// ErrListChanged, for which Next has returned nothing yet. It may be called once, before
// Next.
func (l *List) Resume(run *sinks.Interrupted) error {
	l.before = run.Done.Count()
	for l.index < run.Done.High {
		if l.look(nil) != nil {
			return ErrListChanged
		}
		l.count()
		if !l.opts.Dedupe && run.Done.Done(l.index) {
			l.next = found{}
			continue
		}
		r, err := l.parse()
		if !run.Done.Done(r.Index) {
			l.again = append(l.again, again{r, err})
		}
	}
	if l.sum != run.ListSum {
		return ErrListChanged
	}
	return nil
}
