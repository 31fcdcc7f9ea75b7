package sinks

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"
)

// A row that a disk has changed says nothing: its page counts as new, which is told once, and
// the run goes on. It is not compared with what was before that, or a change were missed.
func TestAPageWhoseRowIsDamagedCountsAsNewOnce(t *testing.T) {
	for name, damage := range map[string]string{
		"what is known":             "UPDATE pages SET known=x'01000203'",
		"its run":                   "UPDATE pages SET generation=1",
		"its seal":                  "UPDATE pages SET seal=seal+1",
		"the end of its run":        "UPDATE runs SET ended='2026' WHERE generation=2",
		"the seal of that":          "UPDATE runs SET seal=seal+1 WHERE generation=2",
		"whether its run has ended": "UPDATE runs SET ended=NULL WHERE generation=2",
	} {
		t.Run(name, func(t *testing.T) {
			p := mustOpenPages(t, filepath.Join(t.TempDir(), "db.pages"))
			for version, run := range []string{"1", "2"} {
				mustBegin(t, p, run, false)
				mustRemember(t, p, version+1, aPage)
				mustEnd(t, p)
			}
			if err := p.db.exec(damage); err != nil {
				t.Fatal(err)
			}
			closePages(t, p)

			p = mustOpenPages(t, p.path)
			mustBegin(t, p, "3", false)
			checkVersion(t, p, aPage, -1)
			mustRemember(t, p, 1, aPage) // as it was before, again
			checkVersion(t, p, aPage, -1)
			mustBegin(t, p, "4", false) // 3 has never ended
			checkVersion(t, p, aPage, -1)
			mustRemember(t, p, 1, aPage)
			mustEnd(t, p)
			checkVersion(t, p, aPage, 1)
			closePages(t, p)
		})
	}
}

func TestAPageWhoseRowOfBeforeIsDamagedCountsAsNew(t *testing.T) {
	p := mustOpenPages(t, filepath.Join(t.TempDir(), "db.pages"))
	mustBegin(t, p, "1", false)
	mustRemember(t, p, 1, aPage)
	mustEnd(t, p)
	mustBegin(t, p, "2", false)
	mustRemember(t, p, 2, aPage)
	if err := p.db.exec("UPDATE before SET seal=seal+1"); err != nil {
		t.Fatal(err)
	}
	checkVersion(t, p, aPage, -1)
	mustRemember(t, p, 3, aPage)
	mustEnd(t, p)
	checkVersion(t, p, aPage, 3)
	closePages(t, p)
}

// A database of a list that is the same each night does not grow from night to night.
func TestEachNightLeavesNoMoreThanTheOneBefore(t *testing.T) {
	p := mustOpenPages(t, filepath.Join(t.TempDir(), "db.pages"))
	var urls []string
	for i := range 40 {
		urls = append(urls, fmt.Sprintf("http://h/%d", i))
	}
	size := func() (rows int64) {
		for _, table := range []string{"runs", "pages", "before"} {
			n, err := p.db.number("SELECT count(*) FROM " + table)
			if err != nil {
				t.Fatal(err)
			}
			rows += n
		}
		return rows
	}
	for night := range 20 {
		mustBegin(t, p, fmt.Sprint(night), false)
		mustRemember(t, p, night, urls...)
		mustEnd(t, p)
		if night > 0 && size() != 81 {
			t.Fatalf("after night %d there are %d rows, want one of the run, and two of each page", night+1, size())
		}
	}
	for _, url := range urls {
		checkVersion(t, p, url, 19)
	}
	closePages(t, p)
}

func TestOnlyTheDatabaseOfAnInterruptedRunIsGoneOnWith(t *testing.T) {
	dir := t.TempDir()
	name := func(s string) string { return filepath.Join(dir, s) }
	p := mustOpenPages(t, name("other"))
	mustBegin(t, p, "1", false)
	closePages(t, p)
	if err := os.WriteFile(name("empty"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for path, want := range map[string]error{name("none"): fs.ErrNotExist, name("empty"): ErrOther, name("other"): ErrOther} {
		before, _ := os.ReadFile(path)
		var e *Error
		if _, err := ResumePages(path, "2"); !errors.As(err, &e) || e.Path != path || !errors.Is(err, want) || errors.Is(err, ErrPages) {
			t.Errorf("%s: %v, want an Error with %v", path, err, want)
		}
		if after, _ := os.ReadFile(path); string(after) != string(before) {
			t.Errorf("%s was changed", path)
		}
	}
	if files, err := os.ReadDir(dir); len(files) != 2 || err != nil {
		t.Errorf("%v, %v: a file was made", files, err)
	}
	p, err := ResumePages(name("other"), "1")
	if err != nil {
		t.Fatal(err)
	}
	mustBegin(t, p, "1", true)
	closePages(t, p)
}
