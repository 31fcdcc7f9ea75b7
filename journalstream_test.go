//go:build unix

package main

import (
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
)

// inJournal runs a command whose standard error is a journal, as far as it can
// know, and returns what that gets.
func inJournal(t *testing.T, cmd *exec.Cmd) (code int, said string) {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	defer w.Close()
	info, err := w.Stat()
	if err != nil {
		t.Fatal(err)
	}
	stat := info.Sys().(*syscall.Stat_t)
	cmd.Stderr = w
	cmd.Env = append(cmd.Env, fmt.Sprintf("JOURNAL_STREAM=%d:%d", stat.Dev, stat.Ino))
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	w.Close()
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return exitOf(t, cmd.Wait()), string(text)
}

func TestEachLineOfAJournalHasItsPriority(t *testing.T) {
	s := newSite(t)
	for _, test := range []struct {
		args  []string
		code  int
		lines []string // how each begins
	}{
		{[]string{s.URL + "/page/1"}, exitOK, nil},
		{[]string{s.URL + "/page/1", s.URL + "/status/404"}, exitFailed,
			[]string{"<3>trawl: 1 of 2 URLs failed (exit 4)", "<3>  1  http 404  first: ", "<3>  1 page is in db.txt", "<3>  Try it again: "}},
		{[]string{"--nope"}, exitUsage, []string{"<3>trawl: unknown option --nope", "<3>  See "}},
		{[]string{"none.txt"}, exitRead, []string{"<3>trawl: none.txt: no such file", "<3>  "}},
		{[]string{"-k", s.URL + "/page/1"}, exitOK, []string{"<4>trawl: certificates are not checked (option -k)"}},
		{[]string{"-k", "-q", s.URL + "/page/1"}, exitOK, nil},
		{[]string{"-o", "-", "--fail-if", "never", s.URL + "/status/404"}, exitOK, []string{"<4>trawl: " + s.URL + "/status/404: http 404 (argument:1)"}},
		{[]string{"-v", s.URL + "/to/1?u=/page/1"}, exitOK, []string{"<6>" + s.URL + "/to/1?u=/page/1: http 302 -> "}},
		{[]string{"--summary", "json", s.URL + "/page/1"}, exitOK, []string{`<6>{"trawl_`}},
		{[]string{"--summary", "always", "--fail-if", "never", s.URL + "/status/404"}, exitOK, []string{"<6>Done in ", "<6>", "<6>  ", "<6>  ", "<6>  ", "<6>", "<6>Failures: "}},
	} {
		code, said := inJournal(t, trawl(t, t.TempDir(), test.args...))
		got := linesOf(said)
		if code != test.code || len(got) != len(test.lines) {
			t.Errorf("%v: exit %d, %d lines, want %d and %d:\n%s", test.args, code, len(got), test.code, len(test.lines), said)
			continue
		}
		for i, line := range got {
			if !strings.HasPrefix(line, test.lines[i]) {
				t.Errorf("%v: %q, want %q", test.args, line, test.lines[i])
			}
		}
	}
}

// The variable is inherited by who has another standard error.
func TestAnotherStreamThanTheJournalsIsPlain(t *testing.T) {
	for _, stream := range []string{"", "1:1", "x", ":", "99999999999999999999:1"} {
		t.Setenv("JOURNAL_STREAM", stream)
		if code, said := inProcess(t, "--nope"); code != exitUsage || !strings.HasPrefix(said, "trawl: ") {
			t.Errorf("JOURNAL_STREAM=%s: exit %d: %s", stream, code, said)
		}
	}
}
