//go:build linux

package main

import (
	"fmt"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"trawl/pool/cluster/broker"
)

// userServer is a NATS server that no run has started.
func userServer(t *testing.T, dir string) *broker.Server {
	t.Helper()
	server, err := broker.Start(broker.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := server.Close(); err != nil {
			t.Error(err)
		}
	})
	return server
}

// withAddress gives a command the address of a server where nobody sees it.
func withAddress(cmd *exec.Cmd, address string) *exec.Cmd {
	cmd.Env = append(cmd.Env, "TRAWL_NATS="+address)
	return cmd
}

// A worker serves one run after the other, and --once the first alone, with worker processes
// if it is asked for them.
func TestAWorkerServesTheRunsOfItsServer(t *testing.T) {
	s, server := newSite(t), userServer(t, t.TempDir())
	worker := withAddress(trawl(t, t.TempDir(), "worker", "-c", "7"), server.Address())
	log := started(t, worker)
	for n := range 2 {
		dir := t.TempDir()
		list(t, dir, s.URL+"/page/1", s.URL+"/status/404")
		run := withAddress(trawl(t, dir, "urls.txt", "--executor", "cluster", "-v"), server.Address())
		said := started(t, run)
		endsWith(t, run, said, exitFailed)
		if !strings.Contains(said.String(), "has joined: 7 requests at once") || strings.Contains(said.String(), server.Address()) || !strings.Contains(said.String(), "trawl worker --nats nats://***@") {
			t.Errorf("the run says: %s", said)
		}
		eventually(t, "the worker notices the end of the run", func() bool { return strings.Count(log.String(), " has ended\n") == n+1 })
	}
	if err := worker.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	endsWith(t, worker, log, exitOK)
	stamp := `(?m)^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ  `
	for _, line := range []string{"connected to nats://127.0.0.1:\\d+, 7 pages at once$", "serving run \\S+$", "run \\S+ has ended$", "stopping: what was taken is finished first$"} {
		if !regexp.MustCompile(stamp + line).MatchString(log.String()) {
			t.Errorf("the log lacks %s:\n%s", line, log)
		}
	}

	once := withAddress(trawl(t, t.TempDir(), "worker", "--once", "-q", "--executor", "process", "--processes", "1"), server.Address())
	quiet := started(t, once)
	dir := t.TempDir()
	run := withAddress(trawl(t, dir, "--executor", "cluster", s.URL+"/hold/1"), server.Address())
	said := started(t, run)
	waitAsked(t, s, 5)
	if got := workersOf(once.Process.Pid); len(got) != 1 {
		t.Errorf("the worker has the processes %v, want one", got)
	}
	s.release()
	endsWith(t, run, said, exitOK)
	endsWith(t, once, quiet, exitOK)
	if got := quiet.String(); got != "" {
		t.Errorf("with -q the worker says: %s", got)
	}
}

// A second signal ends a worker at once, with the signal's code: what it had is left to others.
func TestASecondSignalEndsAWorkerAtOnce(t *testing.T) {
	s, server := newSite(t), userServer(t, t.TempDir())
	worker := withAddress(trawl(t, t.TempDir(), "worker"), server.Address())
	log := started(t, worker)
	dir := t.TempDir()
	run := withAddress(trawl(t, dir, "--executor", "cluster", s.URL+"/hold/1"), server.Address())
	said := started(t, run)
	waitAsked(t, s, 1)
	for range 2 {
		if err := worker.Process.Signal(os.Interrupt); err != nil {
			t.Fatal(err)
		}
		log.wait(t, "stopping: ")
	}
	endsWith(t, worker, log, exitINT)
	s.release()
	other := withAddress(trawl(t, t.TempDir(), "worker", "--once"), server.Address())
	heard := started(t, other)
	endsWith(t, run, said, exitOK)
	endsWith(t, other, heard, exitOK)
}

// A worker waits for a server that is not there, with a word to its log, and for one that
// goes; and can be stopped meanwhile.
func TestAWorkerWaitsForItsServer(t *testing.T) {
	dir := t.TempDir()
	server, err := broker.Start(broker.Options{Dir: dir})
	if err != nil {
		t.Fatal(err)
	}
	address := server.Address()
	if err := server.Close(); err != nil {
		t.Fatal(err)
	}
	worker := withAddress(trawl(t, t.TempDir(), "worker"), address)
	log := started(t, worker)
	log.wait(t, "the NATS server is gone; waiting for it: ")
	again := userServer(t, dir)
	if again.Address() != address {
		t.Fatalf("the server has moved from %s to %s", address, again.Address())
	}
	log.wait(t, "connected to ")
	if err := again.Close(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "the worker notices that the server is gone", func() bool { return strings.Count(log.String(), "the NATS server is gone; waiting for it: ") == 2 })
	if err := worker.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	endsWith(t, worker, log, exitOK)

	waiting := withAddress(trawl(t, t.TempDir(), "worker"), address)
	log = started(t, waiting)
	log.wait(t, "the NATS server is gone; waiting for it: ")
	if err := waiting.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	endsWith(t, waiting, log, exitOK)
}

