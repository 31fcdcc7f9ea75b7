package sinks

import (
	"strconv"

	"trawl/parse"
)

// appendText appends
//
//	url:<URL> size:[N]
//
// for a page, nothing for a failure. Every line matches
// ^url:<(\S+)> size:\[(\d+)\]$ whatever the record holds.
func appendText(dst []byte, rec *parse.Record) []byte {
	if rec.Class != "" {
		return dst
	}
	dst = append(dst, "url:<"...)
	dst = appendVisible(dst, rec.URL)
	dst = append(dst, "> size:["...)
	dst = strconv.AppendInt(dst, max(rec.Size, 0), 10)
	return append(dst, "]\n"...)
}

// appendVisible appends url, with each byte outside 0x21–0x7E percent-encoded.
// A URL that was parsed has none; this holds the grammar for one that was not,
// and for the empty one ("-").
func appendVisible(dst []byte, url string) []byte {
	const hex = "0123456789ABCDEF"
	if url == "" {
		return append(dst, '-')
	}
	start := 0
	for i := range len(url) {
		if b := url[i]; b <= ' ' || b > '~' {
			dst = append(dst, url[start:i]...)
			dst = append(dst, '%', hex[b>>4], hex[b&15])
			start = i + 1
		}
	}
	return append(dst, url[start:]...)
}
