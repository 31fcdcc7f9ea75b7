//go:build unix

package main

import (
	"fmt"
	"os"
	"syscall"
)

// isJournal says that f is what $JOURNAL_STREAM names, by device and inode: the
// variable reaches also who has been given another standard error since.
func isJournal(f *os.File) bool {
	stream := os.Getenv("JOURNAL_STREAM")
	if stream == "" {
		return false
	}
	info, err := f.Stat()
	if err != nil {
		return false
	}
	stat, ok := info.Sys().(*syscall.Stat_t)
	return ok && stream == fmt.Sprintf("%d:%d", stat.Dev, stat.Ino)
}
