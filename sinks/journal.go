package sinks

import (
	"bufio"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"

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
func StatePath(output string) string {
	if !isOrWillBeFile(output) {
		return ""
	}
	target, err := followLink(output)
	if err != nil {
		target = output
	}
	return target + ".state"
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

// Ended is a run that was interrupted when all was done but to give the files their names.
type Ended struct{ Exit int }

// Ended is the run whose last renames [OpenJournal] has done; nil if there was none.
func (j *Journal) Ended() *Ended { return j.ended }

// Interrupted is the run that has left this journal; nil if there was none, or nothing
// of it can be used.
func (j *Journal) Interrupted() *Interrupted { return j.found }

// errNoJournal is a file that has a journal's name.
var errNoJournal = errors.New("it is no journal of trawl; move it away")

// read reads head and frames, as far as they are good.
func (j *Journal) read() error {
	f, err := os.Open(j.path)
	if err != nil {
		return wrap("open", j.path, err)
	}
	defer f.Close()
	h, state, size, err := readJournal(f)
	switch {
	case err == errNoJournal:
		return wrap("read", j.path, err)
	case err != nil || h.Version != journalVersion: // no run has got as far as its first frame, or as this version
		return nil
	}
	if err := j.readLedger(h, &state); err != nil {
		return err
	}
	j.head, j.state, j.size = h, state, size
	if state.Results.Path == "" || j.untouched() { // nothing was begun, or all but the renames is done
		return nil
	}
	j.found = &Interrupted{
		Run: h.Run, Meaning: h.Meaning,
		Done: state.done.clone(), ListSum: state.ListSum, Figures: state.parts,
	}
	return nil
}

// readJournal returns what is good of a journal, and how long that is; errNoBlock if
// there is no head, errNoJournal if the file is something else.
func readJournal(r io.Reader) (h head, state progress, size int64, err error) {
	br := bufio.NewReaderSize(r, 1<<16)
	magic := make([]byte, len(journalMagic))
	n, err := io.ReadFull(br, magic)
	switch {
	case string(magic[:n]) != journalMagic[:n] && !allZero(magic[:n]):
		return h, state, 0, errNoJournal
	case err != nil || allZero(magic):
		return h, state, 0, errNoBlock
	}
	size, err = readBlock(br, &h)
	if err != nil {
		return h, state, 0, err
	}
	size += int64(len(magic))
	for {
		var f frame
		length, err := readBlock(br, &f)
		if err != nil || state.apply(f) != nil {
			return h, state, size, nil
		}
		size += length
	}
}

// allZero is true of what a power cut may leave of a file.
func allZero(b []byte) bool {
	for _, c := range b {
		if c != 0 {
			return false
		}
	}
	return true
}

// readLedger takes the last frame from results that keep it themselves.
func (j *Journal) readLedger(h head, state *progress) error {
	if h.Format != SQLite || state.Ended {
		return nil
	}
	path := filepath.Join(filepath.Dir(j.path), h.Results)
	if _, err := os.Stat(path); errors.Is(err, fs.ErrNotExist) && h.Results != "" {
		state.Results = mark{Path: h.Results, Len: 1} // the database is made before the head speaks of it
		return nil
	}
	data, err := frameIn(path, h.Run)
	if err != nil || data == nil {
		return err
	}
	var f frame
	if err := unmarshalFrame(data, &f); err != nil {
		return wrap("read", path, err)
	}
	return state.apply(f)
}

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
	j.state.parts = nil // only who reads wants them
	blocks, err := appendBlock(blocks, f)
	if err != nil {
		return wrap("write", j.path, err)
	}
	if n, err := j.file.Write(blocks); err != nil || n < len(blocks) {
		return wrap("write", j.path, cmpErr(err, io.ErrShortWrite))
	}
	if err := j.file.Sync(); err != nil {
		return wrap("sync", j.path, err)
	}
	j.size += int64(len(blocks))
	return nil
}

func cmpErr(err, otherwise error) error {
	if err != nil {
		return err
	}
	return otherwise
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

const minCompact = 4 << 20

// long says whether the next frame should be a snapshot, which replaces all before it.
func (j *Journal) long() bool { return j.size > max(j.compact, 3*j.snap) }

// rewrite replaces the journal by its head and a snapshot. The new file is locked before
// it takes the name, so that nobody comes between.
func (j *Journal) rewrite(snapshot frame) (err error) {
	next := &Journal{path: j.path + compacted, disk: j.disk, head: j.head}
	if err := os.Remove(next.path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return wrap("remove", next.path, err)
	}
	if next.lock, err = lockFile(context.Background(), next.path, false); err != nil {
		return err
	}
	if err := next.fill(snapshot); err != nil {
		next.abandon()
		return err
	}
	if err := j.disk.rename(next.path, j.path); err != nil {
		next.abandon()
		return wrap("rename", j.path, err)
	}
	err = j.disk.syncDir(j.path)
	if j.file != nil {
		err = errors.Join(err, wrap("close", j.path, j.file.Close()))
	}
	err = errors.Join(err, wrap("close", j.path, j.lock.Unlock()))
	j.stuck = err != nil // the snapshot speaks of what is now being committed
	j.lock, j.file, j.size, j.snap, j.state.frame = next.lock, next.file, next.size, next.size, snapshot
	return err
}

// fill writes head and snapshot.
func (j *Journal) fill(snapshot frame) error {
	if err := j.open(os.O_TRUNC); err != nil {
		return err
	}
	block, err := appendBlock([]byte(journalMagic), j.head)
	if err != nil {
		return wrap("write", j.path, err)
	}
	return j.write(block, snapshot)
}

func (j *Journal) abandon() {
	if j.file != nil {
		_ = j.file.Close()
	}
	_ = os.Remove(j.path)
	_ = j.lock.Unlock()
}

// finish does what is left to do.
func (j *Journal) finish(left frame) error {
	if err := j.rename(left); err != nil {
		return err
	}
	return j.tidy(left)
}

// rename does the renames that are left to do of a run that has ended. What was done
// before is not done again.
func (j *Journal) rename(left frame) error {
	dir := filepath.Dir(j.path)
	for _, r := range left.Renames {
		from, to := filepath.Join(dir, r.From), filepath.Join(dir, r.To)
		if _, err := os.Lstat(from); errors.Is(err, fs.ErrNotExist) {
			continue // and what is beside the new name is its own
		}
		if j.head.Format == SQLite {
			if err := checkAlone(from); err != nil {
				return err
			}
			removeLogs(to)
		}
		if err := j.disk.rename(from, to); err != nil {
			return wrap("rename", to, err)
		}
	}
	return nil
}

// tidy makes the new names last, and takes away what is not needed any more.
func (j *Journal) tidy(left frame) error {
	if err := j.disk.syncDir(j.path); err != nil {
		return err
	}
	for _, name := range left.Removes {
		path := filepath.Join(filepath.Dir(j.path), name)
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return wrap("remove", path, err)
		}
	}
	return nil
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
