package main

import (
	"io/fs"
	"strings"
	"syscall"
	"testing"

	"trawl/sinks"
)

func told(m *message) string {
	var b strings.Builder
	m.write(&b)
	return b.String()
}

func TestFilesThatCannotBeWritten(t *testing.T) {
	denied := &fs.PathError{Op: "open", Path: "out/db.txt", Err: syscall.EACCES}
	for _, test := range []struct {
		args  string
		err   *sinks.Error
		began bool
		want  string
	}{
		{"urls.txt -o out/db.txt", &sinks.Error{Op: "open", Path: "out/db.txt", Err: denied}, false,
			"cannot write out/db.txt: permission denied (option -o)\n  Choose another place with -o. Nothing was fetched."},
		{"urls.txt", &sinks.Error{Op: "open", Path: "db.txt", Err: syscall.EROFS}, false,
			"cannot write db.txt: read-only file system (option -o)\n  Choose another place with -o. Nothing was fetched."},
		{"urls.txt", &sinks.Error{Op: "write", Path: "db.txt", Err: syscall.ENOSPC}, true,
			"cannot write db.txt: no space left on device (option -o)\n  Make room, or choose another place with -o. What was fetched before that is kept."},
		{"urls.txt -o -", &sinks.Error{Op: "write", Path: "-", Err: syscall.EIO}, true,
			"cannot write standard output: input/output error (option -o)\n  Choose another place with -o. What was fetched before that is kept."},
		{"urls.txt", &sinks.Error{Op: "open", Path: "db.errors.jsonl", Err: syscall.EACCES}, false,
			"cannot write db.errors.jsonl: permission denied (option --errors)\n  Choose another place with --errors. Nothing was fetched."},
		{"urls.txt", &sinks.Error{Op: "rename", Path: "db.errors.prev.jsonl", Err: syscall.EACCES}, false,
			"cannot write db.errors.prev.jsonl: permission denied (option --errors)\n  Choose another place with --errors. Nothing was fetched."},
	} {
		cfg := parsed(t, strings.Fields(test.args)...)
		m := cfg.cannotWrite(test.err, "db.errors.jsonl", test.began)
		if got, want := told(m), "trawl: "+test.want+"\n"; got != want || m.code != exitWrite {
			t.Errorf("trawl %s: code %d\n%swant:\n%s", test.args, m.code, got, want)
		}
	}
	t.Setenv("TRAWL_OUTPUT", "x")
	cfg := parsed(t)
	if got := told(cfg.cannotWrite(&sinks.Error{Path: "x", Err: syscall.EACCES}, "", false)); !strings.Contains(got, "(TRAWL_OUTPUT)") {
		t.Errorf("an output from a variable:\n%s", got)
	}
}

func TestConcurrencyFitsTheOpenFiles(t *testing.T) {
	for _, test := range []struct {
		asked   string
		allowed uint64
		want    int
		told    string
	}{
		{"1000", 256, 192, "trawl: this system allows 256 open files; --concurrency 1000 needs about 1,064\n  Running with 192 instead. Raise it with: ulimit -n 4096\n"},
		{"10000", 1024, 960, "trawl: this system allows 1024 open files; --concurrency 10000 needs about 10,064\n  Running with 960 instead. Raise it with: ulimit -n 16384\n"},
		{"100", 20, 1, "trawl: this system allows 20 open files; --concurrency 100 needs about 164\n  Running with 1 instead. Raise it with: ulimit -n 4096\n"},
		{"192", 256, 192, ""},
		{"128", 1 << 62, 128, ""},
	} {
		cfg := parsed(t, "-c", test.asked)
		m := cfg.fitFiles(test.allowed)
		got := ""
		if m != nil {
			got = told(m)
		}
		if got != test.told || cfg.Concurrency != test.want {
			t.Errorf("-c %s of %d files: runs with %d, want %d\n%swant:\n%s", test.asked, test.allowed, cfg.Concurrency, test.want, got, test.told)
		}
	}
}

func TestTheSystemSaysHowManyFilesMayBeOpen(t *testing.T) {
	if n := openFiles(); n < 3 {
		t.Errorf("%d open files are allowed, but three are open", n)
	}
}
