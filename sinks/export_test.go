package sinks

import (
	"context"
	"io/fs"
)

// File is what a test's disk opens.
type File = file

// OpenOn is Open on another disk.
func OpenOn(
	opts Options,
	openFile func(name string, flag int, perm fs.FileMode) (File, error),
	rename func(from, to string) error,
) (*Writer, error) {
	return open(opts, disk{open: openFile, rename: rename})
}

// OpenJournalOn is OpenJournal on another disk, where the journal is compacted when it
// has that many bytes.
func OpenJournalOn(
	output string, compact int64,
	openFile func(name string, flag int, perm fs.FileMode) (File, error),
	rename func(from, to string) error,
) (*Journal, error) {
	j, err := openJournal(context.Background(), output, false, disk{open: openFile, rename: rename})
	if err == nil {
		j.compact = compact
	}
	return j, err
}
