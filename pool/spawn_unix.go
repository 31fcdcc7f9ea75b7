//go:build unix

package pool

import (
	"os"
	"os/exec"
	"syscall"
)

const terminateSignal = syscall.SIGTERM

// handOver gives the worker its ends of the pipes, as descriptors 3 and 4.
func handOver(cmd *exec.Cmd, calls, answers *os.File) error {
	cmd.ExtraFiles = []*os.File{calls, answers}
	cmd.Env = append(cmd.Env, workerEnv+"=3,4")
	isolate(cmd)
	return nil
}

// killGroup ends a worker and what it has started. It may have ended.
func killGroup(worker *os.Process) { _ = syscall.Kill(-worker.Pid, syscall.SIGKILL) }
