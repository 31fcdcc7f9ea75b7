//go:build linux

package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

// A disk that is full, at whatever size of a file, ends a run with 6 and the file's
// name; what was committed is whole, and with room the run is completed.
func TestARunOnAFullDiskIsCompletedWithRoom(t *testing.T) {
	s := newSite(t)
	everyOutput(t, outputs, func(t *testing.T, output string) {
		urls := ordinary(s, 60)
		full := 0
		for blocks := 0; ; blocks += 1 + blocks/3 {
			dir := t.TempDir()
			list(t, dir, urls...)
			code, said := toItsEndBelow(t, dir, blocks, "-o", output, "urls.txt")
			if code == exitOK {
				onceEach(t, dir, output, urls)
				break
			}
			full++
			why := "file too large (option -o)"
			if output == "db.sqlite" && !strings.Contains(said, why) {
				why = "disk I/O error" // it keeps only whether the disk was full
			}
			if first, _, _ := strings.Cut(said, "\n"); code != exitWrite || !strings.HasPrefix(first, "trawl: cannot write db") || !strings.Contains(first, why) {
				t.Fatalf("files of %d blocks at most: exit %d: %s", blocks, code, said)
			}
			if output != "db.parquet" && output != "db.sqlite" {
				found(t, filepath.Join(dir, output))
			}
			if code, said := toItsEnd(t, dir, "-o", output, "--resume", "urls.txt"); code != exitOK || said != "" {
				t.Fatalf("after files of %d blocks at most: exit %d: %s", blocks, code, said)
			}
			onceEach(t, dir, output, urls)
		}
		if full < 5 {
			t.Errorf("%d full disks, want some more", full)
		}
	})
}

// toItsEndBelow runs the command where no file may have more than so many blocks of 512
// bytes.
func toItsEndBelow(t *testing.T, dir string, blocks int, args ...string) (code int, said string) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), "sh", append([]string{"-c", fmt.Sprintf(`ulimit -f %d; exec trawl "$@"`, blocks), "sh"}, args...)...)
	cmd.Dir = dir
	text, err := cmd.CombinedOutput()
	return exitOf(t, err), string(text)
}

func TestAnErrorsFileThatTakesNothingEndsTheRun(t *testing.T) {
	dir, s := t.TempDir(), newSite(t)
	list(t, dir, append(ordinary(s, 5), s.URL+"/status/404")...)
	code, said := toItsEnd(t, dir, "--errors", "/dev/full", "urls.txt")
	if code != exitWrite || !strings.HasPrefix(said, "trawl: cannot write /dev/full: no space left on device (option --errors)\n  Make room, or choose another place with --errors.") {
		t.Errorf("exit %d: %s", code, said)
	}
	if _, err := foundText(filepath.Join(dir, "db.txt")); err != nil {
		t.Error(err)
	}
}

func TestAFolderIsNoErrorsFile(t *testing.T) {
	dir, s := t.TempDir(), newSite(t)
	if err := os.Mkdir(filepath.Join(dir, "folder"), 0o755); err != nil {
		t.Fatal(err)
	}
	code, said := toItsEnd(t, dir, "--errors", "folder", s.URL+"/page/1")
	if code != exitWrite || !strings.HasPrefix(said, "trawl: cannot write folder: is a directory (option --errors)\n") || !strings.Contains(said, "Nothing was fetched.") {
		t.Errorf("exit %d: %s", code, said)
	}
	if asked := s.log(); len(asked) > 0 {
		t.Errorf("the site is asked for %v", asked)
	}
}

