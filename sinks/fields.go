package sinks

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"trawl/parse"
)

// field is a field of a record, in every format that has fields: so they cannot
// differ in what they say. One of its functions is not nil.
type field struct {
	name string
	kind kind
	key  string // as JSON has it, with a comma before and a colon after it

	text   func(*parse.Record) string          // "" is no value, except of kindAlways
	number func(*parse.Record) (int64, bool)   // false is no value
	texts  func(*parse.Record) []string        // none is no value
	object func(*parse.Record) json.RawMessage // JSON as it was given; none, and null, is no value
}

type kind uint8

const (
	kindText   kind = iota
	kindAlways      // a text, and "" is one
	kindNumber
	kindMillis // microseconds, told as milliseconds with up to three decimals
	kindMoment // milliseconds since 1970, told as a time of RFC 3339
	kindBool   // 0 or 1
	kindTexts
	kindObject
)

// fields are all of them, in the order in which JSONL has them. They are only
// ever added. depth and referrer have no value.
var fields = []field{
	{name: "seq", kind: kindNumber, number: func(rec *parse.Record) (int64, bool) { return rec.Seq, true }},
	{name: "url", kind: kindAlways, text: func(rec *parse.Record) string { return rec.URL }},
	{name: "final_url", text: func(rec *parse.Record) string { return rec.FinalURL }},
	{name: "redirects", kind: kindTexts, texts: func(rec *parse.Record) []string { return rec.Redirects }},
	{name: "status", kind: kindNumber, number: func(rec *parse.Record) (int64, bool) { return int64(rec.Status), true }},
	{name: "size", kind: kindNumber, number: func(rec *parse.Record) (int64, bool) { return rec.Size, rec.HasSize && rec.Class == "" }},
	{name: "bytes", kind: kindNumber, number: func(rec *parse.Record) (int64, bool) { return rec.Bytes, rec.HasBody }},
	{name: "wire_bytes", kind: kindNumber, number: func(rec *parse.Record) (int64, bool) { return rec.WireBytes, rec.HasBody }},
	{name: "content_type", text: func(rec *parse.Record) string { return rec.ContentType }},
	{name: "title", text: func(rec *parse.Record) string { return rec.Title }},
	{name: "time", kind: kindMoment, number: func(rec *parse.Record) (int64, bool) { return rec.Start.UnixMilli(), !rec.Start.IsZero() }},
	{name: "duration_ms", kind: kindMillis, number: func(rec *parse.Record) (int64, bool) { return micros(rec.Duration) }},
	{name: "ttfb_ms", kind: kindMillis, number: func(rec *parse.Record) (int64, bool) { return micros(rec.TTFB) }},
	{name: "dns_ms", kind: kindMillis, number: func(rec *parse.Record) (int64, bool) { return micros(rec.DNS) }},
	{name: "connect_ms", kind: kindMillis, number: func(rec *parse.Record) (int64, bool) { return micros(rec.Connect) }},
	{name: "tls_ms", kind: kindMillis, number: func(rec *parse.Record) (int64, bool) { return micros(rec.TLS) }},
	{name: "attempts", kind: kindNumber, number: func(rec *parse.Record) (int64, bool) { return int64(rec.Attempts), true }},
	{name: "waited_ms", kind: kindMillis, number: func(rec *parse.Record) (int64, bool) { return micros(rec.Waited) }},
	{name: "proto", text: func(rec *parse.Record) string { return rec.Proto }},
	{name: "ip", text: func(rec *parse.Record) string { return rec.IP }},
	{name: "etag", text: func(rec *parse.Record) string { return rec.ETag }},
	{name: "last_modified", text: func(rec *parse.Record) string { return rec.LastModified }},
	{name: "sha256", text: func(rec *parse.Record) string { return rec.SHA256 }},
	{name: "change", text: func(rec *parse.Record) string { return rec.Change }},
	{name: "class", text: func(rec *parse.Record) string { return string(rec.Class) }},
	{name: "error", text: prose},
	{name: "retryable", kind: kindBool, number: func(rec *parse.Record) (int64, bool) { return oneIf(rec.Retryable), rec.Class != "" }},
	{name: "depth", text: none},
	{name: "referrer", text: none},
	{name: "meta", kind: kindObject, object: func(rec *parse.Record) json.RawMessage { return rec.Meta }},
	{name: "data", kind: kindObject, object: func(rec *parse.Record) json.RawMessage { return rec.Data }},
	{name: "run", text: none}, // it is in no record: fieldsOf gives it one
}

func none(*parse.Record) string { return "" }

func oneIf(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// micros returns a duration in whole microseconds; false if it is none, or
// rounds to none.
func micros(d time.Duration) (us int64, ok bool) {
	us = int64(d) / 1000
	if d%1000 >= 500 {
		us++
	}
	return us, us > 0
}

// prose says why there is no page. A failure without prose has its class as prose.
func prose(rec *parse.Record) string {
	switch {
	case rec.Class == "":
		return ""
	case rec.Error == "":
		return string(rec.Class)
	}
	return rec.Error
}

// FieldNames returns the names of all fields, in the order in which JSONL has them.
func FieldNames() []string {
	names := make([]string, len(fields))
	for i, f := range fields {
		names[i] = f.name
	}
	return names
}

// ParseFields returns the names in a list separated by commas, for
// [Options].Fields. The error for a name that is no field lists those that are;
// a field that is named twice is an error too.
func ParseFields(list string) ([]string, error) {
	all := FieldNames()
	var names []string
	for name := range strings.SplitSeq(list, ",") {
		name = strings.TrimSpace(name)
		if !slices.Contains(all, name) {
			last := len(all) - 1
			return nil, fmt.Errorf("%q is no field: use %s or %s", name, strings.Join(all[:last], ", "), all[last])
		}
		if slices.Contains(names, name) {
			return nil, fmt.Errorf("the field %q is named twice", name)
		}
		names = append(names, name)
	}
	return names, nil
}

// fieldsOf returns the fields of these names, which are names of fields; all if
// names is nil.
func fieldsOf(run string, names []string) []field {
	if names == nil {
		names = FieldNames()
	}
	named := make([]field, len(names))
	for i, name := range names {
		named[i] = fields[slices.IndexFunc(fields, func(f field) bool { return f.name == name })]
		named[i].key = string(appendName(nil, name))
		if name == "run" {
			named[i].text = func(*parse.Record) string { return run }
		}
	}
	return named
}
