package sinks

import (
	"fmt"
	"io"
	"slices"
	"strings"
	"unicode/utf8"

	"trawl/parse"
)

// csvFields are the columns of CSV unless others are named.
var csvFields = []string{
	"seq", "url", "final_url", "status", "size", "bytes", "wire_bytes", "content_type", "time", "duration_ms",
	"ttfb_ms", "attempts", "proto", "ip", "sha256", "change", "class", "error", "run",
}

// CSVFields returns the columns of CSV when no fields are named. They belong to the caller.
func CSVFields() []string { return slices.Clone(csvFields) }

// newCSV returns the encoder of the CSV format (RFC 4180, but for its line ends,
// which are LF): one row a record, pages and failures, with the named fields in
// that order, csvFields if names is nil. A field without a value is empty; lists
// and objects are JSON. A text is well-formed UTF-8 without NUL, which become
// U+FFFD; one that a spreadsheet would take for a formula has an apostrophe
// before it ([opensAsFormula]).
func newCSV(run string, names []string) encoder {
	if names == nil {
		names = csvFields
	}
	fields := fieldsOf(run, names)
	return func(dst []byte, rec *parse.Record) []byte {
		start := len(dst)
		for i := range fields {
			dst = append(fields[i].appendCSV(dst, rec), ',')
		}
		if len(dst) == start+1 {
			dst = append(dst[:start], `"",`...) // an empty line is no row
		}
		dst[len(dst)-1] = '\n'
		return dst
	}
}

// csvHeader returns the first line of a CSV file with these columns, csvFields if
// names is nil.
func csvHeader(names []string) []byte {
	if names == nil {
		names = csvFields
	}
	return []byte(strings.Join(names, ",") + "\n")
}

// sameHeader returns an error if r, which reads the file of that path from its
// beginning, has other columns. An empty file has none yet, and no error.
func sameHeader(path string, r io.Reader, names []string) error {
	want := csvHeader(names)
	got := make([]byte, len(want))
	n, err := io.ReadFull(r, got)
	switch {
	case n == 0 && err == io.EOF, string(got) == string(want):
		return nil
	case err != nil && err != io.EOF && err != io.ErrUnexpectedEOF:
		return wrap("read", path, err)
	}
	return wrap("open", path, fmt.Errorf("its columns are others: it begins with %q, not with %q", firstLine(got[:n]), firstLine(want)))
}

// firstLine returns the first line, or as much of it as there is.
func firstLine(b []byte) string {
	line, _, _ := strings.Cut(string(b), "\n")
	return line
}

// appendCSV appends the field, nothing if it has no value.
func (f *field) appendCSV(dst []byte, rec *parse.Record) []byte {
	switch f.kind {
	case kindText, kindAlways:
		return appendCell(dst, f.text(rec))
	case kindTexts:
		if list := f.texts(rec); len(list) > 0 {
			return appendCell(dst, string(appendStrings(nil, list)))
		}
	case kindObject:
		if raw := trimmed(f.object(rec)); raw != nil {
			return appendCell(dst, string(appendObject(nil, raw)))
		}
	default:
		if n, ok := f.number(rec); ok {
			return f.appendPlain(dst, n)
		}
	}
	return dst
}

// appendCell appends a text, in quotes if it needs them.
func appendCell(dst []byte, s string) []byte {
	if s == "" {
		return dst
	}
	if plainLen(s, ',') == len(s) && !opensAsFormula(s) {
		return append(dst, s...)
	}
	s = wellFormed(s)
	quoted := strings.ContainsAny(s, "\",\r\n")
	if quoted {
		dst = append(dst, '"')
	}
	if opensAsFormula(s) {
		dst = append(dst, '\'')
	}
	if !quoted {
		return append(dst, s...)
	}
	for {
		before, after, more := strings.Cut(s, `"`)
		dst = append(append(dst, before...), '"')
		if !more {
			return dst
		}
		dst, s = append(dst, '"'), after
	}
}

// wellFormed returns the text in UTF-8 without NUL, at which many programs end a
// text: each byte that is no UTF-8, and each NUL, becomes U+FFFD.
func wellFormed(s string) string {
	if utf8.ValidString(s) && strings.IndexByte(s, 0) < 0 {
		return s
	}
	return strings.Map(func(r rune) rune {
		if r == 0 {
			return utf8.RuneError
		}
		return r
	}, s)
}

// opensAsFormula says whether a spreadsheet may take a text for a formula, and
// run it: pages choose their titles, so that would be theirs to use (CWE-1236,
// OWASP "CSV Injection"). It may if the text begins with = + - @, as ASCII or as
// their full-width forms, or a control character such as tab and CR. White
// space and apostrophes before these count as nothing: so taking one apostrophe
// off each text that has one and is a formula behind it gives back what there was.
func opensAsFormula(s string) bool {
	if s == "" || s[0] > '@' && s[0] < 0xEF {
		return false
	}
	for _, r := range s {
		switch r {
		case ' ', '\'':
			continue
		case '=', '+', '-', '@', '＝', '＋', '－', '＠':
			return true
		}
		return r < ' '
	}
	return false
}
