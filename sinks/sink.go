package sinks

import (
	"time"

	"trawl/parse"
)

// sink is a results format. It is used by one goroutine at a time.
type sink interface {
	write(recs []parse.Record) error // appends those that it holds, and keeps nothing of recs
	sync() error                     // what was written is on disk; a cut still takes it off
	mark() mark                      // how far the file is written; Path is its name as it was opened
	settle()                         // what was written is committed: no cut takes it off any more
	cut()                            // after an error: takes off what was written since the last settle
	close() error
}

// A reopener begins a new file when the old one has been moved. The journal knows of
// it before anything is written.
type reopener interface{ reopen() error }

// A ledger is a sink that keeps the journal's frames itself, each in the
// transaction of its records. A commit is write, sync, transact and settle.
type ledger interface {
	// transact puts what was written and the frame on disk, or neither; a nil
	// frame is none.
	transact(frame []byte) error

	frame() ([]byte, error) // the last one of this run; nil if there is none
	end(End) error          // says how the run went; after the last transact
}

// End says how a run has ended.
type End struct {
	Whole bool // it has met its whole list: side files become what they are for
	Exit  int  // exit code of the program

	URLs, Pages, Failed, Skipped, Bytes int64
	Unchanged, Gone                     int64 // of Skipped, and of Failed; with Pages
}

// About are facts of a run that some formats keep.
type About struct {
	Version string
	Command string // the command line, secrets masked
	Started time.Time
}