func TestAFolderThatCannotBeWrittenIsToldOf(t *testing.T) {
	s := newSite(t)
	everyOutput(t, outputs, func(t *testing.T, output string) {
		dir, err := os.MkdirTemp("", "trawl-ro-")
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { os.RemoveAll(dir) })
		if err := os.Chmod(dir, 0o555); err != nil {
			t.Fatal(err)
		}
		cmd := asNobody(t, dir, "-o", output, s.URL+"/page/1")
		said, err := cmd.CombinedOutput()
		if code := exitOf(t, err); code != exitWrite ||
			string(said) != "trawl: cannot write "+output+": permission denied (option -o)\n  Choose another place with -o. Nothing was fetched.\n" {
			t.Errorf("exit %d: %s", code, said)
		}
		if asked := s.log(); len(asked) > 0 {
			t.Errorf("the site is asked for %v", asked)
		}
	})
}

// asNobody is the command without root's rights: as another user, if this is root, from
// a folder that everybody can read.
func asNobody(t *testing.T, dir string, args ...string) *exec.Cmd {
	t.Helper()
	cmd := trawl(t, dir, args...)
	if os.Getuid() != 0 {
		return cmd
	}
	bin, err := os.MkdirTemp("", "trawl-bin-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(bin) })
	if err := os.Chmod(bin, 0o755); err != nil {
		t.Fatal(err)
	}
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd.Path = filepath.Join(bin, "trawl")
	if os.Link(self, cmd.Path) != nil { // it is on another disk
		if err := os.WriteFile(cmd.Path, []byte(contents(t, self)), 0o755); err != nil {
			t.Fatal(err)
		}
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: &syscall.Credential{Uid: 65534, Gid: 65534}}
	return cmd
}

// midway starts a run that has committed five pages and waits for a sixth.
func midway(t *testing.T, s *site, dir, output string, args ...string) (cmd *exec.Cmd, said *listener, urls []string) {
	t.Helper()
	urls = append(ordinary(s, 5), s.URL+"/hold/6")
	list(t, dir, urls...)
	cmd, said = begun(t, dir, append([]string{"-o", output, "urls.txt"}, args...)...)
	waitAsked(t, s, 6)
	waitDone(t, dir, output, 5)
	return cmd, said, urls
}

// Without this the run would end well, and its records would be gone.
func TestAFileThatIsTruncatedDuringARunEndsIt(t *testing.T) {
	everyOutput(t, outputs, func(t *testing.T, output string) {
		s, dir := newSite(t), t.TempDir()
		cmd, said, _ := midway(t, s, dir, output)
		path := written(dir, output)
		if err := os.Truncate(path, 10); err != nil {
			t.Fatal(err)
		}
		s.release()
		code := ends(t, cmd, 10*time.Second)
		if code != exitWrite || !strings.HasPrefix(said.String(), "trawl: cannot write "+filepath.Base(path)+": ") {
			t.Errorf("exit %d: %s", code, said)
		}
	})
}

func TestAFileThatIsReplacedDuringARunEndsIt(t *testing.T) {
	everyOutput(t, outputs, func(t *testing.T, output string) {
		s, dir := newSite(t), t.TempDir()
		cmd, said, urls := midway(t, s, dir, output)
		path := written(dir, output)
		if err := os.Rename(path, filepath.Join(dir, "aside")); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte("not yours\n"), 0o644); err != nil {
			t.Fatal(err)
		}
		s.release()
		code := ends(t, cmd, 10*time.Second)
		if code != exitWrite || !strings.HasPrefix(said.String(), "trawl: cannot write "+filepath.Base(path)+": ") {
			t.Errorf("exit %d: %s", code, said)
		}
		if got := contents(t, path); got != "not yours\n" {
			t.Errorf("the other file is %q", got)
		}
		if output == "db.sqlite" { // its log was left behind
			return
		}
		if err := os.Rename(filepath.Join(dir, "aside"), path); err != nil {
			t.Fatal(err)
		}
		if code, said := toItsEnd(t, dir, "-o", output, "urls.txt", "--resume"); code != exitOK {
			t.Errorf("brought back: exit %d: %s", code, said)
		}
		onceEach(t, dir, output, urls)
	})
}

