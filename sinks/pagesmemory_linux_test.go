package sinks

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"runtime/debug"
	"strings"
	"testing"
)

// A database takes little memory, however large it is, and however much of it changes. It
// needs so many pages that any cache is full.
func TestThePageDatabaseTakesLittleMemory(t *testing.T) {
	if path := os.Getenv(pagesChild); path != "" {
		fmt.Println("grown", memoryOfChanges(t, path))
		return
	}
	cmd, lines := startChild(t, filepath.Join(t.TempDir(), "db.pages"))
	var grown int
	for lines.Scan() {
		_, _ = fmt.Sscanf(lines.Text(), "grown %d", &grown)
	}
	if err := cmd.Wait(); err != nil {
		t.Fatal(err)
	}
	most := 10 << 10
	if raceDetector { // which keeps books of its own on all of it
		most = 16 << 10
	}
	t.Logf("it takes %d KiB", grown)
	if grown < 1<<10 || grown > most {
		t.Errorf("it takes %d KiB, want no more than %d", grown, most)
	}
}

// memoryOfChanges returns by how many KiB this process has grown, with all rows changed and looked up.
func memoryOfChanges(t *testing.T, path string) int {
	before := anonymous(t)
	p := mustOpenPages(t, path)
	for version, run := range []string{"1", "2"} {
		mustBegin(t, p, run, false)
		for batch := range 50 {
			updates := make([]update, 1000)
			for i := range updates {
				url, known := benchPage(batch*1000+i, version+1)
				if _, err := p.Known(url); err != nil {
					t.Fatal(err)
				}
				updates[i] = p.update(url, known)
			}
			if err := p.remember(updates); err != nil {
				t.Fatal(err)
			}
		}
		mustEnd(t, p)
	}
	debug.FreeOSMemory()
	grown := anonymous(t) - before
	closePages(t, p)
	return grown
}

// anonymous is how many KiB this process has that are of no file.
func anonymous(t *testing.T) (kib int) {
	t.Helper()
	status, err := os.ReadFile("/proc/self/status")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, _ := bytes.Cut(status, []byte("RssAnon:"))
	if _, err := fmt.Sscan(strings.TrimSpace(string(rest)), &kib); err != nil {
		t.Fatal(err)
	}
	return kib
}
