package sinks

import (
	"context"
	"database/sql/driver"
	"os"
	"path/filepath"
	"testing"

	"trawl/parse"
)

// BenchmarkAppend is a record's way through the writer without a disk, which
// would be all that is measured, beside a loop that only encodes and writes as
// much at once.
func BenchmarkAppend(b *testing.B) {
	rec, _ := golden()
	rec.Meta, rec.Data = nil, nil
	for _, format := range []Format{Text, JSONL, CSV} {
		b.Run("sink="+string(format), func(b *testing.B) { benchAppend(b, format, rec) })
		b.Run("bare="+string(format), func(b *testing.B) { benchBare(b, format, rec) })
	}
	b.Run("sink=sqlite", func(b *testing.B) { benchSQLite(b, rec) })
	b.Run("bare=sqlite", func(b *testing.B) { benchBareSQLite(b, rec) })
}

func benchAppend(b *testing.B, format Format, rec parse.Record) {
	w, err := Open(Options{Output: os.DevNull, Format: format, Run: testRun})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if err := w.Append(b.Context(), rec); err != nil {
			b.Fatal(err)
		}
	}
	if err := w.Close(context.Background(), End{Whole: true}); err != nil {
		b.Fatal(err)
	}
}

func benchBare(b *testing.B, format Format, rec parse.Record) {
	f, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	encode := map[Format]encoder{Text: appendText, JSONL: newJSONL(testRun), CSV: newCSV(testRun, nil)}[format]
	var buf []byte
	n := 0
	b.ReportAllocs()
	for b.Loop() {
		buf = encode(buf, &rec)
		if n++; n%writeBatch != 0 {
			continue
		}
		if _, err := f.Write(buf); err != nil {
			b.Fatal(err)
		}
		buf = buf[:0]
	}
}

// A transaction of the benchmark has as many rows as a commit when records come fast.
const rowsCommitted = 1000

// benchURLs are different URLs, since they are an index.
func benchURLs() []string {
	urls := make([]string, 1<<16)
	for i := range urls {
		b := uint64(i) * 0x9E3779B97F4A7C15
		urls[i] = "https://example.com/" + string(appendHex(nil, b))
	}
	return urls
}

func appendHex(dst []byte, n uint64) []byte {
	for range 16 {
		dst = append(dst, "0123456789abcdef"[n>>60])
		n <<= 4
	}
	return dst
}

func benchSQLite(b *testing.B, rec parse.Record) {
	s, err := openSQLite(filepath.Join(b.TempDir(), "db.sqlite"), testRun, About{})
	if err != nil {
		b.Fatal(err)
	}
	urls, recs := benchURLs(), make([]parse.Record, 0, rowsCommitted)
	frame := make([]byte, 200)
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		rec.Seq, rec.URL = int64(n), urls[n%len(urls)]
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

// benchBareSQLite is prepared inserts of values that stand there already.
func benchBareSQLite(b *testing.B, rec parse.Record) {
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
	urls := benchURLs()
	b.ReportAllocs()
	for n := 0; b.Loop(); n++ {
		if n%rowsCommitted == 0 {
			if err := db.exec("BEGIN IMMEDIATE"); err != nil {
				b.Fatal(err)
			}
		}
		args[1].Value, args[2].Value = int64(n), urls[n%len(urls)]
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
