package sinks

import (
	"bytes"
	"encoding/json"
	"testing"

	"github.com/parquet-go/parquet-go"
)

// decodedLine is the row of one line.
func decodedLine(line []byte) (row parquetRow, written bool) {
	b := newRowBatch()
	b.clear(1)
	written = b.decodeWritten(line)
	for i := range row {
		row[i] = b.columns[i][0]
	}
	return row, written
}

// FuzzParquetLine compares what is read of a line by hand with what encoding/json
// reads.
func FuzzParquetLine(f *testing.F) {
	for line := range bytes.Lines(append(oddLines(), benchLines(20)...)) {
		f.Add(bytes.TrimSuffix(line, []byte{'\n'}))
	}
	for _, line := range []string{
		`{"seq":01}`, `{"seq":-}`, `{"seq":-0,"url":"a"}`, `{"seq":1,"seq":2}`, `{"SEQ":1}`, `{"seq":1.0}`, `{"seq":999999999999999999}`, `{"seq":1000000000000000000}`,
		`{"status":2147483648}`, `{"duration_ms":1.}`, `{"duration_ms":.5}`, `{"duration_ms":0.1234}`, `{"duration_ms":00.5}`, `{"ttfb_ms":999999999999.999}`,
		`{"time":"2026-02-29T00:00:00.000Z"}`, `{"time":"0000-01-01T00:00:00.000Z"}`, `{"time":"9999-12-31T23:59:59.999Z"}`, `{"time":"2026-11-22T23:59:60.000Z"}`,
		`{"title":"\ud800\u00zz"}`, `{"title":"\u0041` + "\x00" + `"}`, `{"url":"\u007f\u0080"}`, `{"url":"` + "\xff" + `"}`, `{"url":null}`, `{"redirects":[1,{"a":[]}],"status":1}`,
		`{"meta":{"a":1,}}`, `{"meta":[1 2]}`, `{"meta":1e+}`, `{"meta":-}`, `{"meta":"a` + "\t" + `"}`, `{"meta":{"a" :` + "\t" + `[ ] }}`, `{"meta":nul}`, `{"meta":{1:2}}`,
		`{"sha256":"9F86D081884C7D659A2FEAA0C55AD015A3BF4F1B2B0B822CD15D6C15B0F00A08"}`, `{"sha256":"9f"}`, `{}`, `{} `, `{,}`, `{"run":"a",}`, `{"run":"a"}}`, ``,
	} {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		if bytes.IndexByte(line, '\n') >= 0 {
			return
		}
		got, written := decodedLine(line)
		if !written {
			return // encoding/json decides
		}
		want, err := decodeAny(line)
		if err != nil {
			t.Fatalf("%s is understood, but encoding/json says: %v", line, err)
		}
		for i := range want {
			if got[i].IsNull() != want[i].IsNull() || !parquet.Equal(got[i], want[i]) {
				t.Errorf("%s: column %d is %q, encoding/json says %q", line, i, got[i], want[i])
			}
		}
	})
}

// TestWrittenLinesAreReadByHand checks that the lines of this package do not take
// the slow way.
func TestWrittenLinesAreReadByHand(t *testing.T) {
	lines := benchLines(100)
	_, line := golden()
	for line := range bytes.Lines(append(lines, line...)) {
		if _, written := decodedLine(bytes.TrimSuffix(line, []byte{'\n'})); !written {
			t.Errorf("not read by hand: %s", line)
		}
	}
}

// TestDecodingDoesNotAllocate checks it for batches after the first.
func TestDecodingDoesNotAllocate(t *testing.T) {
	lines := benchLines(100)
	b := newRowBatch()
	if n := testing.AllocsPerRun(10, func() {
		b.fill(&lineReader{r: bytes.NewReader(lines)})
		if err := b.decode(0); err != nil {
			t.Fatal(err)
		}
	}); n > 2 {
		t.Errorf("%v allocations a batch of %d lines, want those of its reader", n, b.rows)
	}
}

func TestJSONIsSkippedAsStrictlyAsItIsRead(t *testing.T) {
	deep := func(n int) string { return string(bytes.Repeat([]byte{'['}, n)) + string(bytes.Repeat([]byte{']'}, n)) }
	for _, value := range []string{
		`1`, `-1.5e-7`, `1E5`, `0`, `0.0`, `true`, `false`, `null`, `""`, `"\u00e9\ud800\b\f\/"`, `[]`, `{}`, `[ 1 , 2 ]`, "{\"a\"\t:\r[]}", deep(101),
		`01`, `1.`, `.1`, `-`, `1e`, `+1`, `tru`, `"`, `"\x"`, `"\u12g4"`, `"\u123`, "\"\x00\"", `[`, `[1`, `[1,`, `[1,]`, `[,]`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{a:1}`, `{`, ``, ` 1`, `}`,
	} {
		s := scanner{line: []byte(value)}
		got := s.skip(0) && s.i == len(value)
		if want := json.Valid([]byte(value)) && value[0] != ' '; got != want {
			t.Errorf("%s: understood %v, want %v", value, got, want)
		}
	}
	s := scanner{line: []byte(deep(102))}
	if s.skip(0) {
		t.Error("JSON of a depth that encoding/json may refuse was understood")
	}
}
