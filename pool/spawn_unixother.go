//go:build unix && !linux

package pool

import (
	"os/exec"
	"syscall"
)

// isolate puts the worker into a process group of its own, which signals from a
// terminal do not reach.
func isolate(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }

// residentBytes is not known here.
func residentBytes(int) int64 { return 0 }
