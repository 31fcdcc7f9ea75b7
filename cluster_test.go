//go:build linux

package main

import (
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// started runs cmd, whose standard error is heard, and ends it with the test.
func started(t *testing.T, cmd *exec.Cmd) *listener {
	t.Helper()
	var said listener
	cmd.Stderr = &said
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if cmd.ProcessState == nil {
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
		}
	})
	return &said
}

// endsWith waits for the command, and wants this exit code.
func endsWith(t *testing.T, cmd *exec.Cmd, said *listener, want int) {
	t.Helper()
	if code := ends(t, cmd, time.Minute); code != want {
		t.Errorf("%v: exit %d, want %d: %s", cmd.Args, code, want, said)
	}
}

// localWorkerOf waits for the worker beside a coordinator, and returns it.
func localWorkerOf(t *testing.T, coordinator *exec.Cmd) (pid int) {
	t.Helper()
	eventually(t, "there is a worker beside the coordinator", func() bool {
		all := workersOf(coordinator.Process.Pid)
		if len(all) > 0 {
			pid = all[0]
		}
		return len(all) == 1
	})
	return pid
}

func isGone(t *testing.T, pid int) {
	t.Helper()
	eventually(t, fmt.Sprintf("process %d has ended", pid), func() bool { return !isAlive(pid) })
}

var pasted = regexp.MustCompile(`to have another machine help:  (trawl worker --nats '(\S+)')`)

// pastedLine waits for the command line that -v prints for workers, and returns it with
// its address.
func pastedLine(t *testing.T, said *listener) (line, address string) {
	t.Helper()
	eventually(t, "-v prints the workers' line", func() bool { return pasted.MatchString(said.String()) })
	found := pasted.FindStringSubmatch(said.String())
	return found[1], found[2]
}

// failuresOf are the failures of a run, without what differs from run to run.
func failuresOf(t *testing.T, dir string) (all []string) {
	t.Helper()
	for _, line := range linesOf(contents(t, dir, "db.errors.jsonl")) {
		var rec struct {
			Seq, Line, Status, Attempts, Redirects int
			URL, FinalURL, Class, Error            string
		}
		if err := json.Unmarshal([]byte(line), &rec); err != nil {
			t.Fatal(err)
		}
		all = append(all, fmt.Sprintf("%+v", rec))
	}
	slices.Sort(all)
	return all
}

// A cluster of one machine does what one process does, with the same list, and leaves nothing
// but its results.
func TestAClusterGivesTheSameResultsAsThreads(t *testing.T) {
	s := newSite(t)
	urls := []string{
		s.URL + "/gbk", s.URL + "/utf16", s.URL + "/wrong", s.URL + "/latin1", s.URL + "/gzip/1", s.URL + "/status/404", s.URL + "/status/500/1",
		s.URL + "/to/1?u=/page/2", s.URL + "/to/2?u=/to/3?u=/page/3", s.URL + "/loop/1", s.URL + "/cut/1", s.URL + "/reset/1", s.URL + "/hang/1",
		"no url", s.URL + "/page/1", `{"url":"` + s.URL + `/page/4","meta":{"a":[1,2]}}`, "http://127.0.0.1:1/", s.URL + "/status/204",
	}
	for i := range 100 {
		urls = append(urls, fmt.Sprintf("%s/page/%d", s.URL, 10+i))
	}
	lines, failures := map[string][]string{}, map[string][]string{}
	for _, executor := range []string{inThreads, inCluster} {
		dir := t.TempDir()
		list(t, dir, urls...)
		cmd := trawl(t, dir, "urls.txt", "--executor", executor, "-t", "2s", "--retries", "1", "--retry-wait", "1ms")
		endsWith(t, cmd, started(t, cmd), exitFailed)
		lines[executor] = linesOf(contents(t, dir, "db.txt"))
		slices.Sort(lines[executor])
		failures[executor] = failuresOf(t, dir)
		if diff := cmp.Diff([]string{"db.errors.jsonl", "db.txt", "urls.txt"}, namesIn(t, dir)); diff != "" {
			t.Errorf("a run with executor %s leaves other files (-want +got):\n%s", executor, diff)
		}
	}
	if diff := cmp.Diff(lines[inThreads], lines[inCluster]); diff != "" {
		t.Errorf("db.txt (-thread +cluster):\n%s", diff)
	}
	if diff := cmp.Diff(failures[inThreads], failures[inCluster]); diff != "" {
		t.Errorf("db.errors.jsonl (-thread +cluster):\n%s", diff)
	}
}

