package sinks_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"github.com/google/go-cmp/cmp"

	"trawl/parse"
	"trawl/sinks"
	"trawl/sinks/sinktest"
)

const (
	pageLine = "url:<https://example.com/1?q=<>&\"> size:[10]\n" // of sinktest.Record(1)
	oldLine  = "url:<https://old.example/> size:[1]\n"
)

// makeFiles makes files with these contents in a new folder, which is the
// current one then.
func makeFiles(t *testing.T, files map[string]string) {
	t.Helper()
	t.Chdir(t.TempDir())
	for name, content := range files {
		if err := os.WriteFile(name, []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
}

// checkFiles checks what the current folder holds.
func checkFiles(t *testing.T, want map[string]string) {
	t.Helper()
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, e := range entries {
		b, err := os.ReadFile(e.Name())
		if err != nil && !e.IsDir() {
			t.Fatal(err)
		}
		got[e.Name()] = string(b)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("the folder (-want +got):\n%s", diff)
	}
}

func write(t *testing.T, opts sinks.Options, whole bool, records ...int) *sinks.Writer {
	t.Helper()
	w := open(t, opts)
	for _, i := range records {
		appendAll(t, w, i, 1)
	}
	end := sinks.End{Whole: whole}
	for _, i := range records {
		if sinktest.Record(i).Class == "" {
			end.Pages++
		} else {
			end.Failed++
		}
	}
	if err := w.Close(t.Context(), end); err != nil {
		t.Error(err)
	}
	return w
}

func TestALastLineWithoutItsNewlineGetsIt(t *testing.T) {
	for _, c := range []struct{ before, after string }{
		{"", pageLine},
		{oldLine, oldLine + pageLine},
		{"url:<htt", "url:<htt\n" + pageLine},
		{"\n", "\n" + pageLine},
	} {
		makeFiles(t, map[string]string{"db.txt": c.before})
		write(t, sinks.Options{Output: "db.txt"}, true)
		checkFiles(t, map[string]string{"db.txt": c.before}) // nothing was appended
		write(t, sinks.Options{Output: "db.txt"}, true, 1)
		checkFiles(t, map[string]string{"db.txt": c.after})
	}
}

func TestOverwriteRenamesWhatIsWhole(t *testing.T) {
	for _, c := range []struct {
		name    string
		whole   bool
		records []int
		db      string // afterwards; "" is the old one
		side    string
		stays   bool
	}{
		{name: "pages", whole: true, records: []int{1, 7}, db: pageLine},
		{name: "nothing", whole: true, db: "(empty)"},
		{name: "all failed", whole: true, records: []int{7, 14}, stays: true},
		{name: "not whole", records: []int{1}, stays: true, side: pageLine},
	} {
		t.Run(c.name, func(t *testing.T) {
			makeFiles(t, map[string]string{"db.txt": oldLine, "db.txt.part": "of a run before\n"})
			w := write(t, sinks.Options{Output: "db.txt", Overwrite: true}, c.whole, c.records...)
			want := map[string]string{"db.txt": strings.Replace(c.db, "(empty)", "", 1)}
			wantSide := ""
			if c.stays {
				want["db.txt"], want["db.txt.part"], wantSide = oldLine, c.side, "db.txt.part"
			}
			checkFiles(t, want)
			if got := w.SideFile(); got != wantSide {
				t.Errorf("SideFile is %q, want %q", got, wantSide)
			}
		})
	}
}

func TestOverwriteMakesAFileThatIsNotThere(t *testing.T) {
	makeFiles(t, nil)
	w := open(t, sinks.Options{Output: "db.txt", Overwrite: true})
	if got := w.SideFile(); got != "db.txt.part" {
		t.Errorf("SideFile during the run is %q, want db.txt.part", got)
	}
	appendAll(t, w, 1, 1)
	closeWhole(t, w)
	checkFiles(t, map[string]string{"db.txt": pageLine})
}

func TestOverwriteKeepsTheModeAndTheLink(t *testing.T) {
	makeFiles(t, nil)
	if err := os.Mkdir("data", 0o755); err != nil {
		t.Fatal(err)
	}
	for _, target := range []string{"data/real.txt", "data/new.txt"} {
		if target == "data/real.txt" {
			if err := os.WriteFile(target, []byte(oldLine), 0o600); err != nil {
				t.Fatal(err)
			}
		}
		for from, to := range map[string]string{"data/link": filepath.Base(target), "db.txt": "data/link"} {
			_ = os.Remove(from)
			if err := os.Symlink(to, from); err != nil {
				t.Fatal(err)
			}
		}
		write(t, sinks.Options{Output: "db.txt", Overwrite: true}, true, 1)
		if to, err := os.Readlink("db.txt"); to != "data/link" || err != nil {
			t.Errorf("db.txt links to %q, %v; want data/link", to, err)
		}
		if b, err := os.ReadFile(target); string(b) != pageLine || err != nil {
			t.Errorf("%s holds %q, %v", target, b, err)
		}
		if _, err := os.Stat(target + ".part"); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("the side file of %s: %v", target, err)
		}
	}
	info, err := os.Stat("data/real.txt")
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("the file has become %v, %v; want mode 0600 as before", info.Mode(), err)
	}
}

