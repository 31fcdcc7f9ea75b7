//go:build linux

package main

import (
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A rotated run writes to one file after the other.
type rotated struct {
	dir, output string
	moved       []string // the old results files, in their order
	errors      []string // the old errors files
}

const rotatedErrors = "db.errors.jsonl"

// move gives the files other names, if there are any just now.
func (r *rotated) move(t *testing.T) {
	t.Helper()
	r.moveResults(t)
	r.errors = r.moveOne(t, rotatedErrors, r.errors)
}

func (r *rotated) moveResults(t *testing.T) {
	t.Helper()
	r.moved = r.moveOne(t, r.output, r.moved)
}

func (r *rotated) moveOne(t *testing.T, name string, moved []string) []string {
	t.Helper()
	path := filepath.Join(r.dir, name)
	to := filepath.Join(r.dir, fmt.Sprintf("old-%d-%s", len(moved), name))
	if err := os.Rename(path, to); os.IsNotExist(err) {
		return moved
	} else if err != nil {
		t.Fatal(err)
	}
	return append(moved, to)
}

// bringBack undoes the last move of the results.
func (r *rotated) bringBack(t *testing.T) {
	t.Helper()
	path, last := filepath.Join(r.dir, r.output), len(r.moved)-1
	if _, err := os.Lstat(path); !os.IsNotExist(err) || last < 0 {
		t.Fatalf("%s, of %d, cannot be brought back: %v", path, last+1, err)
	}
	if err := os.Rename(r.moved[last], path); err != nil {
		t.Fatal(err)
	}
	r.moved = r.moved[:last]
}

// holds wants each page once in all results files together, and each failure in the
// errors files.
func (r *rotated) holds(t *testing.T, pages, failures []string) {
	t.Helper()
	results := pages
	if r.output != "db.txt" {
		results = append(results[:len(results):len(results)], failures...)
	}
	once(t, r.output, append(r.moved, filepath.Join(r.dir, r.output)), results)
	once(t, rotatedErrors, append(r.errors, filepath.Join(r.dir, rotatedErrors)), failures)
}

func once(t *testing.T, what string, paths, want []string) {
	t.Helper()
	got := map[string]int{}
	for _, path := range paths {
		for url, n := range found(t, path) {
			got[url] += n
		}
	}
	lost, doubled := 0, 0
	for _, url := range want {
		switch got[url] {
		case 0:
			lost++
		case 1:
		default:
			doubled++
		}
		delete(got, url)
	}
	if lost+doubled+len(got) > 0 {
		t.Errorf("%s: in %d files: of %d URLs %d are lost, %d doubled; and there are %v", what, len(paths), len(want), lost, doubled, got)
	}
}

// rotatedSite is a list of pages and failures.
func rotatedSite(t *testing.T, s *site, dir string, n int) (pages, failures []string) {
	t.Helper()
	var all []string
	for i := range n {
		if i%5 == 4 {
			failures = append(failures, fmt.Sprintf("%s/status/404/%d", s.URL, i))
			all = append(all, failures[len(failures)-1])
			continue
		}
		pages = append(pages, fmt.Sprintf("%s/page/%d", s.URL, i))
		all = append(all, pages[len(pages)-1])
	}
	list(t, dir, all...)
	return pages, failures
}

// waitMoment waits until the site has been asked a few times more, or the run is over.
func waitMoment(s *site, over <-chan error, most int) (err error) {
	return untilAsked(s, numberAsked(s)+1+rand.IntN(most), over)
}

// running starts a command, and has its end come from a channel.
func running(t *testing.T, dir string, args ...string) (cmd *exec.Cmd, said *listener, over chan error) {
	t.Helper()
	cmd, said = begun(t, dir, args...)
	over = make(chan error, 1)
	go func() { over <- cmd.Wait() }()
	return cmd, said, over
}

func TestARotationLosesAndDoublesNothing(t *testing.T) {
	everyExecutor(t, func(t *testing.T) {
		everyOutput(t, lineOutputs, func(t *testing.T, output string) {
			s, dir := newSite(t), t.TempDir()
			pages, failures := rotatedSite(t, s, dir, 1500)
			r := &rotated{dir: dir, output: output}
			cmd, said, over := running(t, dir, "-o", output, "-c", "4", "--host-concurrency", "4", "urls.txt")
			rotations := 0
			for ; ; rotations++ {
				if err := waitMoment(s, over, 60); err != errNotOver {
					if code := exitOf(t, err); code != exitFailed {
						t.Errorf("exit %d: %s", code, said)
					}
					break
				}
				switch rotations % 5 {
				case 0, 1, 2:
					r.move(t)
					fallthrough
				case 3: // nothing has moved
					cmd.Process.Signal(syscall.SIGHUP)
				case 4: // the signal comes with the next
					if rotations < 20 {
						r.move(t)
					}
				}
			}
			if rotations < 10 || len(r.moved) < 2 {
				t.Errorf("%d rotations, %d files", rotations, len(r.moved))
			}
			r.holds(t, pages, failures)
		})
	})
}

// Killed wherever it may be, a run that is rotated goes on in its last file, or, if that
// was moved and nothing said of it, when it is back.
func TestAKillAroundARotationLosesAndDoublesNothing(t *testing.T) {
	everyOutput(t, lineOutputs, func(t *testing.T, output string) {
		s, dir := newSite(t), t.TempDir()
		pages, failures := rotatedSite(t, s, dir, 1200)
		r := &rotated{dir: dir, output: output}
		for kills := 0; ; kills++ {
			cmd, said, over := running(t, dir, "-o", output, "-c", "4", "--host-concurrency", "4", "--resume", "urls.txt")
			err := errNotOver
			for range 1 + rand.IntN(3) {
				if err = waitMoment(s, over, 40); err != errNotOver {
					break
				}
				if kills < 12 {
					r.moveResults(t)
					cmd.Process.Signal(syscall.SIGHUP)
				}
			}
			if err == errNotOver && kills < 12 {
				cmd.Process.Kill()
				<-over
				continue
			}
			if err == errNotOver {
				err = <-over
			}
			code := exitOf(t, err)
			if code == exitFailed {
				break
			}
			if code != exitWrite && code != exitUsage || !strings.Contains(said.String(), "interrupted run") {
				t.Fatalf("exit %d: %s", code, said)
			}
			r.bringBack(t)
			if kills > 40 {
				t.Fatalf("it does not go on: exit %d: %s", code, said)
			}
		}
		r.holds(t, pages, failures)
	})
}

// Failures are kept by a reopening that finds the file in its place.
func TestAKillAfterAReopeningKeepsTheFailures(t *testing.T) {
	everyOutput(t, outputs, func(t *testing.T, output string) {
		s, dir := newSite(t), t.TempDir()
		urls := []string{s.URL + "/status/404", s.URL + "/page/1", s.URL + "/hold/2", s.URL + "/status/410"}
		list(t, dir, urls...)
		cmd, _ := begun(t, dir, "-c", "1", "-o", output, "urls.txt")
		waitAsked(t, s, 3)
		hup(t, cmd)
		waitDone(t, dir, output, 2)
		hup(t, cmd)
		eventually(t, "it is on disk", func() bool { return len(found(t, filepath.Join(dir, rotatedErrors))) == 1 })
		killed(t, cmd)
		s.release()
		if code, said := toItsEnd(t, dir, "-c", "1", "-o", output, "--resume", "urls.txt"); code != exitFailed {
			t.Errorf("exit %d: %s", code, said)
		}
		once(t, rotatedErrors, []string{filepath.Join(dir, rotatedErrors)}, []string{urls[0], urls[3]})
	})
}

// Formats that are one file go on in it; an archive begins its next one; the errors file
// is opened anew with all of them.
func TestARotationOfWhatIsNoLinesGoesOn(t *testing.T) {
	for _, args := range [][]string{{"-o", "db.sqlite"}, {"-o", "db.parquet"}, {"-o", "db.warc.gz"}, {"-o", "db.txt", "-O"}, {"-o", "db.sqlite", "-O"}, {"-o", "db.parquet", "-O"}} {
		t.Run(strings.Join(args[1:], " "), func(t *testing.T) {
			t.Parallel()
			s, dir := newSite(t), t.TempDir()
			urls := append([]string{s.URL + "/status/404"}, ordinary(s, 3)...)
			urls = append(urls, s.URL+"/hold/1", s.URL+"/status/410")
			list(t, dir, urls...)
			cmd, said := begun(t, dir, append(args, "-c", "1", "urls.txt")...)
			waitAsked(t, s, 5)
			errs := filepath.Join(dir, rotatedErrors)
			eventually(t, "a failure is written", func() bool {
				text, _ := os.ReadFile(errs)
				return len(text) > 0
			})
			if err := os.Rename(errs, errs+".jsonl"); err != nil {
				t.Fatal(err)
			}
			hup(t, cmd)
			waitReopened(t, cmd.Process.Pid, errs+".jsonl")
			s.release()
			if code := ends(t, cmd, 10*time.Second); code != exitFailed {
				t.Fatalf("exit %d: %s", code, said)
			}
			if args[1] == "db.txt" {
				urls = urls[1 : len(urls)-1]
			}
			onceEach(t, dir, args[1], urls)
			once(t, "old failures", []string{errs + ".jsonl"}, []string{s.URL + "/status/404"})
			once(t, "new failures", []string{errs}, []string{s.URL + "/status/410"})
			archives, _ := filepath.Glob(filepath.Join(dir, "*-*.warc.gz"))
			if args[1] == "db.warc.gz" && len(archives) != 2 {
				t.Errorf("%v, want two archives", archives)
			}
		})
	}
}

// waitReopened waits until a process has a file open no more.
func waitReopened(t *testing.T, pid int, path string) {
	t.Helper()
	eventually(t, path+" is closed", func() bool {
		open, _ := filepath.Glob(fmt.Sprintf("/proc/%d/fd/*", pid))
		for _, f := range open {
			if name, _ := os.Readlink(f); name == path {
				return false
			}
		}
		return len(open) > 0
	})
}

// A rotation signals all runs, also those that have no file.
func TestARotationDoesNotEndARunIntoAPipe(t *testing.T) {
	everyExecutor(t, func(t *testing.T) {
		for _, args := range [][]string{{"-o", "-"}, {"-j"}, {"-o", "/dev/null"}, {"--lock", "off"}, {"-o", "-", "--errors", "e.jsonl"}} {
			s, dir := newSite(t), t.TempDir()
			list(t, dir, s.URL+"/page/1", s.URL+"/hold/1")
			cmd, said := begun(t, dir, append(args, "urls.txt")...)
			waitAsked(t, s, 2)
			for range 3 {
				hup(t, cmd)
			}
			for _, worker := range children(t, cmd.Process.Pid) {
				if err := syscall.Kill(worker, syscall.SIGHUP); err != nil {
					t.Error(err)
				}
			}
			s.release()
			if code := ends(t, cmd, 10*time.Second); code != exitOK || said.String() != "" {
				t.Errorf("%v: exit %d: %s", args, code, said)
			}
		}
	})
}

// A run that has not begun is not ended either.
func TestARotationDoesNotEndARunThatWaitsForItsList(t *testing.T) {
	s, dir := newSite(t), t.TempDir()
	cmd := trawl(t, dir)
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	eventually(t, "it has locked the output", func() bool {
		state, _ := os.ReadFile(filepath.Join(dir, "db.txt.state"))
		return len(state) > 0
	})
	hup(t, cmd)
	fmt.Fprintln(in, s.URL+"/page/1")
	in.Close()
	if code := ends(t, cmd, 10*time.Second); code != exitOK {
		t.Errorf("exit %d", code)
	}
	onceEach(t, dir, "db.txt", []string{s.URL + "/page/1"})
}

// children are the processes that a process has started.
func children(t *testing.T, pid int) (pids []int) {
	t.Helper()
	tasks, _ := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/children", pid))
	for _, task := range tasks {
		text, _ := os.ReadFile(task)
		for child := range strings.FieldsSeq(string(text)) {
			var n int
			if _, err := fmt.Sscan(child, &n); err != nil {
				t.Fatal(err)
			}
			pids = append(pids, n)
		}
	}
	return pids
}
