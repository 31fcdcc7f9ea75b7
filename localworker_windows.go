package main

import (
	"os/exec"
	"syscall"
)

// setGroup gives the worker a process group of its own, which Ctrl-C does not reach.
func setGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
}
