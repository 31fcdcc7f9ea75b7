package sinks

import (
	"bytes"
	"encoding/json"
	"strconv"
	"time"
	"unicode/utf8"
)

// JSON (RFC 8259) is appended by hand: encoding/json costs several times as
// much a record, and escapes what need not be. The fields below are those after
// the first of an object: each begins with a comma.

func appendName(dst []byte, name string) []byte {
	dst = append(dst, `,"`...)
	dst = append(dst, name...)
	return append(dst, `":`...)
}

// appendField appends a string, nothing if it is empty.
func appendField(dst []byte, name, value string) []byte {
	if value == "" {
		return dst
	}
	return appendString(appendName(dst, name), value)
}

func appendInt(dst []byte, name string, n int64) []byte {
	return strconv.AppendInt(appendName(dst, name), n, 10)
}

// appendTime appends a time.
func appendTime(dst []byte, name string, t time.Time) []byte {
	return append(appendMoment(append(appendName(dst, name), '"'), t.UnixMilli()), '"')
}

// appendRaw appends JSON, nothing if it is none or null.
func appendRaw(dst []byte, name string, raw json.RawMessage) []byte {
	if raw = trimmed(raw); raw == nil {
		return dst
	}
	return appendObject(appendName(dst, name), raw)
}

// appendStrings appends an array of strings.
func appendStrings(dst []byte, values []string) []byte {
	dst = append(dst, '[')
	for i, v := range values {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendString(dst, v)
	}
	return append(dst, ']')
}

// appendMicros appends microseconds as milliseconds with as many decimals as
// they need, at most three.
func appendMicros(dst []byte, us int64) []byte {
	dst = strconv.AppendInt(dst, us/1000, 10)
	us %= 1000
	if us == 0 {
		return dst
	}
	dst = append(dst, '.', byte('0'+us/100))
	if us %= 100; us == 0 {
		return dst
	}
	dst = append(dst, byte('0'+us/10))
	if us %= 10; us == 0 {
		return dst
	}
	return append(dst, byte('0'+us))
}

// appendMoment appends milliseconds since 1970 as a time of RFC 3339 in UTC with
// milliseconds.
func appendMoment(dst []byte, unixMilli int64) []byte {
	t := time.UnixMilli(unixMilli).UTC()
	year, month, day := t.Date()
	hour, minute, second := t.Clock()
	dst = append2(append2(dst, year/100), year)
	dst = append2(append(dst, '-'), int(month))
	dst = append2(append(dst, '-'), day)
	dst = append2(append(dst, 'T'), hour)
	dst = append2(append(dst, ':'), minute)
	dst = append2(append(dst, ':'), second)
	ms := t.Nanosecond() / 1e6
	dst = append2(append(dst, '.', byte('0'+ms/100)), ms)
	return append(dst, 'Z')
}

// append2 appends the last two digits of n.
func append2(dst []byte, n int) []byte {
	return append(dst, byte('0'+n/10%10), byte('0'+n%10))
}

// trimmed returns JSON without the white space around it (RFC 8259 §2); nil if it
// is none or null.
func trimmed(raw json.RawMessage) json.RawMessage {
	if raw == nil {
		return nil
	}
	raw = bytes.Trim(raw, " \t\n\r")
	if len(raw) == 0 || string(raw) == "null" {
		return nil
	}
	return raw
}

// appendObject appends JSON as it was given, on one line and in valid UTF-8.
// What is no JSON is appended as a string: the line stays whole, and nothing is
// lost.
func appendObject(dst, raw []byte) []byte {
	if !utf8.Valid(raw) {
		raw = bytes.ToValidUTF8(raw, []byte("\uFFFD"))
	}
	if bytes.ContainsAny(raw, "\n\r") {
		line := bytes.NewBuffer(nil)
		if json.Compact(line, raw) == nil {
			return append(dst, line.Bytes()...)
		}
	} else if json.Valid(raw) {
		return append(dst, raw...)
	}
	return appendString(dst, string(raw))
}

// appendString appends a JSON string; bytes that are no UTF-8 become U+FFFD.
// U+2028 and U+2029 stand for themselves: they are no line ends of a file.
func appendString(dst []byte, s string) []byte {
	dst = append(dst, '"')
	start := 0 // of what is not yet appended
	for i := plainLen(s, '\\'); i < len(s); i += plainLen(s[i:], '\\') {
		if b := s[i]; b < utf8.RuneSelf {
			dst = appendEscaped(append(dst, s[start:i]...), b)
			i++
			start = i
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n == 1 {
			dst = append(append(dst, s[start:i]...), "\uFFFD"...)
			start = i + 1
		}
		i += n
	}
	return append(append(dst, s[start:]...), '"')
}

func appendEscaped(dst []byte, b byte) []byte {
	const hex = "0123456789abcdef"
	switch b {
	case '"', '\\':
		return append(dst, '\\', b)
	case '\n':
		return append(dst, `\n`...)
	case '\r':
		return append(dst, `\r`...)
	case '\t':
		return append(dst, `\t`...)
	}
	return append(dst, '\\', 'u', '0', '0', hex[b>>4], hex[b&15])
}