func TestWhatIsNoRegularFileIsWrittenTo(t *testing.T) {
	makeFiles(t, nil)
	if err := syscall.Mkfifo("fifo", 0o600); err != nil {
		t.Fatal(err)
	}
	for _, overwrite := range []bool{false, true} {
		got := make(chan string)
		go func() {
			b, _ := os.ReadFile("fifo")
			got <- string(b)
		}()
		w := write(t, sinks.Options{Output: "fifo", Overwrite: overwrite}, true, 1)
		if line := <-got; line != pageLine {
			t.Errorf("overwrite %v: read %q, want %q", overwrite, line, pageLine)
		}
		if w.SideFile() != "" {
			t.Errorf("a FIFO has the side file %q", w.SideFile())
		}
		write(t, sinks.Options{Output: os.DevNull, Overwrite: overwrite}, true, 1, 7)
	}
	info, err := os.Lstat("fifo")
	if err != nil || info.Mode().Type() != os.ModeNamedPipe {
		t.Errorf("the FIFO is %v, %v now", info.Mode(), err)
	}
}

func TestAFullDeviceIsNamed(t *testing.T) {
	makeFiles(t, nil)
	for _, c := range []struct {
		opts   sinks.Options
		record int
	}{
		{sinks.Options{Output: "/dev/full"}, 1},
		{sinks.Options{Output: "/dev/full", Overwrite: true}, 1},
		{sinks.Options{Output: "db.txt", Errors: "/dev/full"}, 7},
	} {
		c.opts.OnCommit = func(recs []parse.Record) { t.Errorf("%d records are reported", len(recs)) }
		w := open(t, c.opts)
		appendAll(t, w, c.record, 1)
		err := w.Close(context.Background(), sinks.End{Whole: true})
		var e *sinks.Error
		if !errors.As(err, &e) || !errors.Is(err, syscall.ENOSPC) || e.Path != "/dev/full" {
			t.Errorf("Close: %v, want ENOSPC of /dev/full", err)
		}
		if want := "write /dev/full: no space left on device"; err.Error() != want {
			t.Errorf("the error is %q, want %q", err, want)
		}
	}
}

