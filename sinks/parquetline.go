package sinks

import (
	"encoding/hex"
	"fmt"
	"math"
	"time"

	"github.com/parquet-go/parquet-go"
)

// encoding/json takes longer for a line than Parquet does. Lines in the form in
// which they are written, fields in their order and no white space, are decoded by
// hand, others by it.

// decodeLine decodes a line, without its end, into the row, which is all nulls.
func (b *rowBatch) decodeLine(line []byte) error {
	if !b.decodeWritten(line) {
		if err := b.decodeOther(line); err != nil {
			return err
		}
	}
	for _, f := range requiredFields {
		if b.columns[f.column][b.rows].IsNull() {
			return fmt.Errorf("it has no %s", f.name)
		}
	}
	if run := &b.columns[parquetColumns-1][b.rows]; run.IsNull() {
		*run = parquet.ByteArrayValue(nil) // a run without an id leaves it out
	}
	return nil
}

// decodeOther decodes a line in any spelling of JSON.
func (b *rowBatch) decodeOther(line []byte) error {
	row, err := decodeAny(line)
	if err != nil {
		return err
	}
	for _, f := range jsonFields {
		if f.node != nil {
			b.set(&f, row[f.column])
		}
	}
	return nil
}

// set sets a value of the row.
func (b *rowBatch) set(f *jsonField, value parquet.Value) {
	if !value.IsNull() {
		value.SetDefinitionLevel(f.level)
	}
	b.columns[f.column][b.rows] = value
}

// decodeWritten says whether it has understood the line; if not, the row has
// anything.
func (b *rowBatch) decodeWritten(line []byte) bool {
	b.scanner = scanner{line: line}
	if !b.eat('{') || !b.eatString(jsonFields[0].prefix[1:]) || !b.value(&jsonFields[0]) {
		return false
	}
	for i := 1; i < len(jsonFields); i++ {
		if f := &jsonFields[i]; b.eatString(f.prefix) && !b.value(f) {
			return false
		}
	}
	return b.eat('}') && b.i == len(line)
}

func (b *rowBatch) value(f *jsonField) bool {
	if f.node == nil {
		return b.skip(0)
	}
	value, ok := f.read(b)
	b.set(f, value)
	return ok
}

func (b *rowBatch) int64() (parquet.Value, bool) {
	n, ok := b.integer()
	return parquet.Int64Value(n), ok
}

func (b *rowBatch) int32() (parquet.Value, bool) {
	n, ok := b.integer()
	return parquet.Int32Value(int32(n)), ok && math.MinInt32 <= n && n <= math.MaxInt32
}

// double reads a number whose digits an int64 holds, as those of milliseconds are:
// one division makes the nearest float64.
func (b *rowBatch) double() (parquet.Value, bool) {
	n, ok := b.natural(12)
	if !ok || !b.eat('.') {
		return parquet.DoubleValue(float64(n)), ok
	}
	digits, scale := b.digits(3), int64(1)
	for _, digit := range digits {
		n, scale = 10*n+int64(digit-'0'), 10*scale
	}
	return parquet.DoubleValue(float64(n) / float64(scale)), len(digits) > 0
}

func (b *rowBatch) text() (parquet.Value, bool) {
	s, ok := b.string(&b.arena)
	return parquet.ByteArrayValue(s), ok
}

// digest reads 32 bytes in hex.
func (b *rowBatch) digest() (parquet.Value, bool) {
	s, ok := b.string(&b.arena)
	if !ok || len(s) != 64 {
		return parquet.Value{}, false
	}
	start := len(b.arena)
	arena, err := hex.AppendDecode(b.arena, s)
	b.arena = arena
	return parquet.FixedLenByteArrayValue(arena[start:]), err == nil
}

// time reads a time of RFC 3339 in UTC with milliseconds.
func (b *rowBatch) time() (parquet.Value, bool) {
	var n [7]int
	for i, part := range [7]struct {
		before byte
		digits int
	}{{'"', 4}, {'-', 2}, {'-', 2}, {'T', 2}, {':', 2}, {':', 2}, {'.', 3}} {
		ok := b.eat(part.before)
		digits := b.digits(part.digits)
		if !ok || len(digits) != part.digits {
			return parquet.Value{}, false
		}
		for _, digit := range digits {
			n[i] = 10*n[i] + int(digit-'0')
		}
	}
	t := time.Date(n[0], time.Month(n[1]), n[2], n[3], n[4], n[5], n[6]*1e6, time.UTC)
	exists := 1 <= n[1] && n[1] <= 12 && t.Day() == n[2] && n[3] < 24 && n[4] < 60 && n[5] < 60
	return parquet.Int64Value(t.UnixMilli()), exists && b.eatString(`Z"`)
}

// json reads any value but null as it stands there.
func (b *rowBatch) json() (parquet.Value, bool) {
	raw, ok := b.raw()
	return parquet.ByteArrayValue(raw), ok && string(raw) != "null"
}
