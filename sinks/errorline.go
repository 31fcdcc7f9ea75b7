package sinks

import (
	"strconv"
	"strings"
	"time"

	"trawl/parse"
)

const errorLineStart = `{"seq":`

// newErrorLine returns the encoder of the errors file. The time of a failure
// that was never asked for is when it was recorded.
func newErrorLine(run string) encoder {
	end := appendEnd(nil, run)
	return func(dst []byte, rec *parse.Record) []byte {
		if rec.Class == "" {
			return dst
		}
		dst = append(dst, errorLineStart...)
		dst = strconv.AppendInt(dst, rec.Seq, 10)
		dst = append(dst, `,"url":`...)
		dst = appendString(dst, rec.URL)
		dst = appendInt(dst, "status", int64(rec.Status))
		dst = appendFailure(dst, rec)
		dst = appendInt(dst, "attempts", int64(rec.Attempts))
		start := rec.Start
		if start.IsZero() {
			start = time.Now()
		}
		dst = appendTime(dst, "time", start)
		dst = appendSource(dst, rec)
		dst = appendField(dst, "change", rec.Change)
		dst = appendRequest(dst, rec)
		return append(dst, end...)
	}
}

// appendSource appends where the URL stands: "urls.txt:902", "argument:3".
func appendSource(dst []byte, rec *parse.Record) []byte {
	dst = appendString(appendName(dst, "source"), rec.File)
	dst[len(dst)-1] = ':'
	return append(strconv.AppendInt(dst, rec.Line, 10), '"')
}

// appendRequest appends what the list said beside the URL, as a list says it.
func appendRequest(dst []byte, rec *parse.Record) []byte {
	for i, h := range rec.Header {
		if i == 0 {
			dst = append(appendName(dst, "headers"), '{')
		} else {
			dst = append(dst, ',')
		}
		dst = append(appendString(dst, h.Name), ':')
		dst = appendString(dst, h.Value)
	}
	if len(rec.Header) > 0 {
		dst = append(dst, '}')
	}
	if rec.Timeout > 0 {
		dst = appendField(dst, "timeout", inOneUnit(rec.Timeout))
	}
	return appendRaw(dst, "meta", rec.Meta)
}

// inOneUnit returns the duration as a list may have it: "90s", "500ms".
func inOneUnit(d time.Duration) string {
	switch {
	case d%time.Second == 0:
		return strconv.FormatInt(int64(d/time.Second), 10) + "s"
	case d%time.Millisecond == 0:
		return strconv.FormatInt(d.Milliseconds(), 10) + "ms"
	}
	return strconv.FormatFloat(d.Seconds(), 'f', -1, 64) + "s"
}

// mayHoldHeaders says whether the record's line has headers, which may be
// secrets: its own, those in a line that is a broken JSON object, or those that a user in
// a URL comes to.
func mayHoldHeaders(rec *parse.Record) bool {
	authority, _, _ := strings.Cut(strings.TrimPrefix(strings.TrimPrefix(rec.URL, "http://"), "https://"), "/")
	return len(rec.Header) > 0 || strings.HasPrefix(rec.URL, "{") || strings.Contains(authority, "@")
}
