//go:build linux

package main

import (
	"bytes"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/creack/pty"
	"github.com/google/go-cmp/cmp"
)

// workersOf are the processes that the process has started and that have not ended.
func workersOf(parent int) (pids []int) {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat") // the pattern is good
	for _, name := range stats {
		stat, err := os.ReadFile(name)
		if err != nil { // it has ended
			continue
		}
		fields := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:]) // state, parent, ...
		if string(fields[1]) == strconv.Itoa(parent) && string(fields[0]) != "Z" {
			pid, _ := strconv.Atoi(filepath.Base(filepath.Dir(name)))
			pids = append(pids, pid)
		}
	}
	return pids
}

// isAlive is false of a process that has ended, though nobody has waited for it.
func isAlive(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	return err == nil && !bytes.HasPrefix(stat[bytes.LastIndexByte(stat, ')')+1:], []byte(" Z"))
}

// Workers are killed, one after another: the next one at a random moment after the
// last one has been replaced and what it had in flight is made up for.
func TestNoRecordIsLostOrDoubledWhenWorkersAreKilled(t *testing.T) {
	const urls, workers = 20_000, 2
	dir, port := t.TempDir(), answerEverything(t)
	var all []string
	for i := range urls {
		all = append(all, fmt.Sprintf("http://127.0.0.1:%s/%d", port, i))
	}
	list(t, dir, all...)
	cmd := trawl(t, dir, "urls.txt", "--executor", "process", "--processes", fmt.Sprint(workers), "-c", "32", "--host-concurrency", "32")
	var said listener
	cmd.Stdout, cmd.Stderr = &said, &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	over := make(chan error, 1)
	go func() { over <- cmd.Wait() }()
	killed := killOneAfterAnother(t, cmd.Process.Pid, workers, over)
	err := <-over
	if code := exitOf(t, err); code != exitOK || said.String() != "" {
		t.Errorf("exit %d, want 0 and silence: %s", code, said.String())
	}
	records := map[string]int{}
	for line := range strings.Lines(contents(t, dir, "db.txt")) {
		if records[line]++; records[line] > 1 {
			t.Errorf("a second record: %s", line)
		}
	}
	if failed, err := os.ReadFile(filepath.Join(dir, "db.errors.jsonl")); err == nil {
		t.Errorf("there are failures:\n%s", failed)
	}
	if len(records) != urls || killed < 5 {
		t.Errorf("%d URLs have a record, want %d; %d workers were killed, want some", len(records), urls, killed)
	}
}

// killOneAfterAnother returns how many it has killed when over has a value, which
// stays there.
func killOneAfterAnother(t *testing.T, parent, workers int, over chan error) (killed int) {
	t.Helper()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for wait := 10; ; {
		select {
		case err := <-over:
			over <- err
			return killed
		case <-tick.C:
		}
		pids := workersOf(parent)
		if len(pids) != workers {
			continue
		}
		if wait--; wait <= 0 {
			syscall.Kill(pids[rand.IntN(workers)], syscall.SIGKILL)
			killed++
			wait = rand.IntN(20)
		}
	}
}

func TestTheTerminalsSignalsReachTheCoordinatorOnly(t *testing.T) {
	dir, s := t.TempDir(), newSite(t)
	list(t, dir, s.URL+"/hold/1", s.URL+"/hold/2", s.URL+"/page/3")
	cmd := trawl(t, dir, "--executor", "process", "--host-concurrency", "2", "urls.txt")
	terminal, err := pty.Start(cmd)
	if err != nil {
		t.Fatal(err)
	}
	defer terminal.Close()
	var said listener
	read := make(chan struct{})
	go func() {
		defer close(read)
		io.Copy(&said, terminal) // until the command has ended
	}()
	waitAsked(t, s, 2)
	for _, worker := range workersOf(cmd.Process.Pid) {
		for _, s := range []syscall.Signal{syscall.SIGHUP, syscall.SIGINT, syscall.SIGTERM} { // as pkill and a service manager send them: to all processes
			syscall.Kill(worker, s)
		}
	}
	terminal.WriteString("\x03") // Ctrl-C
	said.wait(t, "Stopping: 2 requests in flight, up to 5 s.")
	s.release()
	<-read
	if code := exitOf(t, cmd.Wait()); code != exitINT {
		t.Errorf("exit %d, want %d", code, exitINT)
	}
	if got := contents(t, dir, "db.txt"); strings.Count(got, "/hold/") != 2 || strings.Contains(got, "/page/") {
		t.Errorf("db.txt = %q, want the two pages in flight", got)
	}
	if got := s.log(); len(got) != 2 {
		t.Errorf("the site was asked for %q, want each page once: no worker has died", got)
	}
}

func TestWorkersEndWithTheProcessThatStartedThem(t *testing.T) {
	atOnce(t, time.Second, func() time.Duration { return workersEnd(t) })
}

// workersEnd kills the command, and returns how long its workers live on.
func workersEnd(t *testing.T) time.Duration {
	t.Helper()
	dir, s := t.TempDir(), newSite(t)
	cmd := trawl(t, dir, "--executor", "process", s.URL+"/hang/1")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	waitAsked(t, s, 1)
	workers := workersOf(cmd.Process.Pid)
	cmd.Process.Kill()
	begin := time.Now()
	cmd.Wait()
	eventually(t, "the workers have ended", func() bool { return !slices.ContainsFunc(workers, isAlive) })
	if len(workers) == 0 {
		t.Error("there were no workers")
	}
	return time.Since(begin)
}

