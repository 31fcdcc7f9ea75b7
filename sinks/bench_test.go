package sinks

import (
	"os"
	"testing"

	"trawl/parse"
)

// BenchmarkAppend is a record's way through the writer without a disk, which
// would be all that is measured, beside a loop that only encodes and writes as
// much at once.
func BenchmarkAppend(b *testing.B) {
	rec, _ := golden()
	rec.Meta, rec.Data = nil, nil
	for _, format := range []Format{Text, JSONL} {
		b.Run("sink="+string(format), func(b *testing.B) { benchAppend(b, format, rec) })
		b.Run("bare="+string(format), func(b *testing.B) { benchBare(b, format, rec) })
	}
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
	if err := w.Close(true); err != nil {
		b.Fatal(err)
	}
}

func benchBare(b *testing.B, format Format, rec parse.Record) {
	f, err := os.OpenFile(os.DevNull, os.O_WRONLY, 0)
	if err != nil {
		b.Fatal(err)
	}
	defer f.Close()
	encode, err := newEncoder(format, testRun)
	if err != nil {
		b.Fatal(err)
	}
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
