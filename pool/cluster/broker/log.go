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

// log reads what the server would print, for what it says to nobody else: why it cannot
// start, what it leaves out of a damaged store, and that it cannot write.
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

// Fatalf is called for what keeps a server from starting.
func (l *log) Fatalf(format string, args ...any) {
	err := l.read(format, args)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.die == nil {
		l.die = err
	}
}

func (l *log) Errorf(format string, args ...any) { l.watch(format, args) }

func (l *log) Warnf(format string, args ...any) {
	if strings.HasPrefix(format, "  ") { // as all lines that say what is not taken from a store, and no others
		l.Fatalf(strings.TrimSpace(format), args...)
		return
	}
	l.watch(format, args)
}

// watch looks for what the disk says.
func (l *log) watch(format string, args []any) {
	err := l.read(format, args)
	if !isDisk(err) && !cannotWrite(fmt.Sprintf(format, args...)) {
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.err == nil {
		l.err = err
		close(l.failed)
	}
}

// cannotWrite knows the lines after which a stream takes nothing more.
func cannotWrite(line string) bool {
	return strings.Contains(line, "ritical write error") ||
		strings.Contains(line, "failed to store a msg") ||
		strings.Contains(line, "denied while writing")
}

// read makes an error of a line: the one that is among its args, if there is one.
func (l *log) read(format string, args []any) error {
	err := fmt.Errorf(format, args...)
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

// cannotStart is why the server cannot start with the store that it has; nil, if it can.
func (l *log) cannotStart() error {
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
