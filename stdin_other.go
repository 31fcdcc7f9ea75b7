//go:build !unix

package main

import (
	"io"
	"os"
)

// interruptible is f where a Read cannot be taken out of its wait: a stopped run
// then ends when its standard input does.
func interruptible(f *os.File) io.Reader { return f }
