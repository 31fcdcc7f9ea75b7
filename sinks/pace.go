package sinks

import "time"

const (
	writeBatch  = 512                   // records that are written at once
	writeDelay  = 20 * time.Millisecond // or after so long
	commitBatch = 1000                  // records that are worth a commit,
	commitPause = 50 * time.Millisecond // so long after the last one
	commitDelay = time.Second           // no record waits longer for its commit

	// commitFull records make a commit whenever the last one was, so that a quick
	// disk is not waited for; Append takes as many more meanwhile, and then waits.
	// Twice as much is no quicker, and no longer in the processor's cache.
	commitFull = 2048

	// maxHeld bounds the bytes of data that all these records have: no more are taken
	// until they are committed, which is then at once.
	maxHeld = 16 << 20
)

// pace says when to write and when to commit. It has no clock of its own.
type pace struct {
	synced bool      // a commit costs a sync; if not, every write is one
	first  time.Time // when the oldest unwritten record was seen; zero is none
	oldest time.Time // when the oldest uncommitted record was seen; zero is none
	last   time.Time // the last commit
}

// see notes that there are unwritten records.
func (p *pace) see(now time.Time, unwritten int) {
	if unwritten == 0 {
		return
	}
	if p.first.IsZero() {
		p.first = now
	}
	if p.oldest.IsZero() {
		p.oldest = now
	}
}

func (p *pace) wrote() { p.first = time.Time{} }

func (p *pace) committed(now time.Time) {
	p.first, p.oldest, p.last = time.Time{}, time.Time{}, now
}

func (p *pace) writeDue(now time.Time, unwritten int) bool {
	return unwritten >= writeBatch || unwritten > 0 && !now.Before(p.first.Add(writeDelay))
}

func (p *pace) commitDue(now time.Time, written, unwritten int) bool {
	n := written + unwritten
	switch {
	case !p.synced:
		return p.writeDue(now, unwritten)
	case n >= commitFull:
		return true
	case n >= commitBatch && !now.Before(p.last.Add(commitPause)):
		return true
	}
	return n > 0 && !now.Before(p.oldest.Add(commitDelay))
}

// next returns when the next write or commit is due if no record comes until
// then; zero is never.
func (p *pace) next(uncommitted, unwritten int) time.Time {
	if uncommitted == 0 {
		return time.Time{}
	}
	next := p.oldest.Add(commitDelay)
	if uncommitted >= commitBatch {
		next = earlier(next, p.last.Add(commitPause))
	}
	if unwritten > 0 {
		next = earlier(next, p.first.Add(writeDelay))
	}
	return next
}

func earlier(a, b time.Time) time.Time {
	if b.Before(a) {
		return b
	}
	return a
}
