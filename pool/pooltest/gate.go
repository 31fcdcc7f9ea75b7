package pooltest

import (
	"bufio"
	"io"
	"net"
	"strings"
	"testing"
	"time"
)

// gate holds calls while they run, in whatever process that is.
type gate struct {
	t        *testing.T
	listener *net.TCPListener
}

// close lets no more calls come; those that wait to be taken fail.
func (g *gate) close() { g.listener.Close() }

func newGate(t *testing.T) *gate {
	t.Helper()
	l, err := net.ListenTCP("tcp", &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return &gate{t: t, listener: l}
}

// call is the argument of a call that comes to this gate.
func (g *gate) call(name string) string { return "hold " + g.listener.Addr().String() + " " + name }

// held is a call that is running until it is let go, or the test ends.
type held struct {
	t    *testing.T
	name string
	conn net.Conn
}

// next waits until a call has come.
func (g *gate) next() held {
	g.t.Helper()
	if err := g.listener.SetDeadline(time.Now().Add(20 * time.Second)); err != nil {
		g.t.Fatal(err)
	}
	conn, err := g.listener.Accept()
	if err != nil {
		g.t.Fatalf("no call came: %v", err)
	}
	g.t.Cleanup(func() { conn.Close() })
	name, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		g.t.Fatal(err)
	}
	return held{t: g.t, name: strings.TrimSpace(name), conn: conn}
}

// nextOf waits until n calls have come.
func (g *gate) nextOf(n int) map[string]held {
	g.t.Helper()
	all := map[string]held{}
	for range n {
		h := g.next()
		all[h.name] = h
	}
	return all
}

// wantNoMore reports a call that has come and was not taken. It is for when no
// more can come.
func (g *gate) wantNoMore() {
	g.t.Helper()
	conn, err := net.Dial("tcp", g.listener.Addr().String()) // stands behind it
	if err != nil {
		g.t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "nobody\n"); err != nil {
		g.t.Fatal(err)
	}
	if got := g.next().name; got != "nobody" {
		g.t.Errorf("call %q was made", got)
	}
}

// drop makes the call fail.
func (h held) drop() { h.conn.Close() }

func (h held) release() {
	h.t.Helper()
	if _, err := io.WriteString(h.conn, "\n"); err != nil {
		h.t.Error(err)
	}
}
