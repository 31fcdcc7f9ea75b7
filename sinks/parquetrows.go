package sinks

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"slices"

	"github.com/parquet-go/parquet-go"
)

// batchBytes are the lines that become one batch of rows; a longer line is a batch
// of its own. Rows of more lines would not fit into the processor's cache.
const batchBytes = 32 << 10

// batches are how many there are: decoded, waiting and written.
const batches = 4

// lineReader reads lines into batches of rows, ahead of who writes them.
type lineReader struct {
	r     io.Reader
	ready chan *rowBatch // to the writer; closed by readAll
	used  chan *rowBatch // from the writer
	lines int64          // that were decoded
	rest  []byte         // the begin of the next line; it is the memory of the last batch
}

func newLineReader(r io.Reader) *lineReader {
	l := &lineReader{r: r, ready: make(chan *rowBatch, batches), used: make(chan *rowBatch, batches)}
	for range batches {
		l.used <- newRowBatch()
	}
	return l
}

// readAll decodes all lines. It ends early with ctx's cause.
func (l *lineReader) readAll(ctx context.Context) error {
	defer close(l.ready)
	for {
		batch, err := receive(ctx, l.used)
		if err != nil {
			return err
		}
		end := batch.fill(l)
		if end != nil && end != io.EOF {
			return end
		}
		if err := batch.decode(l.lines); err != nil {
			return err
		}
		l.lines += int64(batch.rows)
		l.ready <- batch // there is room for all batches
		if end != nil {
			return nil
		}
	}
}

func receive(ctx context.Context, used <-chan *rowBatch) (*rowBatch, error) {
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	select {
	case batch := <-used:
		return batch, nil
	case <-ctx.Done():
		return nil, context.Cause(ctx)
	}
}

// rowBatch decodes lines into columns of values, which refer to the lines and the
// arena.
type rowBatch struct {
	buf     []byte // lines, and what was read beyond them
	size    int    // of the whole lines in buf; the last one of all may have no end
	rows    int    // that are decoded
	columns [parquetColumns][]parquet.Value
	arena   []byte // of values that are not what stands in a line

	scanner // of the line that is being decoded
}

func newRowBatch() *rowBatch { return &rowBatch{buf: make([]byte, 0, batchBytes)} }

// fill reads lines until the buffer is full, but at least one. The error is that of
// the reader, io.EOF with the last lines.
func (b *rowBatch) fill(l *lineReader) (err error) {
	b.buf = append(b.buf[:0], l.rest...)
	for b.size = 0; b.size == 0 && err == nil; {
		if len(b.buf) == cap(b.buf) {
			b.buf = slices.Grow(b.buf, cap(b.buf))
		}
		for len(b.buf) < cap(b.buf) && err == nil {
			var n int
			n, err = l.r.Read(b.buf[len(b.buf):cap(b.buf)])
			b.buf = b.buf[:len(b.buf)+n]
		}
		b.size = bytes.LastIndexByte(b.buf, '\n') + 1
	}
	if err == io.EOF {
		b.size = len(b.buf)
	}
	l.rest = b.buf[b.size:]
	return err
}

// decode makes rows of the lines. Before them there were so many.
func (b *rowBatch) decode(before int64) error {
	lines := b.buf[:b.size]
	b.clear(bytes.Count(lines, []byte{'\n'}) + 1)
	for len(lines) > 0 {
		var line []byte
		line, lines, _ = bytes.Cut(lines, []byte{'\n'})
		if err := b.decodeLine(line); err != nil {
			return fmt.Errorf("line %d is no record: %w", before+int64(b.rows)+1, err)
		}
		b.rows++
	}
	for i := range b.columns {
		b.columns[i] = b.columns[i][:b.rows]
	}
	return nil
}

// clear makes room for so many rows of nulls.
func (b *rowBatch) clear(rows int) {
	b.rows, b.arena = 0, b.arena[:0]
	for i, column := range b.columns {
		column = slices.Grow(column[:0], rows)[:rows]
		clear(column)
		b.columns[i] = column
	}
}
