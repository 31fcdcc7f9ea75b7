package sinks_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"

	"trawl/fetch"
	"trawl/parse"
	"trawl/sinks"
)

// A page becomes a line of the results file; a failure a line of the errors
// file, from which it can be tried again.
func ExampleWriter() {
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	output := filepath.Join(dir, "db.txt")

	out, err := sinks.Open(sinks.Options{
		Output: output,
		Errors: sinks.ErrorsPath(output),
		OnCommit: func(recs []parse.Record) {
			fmt.Println("on disk:", len(recs))
		},
	})
	if err != nil {
		log.Fatal(err)
	}
	ctx := context.Background()
	page := parse.Record{Seq: 1, URL: "https://www.python.org", Status: 200, HasSize: true, Size: 50210}
	gone := parse.Record{Seq: 2, URL: "https://gone.example/", Class: fetch.DNS, Error: "no such host", File: "urls.txt", Line: 2}
	for _, rec := range []parse.Record{page, gone} {
		if err := out.Append(ctx, rec); err != nil {
			log.Fatal(err)
		}
	}
	if err := out.Close(ctx, sinks.End{Whole: true}); err != nil { // that was the whole list
		log.Fatal(err)
	}

	text, err := os.ReadFile(output)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(string(text))
	// Output:
	// on disk: 2
	// url:<https://www.python.org> size:[50210]
}
