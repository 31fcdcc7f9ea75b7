package broker

import (
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"sync"
	"syscall"

	"github.com/nats-io/nats-server/v2/server"
)

// log reads what the server would print, for two things that it says to nobody else: why it
// cannot start, and that it cannot write.
type log struct {
	store  string
	failed chan struct{}

	mu  sync.Mutex // guards the following
	die error      // why it does not start
	err error      // why failed is closed
}

var _ server.Logger = (*log)(nil)

func newLog(store string) *log { return &log{store: store, failed: make(chan struct{})} }

func (l *log) Noticef(string, ...any) {}
func (l *log) Debugf(string, ...any)  {}
func (l *log) Tracef(string, ...any)  {}

// Fatalf is called by a server that cannot start.
func (l *log) Fatalf(format string, args ...any) {
	err := l.read(format, args)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.die == nil {
		l.die = err
	}
}

func (l *log) Errorf(format string, args ...any) { l.watch(format, args) }
func (l *log) Warnf(format string, args ...any)  { l.watch(format, args) }

// watch looks for what the disk says.
func (l *log) watch(format string, args []any) {
	err := l.read(format, args)
	if !isDisk(err) && !strings.Contains(format, "write error") && !strings.Contains(format, "denied while writing") {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil {
		l.err = err
		close(l.failed)
	}
}

// read makes an error of a message: the one that is among its args, if there is one.
func (l *log) read(format string, args []any) error {
	err := errors.New(fmt.Sprintf(format, args...))
	for _, arg := range args {
		if e, ok := arg.(error); ok {
			err = e
		}
	}
	if isDisk(err) {
		return err
	}
	for _, errno := range diskErrors { // often the server has made text of it
		if strings.Contains(err.Error(), errno.Error()) {
			return &fs.PathError{Op: "write", Path: l.store, Err: errno}
		}
	}
	return err
}

// fate is why the server cannot start; nil, if it can.
func (l *log) fate() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.die
}

func (l *log) failure() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.err
}

// diskErrors are those after which a store is of no more use.
var diskErrors = []syscall.Errno{syscall.ENOSPC, syscall.EDQUOT, syscall.EFBIG, syscall.EROFS, syscall.EIO}

func isDisk(err error) bool {
	for _, errno := range diskErrors {
		if errors.Is(err, errno) {
			return true
		}
	}
	return false
}