func TestAFileThatIsRemovedDuringARunEndsIt(t *testing.T) {
	everyOutput(t, outputs, func(t *testing.T, output string) {
		s, dir := newSite(t), t.TempDir()
		cmd, said, _ := midway(t, s, dir, output)
		path := written(dir, output)
		if err := os.Remove(path); err != nil {
			t.Fatal(err)
		}
		s.release()
		code := ends(t, cmd, 10*time.Second)
		if code != exitWrite || !strings.HasPrefix(said.String(), "trawl: cannot write "+filepath.Base(path)+": ") {
			t.Errorf("exit %d: %s", code, said)
		}
	})
}

// What becomes of the errors file is not passed over either.
func TestAnErrorsFileThatIsNotTheRunsAnyMoreEndsIt(t *testing.T) {
	for name, harm := range map[string]func(path string) error{
		"truncated": func(path string) error { return os.Truncate(path, 1) },
		"removed":   os.Remove,
		"replaced": func(path string) error {
			if err := os.Rename(path, path+".aside"); err != nil {
				return err
			}
			return os.WriteFile(path, []byte("not yours\n"), 0o644)
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s, dir := newSite(t), t.TempDir()
			list(t, dir, s.URL+"/status/404", s.URL+"/page/1", s.URL+"/hold/2?", s.URL+"/to/1?u=/hold/3")
			cmd, said := begun(t, dir, "urls.txt", "--accept", "201")
			waitAsked(t, s, 5)
			waitDone(t, dir, "db.txt", 2)
			if err := harm(filepath.Join(dir, "db.errors.jsonl")); err != nil {
				t.Fatal(err)
			}
			s.release()
			code := ends(t, cmd, 10*time.Second)
			if code != exitWrite || !strings.HasPrefix(said.String(), "trawl: cannot write db.errors.jsonl: ") || !strings.Contains(said.String(), "(option --errors)") {
				t.Errorf("exit %d: %s", code, said)
			}
		})
	}
}

// Between an interrupted run and its --resume the files may be made anything.
func TestAFileThatIsNotTheInterruptedRunsIsRefused(t *testing.T) {
	everyOutput(t, outputs, func(t *testing.T, output string) {
		s, dir := newSite(t), t.TempDir()
		cmd, _, urls := midway(t, s, dir, output)
		killed(t, cmd)
		s.release()
		path, files := written(dir, output), snapshot(t, dir)
		for _, harm := range []struct {
			name string
			do   func() error
			code int
			says string
		}{
			{"truncated", func() error { return os.Truncate(path, 20) }, exitWrite, "trawl: cannot write " + filepath.Base(path) + ": "},
			{"removed", func() error { return os.Remove(path) }, exitWrite, "trawl: cannot write " + filepath.Base(path) + ": "},
			{"replaced", func() error {
				if err := os.Remove(path); err != nil {
					return err
				}
				return os.WriteFile(path, []byte(strings.Repeat("not yours\n", 40000)), 0o644)
			}, exitUsage, "trawl: --resume: " + filepath.Base(path) + " is another file than the one that the interrupted run wrote (option --resume)\n"},
		} {
			if output == "db.sqlite" && harm.name != "removed" {
				harm.code, harm.says = exitWrite, "trawl: cannot write "+filepath.Base(path)+": " // it is no database
				for _, log := range []string{"-wal", "-shm"} {
					os.Remove(path + log)
				}
			}
			if err := harm.do(); err != nil {
				t.Fatal(err)
			}
			before := snapshot(t, dir)
			code, said := toItsEnd(t, dir, "-o", output, "urls.txt", "--resume")
			if code != harm.code || !strings.HasPrefix(said, harm.says) {
				t.Errorf("%s: exit %d: %s", harm.name, code, said)
			}
			if after := snapshot(t, dir); after[path] != before[path] {
				t.Errorf("%s: the file was touched", harm.name)
			}
			restore(t, dir, files)
		}
		if code, said := toItsEnd(t, dir, "-o", output, "urls.txt", "--resume"); code != exitOK {
			t.Errorf("brought back: exit %d: %s", code, said)
		}
		onceEach(t, dir, output, urls)
	})
}
