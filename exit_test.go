package main

import (
	"go/ast"
	"go/parser"
	"go/token"
	"strconv"
	"strings"
	"testing"

	"trawl/crawl"
	"trawl/parse"
)

// The table that users read has the constants of the code, each once, and
// nothing else.
func TestTableOfExitCodesIsWhatTheCodeHas(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "exit.go", nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	constants := map[int]string{}
	ast.Inspect(file, func(n ast.Node) bool {
		spec, ok := n.(*ast.ValueSpec)
		if !ok || !strings.HasPrefix(spec.Names[0].Name, "exit") {
			return true
		}
		if lit, ok := spec.Values[0].(*ast.BasicLit); ok {
			code, err := strconv.Atoi(lit.Value)
			if err != nil || constants[code] != "" {
				t.Errorf("%s and %s are both %s", spec.Names[0], constants[code], lit.Value)
			}
			constants[code] = spec.Names[0].Name
		}
		return true
	})
	if len(constants) != len(exitCodes) || len(constants) == 0 {
		t.Errorf("%d constants, %d lines of the table", len(constants), len(exitCodes))
	}
	last := -1
	for _, e := range exitCodes {
		if constants[e.code] == "" || e.code <= last {
			t.Errorf("%d has no constant, or is out of order", e.code)
		}
		last = e.code
		if !strings.Contains(asked(t, "help", "exit-codes"), "\n"+strconv.Itoa(e.code)+" ") {
			t.Errorf("%d is not in the help", e.code)
		}
	}
}

func TestTheWorstExitCodeWins(t *testing.T) {
	for _, test := range []struct {
		codes []int
		want  int
	}{
		{nil, 0}, {[]int{0, 0}, 0}, {[]int{8, 4}, 4}, {[]int{4, 5, 8}, 5}, {[]int{5, 7}, 7}, {[]int{7, 6}, 6}, {[]int{6, 130, 4}, 130}, {[]int{0, 143}, 143}, {[]int{0, 8}, 8}, {[]int{9, 8}, 8}, {[]int{0, 9}, 9}, {[]int{9, 4}, 4}, {[]int{10, 4}, 10}, {[]int{7, 10}, 7},
	} {
		if got := exitCode(test.codes...); got != test.want {
			t.Errorf("of %v it is %d, want %d", test.codes, got, test.want)
		}
	}
}

func TestARunThatHasFoundNoChange(t *testing.T) {
	same := map[string]int64{parse.Unchanged: 5, parse.Duplicate: 1}
	for _, test := range []struct {
		sum   crawl.Summary
		rules string
		want  int
	}{
		{crawl.Summary{Skipped: 6, Skips: same}, "", exitUnchanged},
		{crawl.Summary{}, "", exitUnchanged}, // of nothing
		{crawl.Summary{Pages: 1, New: 1, Skipped: 6, Skips: same}, "", exitOK},
		{crawl.Summary{Pages: 1, Changed: 1}, "", exitOK},
		{crawl.Summary{Failed: 1, Gone: 1, Skipped: 6, Skips: same}, "", exitFailed}, // a gone page is a change, and a failure
		{crawl.Summary{Failed: 1, Gone: 1, Skipped: 6, Skips: same}, "never", exitOK},
		{crawl.Summary{Failed: 1, Skipped: 6, Skips: same}, "", exitFailed}, // not 5: what is unchanged was there
		{crawl.Summary{Failed: 1, Skipped: 6, Skips: same}, "never", exitUnchanged},
		{crawl.Summary{Failed: 1, Skipped: 6, Skips: same}, "skipped > 1", exitRule},
		{crawl.Summary{Failed: 1, Skipped: 1, Skips: map[string]int64{parse.Duplicate: 1}}, "", exitNone},
		{crawl.Summary{Skipped: 6, Skips: same, Stopped: "--max-pages"}, "", exitStopped},
	} {
		cfg := config{ErrorOnNoChange: true}
		if test.rules != "" {
			cfg.FailIf = []failRule{rule(t, test.rules)}
		}
		if got := cfg.outcome(&test.sum, nil); got != test.want {
			t.Errorf("%+v, %q: exit %d, want %d", test.sum, test.rules, got, test.want)
		}
		cfg.ErrorOnNoChange = false
		want := test.want
		if want == exitUnchanged {
			want = exitOK
		}
		if got := cfg.outcome(&test.sum, nil); got != want {
			t.Errorf("without --error-on-no-change %+v: exit %d, want %d", test.sum, got, want)
		}
	}
}
