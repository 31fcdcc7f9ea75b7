//go:build !linux

package pool

import "os"

// OwnProgram is the file of this program, or what has its name by now.
func OwnProgram() (string, error) { return os.Executable() }

func statProgram() (os.FileInfo, error) { return statExecutable() }
