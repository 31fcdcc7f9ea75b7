//go:build linux

package main

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// held starts a run that keeps the output until the site lets go.
func held(t *testing.T, s *site, dir, output string) (end func()) {
	t.Helper()
	cmd, said := begun(t, dir, "-o", output, s.URL+"/hold/1")
	waitAsked(t, s, 1)
	return func() {
		s.release()
		if code := ends(t, cmd, 10*time.Second); code != exitOK || said.String() != "" {
			t.Errorf("the first run: exit %d: %s", code, said)
		}
	}
}

func TestASecondRunIsToldWhoHasTheOutput(t *testing.T) {
	everyExecutor(t, func(t *testing.T) {
		everyOutput(t, outputs, func(t *testing.T, output string) {
			s, dir := newSite(t), t.TempDir()
			urls := ordinary(s, 41)
			for i := range 59 {
				urls = append(urls, fmt.Sprintf("%s/hold/%d", s.URL, i))
			}
			list(t, dir, urls...)
			first, _ := begun(t, dir, "-o", output, "urls.txt")
			begin := time.Now()
			waitAsked(t, s, 42)
			waitDone(t, dir, output, 41)
			done := ", 41% done"
			if output == "db.sqlite" { // which keeps that itself
				done = ""
			}
			form := regexp.MustCompile(fmt.Sprintf(`^trawl: %s is in use by another run: process %d, started (\d\d:\d\d:\d\d)%s\n`+
				`  Wait for it with --lock wait, leave quietly with --lock skip, or use another -o\.\n$`, regexp.QuoteMeta(output), first.Process.Pid, done))
			var m []string
			atOnce(t, time.Second, func() time.Duration {
				before := time.Now()
				code, said := toItsEnd(t, dir, "-o", output, "--lock", "fail", "urls.txt")
				took := time.Since(before)
				if m = form.FindStringSubmatch(said); code != exitLocked || m == nil {
					t.Fatalf("exit %d after %v: %s", code, took, said)
				}
				return took
			})
			started, err := time.ParseInLocation(time.DateTime, begin.Format(time.DateOnly)+" "+m[1], time.Local)
			if late := started.Sub(begin); err != nil || late < -2*time.Second || late > 30*time.Second {
				t.Errorf("started %s, which was at %v", m[1], begin)
			}
			if code, said := toItsEnd(t, dir, "-o", output, "--lock", "skip", "urls.txt"); code != exitOK || said != "" {
				t.Errorf("--lock skip: exit %d: %s", code, said)
			}
			if code, said := toItsEnd(t, dir, "-o", output, "--dry-run", "urls.txt"); code != exitOK {
				t.Errorf("--dry-run: exit %d: %s", code, said)
			}
			s.release()
			if code := ends(t, first, 20*time.Second); code != exitOK {
				t.Errorf("the first run: exit %d", code)
			}
			onceEach(t, dir, output, urls)
		})
	})
}

func TestARunThatIsToWaitRunsAfterTheOther(t *testing.T) {
	s, dir := newSite(t), t.TempDir()
	end := held(t, s, dir, "db.txt")
	wait := tries(t, dir, "db.txt")
	second, said := begun(t, dir, "--lock", "wait", s.URL+"/page/2")
	wait(2)
	if asked := s.log(); len(asked) != 1 {
		t.Errorf("the second run has not waited: %v", asked)
	}
	end()
	if code := ends(t, second, 10*time.Second); code != exitOK || said.String() != "" {
		t.Errorf("exit %d: %s", code, said)
	}
	if got := contents(t, dir, "db.txt"); !strings.HasPrefix(got, "url:<"+s.URL+"/hold/1>") || strings.Count(got, "\n") != 2 {
		t.Errorf("db.txt = %q", got)
	}
}

// tries returns what waits until a run has tried the lock of an output so often.
func tries(t *testing.T, dir, output string) (wait func(times int)) {
	t.Helper()
	fd, err := syscall.InotifyInit1(syscall.IN_CLOEXEC | syscall.IN_NONBLOCK)
	if err != nil {
		t.Fatal(err)
	}
	events := os.NewFile(uintptr(fd), "inotify")
	t.Cleanup(func() { events.Close() })
	if _, err := syscall.InotifyAddWatch(fd, filepath.Join(dir, output+".state"), syscall.IN_OPEN); err != nil {
		t.Fatal(err)
	}
	return func(times int) {
		t.Helper()
		event := make([]byte, syscall.SizeofInotifyEvent)
		for range times {
			if err := events.SetReadDeadline(time.Now().Add(30 * time.Second)); err != nil {
				t.Fatal(err)
			}
			if _, err := events.Read(event); err != nil {
				t.Fatalf("nobody tries the lock: %v", err)
			}
		}
	}
}

func TestAWaitForTheLockEndsWithASignal(t *testing.T) {
	s, dir := newSite(t), t.TempDir()
	end := held(t, s, dir, "db.txt")
	for _, signal := range []syscall.Signal{syscall.SIGINT, syscall.SIGTERM} {
		wait := tries(t, dir, "db.txt")
		second, said := begun(t, dir, "--lock", "wait", s.URL+"/page/2")
		wait(1)
		second.Process.Signal(syscall.SIGHUP) // of a rotation
		wait(2)
		second.Process.Signal(signal)
		second.Wait()
		if got := second.ProcessState.Sys().(syscall.WaitStatus); got.Signaled() && got.Signal() != signal || got.Exited() && got.ExitStatus() != 128+int(signal) {
			t.Errorf("%v: %v: %s", signal, second.ProcessState, said)
		}
	}
	end()
	if asked := s.log(); len(asked) != 1 {
		t.Errorf("the site is asked for %v", asked)
	}
}

