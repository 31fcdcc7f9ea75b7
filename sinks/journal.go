package sinks

import (
	"context"
	"errors"
	"os"

	"github.com/gofrs/flock"
)

// A Journal is the state of an output, in a file beside it: who writes the output
// now, and, commit by commit, how far the run has come. The file is locked as long
// as the Journal is open, and there is none beside an output that is whole. Its
// methods are for one goroutine at a time.
type Journal struct {
	path    string
	disk    disk
	lock    *flock.Flock // its own open file: it ends with this process
	file    file         // nil until begin or resume
	size    int64        // of the file, up to the last good frame
	compact int64        // a size at which it is worth to be compacted
	snap    int64        // of the last snapshot, with all before it
	found   *Interrupted // nil: no run was interrupted
	ended   *Ended       // nil: none was found
	head    head         // of the run that goes on in found, or that has begun
	state   progress
	stuck   bool // the file may speak of what has failed
}

// A Setting is an option that gives the output its meaning: a run that has another
// value of it cannot go on where this one has stopped.
type Setting struct {
	Name  string `cbor:"1,keyasint"`
	Value string `cbor:"2,keyasint"`
}

// head is the first block of a journal.
type head struct {
	Version int       `cbor:"1,keyasint"`
	Run     string    `cbor:"2,keyasint"`
	Holder  holder    `cbor:"3,keyasint"` // whoever has begun, or resumed, the run
	Format  Format    `cbor:"4,keyasint"`
	Results string    `cbor:"5,keyasint"` // the file that is written to, beside the journal
	Meaning []Setting `cbor:"6,keyasint"`
}

const (
	journalVersion = 1
	compacted      = ".new" // suffix of a journal that will replace the one in use
)

// Interrupted is a run that has not ended whole.
type Interrupted struct {
	Run     string
	Meaning []Setting // as [Options] had it
	Done    Positions // of the list
	ListSum uint64    // checksum of the list up to Done.High
	Figures [][]byte  // what [Options].Figures has given; they add up
}

// Setting is the value of that name in Meaning; "" if there is none.
func (r *Interrupted) Setting(name string) string {
	for _, s := range r.Meaning {
		if s.Name == name {
			return s.Value
		}
	}
	return ""
}

// StatePath is the name of an output's journal. It is "", none, for what is no regular
// file and will be none. Where the output is a link it stands beside the file itself, so
// that two names of one file have one journal.
func StatePath(output string) string { return beside(output, ".state") }

// PagesPath is the name of the database of what is known of an output's pages, as
// StatePath is that of its journal.
func PagesPath(output string) string { return beside(output, ".pages") }

func beside(output, suffix string) string {
	if !isOrWillBeFile(output) {
		return ""
	}
	target, err := followLink(output)
	if err != nil {
		target = output
	}
	return target + suffix
}

// OpenJournal locks the journal of an output, and reads what an interrupted run has left
// there: its file is made if there is none. If another process has it the error is a
// *[LockedError], or, with wait, OpenJournal waits until it has ended or ctx ends. Other
// errors are *[Error]. Renames that an ended run has left are done first.
func OpenJournal(ctx context.Context, output string, wait bool) (*Journal, error) {
	return openJournal(ctx, output, wait, system)
}

func openJournal(ctx context.Context, output string, wait bool, d disk) (*Journal, error) {
	j := &Journal{path: StatePath(output), disk: d, compact: minCompact}
	var err error
	if j.lock, err = lockFile(ctx, j.path, wait); err != nil {
		return nil, err
	}
	_ = os.Remove(j.path + compacted) // a compaction that was cut off
	if err := j.read(); err != nil {
		return nil, errors.Join(err, j.lock.Unlock())
	}
	if j.state.Ended {
		if err := j.finish(j.state.frame); err != nil {
			return nil, errors.Join(err, j.lock.Unlock())
		}
		j.ended = &Ended{Exit: j.state.Exit}
		j.found, j.state = nil, progress{}
	}
	return j, nil
}

// Interrupted is the run that has left this journal; nil if there was none, or nothing
// of it can be used.
func (j *Journal) Interrupted() *Interrupted { return j.found }

// begin makes the journal that of a new run.
func (j *Journal) begin(h head, f frame) error {
	if err := j.open(os.O_TRUNC); err != nil {
		return err
	}
	j.size, j.snap = 0, 0
	h.Version = journalVersion
	j.head, j.state, j.found = h, progress{}, nil
	block, err := appendBlock([]byte(journalMagic), h)
	if err != nil {
		return wrap("write", j.path, err)
	}
	if err := j.write(block, f); err != nil {
		return err
	}
	return j.disk.syncDir(j.path)
}

// resume goes on with the journal of the run that was interrupted. Its head says from
// now on who goes on.
func (j *Journal) resume(h head, f frame) error {
	h.Run, h.Meaning = j.head.Run, j.head.Meaning
	h.Version = journalVersion
	j.head = h
	if err := j.rewrite(f); err != nil {
		return err // what was found stays: it is still there to be gone on with
	}
	j.found = nil
	return nil
}

func (j *Journal) open(flag int) error {
	f, err := j.disk.open(j.path, os.O_WRONLY|os.O_APPEND|flag, 0)
	if err != nil {
		return wrap("open", j.path, err)
	}
	j.file = f
	return nil
}

// add puts a frame on disk.
func (j *Journal) add(f frame) error { return j.write(nil, f) }

// write puts blocks and a frame on disk.
func (j *Journal) write(blocks []byte, f frame) error {
	if err := j.state.apply(f); err != nil {
		return wrap("write", j.path, err)
	}
	j.state.parts, j.state.updates = nil, nil // only who reads wants them
	blocks, err := appendBlock(blocks, f)
	if err != nil {
		return wrap("write", j.path, err)
	}
	if _, err := j.file.Write(blocks); err != nil {
		return wrap("write", j.path, err)
	}
	if err := j.file.Sync(); err != nil {
		return wrap("sync", j.path, err)
	}
	j.size += int64(len(blocks))
	return nil
}

// cut takes off a frame that could not be written whole. An error is that the journal may
// hold it nevertheless.
func (j *Journal) cut() error {
	switch {
	case j.stuck:
		return os.ErrInvalid
	case j.file == nil:
		return nil
	}
	return errors.Join(j.file.Truncate(j.size), j.file.Sync())
}

// Remove takes the journal away, of a run that has ended or has not begun, and unlocks
// it. What an interrupted run has left stays, if it has not been taken up.
func (j *Journal) Remove() error {
	var err error
	if j.found == nil {
		err = wrap("remove", j.path, os.Remove(j.path))
	}
	return errors.Join(err, j.Close())
}

// Close unlocks the journal, and leaves it for a run that goes on. A second call does
// nothing.
func (j *Journal) Close() error {
	var err error
	if j.file != nil {
		err = wrap("close", j.path, j.file.Close())
		j.file = nil
	}
	return errors.Join(err, wrap("close", j.path, j.lock.Unlock()))
}
