package sinks

import (
	"bytes"
	"context"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"trawl/fetch"
	"trawl/parse"
)

const trawlPage = `message trawl_page {
	required int64 seq (INT(64,true));
	required binary url (STRING);
	optional binary final_url (STRING);
	required int32 status (INT(32,true));
	optional int64 size (INT(64,true));
	optional int64 bytes (INT(64,true));
	optional int64 wire_bytes (INT(64,true));
	optional binary content_type (STRING);
	optional int64 time (TIMESTAMP(isAdjustedToUTC=true,unit=MILLIS));
	optional double duration_ms;
	optional double ttfb_ms;
	required int32 attempts (INT(32,true));
	optional binary proto (STRING);
	optional binary ip (STRING);
	optional binary etag (STRING);
	optional binary last_modified (STRING);
	optional fixed_len_byte_array(32) sha256;
	optional binary change (STRING);
	optional binary class (STRING);
	optional binary error (STRING);
	optional binary meta (JSON);
	optional binary data (JSON);
	required binary run (STRING);
}`

func mustMakeParquet(t *testing.T, lines []byte) []byte {
	t.Helper()
	var file bytes.Buffer
	if err := makeParquet(t.Context(), &file, bytes.NewReader(lines)); err != nil {
		t.Fatal(err)
	}
	return file.Bytes()
}

func openParquet(t *testing.T, file []byte) *parquet.File {
	t.Helper()
	f, err := parquet.OpenFile(bytes.NewReader(file), int64(len(file)))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// oddLines are records with all that a line may have, and without all that it may
// lack.
func oddLines() (lines []byte) {
	full, _ := golden()
	full.ETag, full.LastModified = `W/"x\y"`, "Sun, 22 Nov 2026 09:24:39 GMT"
	odd := full
	odd.URL, odd.FinalURL, odd.Title = "https://bücher.example/\U0001F600", "https://a/\x01\x1f\"\\", "a\"b\\c\n"
	odd.Start = time.UnixMilli(-1) // before 1970
	odd.Meta, odd.Data = json.RawMessage(` {"é" : [1, -2.5e+3, null, true, "\u00e9\ud83d\ude00\/"]}`), json.RawMessage(`"text"`)
	odd.Seq, odd.Size, odd.Bytes = 1<<63-1, 0, -1<<63
	failure := parse.Record{Seq: 3, URL: "http://b/", Status: 503, Attempts: 3, Class: fetch.HTTPStatus, Error: "http 503\u2028", Redirects: []string{"a", "\""}}
	encode := newJSONL(testRun)
	for _, rec := range []parse.Record{full, odd, failure, {URL: ""}} {
		lines = encode(lines, &rec)
	}
	unnamed := newJSONL("")
	lines = unnamed(lines, &full)
	return append(lines, `{"run":"r","unknown":{"a":[1]},"change":"gone","attempts":-2147483648,"status":2147483647,"seq":-0,"url":"\ud800\u00e9\/","duration_ms":1e-3,"ttfb_ms":-0.5,"time":"2026-11-22T09:24:39+01:00","size":null,"etag":"","meta":null}`...)
}

// lineValues are the columns of a line in words, by encoding/json.
func lineValues(t *testing.T, line []byte) (values [parquetColumns]string) {
	t.Helper()
	var fields map[string]json.RawMessage
	if err := json.Unmarshal(line, &fields); err != nil {
		t.Fatal(err)
	}
	for _, f := range jsonFields {
		if f.node == nil {
			continue
		}
		raw, ok := fields[f.name]
		switch {
		case f.name == "run" && !ok:
			values[f.column] = `""`
		case !ok || string(raw) == "null":
			values[f.column] = "null"
		case f.name == "meta" || f.name == "data":
			values[f.column] = strconv.Quote(string(raw))
		default:
			values[f.column] = valueInWords(t, f.name, raw)
		}
	}
	return values
}

func valueInWords(t *testing.T, name string, raw json.RawMessage) string {
	t.Helper()
	var v any
	d := json.NewDecoder(bytes.NewReader(raw))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatal(err)
	}
	if number, ok := v.(json.Number); ok && !strings.HasSuffix(name, "_ms") {
		return strings.Replace(number.String(), "-0", "0", 1)
	} else if ok {
		f, err := number.Float64()
		if err != nil {
			t.Fatal(err)
		}
		return strconv.FormatFloat(f, 'g', -1, 64)
	}
	text := v.(string)
	if name == "time" {
		at, err := time.Parse(time.RFC3339, text)
		if err != nil {
			t.Fatal(err)
		}
		return strconv.FormatInt(at.UnixMilli(), 10)
	}
	return strconv.Quote(text)
}

