package parse

import (
	"bytes"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding/htmlindex"
)

// charset is an encoding of the Encoding Standard.
type charset struct {
	name string  // its name there, in lower case
	enc  *legacy // nil is UTF-8
}

var (
	utf8Charset = charset{name: "utf-8"}
	windows1252 = mustCharset("windows-1252")
	iso2022     = mustCharset("iso-2022-jp")
	utf16LE     = mustCharset("utf-16le")
	utf16BE     = mustCharset("utf-16be")
)

func mustCharset(label string) charset {
	cs, ok := charsetOf([]byte(label))
	if !ok {
		panic("parse: no encoding " + label)
	}
	return cs
}

// findCharset says how the text of a body is encoded, and how long its byte order
// mark is: as a browser does, by the mark, then the header, then what the text
// itself declares, then a guess. A label that no encoding has counts as none.
func findCharset(body []byte, k kind, label string) (cs charset, mark int) {
	if cs, mark := byteOrderMark(body); mark > 0 {
		return cs, mark
	}
	if cs, ok := charsetOf([]byte(label)); ok {
		return cs, 0
	}
	if cs, ok := declared(body, k); ok {
		return cs, 0
	}
	return guess(body), 0
}

func byteOrderMark(body []byte) (cs charset, mark int) {
	switch {
	case bytes.HasPrefix(body, []byte("\xEF\xBB\xBF")):
		return utf8Charset, 3
	case bytes.HasPrefix(body, []byte("\xFF\xFE")):
		return utf16LE, 2
	case bytes.HasPrefix(body, []byte("\xFE\xFF")):
		return utf16BE, 2
	}
	return charset{}, 0
}

// declared is what the text says of itself: an XML declaration, a <meta>.
func declared(body []byte, k kind) (cs charset, ok bool) {
	switch k {
	case markup:
		if cs, ok = prescan(body[:min(len(body), prescanned)]); ok {
			return cs, true
		}
		return lateMeta(body)
	case xml:
		return xmlDeclaration(body[:min(len(body), prescanned)])
	}
	return charset{}, false
}

// longestLabel is the length of "cseucpkdfmtjapanese".
const longestLabel = 19

// charsetOf gets an encoding from a label (Encoding Standard §4.2).
func charsetOf(label []byte) (cs charset, ok bool) {
	label = bytes.Trim(label, "\t\n\f\r ")
	switch {
	case len(label) == 0 || len(label) > longestLabel || bytes.ContainsFunc(label, isNotInLabel):
		return charset{}, false
	case equalFold(label, "utf-8"): // nearly all are, and need no allocation
		return utf8Charset, true
	}
	enc, err := htmlindex.Get(string(label))
	if err != nil {
		return charset{}, false
	}
	name, err := htmlindex.Name(enc)
	if err != nil {
		return charset{}, false
	}
	return charset{name, legacies[name]}, true
}

// isNotInLabel is true of what the index of labels would trim or fold, but the
// standard would not.
func isNotInLabel(r rune) bool { return r <= ' ' || r >= utf8.RuneSelf }

// unicode16 reports whether the encoding is one of the two UTF-16s.
func (cs charset) unicode16() bool { return strings.HasPrefix(cs.name, "utf-16") }

// inASCII mends a declaration that ASCII bytes make: they are not UTF-16 (HTML
// Standard §13.2.3.2).
func (cs charset) inASCII() charset {
	if cs.unicode16() {
		return utf8Charset
	}
	return cs
}

// inMeta is inASCII for a <meta>, in which x-user-defined is windows-1252.
func (cs charset) inMeta() charset {
	if cs.name == "x-user-defined" {
		return windows1252
	}
	return cs.inASCII()
}

// equalFold compares letters of ASCII only; lower is in lower case.
func equalFold[T string | []byte](b T, lower string) bool {
	if len(b) != len(lower) {
		return false
	}
	for i := range len(b) {
		c := b[i]
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}
