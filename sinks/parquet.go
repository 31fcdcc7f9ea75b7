package sinks

import (
	"context"
	"io"

	"github.com/parquet-go/parquet-go"
	"golang.org/x/sync/errgroup"
)

// A Parquet file cannot be appended to, and is nothing before its footer is
// written: a run's records are lines of JSON first, and become the Parquet file
// at its end.

// A row group ends when its pages, which stay in memory until then, have so many
// bytes, or its lines have: a record is shorter as values than as a line, which
// keeps the group below 128 MiB.
const (
	parquetHeld  = 16 << 20
	parquetLines = 96 << 20
)

// makeParquet reads the lines of a JSONL results file, as this package writes
// them, and writes them to w as one Parquet file. It ends early with ctx's cause.
// Errors of r and w are returned as they are; a line that is no record is an error
// that names its number. What was written to w before an error is no Parquet file.
func makeParquet(ctx context.Context, w io.Writer, r io.Reader) error {
	out := &failing{w: w}
	file := parquetWriter{file: parquet.NewGenericWriter[any](out, parquetOptions()...)}
	lines := newLineReader(r)

	// Decoding takes half as long as writing: it is done ahead.
	both, ctx := errgroup.WithContext(ctx)
	both.Go(func() error { return lines.readAll(ctx) })
	both.Go(func() error { return file.writeAll(lines.ready, lines.used) })
	err := both.Wait()
	if err == nil {
		err = file.file.Close()
	}
	if out.err != nil {
		return out.err // without what the library says around it
	}
	return err
}

// failing is a writer that fails for good, and says why.
type failing struct {
	w   io.Writer
	err error
}

func (f *failing) Write(p []byte) (n int, err error) {
	if f.err != nil {
		return 0, f.err
	}
	n, f.err = f.w.Write(p)
	if f.err == nil && n < len(p) {
		f.err = io.ErrShortWrite
	}
	return n, f.err
}

// parquetWriter writes rows in groups.
type parquetWriter struct {
	file  *parquet.GenericWriter[any]
	start int64 // of the row group in the file
	lines int64 // bytes of the row group's lines
}

// writeAll writes batches until ready is closed, and hands them back.
func (w *parquetWriter) writeAll(ready <-chan *rowBatch, used chan<- *rowBatch) error {
	for batch := range ready {
		if err := w.write(batch); err != nil {
			return err
		}
		used <- batch
	}
	return nil
}

func (w *parquetWriter) write(batch *rowBatch) error {
	for i, column := range w.file.ColumnWriters() {
		if _, err := column.WriteRowValues(batch.columns[i]); err != nil {
			return err
		}
	}
	w.lines += int64(batch.size)
	if w.file.Size()-w.start < parquetHeld && w.lines < parquetLines {
		return nil
	}
	err := w.file.Flush()
	w.start, w.lines = w.file.Size(), 0
	return err
}
