package main

import (
	"maps"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// contentsOf are the files of a folder, and what is in them.
func contentsOf(t *testing.T, dir string) map[string]string {
	t.Helper()
	files := map[string]string{}
	entries, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		files[e.Name()] = contents(t, filepath.Join(dir, e.Name()))
	}
	return files
}

// A run cannot go on without what was known when it began: that is said before anything is
// made, and how to mend it.
func TestARunGoesOnWithItsOwnDatabaseOfPagesOnly(t *testing.T) {
	d := newDiary(t)
	for name, c := range map[string]struct {
		spoil      func(pages string)
		code       int
		said, mend string
	}{
		"removed": {
			func(pages string) { os.Remove(pages) }, exitUsage,
			"trawl: --resume: db.jsonl.pages is not there any more, which the interrupted run has begun (option --resume)\n" +
				"  Bring that one back, or start anew without --resume.\n", "",
		},
		"of another run": {
			func(pages string) {
				inProcess(t, "-o", "other.jsonl", "--if-changed", d.URL+"/tagged?2")
				os.Rename("other.jsonl.pages", pages)
				os.Remove("other.jsonl")
				os.Remove("other.errors.jsonl")
			}, exitUsage,
			"trawl: --resume: db.jsonl.pages knows nothing of the interrupted run (option --resume)\n" +
				"  Bring that one back, or start anew without --resume.\n", "",
		},
		"empty": {
			func(pages string) { os.Truncate(pages, 0) }, exitUsage,
			"trawl: --resume: db.jsonl.pages knows nothing of the interrupted run (option --resume)\n" +
				"  Bring that one back, or start anew without --resume.\n", "",
		},
		"no database": {
			func(pages string) { os.WriteFile(pages, []byte("x"), 0o644) }, exitWrite,
			"trawl: cannot use db.jsonl.pages: it is no SQLite database; remove it, and every page counts as new once (option --if-changed)\n" +
				"  Nothing was fetched.\n", "db.jsonl.pages",
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Chdir(t.TempDir())
			args := []string{"-o", "db.jsonl", "--if-changed", "--keep-order", d.urls(t, ".")}
			if code, said := inProcess(t, append(args, "--max-pages", "1")...); code != exitStopped {
				t.Fatalf("exit %d: %s", code, said)
			}
			c.spoil("db.jsonl.pages")
			before := contentsOf(t, ".")
			if code, said := inProcess(t, append(args, "--resume")...); code != c.code || said != c.said {
				t.Errorf("exit %d, want %d\n%swant:\n%s", code, c.code, said, c.said)
			}
			after := contentsOf(t, ".")
			after["db.jsonl.state"] = before["db.jsonl.state"] // which says who has looked at it
			if diff := cmp.Diff(before, after); diff != "" {
				t.Errorf("it has made or changed a file (-before +after):\n%s", diff)
			}
			if c.mend != "" {
				if err := os.Remove(c.mend); err != nil {
					t.Fatal(err)
				}
			}
			if code, said := inProcess(t, args...); code != exitOK {
				t.Errorf("anew: exit %d: %s", code, said)
			}
			if diff := cmp.Diff([]string{"/tagged new", "/tagged new", "/bare new", "/chunked new"}, changesIn(t, "db.jsonl")); diff != "" {
				t.Errorf("anew (-want +got):\n%s", diff)
			}
		})
	}
}

// A run that has not ended has told nothing: the next one tells it again, unless it goes on.
func TestARunThatWasStoppedIsNotWhatTheNextOneComparesWith(t *testing.T) {
	d := newDiary(t)
	for option, want := range map[string][]string{
		"--resume":    {"/tagged new", "/bare new", "/chunked new"},
		"--no-resume": {"/tagged new", "/tagged new", "/bare new", "/chunked new"},
	} {
		t.Run(option, func(t *testing.T) {
			dir := t.TempDir()
			output := filepath.Join(dir, "db.jsonl")
			args := []string{"-o", output, "--if-changed", "--keep-order", "--summary", "always", d.urls(t, dir)}
			if code, said := inProcess(t, append(args, "--max-pages", "1")...); code != exitStopped || !strings.Contains(said, "\n1 new, 0 changed") {
				t.Fatalf("exit %d: %s", code, said)
			}
			again := args
			if option == "--resume" {
				again = append(args, option)
			}
			if code, said := inProcess(t, again...); code != exitOK || !strings.Contains(said, "\n3 new, 0 changed, 0 gone, 0 unchanged\n") {
				t.Errorf("exit %d: %s", code, said)
			}
			if code, said := inProcess(t, append(args, "--error-on-no-change")...); code != exitUnchanged || !strings.Contains(said, "\n0 new, 0 changed, 0 gone, 3 unchanged") {
				t.Errorf("exit %d: %s", code, said)
			}
			if diff := cmp.Diff(want, changesIn(t, output)); diff != "" {
				t.Errorf("results (-want +got):\n%s", diff)
			}
		})
	}
}

// Results that are replaced are those of the last run in which anything has changed. What has
// vanished is told in the errors file of its night, too, and once.
func TestAGonePageIsToldOnceInResultsThatAreReplaced(t *testing.T) {
	for _, output := range []string{"db.jsonl", "db.sqlite", "db.parquet", "db.csv"} {
		t.Run(output, func(t *testing.T) {
			d := newDiary(t)
			t.Chdir(t.TempDir())
			urls := d.urls(t, ".")
			night := func(what string, want int, told ...string) {
				t.Helper()
				before := contentsOf(t, ".")
				code, said := inProcess(t, "-O", "-o", output, "--if-changed", "--keep-order", "--retries", "0", urls)
				if code != want {
					t.Errorf("%s: exit %d, want %d: %s", what, code, want, said)
				}
				after := contentsOf(t, ".")
				if kept := before[output] == after[output]; kept != (len(told) == 0) {
					t.Errorf("%s: the results are as they were: %v", what, kept)
				}
				for name := range maps.Keys(after) {
					if strings.Contains(name, ".part") || strings.HasSuffix(name, ".state") {
						t.Errorf("%s: %s is left", what, name)
					}
				}
			}
			night("first", exitOK, "all")
			night("nothing has changed", exitOK)
			d.write("/chunked", "")
			night("gone", exitFailed, "gone")
			if diff := cmp.Diff([]string{"/chunked gone"}, changesIn(t, "db.errors.jsonl")); diff != "" {
				t.Errorf("failures (-want +got):\n%s", diff)
			}
			night("still gone", exitFailed)
			if diff := cmp.Diff([]string{"/chunked "}, changesIn(t, "db.errors.jsonl")); diff != "" {
				t.Errorf("failures (-want +got):\n%s", diff)
			}
			d.write("/chunked", "three, again")
			night("back", exitOK, "new")
			night("nothing has changed", exitOK)
		})
	}
}

func TestARunOfNoURLChangesNothing(t *testing.T) {
	t.Chdir(t.TempDir())
	put(t, "empty.txt", "# none\n")
	for _, args := range [][]string{{"--allow-empty", "empty.txt"}, {"--retry-failed"}} {
		for want, option := range map[int]string{exitOK: "--if-changed", exitUnchanged: "--error-on-no-change"} {
			if code, said := inProcess(t, append(args, "-o", "db.txt", "--if-changed", option)...); code != want || said != "" {
				t.Errorf("trawl %v %s: exit %d, want %d: %s", args, option, code, want, said)
			}
		}
	}
}
