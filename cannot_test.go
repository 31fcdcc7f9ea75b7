package main

import (
	"fmt"
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
		{"urls.txt --if-changed", &sinks.Error{Op: "open", Path: "db.txt.pages", Err: fmt.Errorf("it is damaged; %w", sinks.ErrPages)}, false,
			"cannot use db.txt.pages: it is damaged; remove it, and every page counts as new once (option --if-changed)\n  Nothing was fetched."},
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
