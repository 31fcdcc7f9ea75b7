package main

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"trawl/pool"
)

// The test binary is the command if that is its name, and its own worker: tests
// that run the command in their process start it under the name of the test.
func TestMain(m *testing.M) {
	os.Setenv("GORACE", "atexit_sleep_ms=0 "+os.Getenv("GORACE")) // of all that is started
	if pool.IsWorker() || isLocalWorker() {
		main()
	}
	testscript.Main(cleaning{m}, map[string]func(){"trawl": main})
}

// TestScripts runs the command as its users do, each script against a site of
// its own, with each executor. Beside testscript's commands there are:
//
//	exits CODE COMMAND...   runs it and wants this exit code
//	expand FILE...          fills in $SITE and the like
//	sorted FILE...          sorts lines, since pages end in any order
//	lines N FILE            wants so many lines
//	asked FILE              the requests that the site has had since the last time
//	matches FILE REGEXP     wants every line to match
func TestScripts(t *testing.T) {
	everyExecutor(t, runScripts)
}

func runScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		Setup: func(env *testscript.Env) error {
			s := newSite(env.T().(testing.TB))
			env.Values["site"] = s
			env.Setenv("SITE", s.URL)
			env.Setenv("HOST", strings.TrimPrefix(s.URL, "http://"))
			env.Setenv("PORT", s.port())
			env.Setenv("TRAWL_EXECUTOR", os.Getenv("TRAWL_EXECUTOR"))
			env.Setenv("GORACE", os.Getenv("GORACE"))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exits":   scriptExits,
			"expand":  scriptExpand,
			"sorted":  scriptSorted,
			"lines":   scriptLines,
			"asked":   scriptAsked,
			"matches": scriptMatches,
		},
	})
}

func scriptExits(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exits CODE COMMAND...")
	}
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	got := 0
	err = ts.Exec(args[1], args[2:]...)
	if failed, ok := errors.AsType[*exec.ExitError](err); ok {
		got = failed.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("%s exits with %d, want %d", strings.Join(args[1:], " "), got, want)
	}
}

func scriptExpand(ts *testscript.TestScript, neg bool, args []string) {
	for _, file := range args {
		text := os.Expand(ts.ReadFile(file), ts.Getenv)
		ts.Check(os.WriteFile(ts.MkAbs(file), []byte(text), 0o644))
	}
}

func scriptSorted(ts *testscript.TestScript, neg bool, args []string) {
	for _, file := range args {
		lines := linesOf(ts.ReadFile(file))
		slices.Sort(lines)
		ts.Check(os.WriteFile(ts.MkAbs(file), []byte(strings.Join(lines, "\n")+"\n"), 0o644))
	}
}

func scriptLines(ts *testscript.TestScript, neg bool, args []string) {
	want, err := strconv.Atoi(args[0])
	ts.Check(err)
	if got := len(linesOf(ts.ReadFile(args[1]))); (got == want) == neg {
		ts.Fatalf("%s has %d lines, want %d", args[1], got, want)
	}
}

func scriptAsked(ts *testscript.TestScript, neg bool, args []string) {
	log := ts.Value("site").(*site).log()
	ts.Check(os.WriteFile(ts.MkAbs(args[0]), []byte(strings.Join(append(log, ""), "\n")), 0o644))
}

func scriptMatches(ts *testscript.TestScript, neg bool, args []string) {
	form, err := regexp.Compile(args[1])
	ts.Check(err)
	for i, line := range linesOf(ts.ReadFile(args[0])) {
		if form.MatchString(line) == neg {
			ts.Fatalf("%s:%d: %q, and %s", args[0], i+1, line, fmt.Sprintf("match %v is wanted", !neg))
		}
	}
}

func linesOf(text string) []string {
	if text == "" {
		return nil
	}
	return strings.Split(strings.TrimSuffix(text, "\n"), "\n")
}
