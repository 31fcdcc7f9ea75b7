//go:build unix

package sinks

import (
	"bytes"
	"context"
	"database/sql/driver"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"

	"github.com/parquet-go/parquet-go"

	"trawl/parse"
)

// BenchmarkAppend is the way of records through the writer, beside a loop that only encodes
// them, and writes and syncs as much at once: on a disk, and without one, which may be all
// that is measured.
//
//	go test -run '^$' -bench Append -benchtime 15x ./sinks
func BenchmarkAppend(b *testing.B) {
	ring := make([]parse.Record, 256) // in the processor's cache, as what has just been parsed
	for i := range ring {
		ring[i] = benchRecord(i + 1)
	}
	for _, format := range []Format{Text, JSONL, CSV} {
		for _, output := range []string{"disk", os.DevNull} {
			b.Run(fmt.Sprintf("sink=%s/output=%s", format, filepath.Base(output)), func(b *testing.B) {
				bare := output
				if output == "disk" {
					output, bare = filepath.Join(b.TempDir(), "db"), filepath.Join(b.TempDir(), "bare")
				}
				var commits []int
				const records = 200_000
				contest(b, records,
					func() { commits = benchAppend(b, output, format, ring, records) },
					func() { benchBare(b, bare, format, ring, commits) })
			})
		}
	}
}

// benchAppend returns how many records each commit had.
func benchAppend(b *testing.B, output string, format Format, ring []parse.Record, n int) (commits []int) {
	w, err := Open(Options{Output: output, Format: format, Run: testRun, OnCommit: func(recs []parse.Record) {
		commits = append(commits, len(recs))
	}})
	if err != nil {
		b.Fatal(err)
	}
	for i := range n {
		if err := w.Append(b.Context(), ring[i%len(ring)]); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Close(context.Background(), End{Whole: true}); err != nil {
		b.Fatal(err)
	}
	return commits
}

func benchBare(b *testing.B, output string, format Format, ring []parse.Record, commits []int) {
	f, err := os.OpenFile(output, os.O_WRONLY|os.O_CREATE|os.O_APPEND, 0o644)
	if err != nil {
		b.Fatal(err)
	}
	encode := map[Format]encoder{Text: appendText, JSONL: newJSONL(testRun), CSV: newCSV(testRun, nil)}[format]
	buf := make([]byte, 0, maxBuffer)
	for _, n := range commits {
		buf = buf[:0]
		for i := range n {
			buf = encode(buf, &ring[i%len(ring)])
		}
		if _, err := f.Write(buf); err != nil {
			b.Fatal(err)
		}
		if err := f.Sync(); err != nil && output != os.DevNull {
			b.Fatal(err)
		}
	}
	if err := f.Close(); err != nil {
		b.Fatal(err)
	}
}

// A transaction of the benchmark has as many rows as a commit when records come fast.
const (
	rowsCommitted = 1000
	transactions  = 20
)

// BenchmarkSQLite is the table of pages, beside prepared inserts of values that stand there
// already, in as many transactions with as much durability.
//
//	go test -run '^$' -bench SQLite -benchtime 9x ./sinks
func BenchmarkSQLite(b *testing.B) {
	urls, rec := benchURLs(), benchRecord(1)
	contest(b, rowsCommitted*transactions,
		func() { benchSQLite(b, rec, urls) },
		func() { benchBareSQLite(b, rec, urls) })
}

// benchURLs are different URLs, since they are an index.
func benchURLs() []string {
	urls := make([]string, rowsCommitted*transactions)
	for i := range urls {
		urls[i] = fmt.Sprintf("https://example.com/%016x", uint64(i)*0x9E3779B97F4A7C15)
	}
	return urls
}

func benchSQLite(b *testing.B, rec parse.Record, urls []string) {
	s, err := openSQLite(filepath.Join(b.TempDir(), "db.sqlite"), testRun, About{})
	if err != nil {
		b.Fatal(err)
	}
	recs := make([]parse.Record, 0, rowsCommitted)
	frame := make([]byte, 200)
	for n, url := range urls {
		rec.Seq, rec.URL = int64(n), url
		if recs = append(recs, rec); len(recs) < rowsCommitted {
			continue
		}
		if err := s.write(recs); err != nil {
			b.Fatal(err)
		}
		if err := s.transact(frame); err != nil {
			b.Fatal(err)
		}
		recs = recs[:0]
	}
	if err := s.close(); err != nil {
		b.Fatal(err)
	}
}

func benchBareSQLite(b *testing.B, rec parse.Record, urls []string) {
	db, err := connect(filepath.Join(b.TempDir(), "db.sqlite"), "_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=cache_size(-16384)")
	if err != nil {
		b.Fatal(err)
	}
	if err := db.exec(schema); err != nil {
		b.Fatal(err)
	}
	columns := pageColumns(testRun)
	insert, err := db.Prepare(insertPage(columns))
	if err != nil {
		b.Fatal(err)
	}
	args := named(make([]driver.Value, len(columns)))
	for i := range columns {
		args[i].Value = columns[i].sql(&rec)
	}
	for n, url := range urls {
		if n%rowsCommitted == 0 {
			if err := db.exec("BEGIN IMMEDIATE"); err != nil {
				b.Fatal(err)
			}
		}
		args[1].Value, args[2].Value = int64(n), url
		if _, err := insert.(driver.StmtExecContext).ExecContext(context.Background(), args); err != nil {
			b.Fatal(err)
		}
		if n%rowsCommitted == rowsCommitted-1 {
			if err := db.exec("COMMIT"); err != nil {
				b.Fatal(err)
			}
		}
	}
	if err := insert.Close(); err != nil {
		b.Fatal(err)
	}
	if err := db.Close(); err != nil {
		b.Fatal(err)
	}
}

// BenchmarkParquet makes a Parquet file of lines, and of the same rows when they
// are ready.
//
//	go test -run '^$' -bench Parquet -benchtime 9x ./sinks
func BenchmarkParquet(b *testing.B) {
	const rows = 50_000
	lines := benchLines(rows)
	batches := batchesOf(b, lines)
	contest(b, rows,
		func() {
			if err := makeParquet(b.Context(), io.Discard, bytes.NewReader(lines)); err != nil {
				b.Fatal(err)
			}
		},
		func() { benchBareParquet(b, batches) })
}

func benchBareParquet(b *testing.B, batches []*rowBatch) {
	w := parquetWriter{file: parquet.NewGenericWriter[any](io.Discard, parquetOptions()...)}
	for _, batch := range batches {
		if err := w.write(batch); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.file.Close(); err != nil {
		b.Fatal(err)
	}
}
