//go:build linux

package main

import (
	"bytes"
	"cmp"
	"database/sql"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/parquet-go/parquet-go"

	"trawl/sinks"
	"trawl/sinks/warctest"
)

// stored is what results files hold of a position. What a format does not hold is zero.
type stored struct {
	Seq      int64  `json:"seq" parquet:"seq"`
	URL      string `json:"url" parquet:"url"`
	Status   int    `json:"status" parquet:"status"`
	Size     int64  `json:"size" parquet:"size,optional"`
	Attempts int    `json:"attempts" parquet:"attempts"`
	Class    string `json:"class" parquet:"class,optional"`
	Change   string `json:"change" parquet:"change,optional"`
	Source   string `json:"source" parquet:"-"`
	Run      string `json:"run" parquet:"run"`
}

// readers read each format back with something that has not written it.
var readers = map[sinks.Format]func(t *testing.T, path string) []stored{
	sinks.Text: readText, sinks.JSONL: readLines, sinks.CSV: readCSV, sinks.SQLite: readSQLite, sinks.Parquet: readParquet, sinks.WARC: readWARC,
}

func readText(t *testing.T, path string) (got []stored) {
	t.Helper()
	text := contents(t, path)
	if text != "" && !strings.HasSuffix(text, "\n") {
		t.Errorf("the last line is torn: %.100q", text[max(0, len(text)-100):])
	}
	for i, line := range linesOf(text) {
		m := resultLine.FindStringSubmatch(line)
		if m == nil {
			t.Fatalf("%s:%d is torn: %q", path, i+1, line)
		}
		size, _ := strconv.ParseInt(m[2], 10, 64)
		got = append(got, stored{URL: m[1], Size: size})
	}
	return got
}

func readLines(t *testing.T, path string) (got []stored) {
	t.Helper()
	text := contents(t, path)
	if text != "" && !strings.HasSuffix(text, "\n") {
		t.Errorf("the last line is torn: %.100q", text[max(0, len(text)-100):])
	}
	for i, line := range linesOf(text) {
		var k stored
		if err := json.Unmarshal([]byte(line), &k); err != nil {
			t.Fatalf("%s:%d: %v: %q", path, i+1, err, line)
		}
		got = append(got, k)
	}
	return got
}

func readCSV(t *testing.T, path string) (got []stored) {
	t.Helper()
	rows, err := csv.NewReader(strings.NewReader(contents(t, path))).ReadAll()
	if err != nil || len(rows) == 0 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	column := func(row []string, name string) string { return row[slices.Index(rows[0], name)] }
	number := func(row []string, name string) int64 {
		if column(row, name) == "" {
			return 0
		}
		n, err := strconv.ParseInt(column(row, name), 10, 64)
		if err != nil {
			t.Fatalf("%q: %v", row, err)
		}
		return n
	}
	for _, row := range rows[1:] {
		got = append(got, stored{
			Seq: number(row, "seq"), URL: column(row, "url"), Status: int(number(row, "status")), Size: number(row, "size"),
			Attempts: int(number(row, "attempts")), Class: column(row, "class"), Change: column(row, "change"), Run: column(row, "run"),
		})
	}
	return got
}

func openDatabase(t *testing.T, path string) *sql.DB {
	t.Helper()
	db, err := sql.Open("sqlite", "file://"+path+"?mode=rw&_pragma=busy_timeout(5000)")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	return db
}

func readSQLite(t *testing.T, path string) (got []stored) {
	t.Helper()
	db := openDatabase(t, path)
	defer db.Close()
	isIntact(t, db)
	rows, err := db.Query("SELECT seq, url, status, coalesce(size, 0), attempts, coalesce(class, ''), coalesce(change, ''), run FROM pages")
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	for rows.Next() {
		var k stored
		if err := rows.Scan(&k.Seq, &k.URL, &k.Status, &k.Size, &k.Attempts, &k.Class, &k.Change, &k.Run); err != nil {
			t.Fatal(err)
		}
		got = append(got, k)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return got
}

func isIntact(t *testing.T, db *sql.DB) {
	t.Helper()
	var says string
	if err := db.QueryRow("PRAGMA integrity_check").Scan(&says); err != nil || says != "ok" {
		t.Errorf("integrity_check: %q, %v", says, err)
	}
}

func readParquet(t *testing.T, path string) []stored {
	t.Helper()
	got, err := parquet.ReadFile[stored](path)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// readWARC returns one for each answer, and holds each to its request.
func readWARC(t *testing.T, path string) (got []stored) {
	t.Helper()
	records, _, err := warctest.ReadAll(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	requests := map[string]string{}
	for _, rec := range records {
		if rec.Type == "request" {
			requests[rec.Fields["WARC-Concurrent-To"]] = rec.Fields["WARC-Target-URI"]
		}
	}
	for _, rec := range records {
		if rec.Type != "response" {
			continue
		}
		k := stored{URL: rec.Fields["WARC-Target-URI"]}
		if requests[rec.Fields["WARC-Record-ID"]] != k.URL {
			t.Fatalf("the response of %s has no request", k.URL)
		}
		if _, err := fmt.Sscanf(rec.Block, "HTTP/1.1 %d", &k.Status); err != nil {
			t.Fatalf("%s: %v", k.URL, err)
		}
		got = append(got, k)
	}
	if 2*len(got) != len(records) {
		t.Errorf("%d records, %d of them responses", len(records), len(got))
	}
	return got
}

// readErrors are the failures of an errors file; none if there is no file.
func readErrors(t *testing.T, path string) []stored {
	t.Helper()
	if _, err := os.Stat(path); err != nil {
		return nil
	}
	return readLines(t, path)
}

func byPosition(a, b stored) int {
	return cmp.Or(cmp.Compare(a.Seq, b.Seq), cmp.Compare(a.URL, b.URL), cmp.Compare(a.Status, b.Status))
}

// differ tells of the first few differences.
func differ(t *testing.T, what string, got, want []stored) {
	t.Helper()
	counts := map[stored]int{}
	for _, k := range got {
		counts[k]++
	}
	for _, k := range want {
		counts[k]--
	}
	var wrong []stored
	for k, n := range counts {
		if n != 0 {
			wrong = append(wrong, k)
		}
	}
	slices.SortFunc(wrong, byPosition)
	var text bytes.Buffer
	for _, k := range wrong[:min(10, len(wrong))] {
		fmt.Fprintf(&text, "  %+d × %+v\n", counts[k], k)
	}
	if len(wrong) > 0 {
		t.Errorf("%s: %d entries, want %d; %d are too many (+) or missing (-):\n%s", what, len(got), len(want), len(wrong), text.String())
	}
}
