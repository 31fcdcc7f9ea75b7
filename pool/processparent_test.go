package pool_test

import (
	"bufio"
	"context"
	"fmt"
	"io"
	"net"
	"os"
	"os/exec"
	"testing"
	"time"

	"trawl/pool"
)

// parentVariable makes the test binary a parent of workers. Its value is the
// address at which they are held.
const parentVariable = "POOL_TEST_PARENT"

// parent waits for a line on its standard input, then holds calls until it is killed.
func parent() int {
	if _, err := bufio.NewReader(os.Stdin).ReadString('\n'); err != nil {
		return 1
	}
	address := os.Getenv(parentVariable)
	engine, err := pool.Processes(options{Processes: 2, In: phases{}, Out: phases{}, Env: []string{parentVariable + "="}})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	ex, err := pool.New(engine, pool.Options{Workers: 8})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	for range 8 {
		if _, err := ex.Submit(context.Background(), "hold "+address+" x"); err != nil {
			fmt.Fprintln(os.Stderr, err)
			return 1
		}
	}
	select {}
}

// started is a parent in a process of its own.
type started struct{ *exec.Cmd }

// parentAt starts the program as a parent; it begins after what is to be done before.
func parentAt(t *testing.T, path, address string, before func()) started {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), path)
	cmd.Env = append(os.Environ(), parentVariable+"="+address)
	cmd.Stderr = os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	before()
	if _, err := io.WriteString(in, "\n"); err != nil {
		t.Fatal(err)
	}
	return started{cmd}
}

// stop kills it.
func (s started) stop() {
	_ = s.Process.Kill() // it may have been killed already
	_ = s.Wait()         // the signal
}

// gate is an address at which calls are held.
type gate struct {
	net.Listener
	address string
}

func newGate(t testing.TB) gate {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	return gate{l, l.Addr().String()}
}

// accept waits for a call.
func (g gate) accept(t testing.TB) net.Conn {
	t.Helper()
	conn, err := g.Accept()
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return conn
}

// letGo waits for a call and ends it. It may be called from any goroutine.
func (g gate) letGo() {
	conn, err := g.Accept()
	if err != nil {
		return // the test has ended
	}
	defer conn.Close()
	if _, err := bufio.NewReader(conn).ReadString('\n'); err == nil {
		_, _ = io.WriteString(conn, "\n") // if it does not come, the test waits for it
	}
}

// A parent that is killed takes its workers with it: the connections that they
// hold are closed within a second.
func TestProcessesEndWithTheirParent(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		g := newGate(t)
		cmd := parentAt(t, self, g.address, func() {})
		var held []net.Conn
		for range 8 {
			held = append(held, g.accept(t))
		}
		cmd.stop()
		over := time.Now().Add(time.Second)
		for _, conn := range held {
			if err := conn.SetReadDeadline(over); err != nil {
				t.Fatal(err)
			}
			_, err := io.Copy(io.Discard, conn) // its name, then the end
			if e, ok := err.(net.Error); ok && e.Timeout() {
				t.Fatal("a worker lives a second after its parent")
			}
		}
	}
}
