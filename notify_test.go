package main

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"testing/synctest"
	"time"
)

// manager is the socket of a service manager, which keeps what it is told.
type manager struct {
	*net.UnixConn
	path string
	done sync.WaitGroup
	mu   sync.Mutex // guards told
	told []string
}

func newManager(t *testing.T) *manager {
	t.Helper()
	dir, err := os.MkdirTemp("", "trawl-notify-") // a socket's name may have 107 bytes
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	m := &manager{path: filepath.Join(dir, "notify")}
	if m.UnixConn, err = net.ListenUnixgram("unixgram", &net.UnixAddr{Name: m.path, Net: "unixgram"}); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		m.Close()
		m.done.Wait()
	})
	return m
}

// listen keeps messages until the socket is closed.
func (m *manager) listen() {
	m.done.Go(func() {
		for buf := make([]byte, 4096); ; {
			n, err := m.Read(buf)
			if err != nil {
				return
			}
			m.mu.Lock()
			m.told = append(m.told, string(buf[:n]))
			m.mu.Unlock()
		}
	})
}

func (m *manager) messages() []string {
	m.mu.Lock()
	defer m.mu.Unlock()
	return slices.Clone(m.told)
}

// hears waits until one of the messages has all these words.
func (m *manager) hears(t *testing.T, words ...string) {
	t.Helper()
	eventually(t, "the service manager hears "+strings.Join(words, ", "), func() bool {
		return slices.ContainsFunc(m.messages(), func(told string) bool {
			return !slices.ContainsFunc(words, func(word string) bool { return !strings.Contains(told, word) })
		})
	})
}

func TestTheServiceManagerIsTold(t *testing.T) { everyExecutor(t, theServiceManagerIsTold) }

func theServiceManagerIsTold(t *testing.T) {
	dir, s, m := t.TempDir(), newSite(t), newManager(t)
	m.listen()
	t.Setenv("NOTIFY_SOCKET", m.path)
	if code, said := inProcess(t, list(t, dir, s.URL+"/page/1", s.URL+"/page/2"), "-o", filepath.Join(dir, "db.txt")); code != exitOK || said != "" {
		t.Fatalf("exit %d: %s", code, said)
	}
	m.hears(t, "STATUS=Done in ", ": 2 pages into ", ", 0 failed, 0 skipped (2 URLs)")
	told := m.messages()
	if len(told) != 2 || !strings.HasPrefix(told[0], "READY=1\nSTATUS=") {
		t.Errorf("the service manager is told %q", told)
	}
	for _, message := range told {
		for line := range strings.SplitSeq(message, "\n") {
			if name, value, ok := strings.Cut(line, "="); !ok || value == "" || !slices.Contains([]string{"READY", "STATUS"}, name) {
				t.Errorf("%q is no assignment", line)
			}
		}
	}
}

func TestTheServiceManagerIsToldOfTheEnd(t *testing.T) {
	dir, s, m := t.TempDir(), newSite(t), newManager(t)
	m.listen()
	cmd := trawl(t, dir, s.URL+"/page/1", s.URL+"/hold/1", "-c1", "-q")
	cmd.Env = append(cmd.Env, "NOTIFY_SOCKET="+m.path)
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	waitAsked(t, s, 2)
	if err := cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	m.hears(t, "STOPPING=1\nSTATUS=Stopping: 1 request in flight, up to 5 s.")
	s.release()
	if code := exitOf(t, cmd.Wait()); code != exitTERM {
		t.Errorf("exit %d, want %d", code, exitTERM)
	}
	m.hears(t, "STATUS=Stopped by SIGTERM after ", ": 2 pages into db.txt")
}

// Statuses come every ten seconds, and none after the end.
func TestStatusesComeEveryTenSeconds(t *testing.T) {
	m := newManager(t)
	t.Setenv("NOTIFY_SOCKET", m.path)
	synctest.Test(t, func(t *testing.T) {
		n := startNotifier(func() string { return "all is well" })
		<-time.After(3*statusEvery + time.Second)
		n.close()
		n.close()
		n.ended("done")
	})
	m.listen()
	m.hears(t, "STATUS=done")
	want := []string{"READY=1\nSTATUS=all is well", "STATUS=all is well", "STATUS=all is well", "STATUS=all is well", "STATUS=done"}
	if got := m.messages(); !slices.Equal(got, want) {
		t.Errorf("the service manager hears %q, want %q", got, want)
	}
}

func TestAnAbstractSocketIsAServiceManagersToo(t *testing.T) {
	dir, s := t.TempDir(), newSite(t)
	name := "@" + filepath.Base(dir) + t.Name()
	conn, err := net.ListenUnixgram("unixgram", &net.UnixAddr{Name: name, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	m := &manager{UnixConn: conn}
	m.listen()
	t.Cleanup(func() {
		conn.Close()
		m.done.Wait()
	})
	t.Setenv("NOTIFY_SOCKET", name)
	if code, said := inProcess(t, s.URL+"/page/1", "-o", filepath.Join(dir, "db.txt")); code != exitOK {
		t.Fatalf("exit %d: %s", code, said)
	}
	m.hears(t, "STATUS=Done in ")
}

func TestAServiceManagerThatIsGoneIsNoError(t *testing.T) {
	dir, s := t.TempDir(), newSite(t)
	for _, socket := range []string{filepath.Join(dir, "none"), dir, "@", "vsock:2:1234", strings.Repeat("x", 500)} {
		t.Setenv("NOTIFY_SOCKET", socket)
		if code, said := inProcess(t, s.URL+"/page/1", "-o", filepath.Join(dir, "db.txt")); code != exitOK || said != "" {
			t.Errorf("%q: exit %d: %s", socket, code, said)
		}
	}
}

// A manager that takes nothing, since it hangs, does not hang the run.
func TestTheRunDoesNotWaitForAServiceManager(t *testing.T) {
	dir, s, m := t.TempDir(), newSite(t), newManager(t)
	fill, err := net.DialUnix("unixgram", nil, &net.UnixAddr{Name: m.path, Net: "unixgram"})
	if err != nil {
		t.Fatal(err)
	}
	defer fill.Close()
	for full := false; !full; {
		if err := fill.SetWriteDeadline(time.Now().Add(50 * time.Millisecond)); err != nil {
			t.Fatal(err)
		}
		_, err := fill.Write([]byte("x"))
		full = errors.Is(err, os.ErrDeadlineExceeded)
		if err != nil && !full {
			t.Fatal(err)
		}
	}
	cmd := trawl(t, dir, s.URL+"/page/1")
	cmd.Env = append(cmd.Env, "NOTIFY_SOCKET="+m.path)
	if out, err := cmd.CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("%v: %s", err, out)
	}
}
