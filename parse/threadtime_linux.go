package parse

import (
	"time"

	"golang.org/x/sys/unix"
)

// threadTime is what the calling thread has had of a processor; 0 is not known.
func threadTime() time.Duration {
	var used unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_THREAD_CPUTIME_ID, &used); err != nil {
		return 0
	}
	return time.Duration(used.Nano())
}
