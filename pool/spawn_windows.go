package pool

import (
	"fmt"
	"os"
	"os/exec"
	"syscall"
)

var terminateSignal = os.Kill // there is no gentler one

// handOver lets the worker inherit its ends of the pipes, and gives it a process
// group of its own, which Ctrl-C does not reach.
func handOver(cmd *exec.Cmd, calls, answers *os.File) error {
	cmd.SysProcAttr = &syscall.SysProcAttr{CreationFlags: syscall.CREATE_NEW_PROCESS_GROUP}
	for _, f := range []*os.File{calls, answers} {
		h := syscall.Handle(f.Fd())
		if err := syscall.SetHandleInformation(h, syscall.HANDLE_FLAG_INHERIT, syscall.HANDLE_FLAG_INHERIT); err != nil {
			return os.NewSyscallError("SetHandleInformation", err)
		}
		cmd.SysProcAttr.AdditionalInheritedHandles = append(cmd.SysProcAttr.AdditionalInheritedHandles, h)
	}
	cmd.Env = append(cmd.Env, fmt.Sprintf("%s=%d,%d", workerEnv, calls.Fd(), answers.Fd()))
	return nil
}

// residentBytes is not known here.
func residentBytes(int) int64 { return 0 }

// killGroup ends a worker. It may have ended.
func killGroup(worker *os.Process) { _ = worker.Kill() }
