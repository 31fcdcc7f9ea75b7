package sinks

import (
	"os"
	"syscall"
)

// What SQLite keeps beside a database while it is open, and after a crash: the
// log of what is not yet in the file, the index of that, and what would undo the
// making of the file.
var sqliteLogs = []string{"-wal", "-shm", "-journal"}

// removeDatabase takes a database away, and what is beside it.
func removeDatabase(path string) {
	_ = os.Remove(path)
	removeLogs(path)
}

// removeLogs takes away what is beside a database that is about to be replaced: it
// would be read as a part of the one that takes the name.
func removeLogs(path string) {
	for _, log := range sqliteLogs {
		_ = os.Remove(path + log)
	}
}

// checkAlone returns an error if a part of a database that has been closed still
// stands beside it, as another program has it open: its file may not be renamed.
func checkAlone(path string) error {
	if info, err := os.Stat(path + "-wal"); err == nil && info.Size() > 0 {
		return wrap("rename", path, syscall.EBUSY)
	}
	return nil
}
