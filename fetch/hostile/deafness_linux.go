package hostile

import (
	"fmt"
	"net"
	"os"
	"syscall"
	"testing"
	"time"
)

// deafness is never to accept a connection: the system makes it, or it does not even
// answer since too many wait already.
func deafness() []design {
	return []design{
		{name: "nobody accepts", want: timeout, deaf: true},
		{name: "nobody connects", want: timeout, deaf: true, listen: full},
	}
}

// full is a listener that has one connection waiting, and room for no other. Linux
// ignores what asks to connect to such a one.
func full(tb testing.TB) (net.Listener, error) {
	fd, err := syscall.Socket(syscall.AF_INET, syscall.SOCK_STREAM|syscall.SOCK_CLOEXEC, 0)
	if err != nil {
		return nil, fmt.Errorf("socket: %w", err)
	}
	file := os.NewFile(uintptr(fd), "listener")
	defer file.Close()
	if err := syscall.Bind(fd, &syscall.SockaddrInet4{Addr: [4]byte{127, 0, 0, 1}}); err != nil {
		return nil, fmt.Errorf("bind: %w", err)
	}
	if err := syscall.Listen(fd, 0); err != nil {
		return nil, fmt.Errorf("listen: %w", err)
	}
	l, err := net.FileListener(file)
	if err != nil {
		return nil, fmt.Errorf("listener: %w", err)
	}
	for range 4 {
		c, err := net.DialTimeout("tcp4", l.Addr().String(), 100*time.Millisecond)
		if err != nil {
			return l, nil // it is full
		}
		tb.Cleanup(func() { c.Close() })
	}
	l.Close()
	return nil, fmt.Errorf("a queue for one connection took four")
}
