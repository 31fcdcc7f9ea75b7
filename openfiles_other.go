//go:build !unix

package main

import "math"

// openFiles is how many files this process may have open; here the system has
// no such limit.
func openFiles() uint64 { return math.MaxInt32 }
