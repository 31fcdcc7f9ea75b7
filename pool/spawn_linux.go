package pool

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"syscall"
)

// ownProgram is the file of this program under its own name, by which people
// find its processes; or, if that is another program by now, what the system has of it.
func ownProgram() (string, error) {
	const self = "/proc/self/exe"
	running, err := os.Stat(self)
	if err != nil {
		return os.Executable()
	}
	path, err := os.Executable()
	if err != nil {
		return self, nil
	}
	if file, err := os.Stat(path); err != nil || !os.SameFile(file, running) {
		return self, nil
	}
	return path, nil
}

// isolate puts the worker into a process group of its own, which signals from a
// terminal do not reach, and has it end with the thread that starts it.
func isolate(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true, Pdeathsig: syscall.SIGKILL}
}

// residentBytes is the memory that a process has, 0 if it has ended.
func residentBytes(pid int) int64 {
	statm, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0
	}
	fields := bytes.Fields(statm)
	if len(fields) < 2 {
		return 0
	}
	pages, err := strconv.ParseInt(string(fields[1]), 10, 64)
	if err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}
