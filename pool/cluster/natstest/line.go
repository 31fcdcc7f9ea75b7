package natstest

import (
	"io"
	"net"
	"sync"
	"testing"
)

// line carries what one server says to another, and what that answers, until it is cut.
type line struct {
	listener net.Listener
	target   string
	running  sync.WaitGroup

	mu    sync.Mutex // guards those below
	isCut bool
	conns map[net.Conn]struct{}
}

// newLine makes a line to a server that may not be there yet. It ends with the test.
func newLine(t testing.TB, target string) *line {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	l := &line{listener: listener, target: target, conns: map[net.Conn]struct{}{}}
	l.running.Go(l.accept)
	t.Cleanup(func() {
		listener.Close()
		l.cut()
		l.running.Wait()
	})
	return l
}

func (l *line) address() string { return l.listener.Addr().String() }

func (l *line) accept() {
	for {
		conn, err := l.listener.Accept()
		if err != nil {
			return
		}
		l.running.Go(func() { l.carry(conn) })
	}
}

func (l *line) carry(from net.Conn) {
	defer from.Close()
	if !l.add(from) {
		return
	}
	defer l.remove(from)
	to, err := net.Dial("tcp", l.target)
	if err != nil {
		return
	}
	defer to.Close()
	if !l.add(to) {
		return
	}
	defer l.remove(to)
	var back sync.WaitGroup
	back.Go(func() {
		_, _ = io.Copy(from, to)
		from.Close()
	})
	_, _ = io.Copy(to, from)
	to.Close()
	back.Wait()
}

// add reports whether the line is whole, and has conn closed when it is cut.
func (l *line) add(conn net.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.isCut {
		l.conns[conn] = struct{}{}
	}
	return !l.isCut
}

func (l *line) remove(conn net.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.conns, conn)
}

// cut closes the connections there are, and lets no more through.
func (l *line) cut() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.isCut = true
	for conn := range l.conns {
		conn.Close()
	}
}

func (l *line) heal() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.isCut = false
}
