package pool_test

import (
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

var (
	tableRow  = regexp.MustCompile(`^\| (.+) \| (.+) \|$`)
	tableName = regexp.MustCompile("`([^`]+)`")
	reason    = regexp.MustCompile(`^\*None\*: \w`)

	testFunc = regexp.MustCompile(`(?m)^func ((?:Test|Example)\w*)\(`)
	promise  = regexp.MustCompile(`(?m)^\t\{"(\w+)", test\w+\},$`)
)

// TestTheTableOfPythonsTests checks that each of Python's tests has one of ours,
// or a reason why not.
func TestTheTableOfPythonsTests(t *testing.T) {
	exist := named(t, "*_test.go", testFunc)
	for name := range named(t, "pooltest/*.go", promise) {
		exist[name] = true
	}
	rows := 0
	for line := range strings.Lines(contents(t, "pooltest/concurrent-futures.md")) {
		row := tableRow.FindStringSubmatch(strings.TrimSpace(line))
		if row == nil || row[2] == "here" {
			continue
		}
		rows++
		names := tableName.FindAllStringSubmatch(row[2], -1)
		if len(names) == 0 && !reason.MatchString(row[2]) {
			t.Errorf("%s: %q names no test, and has no reason why there is none", row[1], row[2])
		}
		for _, name := range names {
			if !exist[name[1]] {
				t.Errorf("%s: there is no %s", row[1], name[1])
			}
		}
	}
	if rows < 158 { // Python's tests
		t.Errorf("the table has %d rows: some are lost, or no longer read", rows)
	}
}

// named are what the pattern finds in those files.
func named(t *testing.T, files string, pattern *regexp.Regexp) map[string]bool {
	t.Helper()
	paths, err := filepath.Glob(files)
	if err != nil || len(paths) == 0 {
		t.Fatalf("%s: %d files, %v", files, len(paths), err)
	}
	names := map[string]bool{}
	for _, path := range paths {
		for _, m := range pattern.FindAllStringSubmatch(contents(t, path), -1) {
			names[m[1]] = true
		}
	}
	return names
}

func contents(t *testing.T, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}