// Command lines and environments can be seen: secrets go to a worker by its pipe.
func TestSecretsReachAWorkerUnseen(t *testing.T) {
	dir, s := t.TempDir(), newSite(t)
	cmd := trawl(t, dir, "--executor", "process", "-H", "X-Key: hidden", "-x", strings.Replace(s.URL, "://", "://me:hidden@", 1), "http://example.com/hold/1")
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	waitAsked(t, s, 1)
	for _, worker := range workersOf(cmd.Process.Pid) {
		for _, name := range []string{"cmdline", "environ"} {
			if seen := contents(t, fmt.Sprintf("/proc/%d/%s", worker, name)); strings.Contains(seen, "hidden") || seen == "" {
				t.Errorf("%s of a worker: %q", name, seen)
			}
		}
	}
	if got := s.heads[0]; got.Get("X-Key") != "hidden" || got.Get("Proxy-Authorization") == "" {
		t.Errorf("the request had %v, want the secrets", got)
	}
	s.release()
	if code := exitOf(t, cmd.Wait()); code != exitOK {
		t.Errorf("exit %d, want 0", code)
	}
}

func TestVerboseTellsOfWorkersThatDie(t *testing.T) {
	dir, s := t.TempDir(), newSite(t)
	cmd := trawl(t, dir, "-v", "--executor", "process", "--processes", "1", s.URL+"/hold/1")
	var said listener
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	waitAsked(t, s, 1)
	for _, worker := range workersOf(cmd.Process.Pid) {
		syscall.Kill(worker, syscall.SIGQUIT) // Go prints its stacks
	}
	waitAsked(t, s, 2)
	s.release()
	if code := exitOf(t, cmd.Wait()); code != exitOK {
		t.Errorf("exit %d, want 0", code)
	}
	for _, want := range []string{`(?m)^trawl: worker-1: SIGQUIT: quit$`, `(?m)^trawl: worker-1 died \(exit status 2\)$`} {
		if !regexp.MustCompile(want).MatchString(said.String()) {
			t.Errorf("stderr lacks %s:\n%s", want, said.String())
		}
	}
}

// What -vv says is the same with each executor, and in the same order, but for times.
func TestVeryVerboseSaysTheSameWithEachExecutor(t *testing.T) {
	s := newSite(t)
	said := map[string]string{}
	for _, executor := range []string{inThreads, inProcesses} {
		t.Chdir(t.TempDir())
		_, text := inProcess(t, "-vv", "--executor", executor, "-c1", "--retries", "0",
			"-H", "X-Key: hidden", s.URL+"/to/1?u=/page/2", s.URL+"/status/404", s.URL+"/reset/1")
		said[executor] = settled(text)
	}
	if diff := cmp.Diff(said[inThreads], said[inProcesses]); diff != "" {
		t.Errorf("-vv (-thread +process):\n%s", diff)
	}
	// The last page is asked for twice: its kept connection could have been dead.
	if got := said[inProcesses]; strings.Count(got, "GET /") != 5 || !strings.Contains(got, "HTTP/1.1 302\n") || !strings.Contains(got, "X-Key: ***") {
		t.Errorf("-vv says:\n%s", got)
	}
}

var (
	times  = regexp.MustCompile(`in [0-9.]+[mµ]?s \(.*\)|Date: .*`)
	header = regexp.MustCompile(`(?m)(?:^[A-Z][A-Za-z-]+: .*\n)+`)
)

// settled is what -vv says without times, and with the fields of each head sorted:
// an answer's are in no order.
func settled(text string) string {
	text = times.ReplaceAllString(text, "Time: ...")
	return header.ReplaceAllStringFunc(text, func(head string) string {
		lines := slices.Sorted(strings.Lines(head))
		return strings.Join(lines, "")
	})
}

// Where the system does not give what a worker needs, here its pipes, the run ends with
// that reason, and does not record as failed what it has not tried.
func TestWorkersThatCannotBeStartedAreTheReason(t *testing.T) {
	dir, s := t.TempDir(), newSite(t)
	cmd := exec.CommandContext(t.Context(), "sh", "-c", `ulimit -n 13; trawl -q --executor process "$1" "$2"`, "sh", s.URL+"/page/1", s.URL+"/page/2")
	cmd.Dir = dir
	said, err := cmd.CombinedOutput()
	want := regexp.MustCompile(`^trawl: cannot start worker processes: start worker-1: .*too many open files \(option --executor\)\n  Look at .*\n$`)
	if code := exitOf(t, err); code != exitWorkers || !want.Match(said) {
		t.Errorf("exit %d, want %d and the reason: %s", code, exitWorkers, said)
	}
	if files, err := filepath.Glob(filepath.Join(dir, "*.jsonl")); len(files) > 0 || err != nil {
		t.Errorf("there are failures: %v, %v", files, err)
	}
	if asked := s.log(); len(asked) > 0 {
		t.Errorf("the site was asked for %v", asked)
	}
}
