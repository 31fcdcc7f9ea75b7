package sinks

import (
	"strconv"

	"trawl/parse"
)

// newJSONL returns the encoder of the JSONL format with all fields.
func newJSONL(run string) encoder { return newJSONLOf(run, nil) }

// newJSONLOf returns the encoder of the JSONL format: one object a record, pages
// and failures, with the named fields in that order, all if names is nil. A field
// without a value is left out; none is null or "".
func newJSONLOf(run string, names []string) encoder {
	fields := fieldsOf(run, names)
	return func(dst []byte, rec *parse.Record) []byte {
		start := len(dst)
		for i := range fields {
			dst = fields[i].appendJSON(dst, rec)
		}
		if len(dst) == start {
			return append(dst, "{}\n"...)
		}
		dst[start] = '{' // it was a comma
		return append(dst, "}\n"...)
	}
}

// appendJSON appends the field with a comma before it, nothing if it has no value.
func (f *field) appendJSON(dst []byte, rec *parse.Record) []byte {
	switch f.kind {
	case kindText, kindAlways:
		if s := f.text(rec); s != "" || f.kind == kindAlways {
			return appendString(append(dst, f.key...), s)
		}
	case kindTexts:
		if list := f.texts(rec); len(list) > 0 {
			return appendStrings(append(dst, f.key...), list)
		}
	case kindObject:
		if raw := trimmed(f.object(rec)); raw != nil {
			return appendObject(append(dst, f.key...), raw)
		}
	case kindMoment:
		if n, ok := f.number(rec); ok {
			return append(appendMoment(append(append(dst, f.key...), '"'), n), '"')
		}
	default:
		if n, ok := f.number(rec); ok {
			return f.appendPlain(append(dst, f.key...), n)
		}
	}
	return dst
}

// appendPlain appends a number as every format has it.
func (f *field) appendPlain(dst []byte, n int64) []byte {
	switch f.kind {
	case kindMillis:
		return appendMicros(dst, n)
	case kindMoment:
		return appendMoment(dst, n)
	case kindBool:
		return strconv.AppendBool(dst, n != 0)
	}
	return strconv.AppendInt(dst, n, 10)
}

// appendFailure appends why there is no page.
func appendFailure(dst []byte, rec *parse.Record) []byte {
	dst = appendField(dst, "class", string(rec.Class))
	dst = appendField(dst, "error", prose(rec))
	dst = append(dst, `,"retryable":`...)
	return strconv.AppendBool(dst, rec.Retryable)
}

// appendEnd appends the last field and the end of the line.
func appendEnd(dst []byte, run string) []byte {
	return append(appendField(dst, "run", run), "}\n"...)
}
