package sinks_test

import (
	"context"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"trawl/fetch"
	"trawl/parse"
	"trawl/sinks"
	"trawl/sinks/sinktest"
)

// A page that is as it was has all that a page has, and stands in no file.
func TestAnUnchangedPageIsWrittenNowhere(t *testing.T) {
	known := &fetch.Known{URL: "http://a/same", Bytes: 5}
	recs := []parse.Record{
		{Seq: 1, URL: "http://a/new", Status: 200, HasSize: true, Size: 4, Change: parse.New},
		{Seq: 2, URL: "http://a/same", Status: 200, HasSize: true, Size: 5, SHA256: strings.Repeat("0", 64), Skipped: parse.Unchanged, Before: known},
		{Seq: 3, URL: "http://a/same", Status: 304, ETag: `"x"`, Skipped: parse.Unchanged, Before: known},
		{Seq: 4, URL: "http://a/gone", Status: 404, Class: fetch.HTTPStatus, Change: parse.Gone, Before: known},
	}
	page, gone := sinktest.Row{URL: "http://a/new", Size: 4}, sinktest.Row{URL: "http://a/gone"}
	for format, read := range map[sinks.Format]func(string) ([]sinktest.Row, error){
		sinks.Text: readText, sinks.JSONL: readJSONL, sinks.CSV: readCSV, sinks.SQLite: readSQLite, sinks.Parquet: readParquet,
	} {
		dir := t.TempDir()
		opts := sinks.Options{Output: filepath.Join(dir, "db"), Errors: filepath.Join(dir, "errors"), Format: format, Run: "r"}
		w, err := sinks.Open(opts)
		if err != nil {
			t.Fatal(err)
		}
		for _, rec := range recs {
			if err := w.Append(t.Context(), rec); err != nil {
				t.Fatal(err)
			}
		}
		if err := w.Close(context.Background(), sinks.End{Whole: true}); err != nil {
			t.Fatal(err)
		}
		want := []sinktest.Row{page, gone}
		if format == sinks.Text {
			want = want[:1]
		}
		got, err := read(opts.Output)
		if diff := cmp.Diff(want, got); diff != "" || err != nil {
			t.Errorf("%s: %v (-want +got):\n%s", format, err, diff)
		}
		failures, err := readJSONL(opts.Errors)
		if diff := cmp.Diff([]sinktest.Row{gone}, failures); diff != "" || err != nil {
			t.Errorf("failures of %s: %v (-want +got):\n%s", format, err, diff)
		}
	}
}
