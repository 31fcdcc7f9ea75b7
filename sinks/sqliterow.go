package sinks

import (
	"database/sql/driver"
	"strings"

	"trawl/fetch"
	"trawl/parse"
)

// pageNames are the columns of the table pages: fields, and the host.
var pageNames = []string{
	"run", "seq", "url", "final_url", "host", "status", "size", "bytes", "wire_bytes",
	"content_type", "time", "duration_ms", "ttfb_ms", "attempts", "proto", "ip", "etag", "last_modified",
	"sha256", "change", "class", "error", "meta", "data",
}

func pageColumns(run string) []field {
	columns := make([]field, len(pageNames))
	for i, name := range pageNames {
		if name == "host" {
			columns[i] = field{name: name, kind: kindAlways, text: host}
			continue
		}
		columns[i] = fieldsOf(run, []string{name})[0]
	}
	return columns
}

// host returns the host that gave the answer; of a URL that is none it is "".
func host(rec *parse.Record) string {
	if rec.FinalURL != "" {
		return fetch.HostOf(rec.FinalURL)
	}
	return fetch.HostOf(rec.URL)
}

func insertPage(columns []field) string {
	names := make([]string, len(columns))
	for i, c := range columns {
		names[i] = c.name
	}
	return "INSERT INTO pages(" + strings.Join(names, ",") + ") VALUES(?" + strings.Repeat(",?", len(names)-1) + ")"
}

// sql returns a field of pageColumns as SQLite has it; nil, which is NULL, if it
// has no value.
func (f *field) sql(rec *parse.Record) driver.Value {
	switch f.kind {
	case kindText, kindAlways:
		if s := f.text(rec); s != "" || f.kind == kindAlways {
			return wellFormed(s)
		}
	case kindObject:
		if raw := trimmed(f.object(rec)); raw != nil {
			return string(appendObject(nil, raw))
		}
	default:
		return f.sqlNumber(rec)
	}
	return nil
}

func (f *field) sqlNumber(rec *parse.Record) driver.Value {
	n, ok := f.number(rec)
	switch {
	case !ok:
		return nil
	case f.kind == kindMillis:
		return float64(n) / 1000
	case f.kind == kindMoment:
		return string(appendMoment(nil, n))
	}
	return n
}
