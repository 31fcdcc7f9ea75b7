//go:build unix

package robots

import (
	"fmt"
	"syscall"
)

// fillDisk puts until a file would become larger than the system lets the process
// make one, and goes on.
func fillDisk(dir string) int {
	const size = 1_000_003
	limit := syscall.Rlimit{Cur: size, Max: size}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		fmt.Println(err)
		return 1
	}
	c, err := OpenCache(dir)
	if err != nil {
		fmt.Println(err)
		return 1
	}
	kept, missed := 0, 0
	for i := range 100 {
		f := fileNumber(i, 30_000)
		c.Put(f)
		if got, ok := c.Get(f.Origin); !ok {
			missed++
		} else if kept++; !same(got, f) {
			fmt.Println("wrong:", got)
			return 1
		}
	}
	if first := fileNumber(0, 0); kept < 10 || missed < 10 {
		fmt.Println(kept, "kept,", missed, "missed")
	} else if _, ok := c.Get(first.Origin); !ok {
		fmt.Println("what was there before is gone")
	}
	if err := c.Close(); err != nil {
		fmt.Println(err)
		return 1
	}
	return 0
}
