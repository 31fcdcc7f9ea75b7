package main

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
)

// arrows says which of the project's packages each may import. They point one
// way: a package knows only what stands to its left.
//
//	pool, robots ← fetch ← parse ← sinks ← crawl ← display ← main
//
// What no package may import is for tests.
var arrows = map[string][]string{
	"pool":    {},
	"robots":  {},
	"fetch":   {"pool", "robots"},
	"parse":   {"fetch"},
	"sinks":   {"fetch", "parse"},
	"crawl":   {"fetch", "parse", "pool", "robots", "sinks"},
	"display": {"crawl", "fetch", "parse"},
	".":       {"crawl", "display", "fetch", "parse", "pool", "pool/cluster", "pool/cluster/broker", "robots", "sinks"},

	"pool/cluster":        {"pool"},
	"pool/cluster/broker": {"pool/cluster"},

	"fetch/hostile": {"fetch"},
}

func TestArrowsPointOneWay(t *testing.T) {
	seen := map[string]bool{}
	for file, imports := range sources(t) {
		dir := filepath.ToSlash(filepath.Dir(file))
		allowed, ok := arrows[dir]
		if !ok {
			t.Errorf("%s: package %s has no arrows: say in arrows what it may import", file, dir)
		}
		seen[dir] = true
		for _, path := range imports {
			pkg, ours := strings.CutPrefix(path, "trawl/")
			if ours && !slices.Contains(allowed, pkg) {
				t.Errorf("%s imports %s, which an arrow does not allow", file, path)
			}
		}
	}
	for dir := range arrows {
		if !seen[dir] {
			t.Errorf("arrows has package %s, which does not exist", dir)
		}
	}
}

// The packages below main can be called by any program: they print nothing, end
// nothing, and leave flags and signals alone.
func TestPackagesLeaveTheProcessAlone(t *testing.T) {
	banned := []string{"flag", "log", "os/signal", "github.com/urfave/cli/v2"}
	for file, imports := range sources(t) {
		if filepath.Dir(file) == "." {
			continue
		}
		for _, path := range imports {
			if slices.Contains(banned, path) {
				t.Errorf("%s imports %s", file, path)
			}
		}
		for _, word := range []string{"os.Exit(", "os.Stdout", "os.Stderr", "os.Args", "fmt.Print", "\tprintln("} {
			if strings.Contains(contents(t, file), word) {
				t.Errorf("%s has %s", file, word)
			}
		}
	}
}

// sources lists the imports of every Go file that is no test, nor of a package
// that only tests use.
func sources(t *testing.T) map[string][]string {
	t.Helper()
	files := map[string][]string{}
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if name := d.Name(); path != "." && (strings.HasPrefix(name, ".") || strings.HasSuffix(name, "test") || name == "testdata" || name == "tools" || name == "bench") {
				return filepath.SkipDir
			}
			return nil
		}
		if !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return nil
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		files[path] = []string{}
		for _, spec := range parsed.Imports {
			imported, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			files[path] = append(files[path], imported)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}
