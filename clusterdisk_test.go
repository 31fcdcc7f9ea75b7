//go:build linux

package main

import (
	"path/filepath"
	"strings"
	"testing"
)

// A disk that is full at the coordinator ends the run with 6, at whatever size of a file;
// with room, and the same workers, it is completed.
func TestACoordinatorOnAFullDiskIsResumedWithRoom(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	alongside(t, map[string]func(t *testing.T){
		"server=apart": func(t *testing.T) {
			n := newNATS(t)
			n.hire(t, 2)
			untilThereIsRoom(t, s, n.coordinator()...)
			n.wantEmpty(t)
		},
		"server=inside": func(t *testing.T) { // whose store has no room either
			untilThereIsRoom(t, s, "--executor", inCluster)
		},
	})
}

// untilThereIsRoom has runs fill ever larger disks, until one does not.
func untilThereIsRoom(t *testing.T, s *site, args ...string) {
	t.Helper()
	urls := ordinary(s, 60)
	args = append([]string{"-o", "db.jsonl", "urls.txt"}, args...)
	full := 0
	for blocks := 0; ; blocks += 1 + blocks {
		dir := t.TempDir()
		list(t, dir, urls...)
		code, said := toItsEndBelow(t, dir, blocks, args...)
		if code == exitOK {
			onceEach(t, dir, "db.jsonl", urls)
			break
		}
		full++
		if first, _, _ := strings.Cut(said, "\n"); code != exitWrite || !strings.HasPrefix(first, "trawl: cannot write db") {
			t.Fatalf("files of %d blocks at most: exit %d: %s", blocks, code, said)
		}
		found(t, filepath.Join(dir, "db.jsonl"))
		if code, said := toItsEnd(t, dir, append(args, "--resume")...); code != exitOK || said != "" {
			t.Fatalf("after files of %d blocks at most: exit %d: %s", blocks, code, said)
		}
		onceEach(t, dir, "db.jsonl", urls)
	}
	if full < 3 {
		t.Errorf("%d full disks, want some more", full)
	}
}
