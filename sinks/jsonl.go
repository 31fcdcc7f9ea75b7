package sinks

import (
	"strconv"

	"trawl/fetch"
	"trawl/parse"
)

// newJSONL returns the encoder of the JSONL format: one object a record, pages
// and failures. A field without a value is left out; none is null or "".
// Fields are only ever added.
func newJSONL(run string) encoder {
	end := appendEnd(nil, run)
	return func(dst []byte, rec *parse.Record) []byte {
		dst = append(dst, `{"seq":`...)
		dst = strconv.AppendInt(dst, rec.Seq, 10)
		dst = append(dst, `,"url":`...)
		dst = appendString(dst, rec.URL)
		dst = appendField(dst, "final_url", rec.FinalURL)
		dst = appendList(dst, "redirects", rec.Redirects)
		dst = appendInt(dst, "status", int64(rec.Status))
		dst = appendPage(dst, rec)
		dst = appendTimings(dst, &rec.Timings)
		dst = appendInt(dst, "attempts", int64(rec.Attempts))
		dst = appendMillis(dst, "waited_ms", rec.Waited)
		dst = appendField(dst, "proto", rec.Proto)
		dst = appendField(dst, "ip", rec.IP)
		dst = appendField(dst, "etag", rec.ETag)
		dst = appendField(dst, "last_modified", rec.LastModified)
		dst = appendField(dst, "sha256", rec.SHA256)
		if rec.Class != "" {
			dst = appendFailure(dst, rec)
		}
		dst = appendRaw(dst, "meta", rec.Meta)
		dst = appendRaw(dst, "data", rec.Data)
		return append(dst, end...)
	}
}

// appendPage appends what was found in the body.
func appendPage(dst []byte, rec *parse.Record) []byte {
	if rec.HasSize && rec.Class == "" {
		dst = appendInt(dst, "size", rec.Size)
	}
	if rec.HasBody {
		dst = appendInt(dst, "bytes", rec.Bytes)
		dst = appendInt(dst, "wire_bytes", rec.WireBytes)
	}
	dst = appendField(dst, "content_type", rec.ContentType)
	return appendField(dst, "title", rec.Title)
}

func appendTimings(dst []byte, t *fetch.Timings) []byte {
	if !t.Start.IsZero() {
		dst = appendTime(dst, "time", t.Start)
	}
	dst = appendMillis(dst, "duration_ms", t.Duration)
	dst = appendMillis(dst, "ttfb_ms", t.TTFB)
	dst = appendMillis(dst, "dns_ms", t.DNS)
	dst = appendMillis(dst, "connect_ms", t.Connect)
	return appendMillis(dst, "tls_ms", t.TLS)
}

// appendFailure appends why there is no page. A failure without prose has its
// class as prose.
func appendFailure(dst []byte, rec *parse.Record) []byte {
	dst = appendField(dst, "class", string(rec.Class))
	prose := rec.Error
	if prose == "" {
		prose = string(rec.Class)
	}
	dst = appendField(dst, "error", prose)
	dst = append(dst, `,"retryable":`...)
	return strconv.AppendBool(dst, rec.Retryable)
}

// appendEnd appends the last field and the end of the line.
func appendEnd(dst []byte, run string) []byte {
	return append(appendField(dst, "run", run), "}\n"...)
}