// readValues are the columns of a row of a Parquet file in the same words.
func readValues(row parquet.Row) (values [parquetColumns]string) {
	for i, v := range row {
		switch {
		case v.IsNull():
			values[i] = "null"
		case v.Kind() == parquet.Double:
			values[i] = strconv.FormatFloat(v.Double(), 'g', -1, 64)
		case v.Kind() == parquet.ByteArray:
			values[i] = strconv.Quote(string(v.ByteArray()))
		case v.Kind() == parquet.FixedLenByteArray:
			values[i] = strconv.Quote(hex.EncodeToString(v.ByteArray()))
		default:
			values[i] = v.String()
		}
	}
	return values
}

// checkParquet checks that a file holds what lines say, in their order.
func checkParquet(t *testing.T, file, lines []byte) {
	t.Helper()
	rows := parquet.NewReader(openParquet(t, file))
	defer rows.Close()
	row := make([]parquet.Row, 1)
	for line := range bytes.Lines(lines) {
		if n, err := rows.ReadRows(row); n != 1 {
			t.Fatal(err)
		}
		if diff := cmp.Diff(lineValues(t, line), readValues(row[0])); diff != "" {
			t.Fatalf("line and row (-want +got):\n%s\n%s", diff, line)
		}
	}
	if n, err := rows.ReadRows(row); n != 0 || !errors.Is(err, io.EOF) {
		t.Errorf("there are more rows than lines: %v, %v", row[:n], err)
	}
}

func TestParquetSchema(t *testing.T) {
	f := openParquet(t, mustMakeParquet(t, oddLines()))
	if diff := cmp.Diff(trawlPage, f.Schema().String()); diff != "" {
		t.Errorf("schema (-want +got):\n%s", diff)
	}
	for _, chunk := range f.Metadata().RowGroups[0].Columns {
		if codec := chunk.MetaData.Codec.String(); codec != "ZSTD" {
			t.Errorf("%s is compressed with %s, want ZSTD", chunk.MetaData.PathInSchema, codec)
		}
	}
}

func TestParquetHoldsWhatTheLinesSay(t *testing.T) {
	for name, lines := range map[string][]byte{"odd": oddLines(), "many": benchLines(1000), "one": benchLines(1)} {
		t.Run(name, func(t *testing.T) { checkParquet(t, mustMakeParquet(t, lines), lines) })
	}
}

func TestParquetOfNothingHasNoRows(t *testing.T) {
	f := openParquet(t, mustMakeParquet(t, nil))
	if f.NumRows() != 0 || f.Schema().String() != trawlPage {
		t.Errorf("got %d rows of %v", f.NumRows(), f.Schema())
	}
}

func TestParquetReadsLinesInAnyPortions(t *testing.T) {
	lines := oddLines()
	for name, r := range map[string]io.Reader{
		"bytes": iotest.OneByteReader(bytes.NewReader(lines)), "halves": iotest.HalfReader(bytes.NewReader(lines)),
		"end with data": iotest.DataErrReader(bytes.NewReader(lines)),
	} {
		t.Run(name, func(t *testing.T) {
			var file bytes.Buffer
			if err := makeParquet(t.Context(), &file, r); err != nil {
				t.Fatal(err)
			}
			checkParquet(t, file.Bytes(), lines)
		})
	}
}

