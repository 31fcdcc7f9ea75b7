package sinks_test

import (
	"bytes"
	"context"
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
	"trawl/sinks"
	"trawl/sinks/sinktest"
)

// fullDiskDir makes the test binary a writer that meets the largest size a file
// may have, as the system sets it for a process.
const fullDiskDir = "TRAWL_TEST_FULL_DISK_DIR"

const fullDiskSize = 1_000_003

func fillDisk(dir string) (code int) {
	limit := syscall.Rlimit{Cur: fullDiskSize, Max: fullDiskSize}
	if err := syscall.Setrlimit(syscall.RLIMIT_FSIZE, &limit); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	reported := 0
	path := filepath.Join(dir, "pages.jsonl")
	w, err := sinks.Open(sinks.Options{Output: path, Errors: sinks.ErrorsPath(path), OnCommit: func(recs []parse.Record) {
		reported += len(recs)
	}})
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	for i := 1; err == nil; i++ {
		err = w.Append(context.Background(), sinktest.Record(i))
	}
	closed := w.Close(context.Background(), sinks.End{Whole: true})
	if closed != err || !errors.Is(err, syscall.EFBIG) {
		fmt.Fprintln(os.Stderr, "Append:", err, "Close:", closed)
		return 1
	}
	fmt.Println(reported, err)
	return 0
}

func TestAFullDiskLeavesWhatWasReportedWhole(t *testing.T) {
	dir := t.TempDir()
	exe, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.CommandContext(t.Context(), exe)
	cmd.Env = append(os.Environ(), fullDiskDir+"="+dir)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s%s", err, out, stderr.Bytes())
	}
	count, message, _ := strings.Cut(strings.TrimSpace(string(out)), " ")
	reported, err := strconv.Atoi(count)
	if err != nil {
		t.Fatalf("%s: %v", out, err)
	}
	path := filepath.Join(dir, "pages.jsonl")
	if want := "write " + path + ": file too large"; message != want {
		t.Errorf("the error is %q, want %q", message, want)
	}
	rows, err := readJSONL(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(rows) != reported || reported == 0 {
		t.Errorf("%d records are in the file, %d were reported; want the same, and some", len(rows), reported)
	}
	failed, err := readJSONL(sinks.ErrorsPath(path))
	if err != nil {
		t.Fatal(err)
	}
	if len(failed) != reported/7 {
		t.Errorf("%d failures are in the errors file, want the %d of the reported records", len(failed), reported/7)
	}
}
