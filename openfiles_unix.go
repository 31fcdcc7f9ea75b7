//go:build unix

package main

import (
	"math"
	"syscall"
)

// openFiles is how many files this process may have open.
func openFiles() uint64 {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_NOFILE, &limit); err != nil {
		return math.MaxInt32 // the system does not say
	}
	return min(math.MaxInt32, uint64(limit.Cur))
}