func namesIn(t *testing.T, dir string) (names []string) {
	t.Helper()
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		names = append(names, e.Name())
	}
	return names
}

// A second worker is started by the line that -v prints, and one that is stopped amid the
// run finishes what it has: no page is lost, and none is fetched twice.
func TestAWorkerThatIsStoppedLosesAndRepeatsNothing(t *testing.T) {
	dir, s := t.TempDir(), newSite(t)
	var urls []string
	for i := range 300 {
		urls = append(urls, fmt.Sprintf("%s/slow/20/%d", s.URL, i))
	}
	list(t, dir, urls...)
	run := trawl(t, dir, "urls.txt", "--executor", "cluster", "-v", "--rate", "150")
	said := started(t, run)
	line, address := pastedLine(t, said)
	helper := exec.CommandContext(t.Context(), "sh", "-c", "exec "+line)
	helper.Dir = t.TempDir()
	heard := started(t, helper)
	heard.wait(t, "serving run ")
	password := address[strings.LastIndexByte(address[:strings.LastIndexByte(address, '@')], ':')+1 : strings.LastIndexByte(address, '@')]
	if len(password) < 16 || strings.Contains(heard.String(), password) {
		t.Errorf("the worker's log has the password %q: %s", password, heard)
	}
	said.wait(t, fmt.Sprintf("-%d has joined", helper.Process.Pid))
	waitAsked(t, s, 100)
	if err := helper.Process.Signal(os.Interrupt); err != nil {
		t.Fatal(err)
	}
	endsWith(t, helper, heard, exitOK)
	endsWith(t, run, said, exitOK)
	if got := len(linesOf(contents(t, dir, "db.txt"))); got != len(urls) {
		t.Errorf("%d lines, want %d", got, len(urls))
	}
	for path, times := range s.times {
		if times != 1 {
			t.Errorf("%s was fetched %d times", path, times)
		}
	}
	if got := said.String(); !strings.Contains(got, fmt.Sprintf("-%d has left", helper.Process.Pid)) {
		t.Errorf("the run does not say that the worker has left: %s", got)
	}
}

// The worker beside a coordinator ends with it, however that ends, and the run can be gone on with
// as any; then its server's folder goes, too.
func TestNothingIsLeftOfACoordinatorThatIsKilled(t *testing.T) {
	dir, s := t.TempDir(), newSite(t)
	list(t, dir, s.URL+"/page/1", s.URL+"/hold/1", s.URL+"/page/2")
	run := trawl(t, dir, "urls.txt", "--executor", "cluster")
	said := started(t, run)
	waitAsked(t, s, 3)
	worker := localWorkerOf(t, run)
	if group, err := syscall.Getpgid(worker); err != nil || group != worker {
		t.Errorf("the worker is in process group %d, %v: a Ctrl-C would reach it", group, err)
	}
	if err := run.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	endsWith(t, run, said, -1)
	isGone(t, worker)
	if _, err := os.Stat(filepath.Join(dir, "db.txt.nats")); err != nil {
		t.Errorf("the server's folder is not there for --resume: %v", err)
	}
	s.release()
	again := trawl(t, dir, "urls.txt", "--executor", "cluster", "--resume")
	endsWith(t, again, started(t, again), exitOK)
	if got := linesOf(contents(t, dir, "db.txt")); len(got) != 3 {
		t.Errorf("the resumed run's lines: %q, want 3", got)
	}
	if diff := cmp.Diff([]string{"db.txt", "urls.txt"}, namesIn(t, dir)); diff != "" {
		t.Errorf("the resumed run leaves other files (-want +got):\n%s", diff)
	}
}

