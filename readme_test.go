package main

import (
	"strings"
	"testing"
)

// The parts of the README that stand elsewhere too are the same there.
func TestTheReadmeIsTrue(t *testing.T) {
	readme := contents(t, "README.md")
	for name, text := range map[string]string{
		"the short help":        shortHelp,
		"the exit codes":        exitHelp(),
		"the library example":   exampleBody(t),
		"the first two results": strings.Join(linesOf(contents(t, "db.txt.example"))[1:2], "\n"),
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