func TestParquetNamesTheLineThatIsNoRecord(t *testing.T) {
	start := benchLines(1000)
	for line, want := range map[string]string{
		"":                             "line 1001 is no record: unexpected end of JSON input",
		"{}":                           "line 1001 is no record: it has no seq",
		`{"seq":1,"url":"a"}`:          "line 1001 is no record: it has no status",
		`{"seq":1,"url":"a`:            "line 1001 is no record: unexpected end of JSON input",
		`{"seq":9223372036854775808}`:  "line 1001 is no record: json: cannot unmarshal number 9223372036854775808 into Go struct field anyRecord.seq of type int64",
		`{"seq":1,"status":3000000000`: "line 1001 is no record: unexpected end of JSON input",
		`{"seq":1,"status":3e9}`:       "line 1001 is no record: json: cannot unmarshal number 3e9 into Go struct field anyRecord.status of type int32",
		`{"seq":1,"sha256":"00"}`:      "line 1001 is no record: sha256 has another length",
		`{"seq":1,"sha256":"0g"}`:      "line 1001 is no record: encoding/hex: invalid byte: U+0067 'g'",
		`{"seq":1,"time":"yesterday"}`: `line 1001 is no record: parsing time "yesterday" as "2006-01-02T15:04:05Z07:00": cannot parse "yesterday" as "2006"`,
		`{"seq":1,"meta":{]}`:          "line 1001 is no record: invalid character ']' looking for beginning of object key string",
	} {
		lines := append(append(bytes.Clone(start), line...), "\n{}\n"...)
		err := makeParquet(t.Context(), io.Discard, bytes.NewReader(lines))
		if err == nil || err.Error() != want {
			t.Errorf("%s:\n got %v\nwant %s", line, err, want)
		}
	}
}

func TestParquetEndsWithItsContext(t *testing.T) {
	cause := errors.New("no time is left")
	for _, after := range []int{0, 1, 2, 7, 40} {
		ctx, cancel := context.WithCancelCause(t.Context())
		reads := 0
		err := makeParquet(ctx, io.Discard, readerFunc(func(p []byte) (int, error) {
			if reads++; reads > after {
				cancel(cause)
			}
			return copy(p, benchLines(1)), nil // and so on for ever
		}))
		cancel(nil)
		if !errors.Is(err, cause) {
			t.Errorf("cancelled in read %d: %v, want its cause", after+1, err)
		}
	}
}

