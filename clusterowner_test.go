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

func newAskersSite(t *testing.T) *askersSite {
	s := &askersSite{site: newSite(t), lethal: make(chan struct{}), asks: map[int]int{}}
	front := httptest.NewUnstartedServer(s)
	front.Config.ErrorLog = quiet
	front.Config.ConnContext = func(ctx context.Context, c net.Conn) context.Context {
		return context.WithValue(ctx, askerKey{}, ownerOf(c.RemoteAddr().String()))
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
	pid := r.Context().Value(askerKey{}).(int)
	deadly := strings.HasPrefix(r.URL.Path, "/deadly/")
	s.note(pid, deadly)
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
	if p, err := os.FindProcess(pid); err == nil && pid > 1 && pid != os.Getpid() {
		p.Kill()
	}
	<-r.Context().Done()
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

// ownerOf is the process whose connection has that address of this machine, port and all;
// 0 if there is none any more.
func ownerOf(address string) (pid int) {
	socket := socketOf(address)
	open, _ := filepath.Glob("/proc/[0-9]*/fd/*") // the pattern is good
	for _, name := range open {
		if to, err := os.Readlink(name); err == nil && to == socket {
			pid, _ := strconv.Atoi(strings.Split(name, "/")[2])
			return pid
		}
	}
	return 0
}

// socketOf is what the descriptor of a connection links to.
func socketOf(address string) string {
	local := fmt.Sprintf(":%04X", netip.MustParseAddrPort(address).Port())
	sockets, _ := os.ReadFile("/proc/net/tcp") // which Linux has
	for line := range strings.Lines(string(sockets)) {
		fields := strings.Fields(line) // number, local address, remote address, state, ...
		if strings.HasSuffix(fields[1], local) && fields[3] == "01" {
			return "socket:[" + fields[9] + "]"
		}
	}
	return "no socket"
}
