//go:build unix

package fetch

import "syscall"

// silent reports whether nothing has come on an idle connection: neither its end
// nor an answer that nobody has asked for. It does not wait.
func silent(raw syscall.RawConn) bool {
	quiet := false
	var probe [1]byte
	err := raw.Read(func(fd uintptr) (done bool) {
		_, _, err := syscall.Recvfrom(int(fd), probe[:], syscall.MSG_PEEK|syscall.MSG_DONTWAIT)
		quiet = err == syscall.EAGAIN || err == syscall.EWOULDBLOCK
		return true
	})
	return quiet && err == nil
}