type readerFunc func(p []byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

type writerFunc func(p []byte) (int, error)

func (f writerFunc) Write(p []byte) (int, error) { return f(p) }

func TestParquetGivesTheErrorOfItsReader(t *testing.T) {
	lines := benchLines(2000)
	broken := errors.New("this disk is worn out")
	for n := 0; n < len(lines); n += 1 + len(lines)/40 {
		err := makeParquet(t.Context(), io.Discard, io.MultiReader(bytes.NewReader(lines[:n]), iotest.ErrReader(broken)))
		if err != broken {
			t.Fatalf("reader that fails after %d bytes: %v, want its error", n, err)
		}
	}
}

func TestParquetGivesTheErrorOfItsWriter(t *testing.T) {
	lines := benchLines(2000)
	full := errors.New("this disk is full")
	calls, bad := 0, 0
	for n := 1; ; n++ {
		calls, bad = 0, 0
		err := makeParquet(t.Context(), writerFunc(func(p []byte) (int, error) {
			if calls++; calls < n {
				return len(p), nil
			}
			bad++
			return len(p) / 2, full
		}), bytes.NewReader(lines))
		if calls < n {
			if n < 5 || err != nil {
				t.Errorf("%d writes, the last run ended with %v: want more writes and none", calls, err)
			}
			return
		}
		if err != full || bad != 1 {
			t.Fatalf("writer whose %d. call fails: %v after %d such calls, want its error after one", n, err, bad)
		}
	}
}

func TestParquetShortWriteIsAnError(t *testing.T) {
	err := makeParquet(t.Context(), writerFunc(func(p []byte) (int, error) { return len(p) - 1, nil }), bytes.NewReader(benchLines(1)))
	if err != io.ErrShortWrite {
		t.Errorf("got %v, want %v", err, io.ErrShortWrite)
	}
}

// TestParquetIndexIsTrue checks for each page that its values are within the bounds
// that the column index says, by which readers leave pages out.
func TestParquetIndexIsTrue(t *testing.T) {
	lines := benchLines(12_000)
	encode := newJSONL(testRun)
	for i := range 20 {
		rec := benchRecord(i)
		rec.URL += "\u00ff" + strings.Repeat("\U0010ffff", 100*i)
		rec.Data = json.RawMessage(fmt.Sprintf(`{"text":"%0100000d"}`, i)) // pages of their own
		lines = encode(lines, &rec)
	}
	f := openParquet(t, mustMakeParquet(t, lines))
	pages := 0
	for _, group := range f.RowGroups() {
		for _, chunk := range group.ColumnChunks() {
			pages += checkIndex(t, chunk)
		}
	}
	if pages < parquetColumns+10 {
		t.Errorf("there are %d pages only", pages)
	}
}

func checkIndex(t *testing.T, chunk parquet.ColumnChunk) (pages int) {
	t.Helper()
	index, err := chunk.ColumnIndex()
	if err != nil {
		t.Fatal(err)
	}
	all := chunk.Pages()
	defer all.Close()
	for ; ; pages++ {
		page, err := all.ReadPage()
		if errors.Is(err, io.EOF) {
			return pages
		}
		if err != nil {
			t.Fatal(err)
		}
		values := make([]parquet.Value, page.NumValues())
		if _, err := page.Values().ReadValues(values); err != nil && !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
		for _, v := range values {
			low, high := index.MinValue(pages), index.MaxValue(pages)
			if !v.IsNull() && (chunk.Type().Compare(v, low) < 0 || chunk.Type().Compare(v, high) > 0) {
				t.Errorf("column %d, page %d: %.100v is not within %.100v and %.100v", chunk.Column(), pages, v, low, high)
			}
		}
		parquet.Release(page)
	}
}

// TestParquetGroupsStayBelow128MiB checks both halves of it: a group ends when its
// lines have so many bytes, and its values have fewer.
func TestParquetGroupsStayBelow128MiB(t *testing.T) {
	lines := benchLines(2000)
	group := openParquet(t, mustMakeParquet(t, lines)).Metadata().RowGroups[0]
	if group.TotalByteSize > int64(len(lines)) {
		t.Errorf("%d bytes of lines are %d bytes of values", len(lines), group.TotalByteSize)
	}
	w := parquetWriter{file: parquet.NewGenericWriter[any](io.Discard, parquetOptions()...)}
	batch := batchesOf(t, lines)[0]
	for _, want := range []int64{parquetLines - 1, 0} {
		w.lines = parquetLines - 1 - int64(batch.size)
		if want == 0 {
			w.lines++
		}
		if err := w.write(batch); err != nil || w.lines != want {
			t.Errorf("after a batch: %v, %d bytes of lines are in the group, want %d", err, w.lines, want)
		}
	}
	if err := w.file.Close(); err != nil || len(w.file.File().Metadata().RowGroups) != 1 {
		t.Errorf("%v, %d groups, want one", err, len(w.file.File().Metadata().RowGroups))
	}
}

// readerOfLines makes lines when they are read, with strings as their data.
func readerOfLines(n int, data func() string) io.Reader {
	rec := benchRecord(1)
	rec.Data = json.RawMessage(`"DATA"`)
	start, end, _ := strings.Cut(string(newJSONL(testRun)(nil, &rec)), "DATA")
	rest := ""
	return readerFunc(func(p []byte) (int, error) {
		if rest == "" {
			if n == 0 {
				return 0, io.EOF
			}
			n--
			rest = start + data() + end
		}
		copied := copy(p, rest)
		rest = rest[copied:]
		return copied, nil
	})
}

// TestParquetMemoryDoesNotGrow measures what is in use while a file is made of rows
// that do not get smaller, in its first half and in its second.
func TestParquetMemoryDoesNotGrow(t *testing.T) {
	const rows, most, noise = 72, 96 << 20, 8 << 20
	data := make([]byte, 512<<10)
	random := rand.NewChaCha8([32]byte{2})
	lines := readerOfLines(rows, func() string {
		random.Read(data)
		return hex.EncodeToString(data)
	})
	var now runtime.MemStats
	var highest [2]uint64
	var end []byte // of the file: the length of its footer
	written, measured := 0, 0
	err := makeParquet(t.Context(), writerFunc(func(p []byte) (int, error) {
		end = bytes.Clone(p[max(len(p)-8, 0):])
		if written += len(p); written-measured > 4<<20 {
			measured = written
			runtime.GC()
			runtime.GC() // or what the library's pools keep for reuse counts until the next one
			runtime.ReadMemStats(&now)
			half := min(2*written/(rows*len(data)), 1)
			highest[half] = max(highest[half], now.HeapAlloc)
		}
		return len(p), nil
	}), lines)
	if err != nil {
		t.Fatal(err)
	}
	t.Logf("%d MiB were written with %d MiB in use, later %d MiB", written>>20, highest[0]>>20, highest[1]>>20)
	if highest[0] > most || highest[1] > highest[0]+noise {
		t.Errorf("%d MiB were in use, later %d MiB: want at most %d, and no more later", highest[0]>>20, highest[1]>>20, most>>20)
	}
	if n := binary.LittleEndian.Uint32(end); n > 50_000 {
		t.Errorf("the footer has %d bytes: it holds values", n)
	}
}
