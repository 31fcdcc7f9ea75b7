//go:build !unix && !windows

package pool

import (
	"errors"
	"os"
)

// brokenPipe is the errors of a write that nobody can read.
var brokenPipe []error

// openPipe is for systems where processes start each other.
func openPipe(int) (*os.File, error) { return nil, errors.ErrUnsupported }
