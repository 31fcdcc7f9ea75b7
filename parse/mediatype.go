package parse

import (
	"net/http"
	"strings"
)

// kind is what a body is, as far as counting and parsing it goes.
type kind int

const (
	opaque kind = iota // its bytes are counted
	text               // its characters are
	xml                // the same, and it may declare its encoding, or be searched by a selector
	markup             // HTML: it may have a <meta> and a title too
)

// mediaType is a Content-Type header taken apart.
type mediaType struct {
	essence string // "text/html", in lower case; "" is none that is valid
	charset string // the label as it was sent
	labeled bool   // there is one, be it ""
}

// parseContentType reads the header as a browser does: of several values, or one
// with commas, the last valid one, whose charset may come from an equal one
// before it (Fetch Standard, "extract a MIME type"; parameters as the MIME
// Sniffing Standard has them). A bad parameter is skipped, never the header.
func parseContentType(header string) mediaType {
	switch header { // nearly all pages say one of these
	case "text/html; charset=utf-8", "text/html; charset=UTF-8", "text/html;charset=utf-8", "text/html;charset=UTF-8":
		return mediaType{essence: "text/html", charset: "utf-8", labeled: true}
	case "text/html":
		return mediaType{essence: "text/html"}
	}
	var m mediaType
	for header != "" {
		var value string
		value, header = cutUnquoted(header)
		next, ok := parseMIMEType(value)
		if !ok || next.essence == "*/*" {
			continue
		}
		if !next.labeled && next.essence == m.essence {
			next.charset, next.labeled = m.charset, m.labeled
		}
		m = next
	}
	return m
}

// cutUnquoted cuts s at its first comma outside quotes.
func cutUnquoted(s string) (before, after string) {
	quoted := false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '"':
			quoted = !quoted
		case c == '\\' && quoted:
			i++
		case c == ',' && !quoted:
			return s[:i], s[i+1:]
		}
	}
	return s, ""
}

const httpSpace = "\t\n\r "

// parseMIMEType is the MIME Sniffing Standard's algorithm of that name (§4.4), of
// whose parameters only the first valid charset is kept.
func parseMIMEType(s string) (m mediaType, ok bool) {
	essence, params, _ := strings.Cut(strings.Trim(s, httpSpace), ";")
	essence = strings.TrimRight(essence, httpSpace)
	major, minor, ok := strings.Cut(essence, "/")
	if !ok || !isToken(major) || !isToken(minor) {
		return mediaType{}, false
	}
	m.essence = strings.ToLower(essence)
	for params != "" && !m.labeled {
		var name, value string
		name, value, params, ok = cutParameter(params)
		if ok && equalFold(name, "charset") {
			m.charset, m.labeled = value, true
		}
	}
	return m, true
}

// cutParameter takes "name=value" up to its semicolon. A quote that is not closed
// goes to the end; what stands between a closing quote and the semicolon is
// dropped. It is not ok if there is no value, or one with control characters.
func cutParameter(s string) (name, value, rest string, ok bool) {
	s = strings.TrimLeft(s, httpSpace)
	end := strings.IndexAny(s, ";=")
	if end < 0 || s[end] == ';' {
		_, rest, _ = strings.Cut(s, ";")
		return "", "", rest, false
	}
	name, s = s[:end], s[end+1:]
	quoted := strings.HasPrefix(s, `"`)
	if quoted {
		value, s = cutQuoted(s[1:])
		_, rest, _ = strings.Cut(s, ";")
	} else {
		value, rest, _ = strings.Cut(s, ";")
		value = strings.TrimRight(value, httpSpace)
	}
	return name, value, rest, (quoted || value != "") && !strings.ContainsFunc(value, isNotInHeader)
}

func isNotInHeader(r rune) bool { return r < ' ' && r != '\t' || r == 0x7F }

// cutQuoted takes a quoted string whose first quote has been read.
func cutQuoted(s string) (value, rest string) {
	end := strings.IndexAny(s, `"\`)
	if end < 0 {
		return s, ""
	}
	if s[end] == '"' {
		return s[:end], s[end+1:]
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		switch {
		case s[i] == '"':
			return b.String(), s[i+1:]
		case s[i] == '\\' && i+1 < len(s):
			i++
		}
		b.WriteByte(s[i])
	}
	return b.String(), ""
}

// isToken reports whether s is a token of RFC 9110 §5.6.2.
func isToken(s string) bool {
	for i := range len(s) {
		c := s[i]
		if !('a' <= c|0x20 && c|0x20 <= 'z' || '0' <= c && c <= '9' || strings.IndexByte("!#$%&'*+-.^_`|~", c) >= 0) {
			return false
		}
	}
	return s != ""
}

// texts are the types outside text/ that are text; so are all that end in +json
// or +xml.
var texts = map[string]kind{
	"application/xhtml+xml":                  markup,
	"application/xml":                        xml,
	"application/xml-dtd":                    xml,
	"application/xml-external-parsed-entity": xml,
	"application/ecmascript":                 text,
	"application/graphql":                    text,
	"application/javascript":                 text,
	"application/json":                       text,
	"application/json5":                      text,
	"application/jsonl":                      text,
	"application/jsonlines":                  text,
	"application/json-seq":                   text,
	"application/n-quads":                    text,
	"application/n-triples":                  text,
	"application/ndjson":                     text,
	"application/sparql-query":               text,
	"application/sql":                        text,
	"application/toml":                       text,
	"application/trig":                       text,
	"application/x-ecmascript":               text,
	"application/x-httpd-php":                text,
	"application/x-javascript":               text,
	"application/x-json":                     text,
	"application/x-ndjson":                   text,
	"application/x-sh":                       text,
	"application/x-www-form-urlencoded":      text,
	"application/x-yaml":                     text,
	"application/yaml":                       text,
}

// kindOf judges by the media type; without one, or with one that says nothing, by
// the first bytes (the MIME Sniffing Standard's rules for an unknown type).
func kindOf(essence string, body []byte) kind {
	switch essence {
	case "", "unknown/unknown", "application/unknown":
		essence, _, _ = strings.Cut(http.DetectContentType(body), ";")
	}
	if essence == "text/html" {
		return markup
	}
	if k, ok := texts[essence]; ok {
		return k
	}
	switch {
	case essence == "text/xml", strings.HasSuffix(essence, "+xml"):
		return xml
	case strings.HasPrefix(essence, "text/"), strings.HasSuffix(essence, "+json"):
		return text
	}
	return opaque
}
