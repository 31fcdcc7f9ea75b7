//go:build !linux

package parse

import "time"

// threadTime is 0: not known.
func threadTime() time.Duration { return 0 }