// A server that does not want us is a mistake of the command line, and one that is not there is
// none; neither is waited for by a run.
func TestServersThatCannotBeUsed(t *testing.T) {
	s, server := newSite(t), userServer(t, t.TempDir())
	at := strings.LastIndexByte(server.Address(), '@')
	wrong := "nats://me:topsecret@" + server.Address()[at+1:]
	for _, args := range [][]string{{"worker"}, {"--executor", "cluster", s.URL + "/page/1"}} {
		dir := t.TempDir()
		cmd := withAddress(trawl(t, dir, args...), wrong)
		said := started(t, cmd)
		endsWith(t, cmd, said, exitUsage)
		if got := said.String(); !strings.Contains(got, "does not accept the credentials") || strings.Contains(got, "topsecret") || !strings.HasPrefix(got, "trawl: ") {
			t.Errorf("trawl %q says: %s", args, got)
		}
		if got := namesIn(t, dir); len(got) > 0 {
			t.Errorf("trawl %q makes %q", args, got)
		}
	}
	dir := t.TempDir()
	run := withAddress(trawl(t, dir, "--executor", "cluster", s.URL+"/page/1"), "nats://"+nobody(t))
	said := started(t, run)
	endsWith(t, run, said, exitWorkers)
	if got := said.String(); !regexp.MustCompile(`^trawl: connect: nats://\S+: .*connection refused \(TRAWL_NATS\)\n  Is it running`).MatchString(got) {
		t.Errorf("it says: %s", got)
	}
	if got := namesIn(t, dir); len(got) > 0 {
		t.Errorf("it makes %q", got)
	}
}

// nobody is an address at which nobody listens.
func nobody(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().String()
}

// A place where our own server cannot be is told by the option that names it.
func TestPlacesWhereAServerCannotBe(t *testing.T) {
	s := newSite(t)
	dir := t.TempDir()
	taken := strings.TrimPrefix(s.URL, "http://")
	run := trawl(t, dir, "--executor", "cluster", "--nats-listen", taken, s.URL+"/page/1")
	said := started(t, run)
	endsWith(t, run, said, exitUsage)
	if got := said.String(); !strings.HasPrefix(got, "trawl: cannot listen at "+taken+": ") || !strings.Contains(got, "(option --nats-listen)\n") {
		t.Errorf("it says: %s", got)
	}
	if err := os.WriteFile(filepath.Join(dir, "db.txt.nats"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	run = trawl(t, dir, "--executor", "cluster", s.URL+"/page/1")
	said = started(t, run)
	endsWith(t, run, said, exitWrite)
	if got := said.String(); !regexp.MustCompile(`^trawl: cannot write \S*db.txt.nats: not a directory \(option --executor\)\n`).MatchString(got) {
		t.Errorf("it says: %s", got)
	}
	if diff := cmp.Diff([]string{"db.txt.nats"}, namesIn(t, dir)); diff != "" {
		t.Errorf("files (-want +got):\n%s", diff)
	}
}

// A server that is open to others has TLS, and the line for workers its certificate.
func TestAServerForOtherMachinesIsJoinedWithTLS(t *testing.T) {
	dir, s := t.TempDir(), newSite(t)
	_, port, err := net.SplitHostPort(nobody(t))
	if err != nil {
		t.Fatal(err)
	}
	run := trawl(t, dir, "-v", "--executor", "cluster", "--nats-listen", ":"+port, "-H", "X-Key: hidden", s.URL+"/hold/1", s.URL+"/page/1")
	said := started(t, run)
	waitAsked(t, s, 2)
	_, address := pastedLine(t, said)
	if !regexp.MustCompile(`^tls://\S+@\S+:` + port + `#sha256=[0-9a-f]{64}$`).MatchString(address) {
		t.Errorf("the address for workers is %s", address)
	}
	here := regexp.MustCompile(`@[^#]*`).ReplaceAllString(address, "@127.0.0.1:"+port) // wherever the machine's own address leads
	helper := withAddress(trawl(t, t.TempDir(), "worker", "--once"), here)
	heard := started(t, helper)
	heard.wait(t, "serving run ")
	s.release()
	endsWith(t, run, said, exitOK)
	endsWith(t, helper, heard, exitOK)
	if got := fmt.Sprint(linesOf(contents(t, dir, "db.txt"))); strings.Count(got, "url:") != 2 {
		t.Errorf("db.txt has %s", got)
	}
}