func TestWithoutALockThereIsNoState(t *testing.T) {
	s, dir := newSite(t), t.TempDir()
	end := held(t, s, dir, "db.txt")
	other := t.TempDir()
	if code, said := toItsEnd(t, dir, "--lock", "off", s.URL+"/page/2"); code != exitOK || said != "" {
		t.Errorf("exit %d: %s", code, said)
	}
	cmd, _ := begun(t, other, "--lock", "off", s.URL+"/hold/2")
	waitAsked(t, s, 3)
	if files, _ := filepath.Glob(filepath.Join(other, "*.state")); len(files) > 0 {
		t.Errorf("--lock off makes %v", files)
	}
	end()
	if code := ends(t, cmd, 10*time.Second); code != exitOK {
		t.Errorf("exit %d", code)
	}
	if got := found(t, filepath.Join(dir, "db.txt")); len(got) != 2 {
		t.Errorf("db.txt has %v", got)
	}
}

// Worker processes may outlive their coordinator for a moment, without its lock.
func TestTheLockDiesWithItsProcess(t *testing.T) {
	everyExecutor(t, func(t *testing.T) {
		for range 5 {
			s, dir := newSite(t), t.TempDir()
			cmd, _ := begun(t, dir, s.URL+"/hold/1")
			waitAsked(t, s, 1)
			killed(t, cmd)
			if code, said := toItsEnd(t, dir, s.URL+"/page/1"); code != exitOK || said != "" {
				t.Errorf("exit %d: %s", code, said)
			}
		}
	})
}

func TestTwoNamesOfOneFileHaveOneLock(t *testing.T) {
	s, dir := newSite(t), t.TempDir()
	for link, file := range map[string]string{"link.txt": "db.txt", "again.txt": "link.txt", "deep/up.txt": "../db.txt"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, link)), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.Symlink(file, filepath.Join(dir, link)); err != nil {
			t.Fatal(err)
		}
	}
	end := held(t, s, dir, "link.txt")
	for _, name := range []string{"db.txt", "./db.txt", filepath.Join(dir, "db.txt"), "link.txt", "again.txt", "deep/up.txt"} {
		if code, said := toItsEnd(t, dir, "-o", name, s.URL+"/page/1"); code != exitLocked {
			t.Errorf("%s: exit %d: %s", name, code, said)
		}
	}
	end()
	if states := filesLike(t, dir, "*.state*"); len(states) > 0 {
		t.Errorf("left behind: %v", states)
	}
}

func filesLike(t *testing.T, dir, pattern string) (names []string) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(dir), ".", func(path string, _ fs.DirEntry, err error) error {
		if ok, _ := filepath.Match(pattern, filepath.Base(path)); ok {
			names = append(names, path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
}

// A plan makes no file and takes no lock, and what is found there stays.
func TestAPlanTakesNoLock(t *testing.T) {
	s, dir := newSite(t), t.TempDir()
	list(t, dir, s.URL+"/page/1")
	before := snapshot(t, dir)
	for _, args := range [][]string{{}, {"--resume"}, {"--lock", "wait"}, {"-O"}, {"-o", "db.parquet"}, {"-o", "db.sqlite"}, {"-o", "db.warc.gz"}} {
		if code, said := toItsEnd(t, dir, append(args, "-n", "urls.txt")...); code != exitOK {
			t.Errorf("%v: exit %d: %s", args, code, said)
		}
	}
	if after := snapshot(t, dir); len(after) != len(before) {
		t.Errorf("the folder has %v", after)
	}
}

// together starts n runs at once, and returns how many ended with each code.
func together(t *testing.T, n int, dir string, args ...string) map[int]int {
	t.Helper()
	var mu sync.Mutex
	codes := map[int]int{}
	var all sync.WaitGroup
	for range n {
		cmd, said := begun(t, dir, args...)
		all.Go(func() {
			cmd.Wait()
			mu.Lock()
			defer mu.Unlock()
			code := cmd.ProcessState.ExitCode()
			codes[code]++
			if code == exitOK && said.String() != "" || code == exitLocked && !strings.HasPrefix(said.String(), "trawl: db.txt is in use by another run") {
				t.Errorf("exit %d: %s", code, said)
			}
		})
	}
	all.Wait()
	return codes
}

func TestOfManyRunsAtOnceOneWorksAtATime(t *testing.T) {
	s := newSite(t)
	urls := ordinary(s, 5)
	for _, lock := range []string{lockFail, lockSkip, lockWait} {
		dir := t.TempDir()
		list(t, dir, urls...)
		codes := together(t, 20, dir, "--lock", lock, "urls.txt")
		s.log()
		runs := codes[exitOK]
		switch lock {
		case lockFail:
			if runs < 1 || runs+codes[exitLocked] != 20 {
				t.Errorf("--lock fail: exit codes %v", codes)
			}
		default:
			if runs != 20 {
				t.Errorf("--lock %s: exit codes %v, want 20 times 0", lock, codes)
			}
		}
		got := found(t, filepath.Join(dir, "db.txt"))
		for _, u := range urls {
			if lock == lockSkip && got[u] >= 1 && got[u] == got[urls[0]] {
				continue
			}
			if got[u] != runs {
				t.Errorf("--lock %s: %s is there %d times after %d runs", lock, u, got[u], runs)
			}
		}
		if states := filesLike(t, dir, "*.state*"); len(states) > 0 {
			t.Errorf("--lock %s: left behind: %v", lock, states)
		}
	}
}
