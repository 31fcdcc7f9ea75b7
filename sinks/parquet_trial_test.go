//go:build trial

package sinks

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// duckDB is what reads the file: a reader that shares no line with the writer.
const duckDB = "@duckdb/node-api@1.5.6-r.1"

// duckTypes is what DuckDB says of a file without rows.
const duckTypes = `trawl_page: <nil> <nil> <nil>
seq: INT64 <nil> REQUIRED
url: BYTE_ARRAY UTF8 REQUIRED
final_url: BYTE_ARRAY UTF8 OPTIONAL
status: INT32 <nil> REQUIRED
size: INT64 <nil> OPTIONAL
bytes: INT64 <nil> OPTIONAL
wire_bytes: INT64 <nil> OPTIONAL
content_type: BYTE_ARRAY UTF8 OPTIONAL
time: INT64 TIMESTAMP_MILLIS OPTIONAL
duration_ms: DOUBLE <nil> OPTIONAL
ttfb_ms: DOUBLE <nil> OPTIONAL
attempts: INT32 <nil> REQUIRED
proto: BYTE_ARRAY UTF8 OPTIONAL
ip: BYTE_ARRAY UTF8 OPTIONAL
etag: BYTE_ARRAY UTF8 OPTIONAL
last_modified: BYTE_ARRAY UTF8 OPTIONAL
sha256: FIXED_LEN_BYTE_ARRAY <nil> OPTIONAL
change: BYTE_ARRAY UTF8 OPTIONAL
class: BYTE_ARRAY UTF8 OPTIONAL
error: BYTE_ARRAY UTF8 OPTIONAL
meta: BYTE_ARRAY JSON OPTIONAL
data: BYTE_ARRAY JSON OPTIONAL
run: BYTE_ARRAY UTF8 REQUIRED
`

const duckColumns = `seq BIGINT
url VARCHAR
final_url VARCHAR
status INTEGER
size BIGINT
bytes BIGINT
wire_bytes BIGINT
content_type VARCHAR
time TIMESTAMP WITH TIME ZONE
duration_ms DOUBLE
ttfb_ms DOUBLE
attempts INTEGER
proto VARCHAR
ip VARCHAR
etag VARCHAR
last_modified VARCHAR
sha256 BLOB
change VARCHAR
class VARCHAR
error VARCHAR
meta JSON
data JSON
run VARCHAR
`

func TestTrialParquetIsReadByAnother(t *testing.T) {
	read := duckReader(t)
	for name, lines := range map[string][]byte{"rows": append(benchLines(20_000), oddLines()...), "nothing": nil} {
		t.Run(name, func(t *testing.T) { checkDuck(t, read(mustMakeParquet(t, lines)), lines) })
	}
}

// duckReader returns a function that returns what DuckDB prints of a file.
func duckReader(t *testing.T) func(file []byte) *json.Decoder {
	t.Helper()
	dir := t.TempDir()
	if out, err := exec.CommandContext(t.Context(), "npm", "install", "--no-save", "--no-audit", "--no-fund", "--prefix", dir, duckDB).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	script, err := os.ReadFile("testdata/parquet.mjs")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, "parquet.mjs"), script, 0o600); err != nil {
		t.Fatal(err)
	}
	return func(file []byte) *json.Decoder {
		if err := os.WriteFile(filepath.Join(dir, "db.parquet"), file, 0o600); err != nil {
			t.Fatal(err)
		}
		read := exec.CommandContext(t.Context(), "node", "parquet.mjs", "db.parquet")
		read.Dir, read.Stderr = dir, t.Output()
		out, err := read.Output()
		if err != nil {
			t.Fatal(err)
		}
		d := json.NewDecoder(bytes.NewReader(out))
		d.UseNumber()
		return d
	}
}

func checkDuck(t *testing.T, printed *json.Decoder, lines []byte) {
	t.Helper()
	next := func() map[string]any {
		var row map[string]any
		if err := printed.Decode(&row); err != nil {
			t.Fatal(err)
		}
		return row
	}
	var types, columns string
	for range parquetColumns + 1 {
		row := next()
		types += fmt.Sprintf("%s: %v %v %v\n", row["name"], row["type"], row["as"], row["is"])
	}
	if diff := cmp.Diff(duckTypes, types); diff != "" {
		t.Errorf("types in the file (-want +got):\n%s", diff)
	}
	if len(lines) > 0 {
		if row := next(); row["compression"] != "ZSTD" {
			t.Errorf("compressed with %v, want ZSTD", row)
		}
	}
	for range parquetColumns {
		row := next()
		columns += fmt.Sprintf("%s %s\n", row["column_name"], row["column_type"])
	}
	if diff := cmp.Diff(duckColumns, columns); diff != "" {
		t.Errorf("types of DuckDB (-want +got):\n%s", diff)
	}
	if row := next(); row["rows"] != strconv.Itoa(countLines(lines)) || len(lines) > 0 && row["json"] != true {
		t.Errorf("got %v, want %d rows with JSON", row, countLines(lines))
	}
	for line := range bytes.Lines(lines) {
		if diff := cmp.Diff(lineValues(t, line), duckValues(t, next())); diff != "" {
			t.Fatalf("line and row (-want +got):\n%s\n%s", diff, line)
		}
	}
	if printed.More() {
		t.Errorf("there is another row: %v", next())
	}
}

func countLines(lines []byte) (n int) {
	for range bytes.Lines(lines) {
		n++
	}
	return n
}

// duckValues are the columns of a row in the words of lineValues. 64 bits come as
// strings.
func duckValues(t *testing.T, row map[string]any) (values [parquetColumns]string) {
	t.Helper()
	for _, f := range jsonFields {
		if f.node == nil {
			continue
		}
		value, ok := row[f.name]
		if !ok {
			t.Fatalf("there is no column %s", f.name)
		}
		values[f.column] = duckValue(t, f.name, value)
	}
	return values
}

func duckValue(t *testing.T, name string, value any) string {
	t.Helper()
	switch v := value.(type) {
	case nil:
		return "null"
	case json.Number:
		f, err := v.Float64() // of 32 bits, or a double
		if err != nil {
			t.Fatal(err)
		}
		if name == "status" || name == "attempts" {
			return v.String()
		}
		return strconv.FormatFloat(f, 'g', -1, 64)
	case string:
		switch name {
		case "seq", "size", "bytes", "wire_bytes", "time":
			return v
		}
		return strconv.Quote(v)
	}
	t.Fatalf("%s: %T", name, value)
	return ""
}
