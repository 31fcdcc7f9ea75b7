//go:build !unix && !windows

package pool

import (
	"errors"
	"os"
	"os/exec"
)

var terminateSignal = os.Kill

// handOver: no process can be given pipes here.
func handOver(*exec.Cmd, *os.File, *os.File) error { return errors.ErrUnsupported }

func killGroup(worker *os.Process) { _ = worker.Kill() }

// residentBytes is not known here.
func residentBytes(int) int64 { return 0 }
