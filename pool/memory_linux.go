package pool

import (
	"bytes"
	"fmt"
	"os"
	"syscall"
)

// memoryBeside is what a Go program maps beside what it uses.
const memoryBeside = 128 << 20

// limitMapped has the kernel refuse more memory than a worker of so many bytes can
// need, which ends the process. It never asks for more than is allowed already.
func limitMapped(memory int64) error {
	var limit syscall.Rlimit
	if err := syscall.Getrlimit(syscall.RLIMIT_DATA, &limit); err != nil {
		return fmt.Errorf("limit memory: %w", err)
	}
	limit.Cur = min(limit.Cur, uint64(memory+max(memoryBeside, mapped())))
	if err := syscall.Setrlimit(syscall.RLIMIT_DATA, &limit); err != nil {
		return fmt.Errorf("limit memory: %w", err)
	}
	return nil
}

// mapped is how much of what RLIMIT_DATA limits is mapped now: much, where the race
// detector is built in. 0 is not known.
func mapped() int64 {
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0
	}
	_, after, _ := bytes.Cut(status, []byte("\nVmData:"))
	var kilobytes int64
	if _, err := fmt.Sscan(string(after), &kilobytes); err != nil {
		return 0
	}
	return kilobytes << 10
}
