//go:build !linux

package pool

// limitMapped does nothing: there is no limit that suits Go. The garbage collector's
// is there, and the parent's look at the worker's size.
func limitMapped(int64) error { return nil }
