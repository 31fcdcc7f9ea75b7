//go:build linux

package main

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"
)

// askersSite is a site that knows which process asks it. Beside its pages it has
//
//	/deadly/N     kills the process that asks for it, when the test lets it
type askersSite struct {
	*site
	lethal chan struct{} // closed when that may be

	mu     sync.Mutex
	asks   map[int]int // by process
	deadly int         // how often such a page was asked for
}

type askerKey struct{}

// asker is who has a connection to the site.
type asker struct {
	from, to string // its addresses
	pid      int    // of the process, when it was made
}

const killAgain = 100 * time.Millisecond

// kill kills the process that has the connection, until that is over: a process that is
// being forked may have it as well, for a moment.
func (a asker) kill(over <-chan struct{}) {
	for {
		if pid := ownerOf(a.from, a.to); pid > 1 && pid != os.Getpid() {
			if p, err := os.FindProcess(pid); err == nil {
				p.Kill()
			}
		}
		select {
		case <-over:
			return
		case <-time.After(killAgain):
		}
	}
}

func newAskersSite(t *testing.T) *askersSite {
	s := &askersSite{site: newSite(t), lethal: make(chan struct{}), asks: map[int]int{}}
	front := httptest.NewUnstartedServer(s)
	front.Config.ErrorLog = quiet
	front.Config.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		return context.WithValue(ctx, askerKey{}, asker{c.RemoteAddr().String(), c.LocalAddr().String(), ownerOf(c.RemoteAddr().String(), c.LocalAddr().String())})
	}
	front.Start()
	t.Cleanup(func() {
		front.CloseClientConnections()
		front.Close()
	})
	s.site.Server.URL = front.URL
	return s
}

func (s *askersSite) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	who := r.Context().Value(askerKey{}).(asker)
	deadly := strings.HasPrefix(r.URL.Path, "/deadly/")
	s.note(who.pid, deadly)
	if !deadly {
		s.site.ServeHTTP(w, r)
		return
	}
	s.enter(r)
	defer s.leave(r)
	select {
	case <-s.lethal:
	case <-r.Context().Done():
		return
	}
	who.kill(r.Context().Done())
}

func (s *askersSite) note(pid int, deadly bool) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.asks[pid]++
	if deadly {
		s.deadly++
	}
}

// by is how often that process has asked for something.
func (s *askersSite) by(pid int) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asks[pid]
}

// killed is how often something deadly was asked for.
func (s *askersSite) killed() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.deadly
}

// ownerOf is the process whose connection has these addresses of this machine, ports and all;
// 0 if there is none any more.
func ownerOf(from, to string) (pid int) {
	socket := socketOf(from, to)
	var open []string
	commands, _ := filepath.Glob("/proc/[0-9]*/comm") // the pattern is good
	for _, name := range commands {
		if command, err := os.ReadFile(name); err == nil && string(command) == "trawl\n" { // few of all there are
			files, _ := filepath.Glob(filepath.Dir(name) + "/fd/*")
			open = append(open, files...)
		}
	}
	for _, name := range open {
		if to, err := os.Readlink(name); err == nil && to == socket {
			pid, _ := strconv.Atoi(strings.Split(name, "/")[2])
			return pid
		}
	}
	return 0
}

// socketOf is what the descriptor of a connection links to.
func socketOf(from, to string) string {
	port := func(address string) string { return fmt.Sprintf(":%04X", netip.MustParseAddrPort(address).Port()) }
	local, remote := port(from), port(to)
	sockets, _ := os.ReadFile("/proc/net/tcp") // which Linux has
	for line := range strings.Lines(string(sockets)) {
		fields := strings.Fields(line) // number, local address, remote address, state, ...
		if strings.HasSuffix(fields[1], local) && strings.HasSuffix(fields[2], remote) && fields[3] == "01" {
			return "socket:[" + fields[9] + "]"
		}
	}
	return "no socket"
}
