package sinks

import "io/fs"

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

// MaxUncommitted is the bound at which Append waits.
const MaxUncommitted = maxUncommitted