func TestOpenThatFailsLeavesAllAsItWas(t *testing.T) {
	for _, c := range []struct {
		name string
		opts sinks.Options
		path string // that the error names
		err  error
	}{
		{"output is a folder", sinks.Options{Output: "dir"}, "dir", syscall.EISDIR},
		{"output is a folder, with -O", sinks.Options{Output: "dir", Overwrite: true}, "dir", syscall.EISDIR},
		{"no such folder", sinks.Options{Output: "no/db.txt"}, "no/db.txt", syscall.ENOENT},
		{"no such folder, with -O", sinks.Options{Output: "no/db.txt", Overwrite: true}, "no/db.txt.part", syscall.ENOENT},
		{"a file is no folder", sinks.Options{Output: "db.txt/db.txt", Overwrite: true}, "db.txt/db.txt", syscall.ENOTDIR},
		{"a link to itself", sinks.Options{Output: "loop", Overwrite: true}, "loop", syscall.ELOOP},
		{"not writable", sinks.Options{Output: "locked.txt"}, "locked.txt", syscall.EACCES},
		{"not writable, with -O", sinks.Options{Output: "locked.txt", Overwrite: true}, "locked.txt", syscall.EACCES},
		{"folder not writable", sinks.Options{Output: "locked/new.txt"}, "locked/new.txt", syscall.EACCES},
		{"no standard output", sinks.Options{Output: "-"}, "-", os.ErrInvalid},
		{"errors are a folder", sinks.Options{Output: "new.txt", Errors: "dir"}, "dir", syscall.EISDIR},
		{"no such folder for errors", sinks.Options{Output: "new.txt", Errors: "no/e.jsonl"}, "no/e.jsonl", syscall.ENOENT},
		{"no such folder for errors, with -O", sinks.Options{Output: "db.txt", Overwrite: true, Errors: "no/e.jsonl"}, "no/e.jsonl", syscall.ENOENT},
		{"folder of errors not writable", sinks.Options{Output: "new.txt", Errors: "locked/e.jsonl"}, "locked/e.jsonl", syscall.EACCES},
		{"errors cannot be renamed", sinks.Options{Output: "new.txt", Errors: "locked/errors.jsonl"}, "locked/errors.jsonl", syscall.EACCES},
	} {
		t.Run(c.name, func(t *testing.T) {
			files := map[string]string{"db.txt": oldLine, "locked.txt": oldLine, "db.errors.jsonl": "{}\n"}
			makeFiles(t, files)
			makeLocked(t)
			if c.opts.Errors == "" {
				c.opts.Errors = "db.errors.jsonl"
			}
			w, err := openAsNobody(c.opts)
			var e *sinks.Error
			if w != nil || !errors.As(err, &e) || e.Path != c.path || !errors.Is(err, c.err) {
				t.Errorf("Open: %v, want %v of %s", err, c.err, c.path)
			}
			if err := os.Remove("loop"); err != nil {
				t.Fatal(err)
			}
			files["dir"], files["locked"] = "", ""
			checkFiles(t, files)
		})
	}
}

func makeLocked(t *testing.T) {
	t.Helper()
	err := errors.Join(
		os.Mkdir("dir", 0o777), os.Mkdir("locked", 0o755), os.WriteFile("locked/errors.jsonl", nil, 0o644),
		os.Symlink("loop", "loop"), os.Chmod("locked.txt", 0o444), os.Chmod("locked", 0o555),
		os.Chmod("db.txt", 0o666), os.Chmod("db.errors.jsonl", 0o666), os.Chmod(".", 0o777),
	)
	if err != nil {
		t.Fatal(err)
	}
}

// openAsNobody opens as a user who may not write everywhere, which the one that
// runs the test may: on a thread of its own, that ends with it.
func openAsNobody(opts sinks.Options) (w *sinks.Writer, err error) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		runtime.LockOSThread()
		becomeNobody()
		w, err = sinks.Open(opts)
	}()
	<-done
	return w, err
}

func TestResultsAndErrorsAreDifferentFiles(t *testing.T) {
	files := map[string]string{"db.txt": oldLine, "e.jsonl": "{}\n", "e.prev.jsonl": "{}\n"}
	makeFiles(t, files)
	if err := os.Link("db.txt", "same.txt"); err != nil {
		t.Fatal(err)
	}
	files["same.txt"] = oldLine
	cwd, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for _, opts := range []sinks.Options{
		{Output: "db.txt", Errors: "./db.txt"},
		{Output: "db.txt", Errors: "same.txt"},
		{Output: "new.txt", Errors: filepath.Join(cwd, "new.txt")},
		{Output: "e.prev.jsonl", Errors: "e.jsonl"},
		{Output: "db.txt", Overwrite: true, Errors: "db.txt.part"},
	} {
		w, err := sinks.Open(opts)
		var e *sinks.Error
		if w != nil || !errors.As(err, &e) {
			t.Errorf("output %s, errors %s: %v, want an Error", opts.Output, opts.Errors, err)
		}
		checkFiles(t, files)
	}
}

func TestAFormatThatDoesNotExistIsRefused(t *testing.T) {
	makeFiles(t, nil)
	if w, err := sinks.Open(sinks.Options{Output: "db.tsv", Format: "tsv"}); w != nil || err == nil {
		t.Errorf("Open with the format tsv: %v", err)
	}
	checkFiles(t, map[string]string{})
}

func TestTheFormatGoesByTheExtension(t *testing.T) {
	makeFiles(t, nil)
	write(t, sinks.Options{Output: "pages.jsonl"}, true, 1)
	rows, err := readJSONL("pages.jsonl")
	if diff := cmp.Diff([]sinktest.Row{{URL: sinktest.Record(1).URL, Size: 10}}, rows); diff != "" || err != nil {
		t.Errorf("pages.jsonl: %v\n%s", err, diff)
	}
}
