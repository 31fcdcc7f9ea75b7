package fetch

import (
	"os"
	"path/filepath"
	"sync/atomic"
)

const (
	// DefaultSpoolMemory is how many bytes a [Spool] has in memory if nobody says otherwise.
	DefaultSpoolMemory = 32 << 20

	maxCaptured = 1 << 20 // bytes of the largest body that is kept in memory
)

// Spool keeps exchanges while they wait to be archived: for a retry, a redirect, their
// turn, the next commit. Those with a body over 1 MiB are in files of one folder, and so
// are the others when they have more bytes than its memory. It is used by many
// goroutines at once.
type Spool struct {
	dir  string
	left atomic.Int64 // bytes
}

// NewSpool returns a spool over a folder, which the caller makes and, when all is
// archived, removes. Other processes may use it too, each with a Spool of its own. A
// memory of 0 is DefaultSpoolMemory.
func NewSpool(dir string, memory int64) *Spool {
	s := &Spool{dir: dir}
	if memory == 0 {
		memory = DefaultSpoolMemory
	}
	s.left.Store(memory)
	return s
}

// Dir is the folder.
func (s *Spool) Dir() string { return s.dir }

// take reports whether n bytes more may be in memory.
func (s *Spool) take(n int64) bool {
	if s.left.Add(-n) >= 0 {
		return true
	}
	s.left.Add(n)
	return false
}

func (s *Spool) give(n int64) { s.left.Add(n) }

// create makes a file that its owner alone can read.
func (s *Spool) create() (*os.File, error) { return os.CreateTemp(s.dir, "exchange-*") }

// path is that of a file. No name leads out of the folder.
func (s *Spool) path(name string) string { return filepath.Join(s.dir, filepath.Base(name)) }