// What a run that was interrupted has on its server stays until it is gone on with, or a
// new run is begun.
func TestAServersFolderStaysAsLongAsTheState(t *testing.T) {
	for _, next := range []string{"--resume", "--no-resume"} {
		dir, s := t.TempDir(), newSite(t)
		list(t, dir, s.URL+"/page/1", s.URL+"/hold/1")
		run := trawl(t, dir, "urls.txt", "--executor", "cluster", "--summary", "never")
		said := started(t, run)
		waitAsked(t, s, 2)
		worker := localWorkerOf(t, run)
		for range 2 { // the second ends what is held
			if err := run.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
			said.wait(t, "Stopping: ")
		}
		endsWith(t, run, said, exitINT)
		if isAlive(worker) {
			t.Error("the worker is there after the run")
		}
		if diff := cmp.Diff([]string{"db.txt", "db.txt.nats", "db.txt.state", "urls.txt"}, namesIn(t, dir)); diff != "" {
			t.Errorf("an interrupted run leaves other files (-want +got):\n%s", diff)
		}
		s.release()
		again := trawl(t, dir, "urls.txt", "--executor", "cluster", next, "-O")
		if next == "--resume" {
			again = trawl(t, dir, "urls.txt", "--executor", "cluster", next)
		}
		endsWith(t, again, started(t, again), exitOK)
		if diff := cmp.Diff([]string{"db.txt", "urls.txt"}, namesIn(t, dir)); diff != "" {
			t.Errorf("after %s there are other files (-want +got):\n%s", next, diff)
		}
		if got := linesOf(contents(t, dir, "db.txt")); len(got) != 2 {
			t.Errorf("after %s: %q, want 2 lines", next, got)
		}
	}
}

func TestTheWorkerBesideACoordinatorIsStartedAgain(t *testing.T) {
	dir, s := t.TempDir(), newSite(t)
	list(t, dir, s.URL+"/page/1", s.URL+"/hold/1", s.URL+"/page/2")
	run := trawl(t, dir, "urls.txt", "--executor", "cluster", "-v")
	said := started(t, run)
	waitAsked(t, s, 3)
	worker := localWorkerOf(t, run)
	if err := syscall.Kill(worker, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	said.wait(t, "trawl: the local worker died (signal: killed) and is started again")
	s.release()
	endsWith(t, run, said, exitOK)
	if got := linesOf(contents(t, dir, "db.txt")); len(got) != 3 {
		t.Errorf("%q, want 3 lines", got)
	}
}

// Neither the coordinator nor the worker beside it shows the password, nor the headers, to who
// may look at processes.
func TestNoProcessOfAClusterShowsASecret(t *testing.T) {
	dir, s := t.TempDir(), newSite(t)
	put := filepath.Join(dir, "secret")
	if err := os.WriteFile(put, []byte("X-Key: hidden\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	run := trawl(t, dir, "-v", "--executor", "cluster", "-H", "@secret", s.URL+"/hold/1")
	said := started(t, run)
	waitAsked(t, s, 1)
	_, address := pastedLine(t, said)
	password := address[strings.LastIndexByte(address[:strings.LastIndexByte(address, '@')], ':')+1 : strings.LastIndexByte(address, '@')]
	for _, pid := range []int{run.Process.Pid, localWorkerOf(t, run)} {
		for _, name := range []string{"cmdline", "environ"} {
			seen := contents(t, fmt.Sprintf("/proc/%d/%s", pid, name))
			if seen == "" || strings.Contains(seen, password) || strings.Contains(seen, "hidden") {
				t.Errorf("%s of process %d: %q", name, pid, seen)
			}
		}
	}
	info, err := os.Stat(filepath.Join(dir, "db.txt.nats"))
	if err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("the server's folder: %v, %v, want mode 0700", info, err)
	}
	if got := s.heads[0].Get("X-Key"); got != "hidden" {
		t.Errorf("the worker sends X-Key: %q", got)
	}
	s.release()
	endsWith(t, run, said, exitOK)
}

// An output without a place of its own has its server's folder elsewhere, and none of it is left.
func TestAClusterWithoutAStateLeavesNoFolder(t *testing.T) {
	s := newSite(t)
	for _, args := range [][]string{{"-j"}, {"--lock", "off"}} {
		dir, temp := t.TempDir(), t.TempDir()
		run := trawl(t, dir, append(args, "--executor", "cluster", s.URL+"/page/1")...)
		run.Env = append(run.Env, "TMPDIR="+temp)
		endsWith(t, run, started(t, run), exitOK)
		if got := append(namesIn(t, temp), slices.DeleteFunc(namesIn(t, dir), func(name string) bool { return name == "db.txt" })...); len(got) > 0 {
			t.Errorf("trawl %q leaves %q", args, got)
		}
	}
}
