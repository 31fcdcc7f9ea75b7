package main

import (
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// The parts of the README that stand elsewhere too are the same there.
func TestTheReadmeIsTrue(t *testing.T) {
	readme := contents(t, "README.md")
	for name, text := range map[string]string{
		"the short help":          shortHelp,
		"the exit codes":          exitHelp(),
		"the library example":     exampleBody(t),
		"the first three results": strings.Join(linesOf(contents(t, "db.txt.example"))[:3], "\n"),
	} {
		if !strings.Contains(readme, strings.TrimSpace(text)) {
			t.Errorf("README.md lacks %s:\n%s", name, text)
		}
	}
}

// exampleBody is what stands in ExampleCrawl between its files' making and its
// output.
func exampleBody(t *testing.T) string {
	source := contents(t, "crawl", "example_test.go")
	_, body, _ := strings.Cut(source, "defer leave()\n\n")
	body, _, ok := strings.Cut(body, "\t// Output:")
	if !ok {
		t.Fatal("crawl/example_test.go is not as it was")
	}
	body = strings.ReplaceAll("\n"+body, "\n\t", "\n")
	body = strings.ReplaceAll(body, `filepath.Join(dir, "urls.txt")`, `"urls.txt"`)
	return strings.ReplaceAll(body, `filepath.Join(dir, "pages.jsonl")`, `"pages.jsonl"`)
}

// The promises of ARCHITECTURE.md name tests that exist.
func TestTheArchitecturesTestsExist(t *testing.T) {
	var tests strings.Builder
	for _, pattern := range []string{"*_test.go", "*/*_test.go", "*/*test/*.go", "pool/cluster/*_test.go", "pool/cluster/broker/*_test.go"} {
		files, err := filepath.Glob(pattern)
		if err != nil {
			t.Fatal(err)
		}
		for _, file := range files {
			tests.WriteString(contents(t, file))
		}
	}
	name := regexp.MustCompile("`((?:Test|test|Benchmark)\\w+)`")
	_, promises, _ := strings.Cut(contents(t, "ARCHITECTURE.md"), "| promise | tests |\n|---|---|\n")
	named := name.FindAllStringSubmatch(promises, -1)
	for _, row := range linesOf(promises) {
		if !name.MatchString(row) {
			t.Errorf("no test is named: %s", row)
		}
	}
	for _, name := range named {
		if !strings.Contains(tests.String(), " "+name[1]+"(") { // a function or a method
			t.Errorf("ARCHITECTURE.md names %s, which does not exist", name[1])
		}
	}
}
