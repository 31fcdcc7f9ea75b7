package main

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// goes runs the program to its end.
func goes(t *testing.T, dir string, args ...string) (code int, said string) {
	t.Helper()
	cmd := trawl(t, dir, args...)
	var out strings.Builder
	cmd.Stderr = &out
	code = exitOf(t, cmd.Run())
	return code, out.String()
}

// A run belongs to its output, not to the folder that it was started in.
func TestARunIsResumedFromAnotherFolder(t *testing.T) {
	s, dir, elsewhere := newSite(t), t.TempDir(), t.TempDir()
	urls := list(t, dir, s.URL+"/page/1", s.URL+"/status/404", s.URL+"/page/2")
	if code, said := goes(t, dir, urls, "--max-pages", "2", "-c1"); code != exitFailed {
		t.Fatalf("exit %d: %s", code, said)
	}
	if code, said := goes(t, elsewhere, urls, "-o", filepath.Join(dir, "db.txt"), "--resume"); code != exitFailed {
		t.Errorf("exit %d, want %d: %s", code, exitFailed, said)
	}
	if got := strings.Count(contents(t, dir, "db.txt"), "\n"); got != 2 {
		t.Errorf("%d pages, want 2", got)
	}
}

// A file of the same name in another folder is another file.
func TestAnErrorsFileInAnotherFolderIsNotCut(t *testing.T) {
	s, dir, elsewhere := newSite(t), t.TempDir(), t.TempDir()
	urls := list(t, dir, s.URL+"/page/1", s.URL+"/status/404", s.URL+"/page/2")
	out := filepath.Join(dir, "db.txt")
	if code, said := goes(t, dir, urls, "-o", out, "--errors", "failed.jsonl", "--max-pages", "2", "-c1"); code != exitFailed {
		t.Fatalf("exit %d: %s", code, said)
	}
	theirs := strings.Repeat("what another has written\n", 1000)
	if err := os.WriteFile(filepath.Join(elsewhere, "failed.jsonl"), []byte(theirs), 0o644); err != nil {
		t.Fatal(err)
	}
	code, said := goes(t, elsewhere, urls, "-o", out, "--errors", "failed.jsonl", "--resume")
	if code != exitUsage {
		t.Errorf("exit %d, want %d: %s", code, exitUsage, said)
	}
	if got := contents(t, elsewhere, "failed.jsonl"); got != theirs {
		t.Errorf("of %d bytes %d are left", len(theirs), len(got))
	}
}

// The errors file of the run before is a list, by whatever name it is called.
func TestAnErrorsFileAsAListIsResumedByAnyName(t *testing.T) {
	s, dir := newSite(t), t.TempDir()
	urls := list(t, dir, s.URL+"/status/404", s.URL+"/status/410", s.URL+"/status/500")
	if code, said := goes(t, dir, urls, "--retries", "0"); code != exitNone {
		t.Fatalf("exit %d: %s", code, said)
	}
	for _, step := range []struct{ asked, code int }{{1, exitFailed}, {2, exitNone}} {
		s.log()
		args := []string{"./db.errors.jsonl", "--retries", "0", "--resume", "-c1"}
		if step.asked == 1 {
			args = append(args, "--max-pages", "1")
		}
		code, said := goes(t, dir, args...)
		if asked := s.log(); code != step.code || len(asked) != step.asked {
			t.Errorf("exit %d, want %d, asked for %v: %s", code, step.code, asked, said)
		}
	}
}

// A run of which nothing was left to do but a rename is complete with that: nothing is
// fetched again.
func TestARunThatLacksItsRenameAloneFetchesNothingAgain(t *testing.T) {
	for _, output := range []string{"db.txt", "db.parquet"} {
		s, dir := newSite(t), t.TempDir()
		args := []string{list(t, dir, s.URL+"/page/1", s.URL+"/hold/1"), "-O", "-o", output}
		cmd := trawl(t, dir, args...)
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		waitAsked(t, s, 2)
		inTheWay := filepath.Join(dir, output)
		if err := os.Mkdir(inTheWay, 0o755); err != nil {
			t.Fatal(err)
		}
		s.release()
		if code := exitOf(t, cmd.Wait()); code != exitWrite {
			t.Errorf("%s: exit %d, want %d", output, code, exitWrite)
		}
		if err := os.Remove(inTheWay); err != nil {
			t.Fatal(err)
		}
		s.log()
		code, said := goes(t, dir, append(args, "--resume")...)
		if asked := s.log(); code != exitOK || len(asked) > 0 {
			t.Errorf("%s: exit %d, asked for %v: %s", output, code, asked, said)
		}
		if info, err := os.Stat(inTheWay); err != nil || !info.Mode().IsRegular() || info.Size() == 0 {
			t.Errorf("%s: %v, %v", output, info, err)
		}
	}
}
