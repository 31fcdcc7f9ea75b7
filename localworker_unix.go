//go:build unix

package main

import (
	"os/exec"
	"syscall"
)

// setGroup gives the worker a process group of its own, which signals from a terminal do
// not reach.
func setGroup(cmd *exec.Cmd) { cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} }
