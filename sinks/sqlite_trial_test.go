//go:build trial && linux

package sinks

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"trawl/parse"
)

// smallDisk is the folder that a test's child may mount file systems on.
const smallDisk = "TRAWL_TEST_SMALL_DISK"

// A file system that is full, at whatever point, ends a run with that reason; it
// holds what was committed, and with room for the rest the run goes on.
func TestTrialSQLiteOnDisksOfEverySize(t *testing.T) {
	if dir := os.Getenv(smallDisk); dir != "" {
		testSmallDisks(t, dir)
		return
	}
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	// A mount namespace of its own takes the file systems away again.
	cmd := exec.CommandContext(t.Context(), "unshare", "--map-root-user", "--mount", exe, "-test.run", "^"+t.Name()+"$", "-test.v")
	cmd.Env = append(os.Environ(), smallDisk+"="+t.TempDir())
	if out, err := cmd.CombinedOutput(); err != nil || !strings.Contains(string(out), "\nfull disks: ") {
		t.Fatalf("%v\n%s", err, out)
	}
}

func testSmallDisks(t *testing.T, dir string) {
	full := map[string]int{}
	for size := 4 << 10; ; size += (4<<10 + size/12) &^ (4<<10 - 1) {
		if err := syscall.Mount("none", dir, "tmpfs", 0, "size="+strconv.Itoa(size)); err != nil {
			t.Fatal(err)
		}
		op := testSmallDisk(t, dir)
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Fatal(err)
		}
		if op == "" {
			break
		}
		full[op]++
	}
	for _, op := range []string{"open", "sync", "close"} {
		if full[op] == 0 {
			t.Errorf("no %s has met a full disk", op)
		}
	}
	fmt.Println("\nfull disks:", full)
}

const (
	smallCommits = 40
	smallBatch   = 50
)

// testSmallDisk makes a run on a file system, with more room once it has met its
// end, and returns in which operation that was.
func testSmallDisk(t *testing.T, dir string) (op string) {
	t.Helper()
	path := filepath.Join(dir, "db.sqlite")
	done, err := smallRun(path, 0)
	if err == nil {
		return ""
	}
	var e *Error
	if !errors.As(err, &e) || e.Path != path || !errors.Is(err, syscall.ENOSPC) {
		t.Fatalf("%v, want an Error with ENOSPC", err)
	}
	if err := syscall.Mount("none", dir, "tmpfs", syscall.MS_REMOUNT, "size=64m"); err != nil {
		t.Fatal(err)
	}
	s := mustOpenSQLite(t, path, testRun)
	frame, err := s.frame()
	if err != nil {
		t.Fatal(err)
	}
	n, _ := strconv.Atoi(string(frame)) // "" is 0
	if n < done || n > done+1 {
		t.Errorf("%v: the frame says %d commits, of which %d were reported", e, n, done)
	}
	closeSQLite(t, s)
	checkQuery(t, path, "SELECT count(*) FROM pages", strconv.Itoa(n*smallBatch))
	if done, err := smallRun(path, n); done != smallCommits || err != nil {
		t.Errorf("with more room: %d commits, %v", done, err)
	}
	checkQuery(t, path, "SELECT count(*), max(seq) FROM pages", fmt.Sprintf("%d|%d", smallCommits*smallBatch, smallCommits*smallBatch))
	checkQuery(t, path, "PRAGMA integrity_check", "ok")
	return e.Op
}

// smallRun makes the commits after the first done ones, and returns how many
// there are.
func smallRun(path string, done int) (int, error) {
	s, err := openSQLite(path, testRun, testAbout)
	if err != nil {
		return done, err
	}
	for ; err == nil && done < smallCommits; done++ {
		recs := make([]parse.Record, smallBatch)
		for i := range recs {
			seq := int64(done*smallBatch + i + 1)
			recs[i] = parse.Record{Seq: seq, URL: fmt.Sprintf("http://%d.example.com/", seq*7919%104729), Title: "x"}
		}
		if err = s.write(recs); err == nil {
			err = s.transact([]byte(strconv.Itoa(done + 1)))
		}
		if err != nil {
			break
		}
	}
	if err != nil {
		s.cut()
	}
	if closed := s.close(); err == nil {
		err = closed
	}
	return done, err
}
