//go:build !unix

package fetch

import "syscall"

// silent cannot look without reading here; a connection that has ended shows when
// it is used.
func silent(syscall.RawConn) bool { return true }
